#include <aria/support/ordered_map.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace {

constexpr std::size_t kItems = 1000;
constexpr unsigned kWorkers[] = {1, 2, 7};

// 0, 1, ... up to `end`.
auto counting(std::size_t end) {
  return [i = std::size_t{0}, end]() mutable { return i < end ? std::optional(i++) : std::nullopt; };
}

const auto kNoCost = [](std::size_t) -> std::uint64_t { return 1; };

// Takes an unequal time for neighbours, so that results come out of order.
void dawdle(std::size_t item) {
  for (std::size_t i = 0; i < item * 7919 % 50; ++i) std::this_thread::yield();
}

// The items whose results came out before the end or an exception.
template <class Next, class Work, class Sink>
std::vector<std::size_t> results(unsigned workers, Next next, Work work, Sink sink) {
  std::vector<std::size_t> all;
  const auto keep = [&](std::size_t& result) {
    sink(result);
    all.push_back(result);
  };
  try {
    aria::ordered_map<std::size_t, std::size_t>(next, kNoCost, [&] { return work; }, keep, {.workers = workers});
  } catch (const std::runtime_error&) {
    all.push_back(kItems);  // marks the exception
  }
  return all;
}

const auto kCopy = [](std::size_t& item, std::size_t& result) {
  dawdle(item);
  result = item;
};
const auto kNothing = [](std::size_t) {};

std::vector<std::size_t> up_to(std::size_t end) {
  std::vector<std::size_t> numbers(end);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

}  // namespace

TEST_CASE("ordered_map hands results over in order for any number of workers", "[support]") {
  for (const unsigned workers : kWorkers) {
    CHECK(results(workers, counting(kItems), kCopy, kNothing) == up_to(kItems));
    CHECK(results(workers, counting(1), kCopy, kNothing) == up_to(1));
    CHECK(results(workers, counting(0), kCopy, kNothing).empty());
  }
}

TEST_CASE("ordered_map calls next, cost and sink one at a time and work on every item once", "[support]") {
  for (const unsigned workers : kWorkers) {
    std::atomic<int> inside_next{0}, inside_sink{0}, overlaps{0};
    std::vector<std::atomic<int>> worked(kItems);
    std::atomic<unsigned> made{0};
    const auto alone = [&overlaps](std::atomic<int>& inside, std::size_t item) {
      if (inside++ != 0) ++overlaps;
      dawdle(item);
      --inside;
    };
    aria::ordered_map<std::size_t, std::size_t>(
        [&, next = counting(kItems)]() mutable {
          alone(inside_next, 3);
          return next();
        },
        [&](std::size_t item) {
          alone(inside_next, item);
          return std::uint64_t{1};
        },
        [&] {
          ++made;
          return [&worked](std::size_t& item, std::size_t& result) {
            ++worked[item];
            result = item;
          };
        },
        [&](std::size_t& result) { alone(inside_sink, result); }, {.workers = workers});
    CHECK(overlaps == 0);
    CHECK(made <= workers);
    CHECK(std::all_of(worked.begin(), worked.end(), [](const auto& times) { return times == 1; }));
  }
}

TEST_CASE("ordered_map throws again what a function throws", "[support]") {
  constexpr std::size_t kBad = 314;
  const auto fail_at = [](std::size_t item) {
    if (item == kBad) throw std::runtime_error("this one");
  };
  auto expected = up_to(kBad);
  expected.push_back(kItems);
  for (const unsigned workers : kWorkers) {
    // In its turn: all results before it have been handed over, none behind it.
    const auto bad_work = [&](std::size_t& item, std::size_t& result) {
      kCopy(item, result);
      fail_at(item);
    };
    CHECK(results(workers, counting(kItems), bad_work, kNothing) == expected);
    CHECK(results(workers, counting(kItems), kCopy, fail_at) == expected);

    // What is in flight when next throws may be lost, but nothing comes out of order.
    const auto bad_next = [&, next = counting(kItems)]() mutable {
      const auto item = next();
      fail_at(*item);
      return item;
    };
    auto got = results(workers, bad_next, kCopy, kNothing);
    REQUIRE_FALSE(got.empty());
    CHECK(got.back() == kItems);
    got.pop_back();
    CHECK(got.size() <= kBad);
    CHECK(got == up_to(got.size()));
  }
}

TEST_CASE("ordered_map throws again what making a worker throws", "[support]") {
  for (const unsigned workers : kWorkers) {
    const auto make_worker = []() -> void (*)(std::size_t&, std::size_t&) { throw std::runtime_error("no worker"); };
    const auto run = [&] {
      aria::ordered_map<std::size_t, std::size_t>(counting(kItems), kNoCost, make_worker, kNothing,
                                                  {.workers = workers});
    };
    CHECK_THROWS_WITH(run(), "no worker");
  }
}

TEST_CASE("ordered_map has no more results in flight than it may", "[support]") {
  // The first item waits until as many are under way as may be, then gives others the time to do more than they may.
  constexpr std::size_t kInFlight = 3;
  for (const unsigned workers : {2U, 7U}) {
    std::atomic<std::size_t> begun{0}, begun_before_first_result{0};
    const auto work = [&](std::size_t& item, std::size_t& result) {
      result = item;
      ++begun;
      if (item != 0) return;
      while (begun < kInFlight) std::this_thread::yield();
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      begun_before_first_result = begun.load();
    };
    std::size_t handed_over = 0;
    aria::ordered_map<std::size_t, std::size_t>(
        counting(kItems), kNoCost, [&] { return work; }, [&](std::size_t&) { ++handed_over; },
        {.workers = workers, .in_flight = kInFlight});
    CHECK(begun_before_first_result == kInFlight);
    CHECK(handed_over == kItems);
  }
}

TEST_CASE("ordered_map keeps to the cost that it may have in flight", "[support]") {
  // Items cost 1 to 10; 1000 costs more than allowed, so it runs alone.
  constexpr std::uint64_t kLimit = 20;
  const auto cost_of = [](std::size_t item) -> std::uint64_t { return item % 100 == 50 ? 1000 : 1 + item % 10; };
  for (const unsigned workers : {2U, 7U}) {
    std::atomic<std::uint64_t> cost{0}, excess{0}, largest{0};
    const auto work = [&](std::size_t& item, std::size_t& result) {
      const std::uint64_t now = cost += cost_of(item);
      if (now > kLimit && now != 1000) ++excess;
      if (now > largest) largest = now;
      dawdle(item);
      result = item;
    };
    aria::ordered_map<std::size_t, std::size_t>(
        counting(kItems), cost_of, [&] { return work; }, [&](std::size_t& result) { cost -= cost_of(result); },
        {.workers = workers, .in_flight = 100, .cost = kLimit});
    CHECK(excess == 0);
    CHECK(largest == 1000);
    CHECK(cost == 0);
  }
}
