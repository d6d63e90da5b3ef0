// Fractions as text, as tables of Python programs have them.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

namespace aria::nn {

/// As Python writes a float: the shortest digits that give the same number again, with an exponent below 1e-4 and from
/// 1e16 on; "inf", "-inf" and "nan".
///
///     float_text(0.25)  // "0.25"
///     float_text(3)     // "3.0"
inline std::string float_text(double value) {
  if (std::isnan(value)) return "nan";  // also where it has a sign
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 32> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                     plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string shortest(digits.data(), written.ptr);
  if (plain && shortest.find('.') == std::string::npos) shortest += ".0";
  return shortest;
}

}  // namespace aria::nn
