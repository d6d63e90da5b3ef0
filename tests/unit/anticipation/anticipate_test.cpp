#include <aria/anticipation/anticipate.hpp>

#include <cstdint>
#include <limits>
#include <vector>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

struct Result {
  Tokens tokens, left;
  friend bool operator==(const Result&, const Result&) = default;
};

Result anticipated(const Tokens& events, const Tokens& controls, std::int64_t delta = 500) {
  Result result;
  result.tokens = written([&](Tokens& out) {
    const auto left = anticipate(events, controls, out, Bins{delta});
    result.left.assign(left.begin(), left.end());
  });
  return result;
}

Result padded_and_anticipated(const Tokens& events, const Tokens& controls, Bins end_time) {
  Result result;
  result.tokens = written([&](Tokens& out) {
    const auto left = test::pad_and_anticipate(events, controls, out, end_time);
    result.left.assign(left.begin(), left.end());
  });
  return result;
}

// The definition: how many events stand before a control of this time, if it has a place. Only for events and controls
// in the order of time.
std::size_t place_of(std::int64_t control_time, const std::vector<Triple>& events, std::int64_t delta) {
  std::size_t place = 0;
  while (place < events.size() && (place == 0 ? 0 : std::int64_t{events[place - 1].time}) + delta < control_time)
    ++place;
  return place;
}

Result slowly_anticipated(const Parts& parts, std::int64_t delta) {
  Result result;
  std::vector<Triple> all;
  std::size_t done = 0;
  for (std::size_t i = 0; i < parts.events.size(); ++i) {
    for (; done < parts.controls.size(); ++done) {
      if (place_of(std::int64_t{parts.controls[done].time} - kArrival.control, parts.events, delta) > i) break;
      all.push_back(parts.controls[done]);
    }
    all.push_back(parts.events[i]);
  }
  result.tokens = tokens_of(all);
  result.left = tokens_of(std::span(parts.controls).subspan(done));
  return result;
}

}  // namespace

TEST_CASE("anticipate puts a control behind the first event less than delta before it", "[anticipation]") {
  const Tokens events = tokens({event(0), event(100), event(200)});
  CHECK(anticipated(events, tokens({control(550)})) ==
        Result{tokens({event(0), event(100), control(550), event(200)}), {}});
  CHECK(anticipated(events, tokens({control(600)})) ==
        Result{tokens({event(0), event(100), control(600), event(200)}), {}});
  CHECK(anticipated(events, tokens({control(500), control(501), control(601)})) ==
        Result{tokens({control(500), event(0), event(100), control(501), event(200)}), tokens({control(601)})});
  // Nothing stands behind the last event, though it is near.
  CHECK(anticipated(events, tokens({control(650), control(900)})) ==
        Result{events, tokens({control(650), control(900)})});
}

TEST_CASE("the controls of the first delta stand at the beginning", "[anticipation]") {
  CHECK(anticipated(tokens({event(300), event(400)}), tokens({control(0), control(500), control(501)})) ==
        Result{tokens({control(0), control(500), event(300), control(501), event(400)}), {}});
  CHECK(anticipated({}, tokens({control(0)})) == Result{{}, tokens({control(0)})});
}

TEST_CASE("only the next control is looked at", "[anticipation]") {
  CHECK(anticipated(tokens({event(0), event(1)}), tokens({control(900), control(3)})) ==
        Result{tokens({event(0), event(1)}), tokens({control(900), control(3)})});
}

TEST_CASE("without controls the events come back as they are", "[anticipation]") {
  const Tokens any = tokens({event(5), separator(), control(3), rest(1)});
  CHECK(anticipated(any, {}) == Result{any, {}});
}

TEST_CASE("anticipate refuses controls and separators among the events", "[anticipation]") {
  const auto message = [](const Tokens& events, const Tokens& controls) {
    return refused([&](Tokens& out) { anticipate(events, controls, out); });
  };
  CHECK(message(tokens({event(1), event(2), control(3)}), tokens({control(9)})) ==
        "event 2 is a control or a separator already");
  CHECK(message(tokens({separator()}), tokens({control(9)})) == "event 0 is a control or a separator already");
  message({1}, {});
  message({}, {1});
}

TEST_CASE("no delta and no id is too wild for anticipate", "[anticipation]") {
  const aria::TokenId top = std::numeric_limits<aria::TokenId>::max();
  const Tokens events = tokens({event(top), event(0)}), controls = {0, 0, 0, top, top, top};
  const Result all{tokens_of(std::vector<Triple>{{0, 0, 0}, {top, top, top}, event(top), event(0)}), {}};
  CHECK(anticipated(events, controls, std::numeric_limits<std::int64_t>::max()) == all);
  CHECK(anticipated(events, controls, std::numeric_limits<std::int64_t>::min()) == Result{events, controls});
}

TEST_CASE("every event and control comes once, in order, at its place", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    aria::RandomStream random(seed);
    const Parts parts = random_parts(random_piece(random, random.below(120)), random, random.below(5));
    const std::int64_t delta = random.below(2) == 0 ? 500 : random.below(300);
    const Tokens events = tokens_of(parts.events), controls = tokens_of(parts.controls);
    const Result result = anticipated(events, controls, delta);
    CAPTURE(seed, delta);
    if (!controls.empty()) CHECK(result == slowly_anticipated(parts, delta));
    // What comes out is what went in, each kind in its order.
    std::vector<Triple> events_out, controls_out;
    std::int64_t time = 0, time_before = -delta - 1;
    for (const Triple& one : triples_of(result.tokens)) {
      if (kArrival.is_control(one.note)) {
        controls_out.push_back(one);
        // Not before it may, and not behind the next event.
        CHECK(std::int64_t{one.time} - kArrival.control <= time + delta);
        CHECK(std::int64_t{one.time} - kArrival.control > time_before + delta);
      } else {
        events_out.push_back(one);
        time_before = events_out.size() == 1 ? 0 : time;
        time = one.time;
      }
    }
    for (const Triple& one : triples_of(result.left)) {
      controls_out.push_back(one);
      CHECK(std::int64_t{one.time} - kArrival.control > (events_out.empty() ? -1 : time_before + delta));
    }
    CHECK(tokens_of(events_out) == events);
    CHECK(tokens_of(controls_out) == controls);
  }
}

TEST_CASE("padding to the end leaves no control behind", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    aria::RandomStream random(seed);
    std::vector<Triple> piece = random_piece(random, 100);
    piece.push_back(event(piece.back().time + 1000));
    const Parts parts = random_parts(piece, random, random.below(5));
    const Bins end_time{piece.back().time};
    CAPTURE(seed);
    CHECK(padded_and_anticipated(tokens_of(parts.events), tokens_of(parts.controls), end_time).left.empty());
  }
}
