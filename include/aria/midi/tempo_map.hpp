// From ticks to time and back, exactly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <aria/midi/event.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/rounded_division.hpp>

namespace aria {

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

  /// The same in units of which so many make a second, rounded in the same way.
  std::int64_t count(Ticks start, Ticks end, std::int64_t per_second) const {
    if (units_per_millisecond_ == 0 || end < start) return 0;
    return detail::divide_half_even((units_at(end) - units_at(start)) * per_second,
                                    detail::Int128{1000} * units_per_millisecond_);
  }

  /// The same in seconds, for display.
  double seconds(Ticks start, Ticks end) const {
    if (units_per_millisecond_ == 0) return 0;
    return static_cast<double>(units_at(end) - units_at(start)) / (1e3 * static_cast<double>(units_per_millisecond_));
  }

  /// The tick nearest to a time from tick 0 on, in units of which `per_second` make a second: the even one of two. Of
  /// ticks that take no time (a tempo of 0) it may be any. Nothing where no tick below kTickLimit is that late: ticks
  /// are too short, or take no time from some tick on.
  ///
  ///     TempoMap({}, 480).tick_at(25, 100)  // a quarter of a second at 120 beats a minute: tick 240
  std::optional<Ticks> tick_at(std::int64_t count, std::int64_t per_second) const {
    if (count <= 0) return Ticks{0};
    const detail::Int128 wanted = detail::Int128{1000} * units_per_millisecond_ * count;  // in units / per_second
    if (wanted == 0) return std::nullopt;
    const auto behind =
        std::lower_bound(segments_.begin() + 1, segments_.end(), wanted,
                         [=](const Segment& segment, auto at) { return segment.units * per_second < at; });
    const Segment& segment = behind[-1];
    const detail::Int128 tick_length = detail::Int128{segment.rate} * per_second;
    if (tick_length == 0) return std::nullopt;
    const detail::Int128 rest = wanted - segment.units * per_second;
    if (rest / tick_length >= kTickLimit - segment.tick) return std::nullopt;
    // What is added is even, so that "even" is said of the tick and not of its distance from the segment's first one.
    const std::int64_t odd = segment.tick & 1;
    const std::int64_t tick = segment.tick - odd + detail::divide_half_even(rest + odd * tick_length, tick_length);
    return tick < kTickLimit ? std::optional(Ticks{tick}) : std::nullopt;
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

/// Goes through a piece and says how much time passes: what TempoMap says, in a few nanoseconds, as long as
/// neighbouring questions are about neighbouring ticks.
///
///     aria::TempoCursor cursor(time, first_tick, last_tick);
///     cursor.go_to(note.start())  // == time.milliseconds(first_tick, note.start())
///     cursor.until(note.end())    // == time.milliseconds(note.start(), note.end())
class TempoCursor {
 public:
  /// Stands at `first`. No tick above `last` may be asked for. The map must outlive the cursor.
  TempoCursor(const TempoMap& map, Ticks first, Ticks last) : map_(map), tick_(first) {
    if (map.units_per_millisecond_ == 0 || map.units_at(last) >= RoundedDivision::kLimit) return;
    divide_ = RoundedDivision(map.units_per_millisecond_);
    is_short_ = true;
    enter(search(first));
  }

  /// Moves to `tick`, and returns the time from where the cursor stood before: 0 where it goes back.
  Milliseconds go_to(Ticks tick) noexcept {
    const Milliseconds passed = until(tick);
    if ((tick < from_ || tick >= to_) && is_short_) enter(find(tick));
    tick_ = tick;
    return passed;
  }

  /// The time from where the cursor stands to `end`.
  Milliseconds until(Ticks end) const noexcept {
    if (end >= to_) return until_later_tempo(end);
    return {divide_(std::max<std::int64_t>((end - tick_).count, 0) * rate_)};
  }

 private:
  Milliseconds until_later_tempo(Ticks end) const noexcept {
    if (!is_short_) return map_.milliseconds(tick_, end);
    const auto& segment = map_.segments_[find(end)];
    const auto units =
        static_cast<std::int64_t>(segment.units) + (end.count - segment.tick) * static_cast<std::int64_t>(segment.rate);
    return {divide_(units - (units_ + (tick_ - from_).count * rate_))};
  }

  void enter(std::size_t i) noexcept {
    const auto& segments = map_.segments_;
    segment_ = i;
    from_ = {segments[i].tick};
    to_ = {i + 1 < segments.size() ? segments[i + 1].tick : INT64_MAX};
    rate_ = static_cast<std::int64_t>(segments[i].rate);
    units_ = static_cast<std::int64_t>(segments[i].units);
  }

  // The segment of a tick, looked for from where the cursor stands.
  std::size_t find(Ticks tick) const noexcept {
    const auto& segments = map_.segments_;
    std::size_t i = segment_;
    if (tick.count < segments[i].tick) return search(tick);
    for (unsigned steps = 0; i + 1 < segments.size() && segments[i + 1].tick <= tick.count; ++steps, ++i) {
      if (steps == 16) return search(tick);
    }
    return i;
  }

  std::size_t search(Ticks tick) const noexcept {
    const auto& segments = map_.segments_;
    const auto behind = std::upper_bound(segments.begin() + 1, segments.end(), tick.count,
                                         [](std::int64_t at, const auto& segment) { return at < segment.tick; });
    return static_cast<std::size_t>(behind - segments.begin()) - 1;
  }

  const TempoMap& map_;
  Ticks tick_;
  // The segment that tick_ lies in: from_ <= tick_ < to_. Where 64 bits do not suffice, no tick is below to_.
  Ticks from_, to_{INT64_MIN};
  std::int64_t rate_ = 0, units_ = 0;
  std::size_t segment_ = 0;
  bool is_short_ = false;  // 64 bits suffice
  RoundedDivision divide_;
};

}  // namespace aria
