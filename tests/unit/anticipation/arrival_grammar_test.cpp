#include <aria/anticipation/arrival_grammar.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "arrival_sequences.hpp"
#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;
using aria::TokenId;

namespace {

using Ranges = std::vector<IdRange>;

// What may follow these tokens.
Ranges after(const Tokens& tokens, const ArrivalRules& rules = ArrivalRules{}) {
  ArrivalGrammar grammar(rules);
  for (const TokenId token : tokens) grammar.advance(token);
  Ranges ranges = {{1, 2}};
  grammar.allowed(ranges);
  return ranges;
}

}  // namespace

TEST_CASE("a sequence begins with one of two flags", "[anticipation]") {
  CHECK(after({}) == Ranges{{kArrival.autoregress, kArrival.size}});
  CHECK(verdict(sequence(kArrival.autoregress, {event(0)})) == "legal");
  CHECK(verdict(sequence(kArrival.separator, {event(0)})) == "0: no flag at the beginning");
  CHECK(verdict(sequence(kArrival.size, {event(0)})) == "0: no flag at the beginning");
  CHECK(verdict(sequence(0, {event(0)})) == "0: no flag at the beginning");
}

TEST_CASE("after a separator a piece begins at 0", "[anticipation]") {
  const Tokens begun = sequence(kArrival.anticipate, {separator()});
  CHECK(after(begun) == Ranges{{0, 101}, {kArrival.control, kArrival.control + 501}});
  const Tokens one = sequence(kArrival.anticipate, {separator(), event(30)});
  CHECK(after(one) == Ranges{{30, 131},
                             {kArrival.control + 501, kArrival.control + 531},
                             {kArrival.separator, kArrival.separator + 1}});
  const Tokens rested = sequence(kArrival.anticipate, {separator(), event(30), control(520), rest(130)});
  CHECK(after(rested) == Ranges{{131, 231},
                                {kArrival.control + 531, kArrival.control + 631},
                                {kArrival.separator, kArrival.separator + 1}});
}

