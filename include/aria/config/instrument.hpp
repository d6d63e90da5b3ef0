// The sixteen instrument classes into which General MIDI groups its 128 programs, eight programs each; and drums.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aria {

/// In the order of their programs (General MIDI System Level 1, table 1).
enum class Instrument : std::uint8_t {
  piano,
  chromatic,
  organ,
  guitar,
  bass,
  strings,
  ensemble,
  brass,
  reed,
  pipe,
  synth_lead,
  synth_pad,
  synth_effect,
  ethnic,
  percussive,
  sfx,
};

inline constexpr std::size_t kInstrumentCount = 16;

/// The names that configurations and tokens use.
inline constexpr std::array<std::string_view, kInstrumentCount> kInstrumentNames = {
    "piano", "chromatic", "organ",      "guitar",    "bass",         "strings", "ensemble",   "brass",
    "reed",  "pipe",      "synth_lead", "synth_pad", "synth_effect", "ethnic",  "percussive", "sfx",
};

/// Something for every instrument class.
template <class T>
using PerInstrument = std::array<T, kInstrumentCount>;

constexpr std::string_view name_of(Instrument instrument) noexcept {
  return kInstrumentNames[static_cast<std::size_t>(instrument)];
}

/// What notes are played on: an instrument class, by its number, or drums.
inline constexpr std::size_t kDrums = kInstrumentCount, kSoundCount = kInstrumentCount + 1;

/// "piano" to "sfx", and "drums".
constexpr std::string_view sound_name(std::size_t sound) noexcept {
  return sound == kDrums ? "drums" : kInstrumentNames[sound];
}

/// The class of a program from 0 to 127: `instrument_of(33) == Instrument::bass`.
constexpr Instrument instrument_of(unsigned program) noexcept { return static_cast<Instrument>(program / 8 % 16); }

}  // namespace aria
