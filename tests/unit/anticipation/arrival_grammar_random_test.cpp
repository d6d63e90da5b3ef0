// Random sequences against the grammar of the arrival-time encoding.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/anticipation/padding.hpp>

#include "arrival_sequences.hpp"
#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;
using aria::TokenId;

namespace {

// The tokens of this block of the vocabulary, events or controls.
bool is_of_block(const Triple& one, TokenId block, TokenId end, const ArrivalVocabulary& vocabulary) {
  const auto within = [block](TokenId token, TokenId first, TokenId behind) {
    return token >= block + first && token < block + behind;
  };
  return within(one.time, vocabulary.time, vocabulary.duration) &&
         within(one.duration, vocabulary.duration, vocabulary.note) && within(one.note, vocabulary.note, end);
}

bool in_order(const std::vector<Triple>& events) {
  return std::is_sorted(events.begin(), events.end(), [](const Triple& a, const Triple& b) { return a.time < b.time; });
}

// Whether padding the notes gives these events, and interleaving them with the controls these tokens. One event more
// than there is shows that the piece goes on.
bool gives_again(const Parts& parts, const Tokens& tokens, const ArrivalRules& rules) {
  const ArrivalVocabulary& vocabulary = rules.vocabulary;
  const Tokens events = tokens_of(parts.events);
  Tokens notes, padded, interleaved;
  unpad(events, notes, vocabulary);
  const bool rests_at_end = !parts.events.empty() && parts.events.back().note == vocabulary.rest;
  pad(notes, padded, rests_at_end ? Bins{parts.events.back().time + 1} : Bins{}, rules.density, vocabulary);
  if (padded != events) return false;
  padded.insert(padded.end(), {100'000, vocabulary.duration, vocabulary.note});
  if (!anticipate(padded, tokens_of(parts.controls), interleaved, rules.delta, vocabulary).empty()) return false;
  interleaved.resize(interleaved.size() - 3);
  return interleaved == tokens;
}

// Whether whole events are the beginning of a piece, by the definition.
bool is_beginning_of_piece(const Tokens& tokens, const ArrivalRules& rules) {
  const ArrivalVocabulary& vocabulary = rules.vocabulary;
  Parts parts;
  std::set<std::uint32_t> playing;
  for (const Triple& one : triples_of(tokens)) {
    const bool event = is_of_block(one, 0, vocabulary.control, vocabulary);
    if (!event && !is_of_block(one, vocabulary.control, vocabulary.rest, vocabulary)) return false;
    (event ? parts.events : parts.controls).push_back(one);
    if (one.note != vocabulary.rest) {
      playing.insert(vocabulary.instrument_of(one.note));
    } else if (one.duration != vocabulary.duration) {
      return false;
    }
  }
  return playing.size() <= rules.max_instruments && in_order(parts.events) && in_order(parts.controls) &&
         gives_again(parts, tokens, rules);
}

// The same of tokens of which the last event may lack one or two: whether any make it whole.
bool may_begin_piece(Tokens tokens, const ArrivalRules& rules) {
  const ArrivalVocabulary& vocabulary = rules.vocabulary;
  if (tokens.size() % 3 == 0) return is_beginning_of_piece(tokens, rules);
  if (tokens.size() % 3 == 1) {
    Tokens other = tokens;
    tokens.push_back(vocabulary.duration);
    other.push_back(vocabulary.control + vocabulary.duration);
    return may_begin_piece(tokens, rules) || may_begin_piece(other, rules);
  }
  tokens.push_back(0);
  for (; tokens.back() < vocabulary.separator; ++tokens.back()) {
    if (is_beginning_of_piece(tokens, rules)) return true;
  }
  return false;
}

// What stands behind a separator: a walk through what the grammar allows, until it takes a step aside.
struct Walk {
  Tokens tokens;
  bool obeys = true;
};

Walk random_walk(aria::RandomStream& random, const ArrivalRules& rules) {
  const ArrivalVocabulary& vocabulary = rules.vocabulary;
  ArrivalGrammar grammar(rules);
  grammar.advance(vocabulary.anticipate);
  for (int i = 0; i < 3; ++i) grammar.advance(vocabulary.separator);
  const std::uint32_t care = 2 + random.below(60);
  const std::size_t length = 3 * (1 + random.below(8));
  Walk walk;
  std::vector<IdRange> ranges;
  while (walk.tokens.size() < length && walk.obeys) {
    grammar.allowed(ranges);
    std::erase_if(ranges, [&](const IdRange& range) { return range.contains(vocabulary.separator); });
    if (ranges.empty()) break;
    const IdRange range = ranges[random.below(static_cast<std::uint32_t>(ranges.size()))];
    const bool aside = random.below(care) == 0;
    const TokenId token =
        aside ? random.below(vocabulary.separator) : range.first + random.below(range.end - range.first);
    walk.obeys = contains(ranges, token);
    walk.tokens.push_back(token);
    grammar.advance(token);
  }
  return walk;
}

}  // namespace

TEST_CASE("sequences cut from padded and anticipated pieces are legal", "[anticipation]") {
  std::size_t count = 0;
  Settings tight;
  tight.delta_seconds = 0;
  for (const Settings& settings : {Settings{}, small_settings(), tight}) {
    const ArrivalRules rules(settings);
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      for (const Tokens& sequence : random_sequences(seed, settings, 10)) {
        ++count;
        const auto violation = check_arrival_sequence(sequence, rules);
        if (violation) FAIL("seed " << seed << ", token " << violation->index << ": " << violation->reason);
      }
    }
  }
  CHECK(count > 1000);
}

TEST_CASE("beginnings of pieces are legal by the grammar where they are by definition", "[anticipation]") {
  const ArrivalRules rules(small_settings());
  std::size_t legal = 0, illegal = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    aria::RandomStream random(seed);
    const Walk walk = random_walk(random, rules);
    wrong += may_begin_piece(walk.tokens, rules) != walk.obeys;
    ++(walk.obeys ? legal : illegal);
  }
  CHECK(wrong == 0);
  CHECK(legal > 2'000);
  CHECK(illegal > 2'000);
}

TEST_CASE("the grammar takes any ids", "[anticipation]") {
  aria::RandomStream random(1);
  ArrivalRules wild;
  wild.delta = wild.density = Bins{std::numeric_limits<std::int64_t>::max()};
  for (const ArrivalRules& rules : {ArrivalRules{}, ArrivalRules(small_settings()), wild}) {
    ArrivalGrammar grammar(rules);
    std::vector<IdRange> ranges;
    for (int i = 0; i < 30'000; ++i) {
      grammar.allowed(ranges);
      const bool order = std::is_sorted(ranges.begin(), ranges.end(),
                                        [](const IdRange& a, const IdRange& b) { return a.end < b.first; });
      const bool inside = ranges.empty() || ranges.back().end <= rules.vocabulary.size;
      if (!order || !inside) FAIL("ranges out of order at token " << i);
      const auto bits = static_cast<TokenId>(random.bits());
      const TokenId token = random.below(2) == 0 ? bits : bits % (rules.vocabulary.size + 2);
      if (!contains(ranges, token)) CHECK_FALSE(grammar.reason_against(token).empty());
      grammar.advance(token);
    }
    CHECK(grammar.position() == 30'000);
  }
}
