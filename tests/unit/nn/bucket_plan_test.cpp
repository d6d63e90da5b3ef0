#include <aria/nn/distributed/bucket_plan.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

using aria::ErrorCode;
using aria::nn::BucketLedger;
using aria::nn::BucketPlan;
using test::Dice;

namespace {

using Numbers = std::vector<std::size_t>;

struct Case {
  Numbers numbers;
  std::size_t large = 1;
};

// Few or many parameters; of one size, of sizes around the limit, or of very different ones; some without numbers.
Case random_case(std::uint64_t seed) {
  Dice dice(seed);
  Case some{Numbers(dice.below(dice.one_in(2) ? 6 : 80)), 1 + dice.below(dice.one_in(3) ? 4 : 1000)};
  const std::uint64_t kind = dice.below(4);
  const std::size_t same = dice.below(2 * some.large);
  for (std::size_t& number : some.numbers) {
    number = kind == 0   ? same
             : kind == 1 ? some.large - 1 + dice.below(3)
             : kind == 2 ? dice.below(1 + some.large / 4)
                         : dice.below(4 * some.large) >> dice.below(8);
  }
  return some;
}

Numbers descending(std::size_t count) {
  Numbers order(count);
  std::iota(order.rbegin(), order.rend(), 0U);
  return order;
}

Numbers shuffled(std::size_t count, Dice& dice) {
  Numbers order = descending(count);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[dice.below(i)]);
  return order;
}

Numbers ascending(std::size_t count) {
  Numbers order = descending(count);
  std::reverse(order.begin(), order.end());
  return order;
}

// How many of the first buckets have all their gradients.
std::size_t whole_buckets(const BucketPlan& plan, const std::vector<bool>& seen) {
  std::size_t count = 0;
  for (const Numbers& parameters : plan.parameters) {
    if (!std::all_of(parameters.begin(), parameters.end(), [&](std::size_t i) { return seen[i]; })) break;
    ++count;
  }
  return count;
}

// Of the parameters named, in that order; the rest of the step comes with `finish`, if at all.
void mark_all(BucketLedger& ledger, const Numbers& parameters, Numbers& launched) {
  for (const std::size_t i : parameters) ledger.mark(i, [&](std::size_t bucket) { launched.push_back(bucket); });
}

}  // namespace

TEST_CASE("BucketPlan: every parameter is in one bucket, at a place of its own", "[nn]") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const auto [numbers, large] = random_case(seed);
    const BucketPlan plan = BucketPlan::of(numbers, large);
    REQUIRE(plan.parts.size() == numbers.size());
    REQUIRE(plan.parameters.size() == plan.sizes.size());
    Numbers all;
    for (std::size_t bucket = 0; bucket < plan.parameters.size(); ++bucket) {
      CHECK_FALSE(plan.parameters[bucket].empty());
      std::size_t end = 0;
      for (const std::size_t i : plan.parameters[bucket]) {
        REQUIRE(i < numbers.size());
        CHECK(plan.parts[i].bucket == bucket);
        CHECK(plan.parts[i].offset == end);
        end += numbers[i];
        all.push_back(i);
      }
      CHECK(plan.sizes[bucket] == end);
    }
    std::sort(all.begin(), all.end());
    CHECK(all == ascending(numbers.size()));
    CHECK(std::accumulate(plan.sizes.begin(), plan.sizes.end(), std::size_t{0}) ==
          std::accumulate(numbers.begin(), numbers.end(), std::size_t{0}));
  }
}

TEST_CASE("BucketPlan: large ones are alone, and small ones make large buckets but for the last", "[nn]") {
  std::size_t alone = 0, shared = 0, rests = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const Case some = random_case(seed);
    const BucketPlan plan = BucketPlan::of(some.numbers, some.large);
    const auto is_large = [&](std::size_t i) { return some.numbers[i] >= some.large; };
    for (std::size_t bucket = 0; bucket < plan.parameters.size(); ++bucket) {
      const Numbers& parameters = plan.parameters[bucket];
      if (std::any_of(parameters.begin(), parameters.end(), is_large)) {
        CHECK(parameters.size() == 1);
        ++alone;
      } else if (plan.sizes[bucket] < some.large) {
        CHECK(bucket + 1 == plan.parameters.size());
        ++rests;
      } else {
        CHECK(plan.sizes[bucket] - some.numbers[parameters.back()] < some.large);
        ++shared;
      }
    }
  }
  CHECK(alone > 1000);
  CHECK(shared > 1000);
  CHECK(rests > 100);
}

