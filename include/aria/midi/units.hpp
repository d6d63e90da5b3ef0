// Units of time as types of their own, so that ticks are never added to milliseconds.
#pragma once

#include <compare>
#include <cstdint>

namespace aria {

/// A whole number of some unit of time. Sums and differences stay in the unit.
template <class Unit>
struct Duration {
  std::int64_t count = 0;

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) noexcept { return {a.count + b.count}; }
  friend constexpr Duration operator-(Duration a, Duration b) noexcept { return {a.count - b.count}; }
};

/// MIDI ticks: positions from the start of the file, or distances. How long one lasts, a TempoMap says.
using Ticks = Duration<struct TicksUnit>;

using Milliseconds = Duration<struct MillisecondsUnit>;

/// Positions are below this. It is the length of a note with the longest variable-length quantities that the file
/// format allows (4 bytes), a million times over; a file that goes further is refused.
inline constexpr std::int64_t kTickLimit = std::int64_t{1} << 48;

}  // namespace aria
