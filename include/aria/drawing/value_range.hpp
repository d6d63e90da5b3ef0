// From the least to the greatest of some values, and the axis and the labels that suit them.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <aria/drawing/axis.hpp>

namespace aria {

/// Where values lie that are to be drawn along an axis. Only values that `fits` accepts may be added: axes work with
/// quotients and powers of values, which must not overflow.
struct ValueRange {
  static constexpr double kMost = 1e150;

  double least = std::numeric_limits<double>::infinity();
  double greatest = -std::numeric_limits<double>::infinity();

  static bool fits(double value, bool logarithmic = false) noexcept {
    return std::abs(value) <= kMost && (!logarithmic || value > 1 / kMost);
  }

  bool empty() const noexcept { return greatest < least; }

  void add(double value) noexcept {
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }

  /// The same, with room around values that are all but equal: an axis has a length.
  ValueRange widened() const noexcept {
    const double size = std::max(std::abs(least), std::abs(greatest));
    if (greatest - least > std::max(size * 1e-9, 1 / kMost)) return *this;
    const double room = size > 1 / kMost ? size / 10 : 1;
    return {least - room, greatest + room};
  }
};

/// An axis from `begin` to `end` for values in a range that is not empty. Its ends are round numbers, at most about
/// `steps` steps apart; on a logarithmic axis they lie a little beyond the values.
///
///     value_axis({1.3, 9.4}, 300, 20, 5)  // from 0 to 10
inline Axis value_axis(const ValueRange& values, double begin, double end, std::size_t steps,
                       bool logarithmic = false) {
  const ValueRange range = values.widened();
  double from = range.least, to = range.greatest;
  if (logarithmic) {
    const double room = std::pow(to / from, 0.04);
    return {from / room, to * room, begin, end, true};
  }
  for (int i = 0; i < 3; ++i) {  // round ends are farther apart, which may ask for larger steps
    const double step = round_step((to - from) / static_cast<double>(steps));
    from = std::floor(range.least / step + 1e-9) * step;
    to = std::ceil(range.greatest / step - 1e-9) * step;
  }
  return {from, to, begin, end, false};
}

/// A number with up to twelve significant digits: "123456.5".
inline std::string full_number(double value) {
  std::array<char, 32> text;
  char* const end = text.data() + text.size();
  return {text.data(), std::to_chars(text.data(), end, value, std::chars_format::general, 12).ptr};
}

/// As axis_ticks, with labels that differ, and closer to each other on a logarithmic axis of few decades.
///
///     distinct_ticks({100'000, 100'300, 0, 1}, 3)  // 100000, 100100, ... and not 100k four times
inline std::vector<AxisTick> distinct_ticks(const Axis& axis, std::size_t at_most) {
  std::vector<AxisTick> ticks = axis_ticks(axis, at_most);
  if (axis.logarithmic) {
    constexpr std::array kDigits = {1.0, 1.5, 2.0, 3.0, 5.0, 7.0};
    const std::vector<double> closer = logarithmic_steps(axis.from, axis.to, kDigits);
    if (closer.size() <= at_most && closer.size() > ticks.size()) {
      ticks.clear();
      for (const double value : closer) ticks.push_back({value, short_number(value)});
    }
    if (ticks.size() < 3) ticks = axis_ticks({axis.from, axis.to}, at_most);
  }
  const auto same = [](const AxisTick& a, const AxisTick& b) { return a.label == b.label; };
  if (std::adjacent_find(ticks.begin(), ticks.end(), same) != ticks.end()) {
    for (AxisTick& tick : ticks) tick.label = full_number(tick.value);
  }
  return ticks;
}

}  // namespace aria