TEST_CASE("BucketPlan: the order is that in which the backward pass fills buckets", "[nn]") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const auto [numbers, large] = random_case(seed);
    const BucketPlan plan = BucketPlan::of(numbers, large);
    Numbers small;
    for (const Numbers& parameters : plan.parameters) {
      CHECK(std::is_sorted(parameters.rbegin(), parameters.rend()));
      if (numbers[parameters.front()] < large) small.insert(small.end(), parameters.begin(), parameters.end());
    }
    CHECK(std::is_sorted(small.rbegin(), small.rend()));

    BucketLedger ledger(plan);
    Numbers launched;
    for (const std::size_t i : descending(numbers.size())) {
      const std::size_t before = launched.size(), bucket = plan.parts[i].bucket;
      mark_all(ledger, {i}, launched);
      const bool is_rest = plan.sizes[bucket] < large;
      if (plan.parameters[bucket].back() != i || is_rest) continue;
      REQUIRE(launched.size() > before);
      CHECK(launched[before] == bucket);
    }
    CHECK(launched == ascending(plan.sizes.size()));
  }
}

TEST_CASE("BucketPlan: an example", "[nn]") {
  const BucketPlan plan = BucketPlan::of(Numbers{3, 12, 4, 20, 5, 10, 2}, 12);
  CHECK(plan.parameters == std::vector<Numbers>{{6, 5}, {3}, {1}, {4, 2, 0}});
  CHECK(plan.sizes == Numbers{12, 20, 12, 12});
}

TEST_CASE("BucketPlan: no parameters, and ones without numbers", "[nn]") {
  const BucketPlan none = BucketPlan::of({}, 10);
  CHECK(none.parts.empty());
  CHECK(none.sizes.empty());
  CHECK(none.parameters.empty());
  const BucketPlan empty = BucketPlan::of(Numbers{0, 0}, 10);
  CHECK(empty.sizes == Numbers{0});
  CHECK(empty.parameters == std::vector<Numbers>{{1, 0}});
  const BucketPlan all_large = BucketPlan::of(Numbers{1, 0, 2}, 0);
  CHECK(all_large.sizes == Numbers{2, 0, 1});
}

TEST_CASE("BucketLedger: each bucket goes once and in order, as soon as it can, whatever comes first", "[nn]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const auto [numbers, large] = random_case(seed);
    const BucketPlan plan = BucketPlan::of(numbers, large);
    BucketLedger ledger(plan);
    Dice dice(seed + 1'000'000);
    for (int step = 0; step < 3; ++step) {
      ledger.begin();
      CHECK(ledger.launched() == 0);
      Numbers launched;
      std::vector<bool> seen(numbers.size(), false);
      for (const std::size_t i : shuffled(numbers.size(), dice)) {
        seen[i] = true;
        mark_all(ledger, {i}, launched);
        CHECK(launched == ascending(whole_buckets(plan, seen)));
        CHECK(ledger.launched() == launched.size());
      }
      ledger.finish([&](std::size_t bucket) { launched.push_back(bucket); });
      CHECK(launched == ascending(plan.sizes.size()));
    }
  }
}

TEST_CASE("BucketLedger: what is left goes with the end, in order and once", "[nn]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const auto [numbers, large] = random_case(seed);
    const BucketPlan plan = BucketPlan::of(numbers, large);
    BucketLedger ledger(plan);
    Dice dice(seed + 2'000'000);
    Numbers some = shuffled(numbers.size(), dice), launched;
    some.resize(dice.below(some.size() + 1));
    mark_all(ledger, some, launched);
    const auto launch = [&](std::size_t bucket) { launched.push_back(bucket); };
    ledger.finish(launch);
    CHECK(launched == ascending(plan.sizes.size()));
    CHECK(ledger.launched() == plan.sizes.size());
    ledger.finish(launch);
    CHECK(launched.size() == plan.sizes.size());
  }
}

