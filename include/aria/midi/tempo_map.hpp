// From ticks to time, exactly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/midi/event.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/units.hpp>

namespace aria {

namespace detail {

__extension__ using Int128 = __int128;

// numerator / denominator for numerator >= 0, rounded to the nearest whole number, halves to the even one.
constexpr std::int64_t divide_half_even(Int128 numerator, Int128 denominator) noexcept {
  const Int128 quotient = numerator / denominator;
  const Int128 twice_rest = 2 * (numerator - quotient * denominator);
  const bool up = twice_rest > denominator || (twice_rest == denominator && (quotient & 1) != 0);
  return static_cast<std::int64_t>(quotient + (up ? 1 : 0));
}

}  // namespace detail

/// The tempo changes of a piece, summed up, so that the time of any tick is found by one search. Times are exact
/// rational numbers and are rounded once, at the end.
///
/// With a positive division d, a tick lasts tempo / d microseconds, 500,000 being the tempo before the first change
/// (Standard MIDI Files 1.0). A negative division is SMPTE: the upper byte is minus the frames a second (29 stands for
/// 30000/1001), the lower one the ticks a frame, and tempo changes have no effect. A division of 0 says nothing: all
/// times are 0.
///
///     const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
///     time.milliseconds(note.start(), note.end())  // Milliseconds, never negative where start <= end
class TempoMap {
 public:
  /// `tempos` in the order of ticks.
  TempoMap(std::span<const TempoMsg> tempos, int division) {
    if (division < 0) {
      use_smpte(static_cast<std::int16_t>(division));
      return;
    }
    units_per_millisecond_ = std::int64_t{1000} * division;
    segments_.reserve(tempos.size() + 1);
    segments_.push_back({0, kDefaultTempo, 0});
    for (const TempoMsg& change : tempos) {
      segments_.push_back({change.tick.count, change.tempo, units_at(change.tick)});
    }
  }

  /// From `start` to `end`, rounded to the nearest millisecond, halves to the even one.
  Milliseconds milliseconds(Ticks start, Ticks end) const {
    if (units_per_millisecond_ == 0 || end < start) return {0};
    return {detail::divide_half_even(units_at(end) - units_at(start), units_per_millisecond_)};
  }

  /// The same in seconds, for display.
  double seconds(Ticks start, Ticks end) const {
    if (units_per_millisecond_ == 0) return 0;
    return static_cast<double>(units_at(end) - units_at(start)) / (1e3 * static_cast<double>(units_per_millisecond_));
  }

 private:
  // From `tick` on, a tick lasts `rate` units; `units` have passed before. With a division d > 0, d units are a
  // microsecond.
  struct Segment {
    std::int64_t tick;
    std::uint64_t rate;
    detail::Int128 units;
  };

  void use_smpte(std::int16_t division) {
    const int frames = -(division >> 8);
    const int ticks_per_frame = division & 0xff;
    if (ticks_per_frame == 0) return;
    // A tick lasts 1000 / (frames * ticks_per_frame) milliseconds, with 30000 / 1001 for 29 frames (drop frame).
    const bool drop_frame = frames == 29;
    units_per_millisecond_ = std::int64_t{drop_frame ? 30'000 : frames} * ticks_per_frame;
    segments_.push_back({0, drop_frame ? 1'001'000U : 1'000U, 0});
  }

  detail::Int128 units_at(Ticks tick) const {
    const auto behind = std::upper_bound(segments_.begin(), segments_.end(), tick.count,
                                         [](std::int64_t at, const Segment& segment) { return at < segment.tick; });
    const Segment& segment = behind == segments_.begin() ? segments_.front() : behind[-1];
    return segment.units + detail::Int128{tick.count - segment.tick} * segment.rate;
  }

  std::vector<Segment> segments_;
  std::int64_t units_per_millisecond_ = 0;
};

}  // namespace aria
