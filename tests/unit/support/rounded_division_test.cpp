#include <cstdint>

#include <aria/support/random.hpp>
#include <aria/support/rounded_division.hpp>

#include "support/catch.hpp"

namespace {

TEST_CASE("division rounds halves to the even number") {
  CHECK(aria::RoundedDivision(4)(6) == 2);
  CHECK(aria::RoundedDivision(4)(10) == 2);
  CHECK(aria::RoundedDivision(4)(11) == 3);
  CHECK(aria::RoundedDivision(2)(1) == 0);
  CHECK(aria::RoundedDivision(2)(3) == 2);
  CHECK(aria::RoundedDivision(1)(aria::RoundedDivision::kLimit - 1) == aria::RoundedDivision::kLimit - 1);
}

TEST_CASE("division is that of whole numbers, near halves above all") {
  aria::RandomStream random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto divisor = static_cast<std::int64_t>(1 + (random.bits() >> (24 + random.below(39))));
    const auto limit = aria::RoundedDivision::kLimit;
    std::int64_t number = static_cast<std::int64_t>(random.bits() >> (14 + random.below(40)));
    if (random.below(2) == 0) {
      const std::int64_t near = number / divisor * divisor + divisor / 2 + random.below(3) - 1;
      if (near >= 0 && near < limit) number = near;
    }
    if (number >= limit || divisor >= limit) continue;
    const std::int64_t whole = number / divisor, rest = number % divisor;
    const bool up = rest > divisor - rest || (rest == divisor - rest && whole % 2 != 0);
    REQUIRE(aria::RoundedDivision(divisor)(number) == whole + (up ? 1 : 0));
    REQUIRE(aria::detail::divide_half_even(number, divisor) == whole + (up ? 1 : 0));
  }
}

}  // namespace