TEST_CASE("BucketLedger: several threads bring gradients at once", "[nn]") {
  constexpr std::size_t kThreads = 4;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Numbers numbers(200 + dice.below(200));
    for (std::size_t& number : numbers) number = 1 + dice.below(20);
    const BucketPlan plan = BucketPlan::of(numbers, 16);
    BucketLedger ledger(plan);
    for (int step = 0; step < 2; ++step) {
      ledger.begin();
      const Numbers order = shuffled(numbers.size(), dice);
      const std::size_t kept_back = step == 0 ? 0 : dice.below(20);
      Numbers launched;
      std::vector<int> written(numbers.size(), 0);
      std::size_t incomplete = 0;
      std::atomic<std::size_t> ready = 0;
      std::vector<std::thread> threads;
      for (std::size_t thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
          ++ready;
          while (ready < kThreads) std::this_thread::yield();
          for (std::size_t n = thread; n + kept_back < order.size(); n += kThreads) {
            written[order[n]] = 1;
            ledger.mark(order[n], [&](std::size_t bucket) {
              launched.push_back(bucket);
              for (const std::size_t i : plan.parameters[bucket]) incomplete += written[i] == 0 ? 1 : 0;
            });
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      CHECK(incomplete == 0);
      CHECK(launched == ascending(ledger.launched()));
      if (kept_back == 0) CHECK(launched.size() == plan.sizes.size());
      ledger.finish([&](std::size_t bucket) { launched.push_back(bucket); });
      CHECK(launched == ascending(plan.sizes.size()));
    }
  }
}

TEST_CASE("BucketLedger: a gradient that comes twice, or is none's, is refused and changes nothing", "[nn]") {
  const BucketPlan plan = BucketPlan::of(Numbers{4, 4, 4, 4}, 8);
  BucketLedger ledger(plan);
  Numbers launched;
  mark_all(ledger, {3}, launched);
  const aria::Error twice = test::error_of([&] { mark_all(ledger, {3}, launched); });
  CHECK(twice.code() == ErrorCode::invalid_argument);
  CHECK(twice.message() == "the gradient of parameter 3 came twice in one step");
  const aria::Error unknown = test::error_of([&] { mark_all(ledger, {4}, launched); });
  CHECK(unknown.code() == ErrorCode::invalid_argument);
  CHECK(unknown.message() == "the gradient of parameter 4 is none of the plan's");
  CHECK(test::error_of([&] { mark_all(ledger, {SIZE_MAX}, launched); }).code() == ErrorCode::invalid_argument);
  CHECK(launched.empty());
  mark_all(ledger, {2}, launched);
  CHECK(launched == Numbers{0});
  CHECK_THROWS_AS(mark_all(ledger, {2}, launched), aria::Error);
  mark_all(ledger, {0, 1}, launched);
  CHECK(launched == Numbers{0, 1});
}

TEST_CASE("BucketLedger: a step begins anew, wherever the one before stood", "[nn]") {
  const BucketPlan plan = BucketPlan::of(Numbers{4, 4, 4, 4, 4}, 8);
  BucketLedger ledger(plan);
  for (const Numbers& before : {Numbers{}, Numbers{4}, Numbers{0, 1}, Numbers{4, 3, 2}, Numbers{0, 1, 2, 3, 4}}) {
    CAPTURE(before);
    Numbers launched;
    ledger.begin();
    mark_all(ledger, before, launched);
    ledger.begin();
    launched.clear();
    CHECK(ledger.launched() == 0);
    mark_all(ledger, {2, 4}, launched);
    CHECK(launched.empty());
    mark_all(ledger, {3, 1, 0}, launched);
    CHECK(launched == Numbers{0, 1, 2});
  }
}

TEST_CASE("BucketLedger: without parameters nothing goes", "[nn]") {
  BucketLedger ledger(BucketPlan::of({}, 1));
  Numbers launched;
  CHECK_THROWS_AS(mark_all(ledger, {0}, launched), aria::Error);
  ledger.finish([&](std::size_t bucket) { launched.push_back(bucket); });
  CHECK(launched.empty());
  CHECK(ledger.launched() == 0);
}
