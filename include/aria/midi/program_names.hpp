// What General MIDI calls its 128 programs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aria {

inline constexpr std::size_t kProgramCount = 128;

/// In the order of their numbers and in the spelling of the standard (General MIDI System Level 1, table 2).
inline constexpr std::array<std::string_view, kProgramCount> kProgramNames = {
    // piano
    "Acoustic Grand Piano", "Bright Acoustic Piano", "Electric Grand Piano", "Honky-tonk Piano", "Electric Piano 1",
    "Electric Piano 2", "Harpsichord", "Clavi",
    // chromatic
    "Celesta", "Glockenspiel", "Music Box", "Vibraphone", "Marimba", "Xylophone", "Tubular Bells", "Dulcimer",
    // organ
    "Drawbar Organ", "Percussive Organ", "Rock Organ", "Church Organ", "Reed Organ", "Accordion", "Harmonica",
    "Tango Accordion",
    // guitar
    "Acoustic Guitar (nylon)", "Acoustic Guitar (steel)", "Electric Guitar (jazz)", "Electric Guitar (clean)",
    "Electric Guitar (muted)", "Overdriven Guitar", "Distortion Guitar", "Guitar Harmonics",
    // bass
    "Acoustic Bass", "Electric Bass (finger)", "Electric Bass (pick)", "Fretless Bass", "Slap Bass 1", "Slap Bass 2",
    "Synth Bass 1", "Synth Bass 2",
    // strings
    "Violin", "Viola", "Cello", "Contrabass", "Tremolo Strings", "Pizzicato Strings", "Orchestral Harp", "Timpani",
    // ensemble
    "String Ensemble 1", "String Ensemble 2", "SynthStrings 1", "SynthStrings 2", "Choir Aahs", "Voice Oohs",
    "Synth Voice", "Orchestra Hit",
    // brass
    "Trumpet", "Trombone", "Tuba", "Muted Trumpet", "French Horn", "Brass Section", "SynthBrass 1", "SynthBrass 2",
    // reed
    "Soprano Sax", "Alto Sax", "Tenor Sax", "Baritone Sax", "Oboe", "English Horn", "Bassoon", "Clarinet",
    // pipe
    "Piccolo", "Flute", "Recorder", "Pan Flute", "Blown Bottle", "Shakuhachi", "Whistle", "Ocarina",
    // synth_lead
    "Lead 1 (square)", "Lead 2 (sawtooth)", "Lead 3 (calliope)", "Lead 4 (chiff)", "Lead 5 (charang)", "Lead 6 (voice)",
    "Lead 7 (fifths)", "Lead 8 (bass + lead)",
    // synth_pad
    "Pad 1 (new age)", "Pad 2 (warm)", "Pad 3 (polysynth)", "Pad 4 (choir)", "Pad 5 (bowed)", "Pad 6 (metallic)",
    "Pad 7 (halo)", "Pad 8 (sweep)",
    // synth_effect
    "FX 1 (rain)", "FX 2 (soundtrack)", "FX 3 (crystal)", "FX 4 (atmosphere)", "FX 5 (brightness)", "FX 6 (goblins)",
    "FX 7 (echoes)", "FX 8 (sci-fi)",
    // ethnic
    "Sitar", "Banjo", "Shamisen", "Koto", "Kalimba", "Bag pipe", "Fiddle", "Shanai",
    // percussive
    "Tinkle Bell", "Agogo", "Steel Drums", "Woodblock", "Taiko Drum", "Melodic Tom", "Synth Drum", "Reverse Cymbal",
    // sfx
    "Guitar Fret Noise", "Breath Noise", "Seashore", "Bird Tweet", "Telephone Ring", "Helicopter", "Applause",
    "Gunshot"};

/// The name of a program from 0 to 127: `program_name(40) == "Violin"`. Empty for other numbers.
constexpr std::string_view program_name(unsigned program) noexcept {
  return program < kProgramCount ? kProgramNames[program] : std::string_view();
}

/// What is compared of names: small letters without blanks, brackets, `_`, `-` and `+`, since spellings differ in these
/// ("SynthStrings 1" and "Synth Strings 1").
///
///     folded_name("Electric Bass (finger)")  // "electricbassfinger"
inline std::string folded_name(std::string_view name) {
  constexpr std::string_view kIgnored = " \t_-+()";
  std::string folded;
  for (const char c : name) {
    if (kIgnored.find(c) == std::string_view::npos) folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return folded;
}

/// A name without what tells it from its neighbours: the part in brackets, and then the number at the end. These are
/// the shorter names, the longest first; a name that has neither gives none.
///
///     short_program_names(80)  // "Lead 1 (square)": "Lead 1", "Lead"
inline std::vector<std::string_view> short_program_names(unsigned program) {
  std::vector<std::string_view> names;
  std::string_view name = program_name(program);
  if (const std::size_t bracket = name.find(" ("); bracket != std::string_view::npos) {
    names.push_back(name = name.substr(0, bracket));
  }
  if (name.size() > 2 && name.back() >= '0' && name.back() <= '9') names.push_back(name.substr(0, name.size() - 2));
  return names;
}

/// The program of this name, compared by `folded_name`; nothing where there is none. "Clavi" is found as "Clavinet",
/// too, which is what most lists write, and a letter away from another instrument.
///
///     find_program("electric bass (finger)")  // 33
inline std::optional<unsigned> find_program(std::string_view name) {
  const std::string wanted = folded_name(name);
  if (wanted == "clavinet") return 7;
  for (unsigned program = 0; program < kProgramCount; ++program) {
    if (folded_name(kProgramNames[program]) == wanted) return program;
  }
  return std::nullopt;
}

/// The programs of this name or, where there is none, all those that have it for a shorter name; in the order of their
/// numbers, none where nobody has it.
///
///     programs_named("Electric Bass")   // 33, 34
///     programs_named("electric piano")  // 4, 5
inline std::vector<unsigned> programs_named(std::string_view name) {
  if (const auto program = find_program(name)) return {*program};
  const std::string wanted = folded_name(name);
  std::vector<unsigned> programs;
  for (unsigned program = 0; program < kProgramCount; ++program) {
    const auto names = short_program_names(program);
    if (std::any_of(names.begin(), names.end(), [&](auto shorter) { return folded_name(shorter) == wanted; })) {
      programs.push_back(program);
    }
  }
  return programs;
}

}  // namespace aria
