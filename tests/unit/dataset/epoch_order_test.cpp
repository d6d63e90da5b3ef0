#include <aria/dataset/epoch_order.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::EpochOrder;
using aria::ErrorCode;
using Places = std::vector<std::size_t>;

namespace {

Places all_of(const EpochOrder& order) {
  Places places;
  for (std::size_t i = 0; i < order.size(); ++i) places.push_back(order[i]);
  return places;
}

Places places(std::size_t size, std::uint64_t seed, std::uint64_t epoch) {
  return all_of(EpochOrder(size, {.seed = seed, .epoch = epoch}));
}

Places counted(std::size_t size) {
  Places all(size);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

Places sorted(Places places) {
  std::sort(places.begin(), places.end());
  return places;
}

// How far the 24 orders of four things are from being equally frequent; `order_of(i)` is the i-th try. The mean is 23.
template <class OrderOf>
double chi_squared(OrderOf order_of) {
  constexpr std::uint64_t kExpected = 1000;
  std::map<Places, std::size_t> counts;
  for (std::uint64_t i = 0; i < 24 * kExpected; ++i) ++counts[order_of(i)];
  REQUIRE(counts.size() == 24);
  double sum = 0;
  for (const auto& [order, count] : counts) {
    const double off = static_cast<double>(count) - kExpected;
    sum += off * off / kExpected;
  }
  return sum;
}

}  // namespace

TEST_CASE("EpochOrder: every sequence comes once", "[dataset]") {
  for (const std::size_t size : {0, 1, 2, 3, 4, 5, 31, 32, 33, 1000}) {
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
      for (const std::uint64_t epoch : {0, 1, 2, 1000}) {
        const EpochOrder order(size, {.seed = seed, .epoch = epoch});
        REQUIRE(order.size() == size);
        CHECK(sorted(all_of(order)) == counted(size));
      }
    }
  }
}

TEST_CASE("EpochOrder: seed and epoch decide it, and nothing else", "[dataset]") {
  std::set<Places> orders = {counted(1000)};
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, ~std::uint64_t{0}}) {
    for (const std::uint64_t epoch : {0, 1, 2, 3}) CHECK(orders.insert(places(1000, seed, epoch)).second);
  }
  const EpochOrder order(1000, {.seed = 2, .epoch = 3});
  const EpochOrder copy = order;
  CHECK(order[999] == places(1000, 2, 3)[999]);
  CHECK(all_of(copy) == places(1000, 2, 3));
  CHECK(orders.count(all_of(order)) == 1);
}

TEST_CASE("EpochOrder: the orders that it always gave", "[dataset]") {
  // A run that goes on from a checkpoint relies on these. Going red is legitimate only together with a new version of
  // RunState and a note in the changelog that checkpoints of older versions cannot go on.
  const auto begins_with = [](const Places& order, const Places& first) {
    return Places(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(first.size())) == first;
  };
  CHECK(places(10, 5, 1) == Places{3, 0, 4, 6, 1, 8, 5, 9, 2, 7});
  CHECK(begins_with(places(1000, 0, 1), {868, 959, 701, 629, 829, 147, 432, 679}));
  CHECK(begins_with(places(1000, 0, 2), {657, 240, 673, 500, 417, 542, 721, 741}));
  CHECK(begins_with(places(1'000'000, 42, 7), {606079, 247812, 377902, 652849, 986567, 84175}));
}

TEST_CASE("EpochOrder: all orders are equally likely, over seeds and over epochs", "[dataset]") {
  const double seeds = chi_squared([](std::uint64_t i) { return places(4, i, 1); });
  const double epochs = chi_squared([](std::uint64_t i) { return places(4, 0, i); });
  const double both = chi_squared([](std::uint64_t i) { return places(4, i % 100, i / 100); });
  // One fair shuffle in a million is outside of these.
  for (const double sum : {seeds, epochs, both}) {
    CHECK(sum > 4.5);
    CHECK(sum < 71);
  }
}

TEST_CASE("EpochOrder: without a shuffle it is the order of the file", "[dataset]") {
  for (const std::size_t size : {0, 1, 2, 5, 1000}) {
    CHECK(all_of(EpochOrder(size, {.seed = 3, .epoch = 4, .shuffle = false})) == counted(size));
  }
}

TEST_CASE("EpochOrder: ranks take turns at the places of the whole", "[dataset]") {
  for (const bool shuffle : {false, true}) {
    for (const std::size_t size : {0, 1, 2, 3, 7, 8, 9, 24, 1000}) {
      const Places whole = all_of(EpochOrder(size, {.seed = 6, .epoch = 2, .shuffle = shuffle}));
      for (const std::size_t count : {1, 2, 3, 5, 8, 1001}) {
        CAPTURE(shuffle, size, count);
        std::vector<Places> ranks;
        Places together;
        for (std::size_t number = 0; number < count; ++number) {
          const EpochOrder order(size, {.seed = 6, .epoch = 2, .shuffle = shuffle, .rank = {number, count}});
          ranks.push_back(all_of(order));
          together.insert(together.end(), ranks.back().begin(), ranks.back().end());
          REQUIRE(order.size() == size / count + (number < size % count ? 1 : 0));
        }
        CHECK(sorted(together) == counted(size));
        // As many steps as all ranks can make: they have seen what one would have.
        for (std::size_t first = 1; first <= size / count; first = first * 2 + 1) {
          Places seen;
          for (std::size_t i = 0; i < first; ++i) {
            for (const Places& rank : ranks) seen.push_back(rank[i]);
          }
          CHECK(seen == Places(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(first * count)));
        }
      }
    }
  }
}

TEST_CASE("EpochOrder: ranks that are none, and more sequences than it can number", "[dataset]") {
  const auto code_of = [](std::size_t size, aria::Rank rank) {
    return test::error_of([&] { EpochOrder(size, {.shuffle = false, .rank = rank}); }).code();
  };
  CHECK(code_of(10, {.number = 0, .count = 0}) == ErrorCode::invalid_argument);
  CHECK(code_of(10, {.number = 1, .count = 1}) == ErrorCode::invalid_argument);
  CHECK(code_of(10, {.number = 3, .count = 2}) == ErrorCode::invalid_argument);
  constexpr std::size_t kMost = 0xffffffff;
  CHECK(code_of(kMost + 1, {}) == ErrorCode::too_large);
  CHECK(code_of(~std::size_t{0}, {}) == ErrorCode::too_large);
  const EpochOrder most(kMost, {.shuffle = false, .rank = {1, 2}});
  CHECK(most.size() == kMost / 2);
  CHECK(most[most.size() - 1] == kMost - 2);
}
