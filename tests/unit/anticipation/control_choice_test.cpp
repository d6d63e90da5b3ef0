#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/control_choice.hpp>
#include <aria/anticipation/interleaving.hpp>
#include <aria/anticipation/numpy_random.hpp>
#include <aria/anticipation/order.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::TokenId;
using namespace aria::anticipation;
using test::Tokens;

// Says what it is told to.
struct Script {
  std::vector<double> uniforms;
  std::vector<std::uint32_t> belows;
  std::size_t next_uniform = 0, next_below = 0;

  double uniform() { return uniforms.at(next_uniform++); }
  std::uint32_t below(std::uint32_t count) {
    const std::uint32_t number = belows.at(next_below++);
    REQUIRE(number < count);
    return number;
  }
};

Tokens random_events(test::Dice& dice, std::size_t count, bool gaps = true) {
  Tokens tokens;
  TokenId time = static_cast<TokenId>(dice.below(500));
  for (std::size_t i = 0; i < count; ++i) {
    const test::Triple event = test::event(time, dice.small(1000), 128 * dice.small(129) + dice.small(128));
    tokens.insert(tokens.end(), {event.time, event.duration, event.note});
    if (!dice.one_in(4)) time += static_cast<TokenId>(gaps && dice.one_in(10) ? dice.below(2000) : dice.below(60));
  }
  return tokens;
}

TEST_CASE("numpy's legacy generator") {
  // numpy.random.seed(0): random_sample() four times, then randint(1, 10) and randint(16), as numpy 1.24 prints them.
  NumpyRandom random(0);
  CHECK(random.uniform() == 0.5488135039273248);
  CHECK(random.uniform() == 0.7151893663724195);
  CHECK(random.uniform() == 0.6027633760716439);
  CHECK(random.uniform() == 0.5448831829968969);
  NumpyRandom other(12345);
  CHECK(other.uniform() == 0.9296160928171479);
  // Nothing is drawn for a single possibility.
  NumpyRandom quiet(0);
  CHECK(quiet.below(1) == 0);
  CHECK(quiet.uniform() == 0.5488135039273248);
}

TEST_CASE("numbers below a bound are the lowest bits that suffice, drawn again where they are too large") {
  NumpyRandom random(7);
  std::mt19937 words(7);
  for (const std::uint32_t count : {2U, 3U, 9U, 16U, 17U, 129U}) {
    const std::uint32_t mask = (1U << static_cast<unsigned>(std::ceil(std::log2(count)))) - 1;
    std::uint32_t wanted = 0;
    do {
      wanted = static_cast<std::uint32_t>(words()) & mask;
    } while (wanted >= count);
    CHECK(random.below(count) == wanted);
  }
}

TEST_CASE("spans begin after an exponential time and last five seconds") {
  Tokens events;
  for (TokenId time = 0; time <= 3000; time += 100) {
    const Tokens one = test::tokens({test::event(time)});
    events.insert(events.end(), one.begin(), one.end());
  }
  // The first draw: 20 s * -log(1 - u) = 7.05 s, so the span begins with the event at 8 s; the second: 1 s behind its
  // end.
  Script script{{1 - std::exp(-7.05 / 20), 1 - std::exp(-1.0 / 20) + 1e-9, 0.9999}, {}};
  ControlMarks marks;
  mark_spans(events, .05, script, marks);
  std::string seen;
  for (const auto mark : marks) seen += mark != 0 ? 'c' : '.';
  CHECK(seen.substr(0, 20) == "........ccccc.ccccc.");
  CHECK(script.next_uniform == 3);
}

TEST_CASE("a span may follow the one before at once") {
  Tokens events;
  for (TokenId time = 0; time <= 1200; time += 100) {
    const Tokens one = test::tokens({test::event(time)});
    events.insert(events.end(), one.begin(), one.end());
  }
  Script script{{0, 0, 0}, {}};
  ControlMarks marks;
  mark_spans(events, .05, script, marks);
  CHECK(marks == ControlMarks(13, 1));
  CHECK(script.next_uniform == 3);  // at 0, 500 and 1000
}

