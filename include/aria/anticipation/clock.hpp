// How time passes while the merged events of a file go by, in either reading.
#pragma once

#include <cstdint>
#include <numeric>

#include <aria/anticipation/settings.hpp>
#include <aria/midi/event.hpp>
#include <aria/support/error.hpp>
#include <aria/support/rounded_division.hpp>

namespace aria::anticipation {

namespace detail {

// A clock has a Position, `advance(ticks)`, `set_tempo`, `now()`, and `between(from, to)` in bins, rounded to the
// nearest one, halves to the even one.

// Halves to the even one, as Python's round.
inline std::int64_t round_half_even(double number) noexcept {
  constexpr double kWhole = 0x1.8p52;  // doubles of this size have no digits behind the point
  if (number > -0x1p51 && number < 0x1p51) return static_cast<std::int64_t>((number + kWhole) - kWhole);
  return static_cast<std::int64_t>(number);
}

/// Adds up doubles event by event, as the original does with mido's times: the sum depends on every event.
class ReferenceClock {
 public:
  using Position = double;  // seconds

  ReferenceClock(int division, const Settings& settings) noexcept
      : resolution_(settings.time_resolution), division_(division) {
    set_tempo(kDefaultTempo);
  }

  void set_tempo(std::uint32_t tempo) noexcept {
    seconds_a_tick_ = static_cast<double>(tempo) * 1e-6 / static_cast<double>(division_);
  }

  /// Throws invalid_midi where the original divides by zero, or goes back in time.
  void advance(std::int64_t ticks) {
    if (ticks == 0) return;
    if (division_ == 0) throw Error(ErrorCode::invalid_midi, "has a division of 0");
    const double seconds = static_cast<double>(ticks) * seconds_a_tick_;
    if (seconds < 0) throw Error(ErrorCode::invalid_midi, "has a negative division");
    now_ += seconds;
    since_ += seconds;
  }

  Position now() const noexcept { return now_; }
  std::int64_t between(Position from, Position to) const noexcept { return round_half_even(resolution_ * (to - from)); }

  /// Bins since the last call; the sum starts anew.
  std::int64_t take_interval() noexcept {
    const std::int64_t bins = round_half_even(resolution_ * since_);
    since_ = 0;
    return bins;
  }

 private:
  double resolution_;
  int division_;
  double seconds_a_tick_ = 0;
  double now_ = 0, since_ = 0;
};

/// A tick lasts rate / divisor bins; rate is that of the tempo where it does not come from a division of SMPTE.
struct TickLength {
  std::int64_t rate_of_tempo = 0;  // rate = tempo * this
  std::int64_t fixed_rate = 0;
  std::int64_t divisor = 0;  // 0: all times are 0

  static TickLength of(int division, const Settings& settings) noexcept {
    if (division == 0) return {};
    const std::int64_t resolution = settings.time_resolution;
    if (division > 0) return reduced({resolution, 0, std::int64_t{1'000'000} * division});
    const int frames = -(division >> 8);
    const int ticks_a_frame = division & 0xff;
    if (ticks_a_frame == 0) return {};
    // 29 frames are 30000 / 1001 (drop frame).
    if (frames == 29) return reduced({0, resolution * 1001, std::int64_t{30'000} * ticks_a_frame});
    return reduced({0, resolution, std::int64_t{frames} * ticks_a_frame});
  }

 private:
  static TickLength reduced(TickLength length) noexcept {
    const std::int64_t factor = std::gcd(length.rate_of_tempo + length.fixed_rate, length.divisor);
    return {length.rate_of_tempo / factor, length.fixed_rate / factor, length.divisor / factor};
  }
};

/// Exact: counts in parts of a bin, and rounds once. `Number` is std::int64_t where that suffices, see `fits`.
template <class Number>
class ExactClock {
 public:
  using Position = Number;

  ExactClock(int division, const Settings& settings) noexcept : length_(TickLength::of(division, settings)) {
    if (length_.divisor != 0) divide_ = RoundedDivision(length_.divisor);
    set_tempo(kDefaultTempo);
  }

  /// Whether 64 bits suffice for a file with this last tick and these tempos.
  static bool fits(int division, const Settings& settings, std::int64_t last_tick,
                   std::uint32_t highest_tempo) noexcept {
    const TickLength length = TickLength::of(division, settings);
    const aria::detail::Int128 rate = aria::detail::Int128{length.rate_of_tempo} * highest_tempo + length.fixed_rate;
    return rate * last_tick < RoundedDivision::kLimit && length.divisor < RoundedDivision::kLimit;
  }

  void set_tempo(std::uint32_t tempo) noexcept { rate_ = Number{length_.rate_of_tempo} * tempo + length_.fixed_rate; }
  void advance(std::int64_t ticks) noexcept { now_ += rate_ * ticks; }
  Position now() const noexcept { return now_; }

  std::int64_t between(Position from, Position to) const noexcept {
    if (length_.divisor == 0) return 0;
    if constexpr (sizeof(Number) == 8) {
      return divide_(to - from);
    } else {
      return aria::detail::divide_half_even(to - from, length_.divisor);
    }
  }

  /// Bins since the last call. Each is the difference of two rounded times, so that what is rounded does not add up.
  std::int64_t take_interval() noexcept {
    const std::int64_t bins = between(0, now_);
    const std::int64_t before = last_bins_;
    last_bins_ = bins;
    return bins - before;
  }

 private:
  TickLength length_;
  RoundedDivision divide_;
  Number rate_ = 0;
  Number now_ = 0;
  std::int64_t last_bins_ = 0;
};

}  // namespace detail

}  // namespace aria::anticipation
