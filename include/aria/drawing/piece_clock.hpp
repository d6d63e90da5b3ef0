// Seconds of ticks and ticks of seconds, and times as people read them.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include <aria/drawing/axis.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/tempo_map.hpp>
#include <aria/midi/units.hpp>

namespace aria {

/// "0:05", "1:02:03" from an hour up; with decimals "0:05.25". Times are cut off, not rounded: a clock shows 0:59 until
/// the minute is over.
inline std::string clock_label(double seconds, int decimals = 0) {
  if (!(seconds > 0)) seconds = 0;
  std::uint64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  // What is next to a whole number is meant to be it.
  const double units = std::fmin(std::floor(seconds * static_cast<double>(scale) + 1e-6), 1e18);
  const auto whole = static_cast<std::uint64_t>(units);
  const auto padded = [](std::uint64_t value, std::size_t width) {
    std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
  };
  const std::uint64_t all = whole / scale, minutes = all / 60 % 60, hours = all / 3600;
  std::string text = hours != 0 ? std::to_string(hours) + ':' + padded(minutes, 2) : std::to_string(minutes);
  text += ':' + padded(all % 60, 2);
  if (decimals > 0) text += '.' + padded(whole % scale, static_cast<std::size_t>(decimals));
  return text;
}

/// The smallest of the steps in which clocks are read (0.1, 0.2, 0.5, 1, ... 30 seconds, 1, 2, 5 ... minutes, hours)
/// that is at least `seconds`.
inline double clock_step(double seconds) {
  constexpr std::array kSteps = {0.1,  0.2,  0.5,   1.0,   2.0,   5.0,   10.0,  15.0,
                                 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0};
  for (const double step : kSteps) {
    if (step >= seconds) return step;
  }
  return 3600 * round_step(std::fmax(seconds / 3600, 1));
}

/// The time of a piece in both directions, for drawing.
///
///     const aria::PieceClock clock(piece);
///     clock.seconds(clock.tick_at(12.5, aria::Ticks{0}, last))  // 12.5, or the end where the piece is shorter
class PieceClock {
 public:
  explicit PieceClock(const MidiDict& piece)
      : map_(piece.tempos, piece.ticks_per_beat), has_time_(map_.seconds({0}, {kTickLimit}) > 0) {}

  /// Whether ticks take time at all: not with a division of 0.
  bool has_time() const noexcept { return has_time_; }

  double seconds(Ticks tick) const { return map_.seconds({0}, tick); }

  /// Where between the two ticks it is `seconds` past the start of the piece, as a fraction of ticks; `from` or `to`
  /// where that is outside.
  double tick_at(double seconds, Ticks from, Ticks to) const {
    std::int64_t before = from.count, behind = to.count;
    if (seconds <= this->seconds(from)) return static_cast<double>(before);
    if (seconds >= this->seconds(to)) return static_cast<double>(behind);
    while (behind - before > 1) {
      const std::int64_t middle = before + (behind - before) / 2;
      (this->seconds({middle}) <= seconds ? before : behind) = middle;
    }
    const double start = this->seconds({before}), length = this->seconds({behind}) - start;
    return static_cast<double>(before) + (length > 0 ? (seconds - start) / length : 0);
  }

 private:
  TempoMap map_;
  bool has_time_;
};

}  // namespace aria
