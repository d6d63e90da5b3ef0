#include <aria/support/merge_runs.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

struct Item {
  std::int64_t key = 0;
  std::size_t place = 0;  // where it stood before
  friend bool operator==(const Item&, const Item&) = default;
};

struct Runs {
  std::vector<Item> items;
  std::vector<std::size_t> ends;

  void add(std::vector<std::int64_t> keys) {
    std::sort(keys.begin(), keys.end());
    for (const std::int64_t key : keys) items.push_back({key, items.size()});
    ends.push_back(items.size());
  }
};

// The oracle keeps the order of equal keys, and `place` shows whether merge_runs does.
void check(const Runs& runs) {
  std::vector<Item> expected = runs.items;
  std::stable_sort(expected.begin(), expected.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
  std::vector<Item> items = runs.items, spare(7);
  std::vector<std::size_t> ends = runs.ends;
  aria::merge_runs(items, ends, spare, [](const Item& item) { return item.key; });
  CHECK(items == expected);
}

}  // namespace

TEST_CASE("merge_runs of hardly anything", "[support]") {
  check({});
  check({{}, {0}});
  check({{}, {0, 0, 0}});
  Runs runs;
  runs.add({3});
  check(runs);
  runs.add({});
  check(runs);
  runs.add({1});
  check(runs);
  runs.add({1});
  check(runs);
}

TEST_CASE("merge_runs is a stable sort", "[support]") {
  std::mt19937_64 random(1);
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  for (int round = 0; round < 3000; ++round) {
    // Few keys make many equal ones; some runs are empty, some go on where the one before ends.
    const std::uint64_t keys = below(4) == 0 ? 3 : 1 + below(1000);
    const std::int64_t rise = below(3) == 0 ? static_cast<std::int64_t>(keys) - 1 : 0;
    Runs runs;
    const std::uint64_t count = below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::vector<std::int64_t> run(below(3) == 0 ? 0 : below(40));
      for (auto& key : run) key = static_cast<std::int64_t>(below(keys) + i * static_cast<std::uint64_t>(rise));
      runs.add(run);
    }
    check(runs);
  }
}

TEST_CASE("merge_runs of a long run and short ones", "[support]") {
  Runs runs;
  std::vector<std::int64_t> all(5000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i / 3);
  runs.add(all);
  for (std::int64_t key = 2000; key >= -10; key -= 67) runs.add({key, key});
  check(runs);
}
