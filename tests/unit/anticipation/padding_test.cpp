#include <aria/anticipation/padding.hpp>

#include <cstdint>
#include <limits>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

Tokens padded(const Tokens& events, std::int64_t end_time = 0, std::int64_t density = 100) {
  return written([&](Tokens& out) { pad(events, out, Bins{end_time}, Bins{density}); });
}
Tokens unpadded(const Tokens& tokens) {
  return written([&](Tokens& out) { unpad(tokens, out); });
}

}  // namespace

TEST_CASE("pad puts rests into pauses", "[anticipation]") {
  CHECK(padded(tokens({event(0), event(250), event(350)})) ==
        tokens({event(0), rest(100), rest(200), event(250), event(350)}));
  CHECK(padded(tokens({event(100), event(200), event(301)})) ==
        tokens({event(100), event(200), rest(300), event(301)}));
  CHECK(padded(tokens({event(101)})) == tokens({rest(100), event(101)}));
  CHECK(padded(tokens({event(7), event(12)}), 0, 3) == tokens({rest(3), rest(6), event(7), rest(10), event(12)}));
  CHECK(padded({}).empty());
}

TEST_CASE("pad goes on to the end time, or to the last event", "[anticipation]") {
  const Tokens piece = tokens({event(50)});
  CHECK(padded(piece, 150) == piece);
  CHECK(padded(piece, 151) == tokens({event(50), rest(150)}));
  CHECK(padded(piece, 251) == tokens({event(50), rest(150), rest(250)}));
  CHECK(padded(piece, 10) == piece);
  CHECK(padded(piece, -1000) == piece);
  CHECK(padded({}, 201) == tokens({rest(100), rest(200)}));
  // Not in order: the time of the last one is the latest.
  CHECK(padded(tokens({event(250), event(40)})) ==
        tokens({rest(100), rest(200), event(250), event(40), rest(140), rest(240)}));
  CHECK(padded(tokens({event(250), event(40)}), 100) == tokens({rest(100), rest(200), event(250), event(40)}));
}

TEST_CASE("pad counts on from rests that are there", "[anticipation]") {
  CHECK(padded(tokens({rest(20), event(130)})) == tokens({rest(20), rest(120), event(130)}));
  const Tokens once = padded(tokens({event(3), event(990)}), 1234);
  CHECK(padded(once, 1234) == once);
}

TEST_CASE("pad works far behind the block of times", "[anticipation]") {
  const std::uint32_t hour = 360'000, top = std::numeric_limits<std::uint32_t>::max();
  const Tokens late = padded(tokens({event(hour - 150), event(hour)}));
  CHECK(late.size() == 3 * (3598 + 3));
  CHECK(Tokens(late.end() - 9, late.end()) == tokens({event(hour - 150), rest(hour - 50), event(hour)}));
  CHECK(padded(tokens({event(top)}), 0, std::int64_t{1} << 31) == tokens({rest(1U << 31), event(top)}));
  CHECK(padded({}, top, top - 1) == tokens({rest(top - 1)}));
  CHECK(padded(tokens({event(top)}), 0, std::numeric_limits<std::int64_t>::max()) == tokens({event(top)}));
}

TEST_CASE("pad refuses controls, separators and impossible numbers", "[anticipation]") {
  const auto message = [](const Tokens& events, std::int64_t end_time = 0, std::int64_t density = 100) {
    return refused([&](Tokens& out) { pad(events, out, Bins{end_time}, Bins{density}); });
  };
  CHECK(message(tokens({event(900), control(950)})) == "event 1 is a control or a separator: rests come before these");
  CHECK(message(tokens({separator()})) == "event 0 is a control or a separator: rests come before these");
  CHECK(message({}, 0, 0) == "rests must be more than 0 bins apart");
  message({}, 0, -1);
  message({}, std::int64_t{1} << 32);
  message({1, 2, 3, 4});
}

TEST_CASE("unpad takes rests out, and nothing else", "[anticipation]") {
  CHECK(unpadded(tokens({rest(1), event(2), separator(), rest(3), control(4)})) ==
        tokens({event(2), separator(), control(4)}));
}

TEST_CASE("unpad after pad is the identity, and no pause is longer than the density", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    aria::RandomStream random(seed);
    const Tokens piece = tokens_of(random_piece(random, random.below(80)));
    const std::int64_t density = 1 + random.below(200), end_time = random.below(3000);
    const Tokens dense = padded(piece, end_time, density);
    CAPTURE(seed, density, end_time);
    CHECK(unpadded(dense) == piece);
    std::int64_t previous = 0;
    for (const Triple& one : triples_of(dense)) {
      if (one.note == kArrival.rest) CHECK(one == rest(static_cast<std::uint32_t>(previous + density)));
      CHECK(one.time <= previous + density);
      previous = one.time;
    }
    CHECK(end_time <= previous + density);
    // No rest is superfluous.
    std::size_t rests = 0;
    previous = 0;
    for (const Triple& one : triples_of(piece)) {
      if (one.time > previous) rests += static_cast<std::size_t>((one.time - previous - 1) / density);
      previous = one.time;
    }
    if (end_time > previous) rests += static_cast<std::size_t>((end_time - previous - 1) / density);
    CHECK(dense.size() == piece.size() + 3 * rests);
  }
}
