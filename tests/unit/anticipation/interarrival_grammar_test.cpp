#include <aria/anticipation/interarrival_grammar.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;
using aria::TokenId;

namespace {

using Ranges = std::vector<IdRange>;

constexpr TokenId kOn = kInterarrival.note_on, kOff = kInterarrival.note_off, kBetween = kInterarrival.separator;

Ranges after(const Tokens& tokens) {
  InterarrivalGrammar grammar;
  for (const TokenId token : tokens) grammar.advance(token);
  Ranges ranges = {{1, 2}};
  grammar.allowed(ranges);
  return ranges;
}

std::string verdict(const Tokens& tokens) {
  InterarrivalRules rules;
  rules.tokens = tokens.size();
  const auto violation = check_interarrival_sequence(tokens, rules);
  return violation ? std::to_string(violation->index) + ": " + std::string(violation->reason) : "legal";
}

// Sequences as they are cut from pieces: the time of every note where it is not 0, at random.
Tokens random_stream(aria::RandomStream& random, std::size_t size) {
  Tokens tokens;
  while (tokens.size() < size) {
    tokens.push_back(kBetween);
    const std::uint32_t first = random.below(129);
    for (std::uint32_t notes = 1 + random.below(300); notes > 0; --notes) {
      if (random.below(3) > 0) tokens.push_back(1 + random.below(999));
      const bool on = random.below(2) == 0;
      const std::uint32_t instrument = on ? (first + random.below(16)) % 129 : random.below(129);
      tokens.push_back((on ? kOn : kOff) + 128 * instrument + random.below(128));
    }
  }
  return tokens;
}

}  // namespace

TEST_CASE("what may follow what in the interarrival encoding", "[anticipation]") {
  const Ranges anything = {{1, 34'025}}, not_separator = {{1, 34'024}}, notes = {{1'000, 34'024}};
  CHECK(after({}) == anything);
  CHECK(after({5}) == notes);
  CHECK(after({kOn + 5}) == anything);
  CHECK(after({kOff + 5}) == anything);
  CHECK(after({kBetween}) == not_separator);
}

TEST_CASE("interarrival sequences that break a rule are refused", "[anticipation]") {
  CHECK(verdict({kOff, 3, kOn, kBetween, 999, kOn + 128 * 128, 7}) == "legal");
  CHECK(verdict({0}) == "0: a time of 0");
  CHECK(verdict({kOn, 0}) == "1: a time of 0");
  CHECK(verdict({kOn, 4, 5}) == "2: a time behind a time");
  CHECK(verdict({4, kBetween}) == "1: a separator behind a separator or a time");
  CHECK(verdict({kBetween, kBetween}) == "1: a separator behind a separator or a time");
  CHECK(verdict({kBetween, kInterarrival.size}) == "1: no token");
  CHECK(verdict({0xffffffff}) == "0: no token");
}

TEST_CASE("note-ons of a piece have no more than sixteen instruments, note-offs any", "[anticipation]") {
  Tokens tokens;
  for (std::uint32_t i = 0; i < 15; ++i) tokens.push_back(kOn + 128 * i);
  tokens.push_back(kOn + 128 * 128);
  CHECK(after(tokens) == Ranges{{1, 1'000 + 15 * 128}, {kOn + 128 * 128, 34'025}});
  tokens.push_back(kOff + 128 * 99);
  CHECK(verdict(tokens) == "legal");
  tokens.push_back(kOn + 128 * 99);
  CHECK(verdict(tokens) == "17: one instrument too many");
  tokens.insert(tokens.end() - 1, kBetween);
  CHECK(verdict(tokens) == "legal");
}

TEST_CASE("windows of interarrival streams are legal wherever they begin", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    aria::RandomStream random(seed);
    const Tokens stream = random_stream(random, 3'000);
    for (int i = 0; i < 20; ++i) {
      const auto first = stream.begin() + random.below(1'900);
      const Tokens window(first, first + 1024);
      CAPTURE(seed, i);
      CHECK_FALSE(check_interarrival_sequence(window));
      CHECK(check_interarrival_sequence(std::span(window).first(1023))->index == 1023);
      // A time twice, a time of 0, a separator twice.
      const std::size_t place = 1 + random.below(1'022);
      for (const TokenId token : {window[place - 1], TokenId{0}}) {
        Tokens broken = window;
        broken[place] = token;
        const bool same = token != 0 && token >= kOn && token != kBetween;
        const bool split = window[place + 1] == kBetween && window[place] < kOn;
        if (!same && !split) CHECK(check_interarrival_sequence(broken));
      }
    }
  }
}

TEST_CASE("the interarrival grammar takes any ids", "[anticipation]") {
  aria::RandomStream random(1);
  InterarrivalGrammar grammar;
  Ranges ranges;
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = static_cast<TokenId>(random.bits());
    const TokenId token = i % 2 == 0 ? bits : bits % 34'027;
    grammar.allowed(ranges);
    if (!contains(ranges, token)) CHECK_FALSE(grammar.reason_against(token).empty());
    grammar.advance(token);
  }
}
