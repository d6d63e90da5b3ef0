#include <aria/anticipation/order.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

Tokens sorted(Tokens tokens) {
  aria::anticipation::sort(tokens);
  return tokens;
}
std::pair<Tokens, Tokens> split_of(const Tokens& all) {
  Tokens events, controls;
  split(all, events, controls);
  return {events, controls};
}
Tokens combined(const Tokens& events, const Tokens& controls) {
  return written([&](Tokens& out) { combine(events, controls, out); });
}

// The definition: the earliest of what is left, the first of those of one time.
std::vector<Triple> slowly_sorted(std::vector<Triple> left) {
  std::vector<Triple> sorted;
  while (!left.empty()) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < left.size(); ++i) best = left[i].time < left[best].time ? i : best;
    sorted.push_back(left[best]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return sorted;
}

}  // namespace

TEST_CASE("sort orders by time, and by nothing else", "[anticipation]") {
  CHECK(sorted({}).empty());
  CHECK(sorted(tokens({event(9), event(5, 3), rest(5), event(5, 1), event(0, 7)})) ==
        tokens({event(0, 7), event(5, 3), rest(5), event(5, 1), event(9)}));
  CHECK(sorted(tokens({control(9), control(5, 3), control(5, 1)})) ==
        tokens({control(5, 3), control(5, 1), control(9)}));
  Tokens five = {1, 2, 3, 4, 5};
  CHECK(error_of([&] { aria::anticipation::sort(five); }).code() == aria::ErrorCode::invalid_argument);
}

TEST_CASE("split puts events and controls apart", "[anticipation]") {
  const auto [events, controls] = split_of(tokens({control(4), event(1), rest(2), control(3), separator(), event(0)}));
  CHECK(events == tokens({event(1), rest(2), event(0)}));
  CHECK(controls == tokens({control(4), control(3), separator()}));
  Tokens before = {1, 2, 3}, also = {4};
  split(tokens({event(1), control(2)}), before, also);
  CHECK(before.size() == 6);
  CHECK(also.size() == 4);
}

TEST_CASE("combine turns controls back and sorts, events first", "[anticipation]") {
  CHECK(combined(tokens({event(1), event(5, 1)}), tokens({control(5, 2), control(0)})) ==
        tokens({event(0), event(1), event(5, 1), event(5, 2)}));
  CHECK(combined({}, {}).empty());
  CHECK(combined({}, tokens({control(3)})) == tokens({event(3)}));
}

TEST_CASE("combine refuses controls that are none", "[anticipation]") {
  const auto message = [](const Tokens& controls) {
    return refused([&](Tokens& out) { combine(tokens({event(1)}), controls, out); });
  };
  CHECK(message(tokens({control(1), event(2)})) == "event 1 of the controls is no control");
  CHECK(message(tokens({separator()})) == "event 0 of the controls is no control");
  CHECK(message({0, kArrival.control + kArrival.duration, kArrival.control + kArrival.note}) ==
        "event 0 of the controls is no control");
  message({kArrival.control, 0, kArrival.control + kArrival.note});
  message({1, 2});
}

TEST_CASE("combine after split sorts the events with the controls turned back", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    aria::RandomStream random(seed);
    std::vector<Triple> mixture, events, controls;
    for (const Triple& one : random_piece(random, random.below(60))) {
      const Triple moved{random.below(40), one.duration, one.note};  // in any order
      const bool chosen = random.below(3) == 0;
      mixture.push_back(chosen ? as_control(moved) : moved);
      (chosen ? controls : events).push_back(moved);
    }
    events.insert(events.end(), controls.begin(), controls.end());
    const auto [first, second] = split_of(tokens_of(mixture));
    CAPTURE(seed);
    CHECK(first.size() + second.size() == 3 * mixture.size());
    CHECK(combined(first, second) == tokens_of(slowly_sorted(events)));
    CHECK(sorted(tokens_of(mixture)) == tokens_of(slowly_sorted(mixture)));
  }
}
