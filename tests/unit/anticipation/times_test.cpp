#include <aria/anticipation/times.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

Tokens moved(Tokens tokens, std::int64_t by) {
  translate(tokens, Bins{by});
  return tokens;
}

std::string refused_to_move(const Tokens& tokens, std::int64_t by) {
  Tokens same = tokens;
  const aria::Error error = error_of([&] { translate(same, Bins{by}); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(same == tokens);
  return error.what();
}

}  // namespace

TEST_CASE("min_time looks up to the first separator, max_time everywhere", "[anticipation]") {
  const Tokens pieces = tokens({event(300), control(250), rest(400), separator(), event(0), control(900)});
  CHECK(min_time(pieces) == Bins{250});
  CHECK(max_time(pieces) == Bins{900});
  CHECK(min_time(tokens({separator(), event(7)})) == Bins{0});
  CHECK(max_time(tokens({separator(), event(7)})) == Bins{7});
  CHECK(min_time({}) == Bins{0});
  CHECK(max_time({}) == Bins{0});
  CHECK(max_time(tokens({separator()})) == Bins{0});
}

TEST_CASE("min_time and max_time of one instrument", "[anticipation]") {
  const Tokens piece =
      tokens({event(9, 1, 128 * 128), event(3, 1, 5), control(2, 1, 128 * 128 + 127), event(12), rest(1)});
  CHECK(min_time(piece, 128) == Bins{2});
  CHECK(max_time(piece, 128) == Bins{9});
  CHECK(min_time(piece, 0) == Bins{3});
  CHECK(max_time(piece, 0) == Bins{12});
  CHECK(min_time(piece, 7) == Bins{0});
  CHECK(max_time(piece, 7) == Bins{0});
}

TEST_CASE("sparsity is the longest way from event to event", "[anticipation]") {
  CHECK(sparsity({}) == Bins{0});
  CHECK(sparsity(tokens({event(120), event(150)})) == Bins{120});
  CHECK(sparsity(tokens({event(10), rest(90), event(150), event(151)})) == Bins{80});
  CHECK(sparsity(tokens({event(10), separator(), event(5), event(20)})) == Bins{15});
  CHECK(error_of([] {
          sparsity(tokens({event(1), control(2)}));
        }).message() == "event 1 is a control: only events have a sparsity");
}

TEST_CASE("translate moves what stands before the first separator", "[anticipation]") {
  const Tokens pieces = tokens({event(300), control(250), rest(400), separator(), event(0), control(900)});
  CHECK(moved(pieces, -250) == tokens({event(50), control(0), rest(150), separator(), event(0), control(900)}));
  CHECK(moved(pieces, 50'000) ==
        tokens({event(50'300), control(50'250), rest(50'400), separator(), event(0), control(900)}));
  CHECK(moved({}, -3).empty());
  CHECK(moved(tokens({separator(), event(0)}), -3) == tokens({separator(), event(0)}));
}

TEST_CASE("translate refuses times below 0 and beyond all tokens, and moves nothing", "[anticipation]") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(refused_to_move(tokens({event(300), control(250)}), -251) == "event 1 would start before 0");
  CHECK(refused_to_move(tokens({event(3)}), -kMost - 1) == "event 0 would start before 0");
  CHECK(refused_to_move(tokens({event(3)}), kMost) == "event 0 would start at a time that no token has");
  const std::uint32_t top = std::numeric_limits<std::uint32_t>::max();
  CHECK(moved(tokens({event(top - 5)}), 5) == tokens({event(top)}));
  CHECK(refused_to_move(tokens({event(top - 5)}), 6) == "event 0 would start at a time that no token has");
  // A control whose time is none of a control starts before 0 already.
  CHECK(refused_to_move({5, 5, kArrival.control}, 3) == "event 0 would start before 0");
  CHECK(moved({5, 5, kArrival.control}, kArrival.control - 5) == Tokens{kArrival.control, 5, kArrival.control});
  CHECK(refused_to_move({1, 2}, 0) == "a sequence of 2 tokens ends within an event of three");
}

TEST_CASE("to and fro is the identity", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    aria::RandomStream random(seed);
    const Parts parts = random_parts(random_piece(random, 1 + random.below(50)), random, 2);
    Tokens piece = tokens_of(parts.events);
    const Tokens controls = tokens_of(parts.controls);
    piece.insert(piece.end(), controls.begin(), controls.end());
    const std::int64_t by = random.below(100'000);
    const Tokens there = moved(piece, by);
    CHECK(moved(there, -by) == piece);
    CHECK(min_time(there) == min_time(piece) + Bins{by});
    CHECK(max_time(there) == max_time(piece) + Bins{by});
    CHECK(min_time(moved(there, -min_time(there).count)) == Bins{0});
  }
}

TEST_CASE("no ids are too wild for times", "[anticipation]") {
  const aria::TokenId top = std::numeric_limits<aria::TokenId>::max();
  const Tokens wild = {0, 0, top, top, 0, 0, top, top, top};
  CHECK(min_time(wild) == Bins{-std::int64_t{kArrival.control}});
  CHECK(max_time(wild) == Bins{top});
  CHECK(min_time(wild, top) == Bins{0});
  // What is no note is of no instrument.
  CHECK(min_time(Tokens{7, 7, 0}, kArrival.instrument_of(0)) == Bins{0});
}
