#include <aria/tokenizer/quantize.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "support/catch.hpp"
#include "support/slow_lazy.hpp"

TEST_CASE("nearest_step is nearest, and the binary search's of two", "[tokenizer]") {
  for (const std::int64_t step : {1, 2, 7, 10, 15, 127}) {
    for (const std::size_t count : {1, 2, 3, 9, 300}) {
      const auto last = static_cast<std::int64_t>(count - 1) * step;
      for (std::int64_t value = -2 * step; value <= last + 2 * step; ++value) {
        const auto nearest = static_cast<std::int64_t>(aria::nearest_step(value, step, count)) * step;
        CAPTURE(step, count, value, nearest);
        REQUIRE(nearest >= 0);
        REQUIRE(nearest <= last);
        if (value >= 0 && value <= last) REQUIRE(2 * std::abs(value - nearest) <= step);
        if (value <= 0) REQUIRE(nearest == 0);
        if (value >= last) REQUIRE(nearest == last);
        REQUIRE(nearest == test::slow_nearest(value, step, static_cast<std::int64_t>(count)));
      }
    }
  }
}

TEST_CASE("nearest_step of two that are equally near depends on the way of the search", "[tokenizer]") {
  const auto nearest = [](std::int64_t value) { return aria::nearest_step(value, 10, 500) * 10; };
  CHECK(nearest(5) == 0);
  CHECK(nearest(15) == 20);
  CHECK(nearest(25) == 20);
  CHECK(nearest(35) == 40);
  CHECK(nearest(4985) == 4980);
}

TEST_CASE("nearest_step of what lies far outside", "[tokenizer]") {
  CHECK(aria::nearest_step(INT64_MAX / 2, 10, 500) == 499);
  CHECK(aria::nearest_step(INT64_MIN / 2, 10, 500) == 0);
}