TEST_CASE("instruments are chosen from the front of a permutation, never all of them") {
  const Tokens events = test::tokens({test::event(0, 10, 128 * 5), test::event(1, 10, 128 * 7),
                                      test::event(2, 10, 128 * 5 + 9), test::event(3, 10, 128 * 128)});
  std::vector<InstrumentCount> playing;
  instruments(events, playing);
  // Two of three; the permutation of 5, 7, 128 swaps the last with the first, then nothing.
  Script script{{}, {1, 0, 1}};
  ControlMarks marks;
  choose_controls(6, events, playing, script, marks);
  CHECK(marks == ControlMarks{0, 1, 0, 1});
  CHECK(script.next_below == 3);
  Script quiet{{}, {}};
  choose_controls(9, test::tokens({test::event(0)}), std::vector<InstrumentCount>{{0, 1}}, quiet, marks);
  CHECK(marks.empty());
}

TEST_CASE("the share of events that become controls at random is drawn first") {
  const Tokens events = test::tokens({test::event(0), test::event(1), test::event(2)});
  Script script{{0.29, 0.3, 0.31}, {2}};  // a share of 0.3
  ControlMarks marks;
  choose_controls(4, events, std::vector<InstrumentCount>{{0, 3}}, script, marks);
  CHECK(marks == ControlMarks{1, 0, 0});
}

TEST_CASE("copies of a piece are augmented in ten ways in turn") {
  std::string ways;
  for (std::uint64_t k = 0; k < 20; ++k) ways += "nsri"[static_cast<std::size_t>(control_choice(k))];
  CHECK(ways == "nsrrrriiiinsrrrriiii");
}

TEST_CASE("separating and interleaving in one pass is padding and anticipating") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    test::Dice dice(seed);
    const Tokens events = random_events(dice, 1 + dice.below(120));
    ControlMarks marks;
    if (!dice.one_in(5)) {
      marks.resize(events.size() / 3);
      const unsigned one_in = 1 + dice.small(6);
      for (auto& mark : marks) mark = dice.one_in(one_in) ? 1 : 0;
    }
    Tokens kept = events, controls;
    if (!marks.empty()) separate(events, marks, kept, controls);
    Tokens wanted = {1, 2, 3}, interleaved = {1, 2, 3};
    const auto left = test::pad_and_anticipate(kept, controls, wanted, Bins{events[events.size() - 3]});
    wanted.insert(wanted.end(), left.begin(), left.end());
    const std::uint64_t rests = interleave(events, marks, interleaved);
    INFO("seed " << seed);
    REQUIRE(interleaved == wanted);
    std::uint64_t count = 0;
    for (std::size_t i = 5; i < interleaved.size(); i += 3) count += interleaved[i] == kArrival.rest ? 1 : 0;
    CHECK(rests == count);
  }
}

TEST_CASE("separated events and controls are the events again when they are combined") {
  test::Dice dice(3);
  const Tokens events = random_events(dice, 200);
  aria::RandomStream random(1);
  ControlMarks marks;
  mark_at_random(events, 0.4, random, marks);
  Tokens kept, controls, again;
  separate(events, marks, kept, controls);
  CHECK(!kept.empty());
  CHECK(!controls.empty());
  CHECK(kept.size() + controls.size() == events.size());
  combine(kept, controls, again);
  std::vector<test::Triple> a = test::triples_of(events), b = test::triples_of(again);
  const auto by_all = [](const test::Triple& x, const test::Triple& y) {
    return std::tuple(x.time, x.duration, x.note) < std::tuple(y.time, y.duration, y.note);
  };
  std::sort(a.begin(), a.end(), by_all);
  std::sort(b.begin(), b.end(), by_all);
  CHECK(a == b);
}

}  // namespace
