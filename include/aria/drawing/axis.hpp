// Axes: round numbers between which values lie, where a value is drawn, and how numbers are labelled.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aria {

/// Maps values to positions in a drawing. On a logarithmic axis both ends are above 0.
struct Axis {
  double from = 0;
  double to = 1;
  double begin = 0;  ///< position of `from`
  double end = 1;    ///< position of `to`
  bool logarithmic = false;

  double operator()(double value) const {
    const double share = logarithmic ? std::log(value / from) / std::log(to / from) : (value - from) / (to - from);
    return begin + share * (end - begin);
  }
};

/// A labelled value of an axis.
struct AxisTick {
  double value = 0;
  std::string label;
};

/// A number in a few characters: up to four significant digits, k, M, G, T for thousands and so on from 10,000.
///
///     short_number(0.25)   // "0.25"
///     short_number(12345)  // "12.3k"
inline std::string short_number(double value) {
  constexpr std::string_view kUnits = "kMGT";
  const auto digits = [](double number, int count) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::general, count).ptr;
    return std::string(text, end);
  };
  if (!(std::abs(value) >= 9999.5)) return digits(value, 4);
  std::size_t unit = 0;
  value /= 1e3;
  for (; std::abs(value) >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1e3;
  return digits(value, 3) + kUnits[unit];
}

/// A whole number in full: "1,234,567".
inline std::string grouped_number(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

/// The smallest of 1, 2, 5, 10, 20, ... and 0.5, 0.2, ... that is at least `step`, which is above 0.
inline double round_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double digit : {1, 2, 5}) {
    if (digit * power >= step * (1 - 1e-9)) return digit * power;
  }
  return 10 * power;
}

/// Round values from `from` to `to`, both of them included where they are round.
inline std::vector<double> linear_steps(double from, double to, double step) {
  std::vector<double> values;
  const double first = std::ceil(from / step - 1e-9), last = std::floor(to / step + 1e-9);
  for (double i = first; i <= last; ++i) values.push_back(i == 0 ? 0 : i * step);  // no -0
  return values;
}

/// What `digits` (from 1 up, below 10) times the powers of ten give from `from` to `to`, both above 0.
inline std::vector<double> logarithmic_steps(double from, double to, std::span<const double> digits) {
  std::vector<double> values;
  const int last = static_cast<int>(std::floor(std::log10(to) + 1e-9));
  for (int power = static_cast<int>(std::floor(std::log10(from) + 1e-9)); power <= last; ++power) {
    for (const double digit : digits) {
      const double value = power < 0 ? digit / std::pow(10, -power) : digit * std::pow(10, power);
      if (value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9)) values.push_back(value);
    }
  }
  return values;
}

/// Labelled round values of an axis, at most about `at_most` of them.
inline std::vector<AxisTick> axis_ticks(const Axis& axis, std::size_t at_most) {
  std::vector<double> values;
  if (axis.logarithmic) {
    constexpr std::array kDigits = {1.0, 2.0, 5.0};
    for (std::size_t count = kDigits.size(); count > 0; count /= 2) {  // 1 2 5, then powers of ten alone
      values = logarithmic_steps(axis.from, axis.to, std::span(kDigits).first(count));
      if (values.size() <= at_most) break;
    }
  } else {
    values = linear_steps(axis.from, axis.to, round_step((axis.to - axis.from) / static_cast<double>(at_most)));
  }
  std::vector<AxisTick> ticks;
  const std::size_t stride = (values.size() + at_most) / (at_most + 1);
  for (std::size_t i = 0; i < values.size(); i += stride) ticks.push_back({values[i], short_number(values[i])});
  return ticks;
}

}  // namespace aria
