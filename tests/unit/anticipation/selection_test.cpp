#include <aria/anticipation/selection.hpp>

#include <cstdint>
#include <limits>
#include <vector>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

Tokens clipped(const Tokens& tokens, std::int64_t start, std::int64_t end, bool clip_duration = true) {
  return written([&](Tokens& out) { clip(tokens, Bins{start}, Bins{end}, out, clip_duration); });
}
Tokens masked(const Tokens& tokens, std::int64_t start, std::int64_t end) {
  return written([&](Tokens& out) { mask(tokens, Bins{start}, Bins{end}, out); });
}

// A mixture of events and controls in any order, and the time and duration of each.
struct Known {
  std::vector<Triple> events;
  std::vector<std::uint32_t> times, durations;
};

Known random_mixture(aria::RandomStream& random) {
  Known known;
  for (std::size_t i = random.below(30); i > 0; --i) {
    known.times.push_back(random.below(60));
    known.durations.push_back(random.below(60));
    const Triple one = event(known.times.back(), known.durations.back(), random.below(16512));
    known.events.push_back(random.below(2) == 0 ? one : as_control(one));
  }
  return known;
}

}  // namespace

TEST_CASE("clip keeps what starts in an interval and shortens what lasts longer", "[anticipation]") {
  const Tokens piece = tokens({event(0, 999), event(99), event(100, 50), control(120, 81), event(120, 80), rest(150),
                               control(200, 5), event(200, 0), event(201)});
  const auto expected =
      tokens({event(100, 50), control(120, 80), event(120, 80), rest(150), control(200, 0), event(200, 0)});
  CHECK(clipped(piece, 100, 200) == expected);
  CHECK(clipped(piece, 100, 200, false) ==
        tokens({event(100, 50), control(120, 81), event(120, 80), rest(150), control(200, 5), event(200, 0)}));
  CHECK(clipped(piece, 200, 100).empty());
  CHECK(clipped(piece, -5, 0) == tokens({event(0, 0)}));
  CHECK(clipped({}, 0, 100).empty());
}

TEST_CASE("mask takes out what starts within an open interval", "[anticipation]") {
  const Tokens piece = tokens({event(99), event(100), control(100), control(101), event(150, 900), event(199),
                               event(200), control(200), event(201)});
  CHECK(masked(piece, 100, 200) == tokens({event(99), event(100), control(100), event(200), control(200), event(201)}));
  CHECK(masked(piece, 100, 101) == piece);
  CHECK(masked(piece, -1, 1000).empty());
}

TEST_CASE("a separator lies in no interval", "[anticipation]") {
  const Tokens pieces = tokens({separator(), event(5), separator(), event(7)});
  CHECK(clipped(pieces, 0, 60'000) == tokens({event(5), event(7)}));
  CHECK(masked(pieces, 0, 60'000) == tokens({separator(), separator()}));
}

TEST_CASE("remove_if removes what the criterion is true for", "[anticipation]") {
  const Tokens piece = tokens({event(1), control(2), rest(3), separator(), event(4, 7)});
  const auto left = [&](auto criterion) { return written([&](Tokens& out) { remove_if(piece, criterion, out); }); };
  CHECK(left([](const Triple&) { return false; }) == piece);
  CHECK(left([](const Triple&) { return true; }).empty());
  CHECK(left([](const Triple& one) { return one == event(4, 7) || one.note == kArrival.rest; }) ==
        tokens({event(1), control(2), separator()}));
}

TEST_CASE("clip and mask do what their definitions say", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    aria::RandomStream random(seed);
    const Known known = random_mixture(random);
    const std::uint32_t start = random.below(60), end = random.below(60);
    std::vector<Triple> inside, shortened, outside;
    for (std::size_t i = 0; i < known.events.size(); ++i) {
      const std::uint32_t time = known.times[i];
      if (!(time > start && time < end)) outside.push_back(known.events[i]);
      if (time < start || time > end) continue;
      inside.push_back(known.events[i]);
      shortened.push_back(known.events[i]);
      while (time + known.durations[i] > end + (known.events[i].duration - shortened.back().duration)) {
        --shortened.back().duration;
      }
    }
    const Tokens all = tokens_of(known.events);
    CAPTURE(seed);
    CHECK(clipped(all, start, end) == tokens_of(shortened));
    CHECK(clipped(all, start, end, false) == tokens_of(inside));
    CHECK(masked(all, start, end) == tokens_of(outside));
  }
}

TEST_CASE("no ids and no times are too wild for clip and mask", "[anticipation]") {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const aria::TokenId top = std::numeric_limits<aria::TokenId>::max();
  const Tokens wild = {0, 0, top, top, top, top, top, 0, 0, top, top, 0, 5, top, kArrival.separator};
  CHECK(clipped(wild, kLeast, kMost) == Tokens(wild.begin(), wild.end() - 3));
  CHECK(clipped(wild, kMost, kLeast).empty());
  CHECK(clipped(wild, kLeast, kLeast).empty());
  CHECK(masked(wild, kLeast, kMost) == Tokens(wild.end() - 3, wild.end()));
  // The second token is shortened in any case.
  CHECK(clipped({0, top, kArrival.note}, 0, 7) == tokens({event(0, 7, 0)}));
}

TEST_CASE("a sequence that ends within an event is refused", "[anticipation]") {
  const Tokens four = {0, 10'000, 11'000, 5};
  const std::string message = "a sequence of 4 tokens ends within an event of three";
  CHECK(refused([&](Tokens& out) { clip(four, Bins{0}, Bins{9}, out); }) == message);
  CHECK(refused([&](Tokens& out) { mask(four, Bins{0}, Bins{9}, out); }) == message);
  CHECK(refused([&](Tokens& out) {
          remove_if(
              four, [](const Triple&) { return false; }, out);
        }) == message);
}
