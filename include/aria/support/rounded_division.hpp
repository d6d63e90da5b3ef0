// Many divisions by the same number, each rounded to the nearest whole number, halves to the even one.
#pragma once

#include <cstdint>

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

/// Divides whole numbers from 0 to below kLimit by `divisor` in a few nanoseconds, exactly.
///
///     RoundedDivision(4)(6)  // 2: 1.5 is as far from 1 as from 2
class RoundedDivision {
 public:
  /// Below this, numbers fit into doubles with bits to spare.
  static constexpr std::int64_t kLimit = std::int64_t{1} << 50;

  RoundedDivision() = default;
  /// `divisor` is above 0 and below kLimit.
  explicit RoundedDivision(std::int64_t divisor) noexcept
      : divisor_(divisor), reciprocal_(1.0 / static_cast<double>(divisor)) {}

  // The product is off by less than half of 1 / divisor, so that no other quotient than that of a half can come out on
  // the wrong side.
  std::int64_t operator()(std::int64_t number) const noexcept {
    const double and_a_half = static_cast<double>(number) * reciprocal_ + 0.5;
    const auto quotient = static_cast<std::int64_t>(and_a_half);
    const std::int64_t twice_rest = 2 * (number - quotient * divisor_);
    const std::int64_t nearer_even = std::int64_t{twice_rest == divisor_} - std::int64_t{twice_rest == -divisor_};
    return quotient + (nearer_even & -(quotient & 1));
  }

 private:
  std::int64_t divisor_ = 1;
  double reciprocal_ = 1;
};

}  // namespace aria
