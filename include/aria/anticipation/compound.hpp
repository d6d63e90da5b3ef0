// Compound events: the notes of a piece with their times in bins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <aria/anticipation/settings.hpp>

namespace aria::anticipation {

/// A note: five numbers, as midi_to_compound of the original has them (anticipation/convert.py).
struct CompoundEvent {
  Bins time;                ///< of the onset, from the beginning of the piece
  Bins duration;            ///< kUnknownDuration where the note was never ended
  std::uint8_t pitch;       ///< 0 to 127
  std::uint8_t instrument;  ///< a program, or kDrumInstrument
  std::uint8_t velocity;    ///< 1 to 127

  friend bool operator==(const CompoundEvent&, const CompoundEvent&) = default;
};

inline constexpr Bins kUnknownDuration{-1};

/// The file beside a MIDI file that holds its compound events: "a.mid" -> "a.mid.compound.txt".
inline constexpr std::string_view kCompoundEnding = ".compound.txt";
inline std::string compound_path(std::string_view midi_path) { return std::string(midi_path).append(kCompoundEnding); }

}  // namespace aria::anticipation
