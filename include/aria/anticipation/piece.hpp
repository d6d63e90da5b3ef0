// Which pieces training data are made of.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>

namespace aria::anticipation {

/// Why a piece is left out.
enum class PieceVerdict : std::uint8_t { good, too_short, too_long, too_many_instruments };

constexpr std::string_view name_of(PieceVerdict verdict) noexcept {
  constexpr std::string_view kNames[] = {"good", "too short", "too long", "too many instruments"};
  return kNames[static_cast<std::size_t>(verdict)];
}

/// Whether a piece is long enough, in notes and in time up to its last onset, not too long, and has no more instruments
/// than MIDI has channels (maybe_tokenize in anticipation/tokenize.py).
inline PieceVerdict check_piece(std::span<const CompoundEvent> notes, const Settings& settings = {}) {
  if (notes.size() < settings.min_piece_events) return PieceVerdict::too_short;
  std::int64_t end = 0;
  std::array<bool, 256> plays{};
  for (const CompoundEvent& note : notes) {
    end = std::max(end, note.time.count);
    plays[note.instrument] = true;
  }
  const std::int64_t resolution = settings.time_resolution;
  if (end < resolution * settings.min_piece_seconds) return PieceVerdict::too_short;
  if (end > resolution * settings.max_piece_seconds) return PieceVerdict::too_long;
  const auto instruments = static_cast<std::size_t>(std::count(plays.begin(), plays.end(), true));
  if (instruments > settings.max_piece_instruments) return PieceVerdict::too_many_instruments;
  return PieceVerdict::good;
}

}  // namespace aria::anticipation
