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
  friend class TempoCursor;

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

/// Times of ticks that are asked for in about ascending order: what TempoMap says, in a few nanoseconds. Between
/// neighbouring questions no search is needed, and the numbers are of 64 bits where the piece is not longer than
/// centuries.
///
///     aria::TempoCursor cursor(time, last_tick);
///     const auto start = cursor.at(note.start(), {}), end = cursor.at(note.end(), start);
///     cursor.milliseconds(start, end)  // == time.milliseconds(note.start(), note.end())
class TempoCursor {
 public:
  /// A position in time, exact; of use only to the cursor that gave it.
  struct Position {
    Ticks tick;
    std::int64_t units = 0;
    std::size_t segment = 0;
  };

  /// No tick above `last` will be asked for.
  TempoCursor(const TempoMap& map, Ticks last) : map_(map) {
    if (map.segments_.empty()) return;
    small_ = map.units_at(last) < kSmallUnits;
    reciprocal_ = 1.0 / static_cast<double>(map.units_per_millisecond_);
    if (map.units_per_millisecond_ == 0) small_ = false;
  }

  /// `near` is a position not far away, before the tick as a rule; any will do.
  Position at(Ticks tick, const Position& near) const noexcept {
    Position position{tick, 0, near.segment};
    if (!small_) return position;
    const auto& segments = map_.segments_;
    std::size_t& i = position.segment;
    if (tick.count < segments[i].tick) i = 0;
    unsigned steps = 0;
    while (i + 1 < segments.size() && segments[i + 1].tick <= tick.count) {
      ++i;
      if (++steps == kManySteps) i = search(tick);
    }
    position.units = static_cast<std::int64_t>(segments[i].units) +
                     (tick.count - segments[i].tick) * static_cast<std::int64_t>(segments[i].rate);
    return position;
  }

  Milliseconds milliseconds(const Position& start, const Position& end) const noexcept {
    if (!small_) return map_.milliseconds(start.tick, end.tick);
    const std::int64_t units = end.units - start.units, divisor = map_.units_per_millisecond_;
    if (units < 0) return {0};
    // The quotient by way of a double is off by one at most.
    auto quotient = static_cast<std::int64_t>(static_cast<double>(units) * reciprocal_);
    std::int64_t rest = units - quotient * divisor;
    if (rest < 0) {
      --quotient;
      rest += divisor;
    } else if (rest >= divisor) {
      ++quotient;
      rest -= divisor;
    }
    return {quotient + static_cast<std::int64_t>(2 * rest > divisor || (2 * rest == divisor && (quotient & 1) != 0))};
  }

 private:
  static constexpr std::int64_t kSmallUnits = std::int64_t{1} << 52;  // doubles are exact
  static constexpr unsigned kManySteps = 16;

  std::size_t search(Ticks tick) const noexcept {
    const auto& segments = map_.segments_;
    const auto behind = std::upper_bound(segments.begin() + 1, segments.end(), tick.count,
                                         [](std::int64_t at, const auto& segment) { return at < segment.tick; });
    return static_cast<std::size_t>(behind - segments.begin()) - 1;
  }

  const TempoMap& map_;
  bool small_ = false;
  double reciprocal_ = 0;
};

}  // namespace aria