TEST_CASE("a time decides the kind of the two tokens behind it", "[anticipation]") {
  Tokens tokens = sequence(kArrival.anticipate, {separator(), event(30)});
  tokens.push_back(40);
  CHECK(after(tokens) == Ranges{{10'000, 11'000}});
  tokens.push_back(10'000);
  CHECK(after(tokens) == Ranges{{11'000, 27'512}});
  tokens[tokens.size() - 2] = 130;
  CHECK(after(tokens) == Ranges{{11'000, 27'513}});  // or a rest
  tokens.back() = 10'001;
  CHECK(after(tokens) == Ranges{{11'000, 27'512}});
  tokens[tokens.size() - 2] = kArrival.control + 520;
  tokens.pop_back();
  CHECK(after(tokens) == Ranges{{37'513, 38'513}});
  tokens.push_back(37'513);
  CHECK(after(tokens) == Ranges{{38'513, 55'025}});
  tokens.resize(tokens.size() - 2);
  tokens.push_back(kArrival.separator);
  CHECK(after(tokens) == Ranges{{kArrival.separator, kArrival.separator + 1}});
  tokens.push_back(kArrival.separator);
  CHECK(after(tokens) == Ranges{{kArrival.separator, kArrival.separator + 1}});
}

TEST_CASE("a seventeenth instrument may not play", "[anticipation]") {
  Tokens tokens = sequence(kArrival.anticipate, {separator()});
  const auto append = [&](const Triple& one) { tokens.insert(tokens.end(), {one.time, one.duration, one.note}); };
  for (std::uint32_t i = 0; i < 15; ++i) append(event(i, 1, 128 * i));
  append(as_control(event(514, 1, 128 * 128 + 7)));
  tokens.insert(tokens.end(), {20, 10'001});
  CHECK(after(tokens) == Ranges{{11'000, 11'000 + 15 * 128}, {11'000 + 128 * 128, 27'512}});
  tokens.push_back(11'000 + 15 * 128);
  CHECK(verdict(tokens) == std::to_string(tokens.size() - 1) + ": one instrument too many");
  tokens.back() = 27'511;
  CHECK(verdict(tokens) == "legal");
  append(separator());
  append(event(1, 1, 128 * 77));
  CHECK(verdict(tokens) == "legal");
}

TEST_CASE("what a model may write: no rests needed, fewer instruments, no controls", "[anticipation]") {
  ArrivalRules rules;
  rules.padded = false;
  rules.max_instruments = 2;
  const IdRange between{kArrival.separator, kArrival.separator + 1};
  CHECK(after({kArrival.anticipate}, rules) ==
        Ranges{{0, 10'000}, {kArrival.control, kArrival.control + 10'000}, between});
  CHECK(after(sequence(kArrival.anticipate, {event(0)}), rules) ==
        Ranges{{0, 10'000}, {kArrival.control, kArrival.control + 501}, between});
  Tokens tokens = sequence(kArrival.anticipate, {event(0, 1, 128 * 3), event(700, 1, 128 * 128)});
  const auto events_after = [&] {
    Ranges ranges = after(tokens, rules);
    std::erase_if(ranges, [](const IdRange& range) { return range.first >= kArrival.control; });
    return ranges;
  };
  CHECK(events_after() == Ranges{{700, 10'000}});
  tokens.push_back(9'999);
  CHECK(events_after() == Ranges{{10'000, 11'000}});
  tokens.push_back(10'000);
  const IdRange third{11'000 + 3 * 128, 11'000 + 4 * 128};
  CHECK(events_after() == Ranges{third, {11'000 + 128 * 128, 27'513}});
  tokens.back() = 10'001;
  CHECK(events_after() == Ranges{third, {11'000 + 128 * 128, 27'512}});
}

TEST_CASE("events are in order, and rests bridge every pause", "[anticipation]") {
  CHECK(verdict({event(0), event(5), event(5), event(105), rest(205), event(206)}) == "legal");
  CHECK(verdict({event(0), event(5), event(4)}) == "7: an event out of order");
  CHECK(verdict({event(0), event(101)}) == "4: an event too late: a rest is missing");
  CHECK(verdict({event(0), rest(100), event(100)}) == "7: an event out of order");
  CHECK(verdict({event(0), rest(99)}) == "6: a rest with a duration or out of place");
  CHECK(verdict({event(0), {100, kArrival.duration + 1, kArrival.rest}}) ==
        "6: a rest with a duration or out of place");
  CHECK(verdict({rest(0), event(1), rest(101), rest(201), event(202)}) == "legal");
  CHECK(verdict({separator(), rest(100), event(200)}) == "legal");
  CHECK(verdict({separator(), event(101)}) == "4: an event too late: a rest is missing");
}

TEST_CASE("a control stands where it is first allowed to", "[anticipation]") {
  CHECK(verdict({separator(), control(0), control(500), event(60), control(501), event(70)}) == "legal");
  CHECK(verdict({separator(), control(501), event(60)}) == "4: a control too far ahead of its time");
  CHECK(verdict({separator(), event(60), control(500)}) == "7: a control too late");
  CHECK(verdict({separator(), event(60), control(550), control(549)}) == "10: a control out of order");
  CHECK(verdict({separator(), event(60), event(70), control(560)}) == "10: a control too late");
  CHECK(verdict({separator(), event(60), event(70), control(571)}) == "10: a control too far ahead of its time");
  CHECK(verdict({separator(), event(60), event(60), control(561)}) == "10: a control too far ahead of its time");
  CHECK(verdict({separator(), event(60), event(70), control(570)}) == "legal");
  CHECK(verdict({separator(), {kArrival.control + 7, 10'010, 11'060}}) == "5: no duration behind a time of its kind");
  CHECK(verdict({separator(), {kArrival.control + 7, 37'523, 11'060}}) == "6: no note of its kind");
  CHECK(verdict({separator(), {7, 37'523, 38'573}}) == "5: no duration behind a time of its kind");
}

TEST_CASE("a sequence may begin anywhere in a piece", "[anticipation]") {
  // Behind an event that is cut off, and whose time lies between -100 and 0.
  CHECK(verdict({control(400), event(0)}) == "legal");
  CHECK(verdict({control(501), event(0)}) == "4: an event out of order");
  CHECK(verdict({event(0), control(400), event(1)}) == "4: a control too late");
  CHECK(verdict({event(0), control(401), control(500), event(1), control(501)}) == "legal");
  CHECK(verdict({event(0), control(501), event(1)}) == "4: a control too far ahead of its time");
  // At the beginning of the piece, the separator before it cut off: the control is the first of all.
  CHECK(verdict({control(0), control(470), event(60), control(531), event(61)}) == "legal");
  CHECK(verdict({control(0), event(101)}) == "4: an event too late: a rest is missing");
  CHECK(verdict({control(0), control(601), event(100)}) == "4: a control too far ahead of its time");
}

TEST_CASE("times are counted from the first one up to the first separator", "[anticipation]") {
  CHECK(verdict({event(1), event(2)}) == "7: no event at time 0");
  CHECK(verdict({control(1), event(2)}) == "7: no event at time 0");
  CHECK(verdict({event(1), separator(), event(2)}) == "4: a separator, and no event before it at time 0");
  CHECK(verdict({event(0), separator(), event(2)}) == "legal");
  CHECK(verdict({separator(), event(2)}) == "legal");
}

TEST_CASE("separators are whole, and no piece is empty", "[anticipation]") {
  CHECK(verdict({event(0), separator(), separator()}) == "7: a separator behind a separator");
  CHECK(verdict({separator(), separator()}) == "4: a separator behind a separator");
  CHECK(verdict({separator()}) == "legal");
  const TokenId one = kArrival.separator;
  CHECK(verdict({{one, one, 11'000}}) == "3: a separator in part");
  CHECK(verdict({{one, 10'000, one}}) == "2: a separator in part");
  CHECK(verdict({{0, one, one}}) == "2: no duration behind a time of its kind");
  CHECK(verdict({{kArrival.anticipate, one, one}}) == "1: a flag within a sequence");
}

TEST_CASE("the flag tells of the piece of the first token", "[anticipation]") {
  const TokenId none = kArrival.autoregress;
  const Tokens with = sequence(none, {event(0), control(450), event(1)});
  CHECK(verdict(with) == "4: a control in a sequence flagged as without");
  CHECK(verdict(sequence(none, {separator(), control(450), event(1)})) ==
        "4: a control in a sequence flagged as without");
  CHECK(verdict(sequence(none, {separator(), event(0), separator(), control(450), event(1)})) == "legal");
  CHECK(verdict(sequence(none, {event(0), separator(), control(450), event(1)})) == "legal");
  ArrivalRules lenient;
  lenient.flag_tells = false;
  CHECK(verdict(with, lenient) == "legal");
}

TEST_CASE("a sequence has its length", "[anticipation]") {
  Tokens all = sequence(kArrival.autoregress, {});
  for (int i = 0; i < 341; ++i) all.insert(all.end(), {0, 10'000, 11'000});
  CHECK_FALSE(check_arrival_sequence(all));
  all.pop_back();
  const auto violation = check_arrival_sequence(all);
  REQUIRE(violation);
  CHECK(violation->index == 1023);
  CHECK(violation->reason == "a wrong number of tokens");
  all.insert(all.end(), {11'000, 5});
  CHECK(check_arrival_sequence(all));
  CHECK(check_arrival_sequence({}));
}
