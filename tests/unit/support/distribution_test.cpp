#include <aria/support/distribution.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <aria/support/random.hpp>

#include "support/catch.hpp"

namespace {

aria::Distribution distribution_of(const std::vector<double>& values) {
  aria::Distribution out;
  for (const double value : values) out.add(value);
  return out;
}

}  // namespace

TEST_CASE("a distribution without values is all zero", "[support]") {
  const aria::Distribution none;
  CHECK(none.empty());
  CHECK(none.quantile(0.5) == 0);
  CHECK(none.min() == 0);
  CHECK(none.max() == 0);
  CHECK(none.count_below(1e9) == 0);
}

TEST_CASE("quantiles of a few whole numbers are exact", "[support]") {
  const auto values = distribution_of({9999, 3, 120, 4, 3});
  CHECK(values.count() == 5);
  CHECK(values.sum() == 10129);
  CHECK(values.min() == 3);
  CHECK(values.max() == 9999);
  CHECK(values.quantile(0) == 3);
  CHECK(values.quantile(0.4) == 3);
  CHECK(values.quantile(0.41) == 4);
  CHECK(values.quantile(0.5) == 4);
  CHECK(values.quantile(0.8) == 120);
  CHECK(values.quantile(1) == 9999);
  // Of two in the middle, the lower one.
  CHECK(distribution_of({10, 20, 30, 40}).quantile(0.5) == 20);
  // 0.07 * 100 is a little more than 7 in doubles.
  std::vector<double> hundred;
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  CHECK(distribution_of(hundred).quantile(0.07) == 7);
}

TEST_CASE("values are counted below round edges exactly", "[support]") {
  std::vector<double> tenths;
  for (int i = 1; i <= 1000; ++i) tenths.push_back(i / 10.0);
  const auto values = distribution_of(tenths);
  for (int i = 1; i <= 1000; ++i) {
    CAPTURE(i);
    CHECK(values.count_below(i * 0.1) == static_cast<std::uint64_t>(i - 1));
  }
  CHECK(values.count_below(100.1) == 1000);
  CHECK(values.count_below(0) == 0);
  CHECK(values.count_below(-1) == 0);
}

TEST_CASE("zero, tiny, huge and senseless values have a place", "[support]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto values = distribution_of({0, 0.0005, -3, std::nan(""), 1e15, 4e18, kInfinity});
  CHECK(values.count() == 7);
  CHECK(values.min() == 0);
  CHECK(values.max() == kInfinity);
  CHECK(values.quantile(0.5) == 0);
  CHECK(values.count_below(0.001) == 4);
  CHECK(values.count_below(9e14) == 4);
  CHECK(values.count_below(1e15) == 7);
  CHECK(values.quantile(0.8) == Approx(9.999e14));
}

TEST_CASE("quantiles are within a thousandth of those of the sorted values", "[support]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<double> values;
    const std::size_t size = 1 + aria::random_bits(seed, 0) % 500;
    // From a thousandth to a hundred million, all powers of ten alike.
    for (std::size_t i = 1; i <= size; ++i) values.push_back(std::pow(10, 11 * aria::uniform(seed, i) - 3));
    const auto sketch = distribution_of(values);
    std::sort(values.begin(), values.end());
    for (const double share : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0}) {
      const double rank = std::max(1.0, std::ceil(share * static_cast<double>(size)));
      const double exact = values[static_cast<std::size_t>(rank) - 1];
      CAPTURE(seed, share, exact);
      CHECK(sketch.quantile(share) <= exact);
      CHECK(sketch.quantile(share) > exact * 0.999);
    }
  }
}
