// Names of keys: pitches, and the sounds of drum kits.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace aria {

/// "C4" for key 60, middle C; "C-1" for key 0 and "G9" for key 127.
inline std::string pitch_name(unsigned pitch) {
  constexpr std::array<const char*, 12> kNames = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
  return kNames[pitch % 12] + std::to_string(static_cast<int>(pitch / 12) - 1);
}

constexpr bool is_black_key(unsigned pitch) noexcept { return (0b0101'0100'1010U >> pitch % 12 & 1U) != 0; }

/// What a key of the drum channel sounds like (General MIDI System Level 1, percussion key map): "Side Stick" for 37.
/// "key 27" where General MIDI has none.
inline std::string drum_name(unsigned key) {
  constexpr unsigned kFirst = 35;
  constexpr std::array<std::string_view, 47> kNames = {
      "Acoustic Bass Drum", "Bass Drum 1",   "Side Stick",     "Acoustic Snare", "Hand Clap",      "Electric Snare",
      "Low Floor Tom",      "Closed Hi-Hat", "High Floor Tom", "Pedal Hi-Hat",   "Low Tom",        "Open Hi-Hat",
      "Low-Mid Tom",        "Hi-Mid Tom",    "Crash Cymbal 1", "High Tom",       "Ride Cymbal 1",  "Chinese Cymbal",
      "Ride Bell",          "Tambourine",    "Splash Cymbal",  "Cowbell",        "Crash Cymbal 2", "Vibraslap",
      "Ride Cymbal 2",      "Hi Bongo",      "Low Bongo",      "Mute Hi Conga",  "Open Hi Conga",  "Low Conga",
      "High Timbale",       "Low Timbale",   "High Agogo",     "Low Agogo",      "Cabasa",         "Maracas",
      "Short Whistle",      "Long Whistle",  "Short Guiro",    "Long Guiro",     "Claves",         "Hi Wood Block",
      "Low Wood Block",     "Mute Cuica",    "Open Cuica",     "Mute Triangle",  "Open Triangle"};
  if (key < kFirst || key - kFirst >= kNames.size()) return "key " + std::to_string(key);
  return std::string(kNames[key - kFirst]);
}

}  // namespace aria
