#include <aria/anticipation/arrival_grammar.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/order.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/times.hpp>

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

Tokens sequence(TokenId flag, std::initializer_list<Triple> events) {
  Tokens all = {flag};
  const Tokens rest = tokens(events);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

std::string verdict(const Tokens& tokens, ArrivalRules rules = ArrivalRules{}) {
  rules.events = tokens.size() / 3;
  const auto violation = check_arrival_sequence(tokens, rules);
  return violation ? std::to_string(violation->index) + ": " + std::string(violation->reason) : "legal";
}

std::string verdict(std::initializer_list<Triple> events) { return verdict(sequence(kArrival.anticipate, events)); }

// Pieces as training data are made of them, cut to sequences.
std::vector<Tokens> random_sequences(std::uint64_t seed, const Settings& settings, std::size_t pieces) {
  aria::RandomStream random(seed);
  const ArrivalVocabulary vocabulary(settings);
  const ArrivalRules rules(settings);
  std::vector<Tokens> sequences;
  Tokens stream;
  TokenId flag = vocabulary.autoregress;
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto piece = random_piece(random, 4 + random.below(400), settings);
    const std::uint32_t share = random.below(5);
    const Parts parts = random_parts(piece, random, share, vocabulary);
    const TokenId own_flag = parts.controls.empty() ? vocabulary.autoregress : vocabulary.anticipate;
    if (stream.empty()) flag = own_flag;
    stream.insert(stream.end(), 3, vocabulary.separator);
    pad_and_anticipate(tokens_of(parts.events), tokens_of(parts.controls), stream, Bins{piece.back().time + 3},
                       rules.density, rules.delta, vocabulary);
    const std::size_t length = 3 * rules.events;
    for (; stream.size() >= length; flag = own_flag) {
      Tokens window(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length));
      stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length));
      translate(window, Bins{} - min_time(window, {}, vocabulary), vocabulary);
      const bool fits = max_time(window, {}, vocabulary).count < vocabulary.max_time;
      window.insert(window.begin(), flag);
      if (fits) sequences.push_back(std::move(window));
    }
  }
  return sequences;
}

// A vocabulary that is small enough to try every id.
Settings small_settings() {
  return {.time_resolution = 3,
          .max_time_seconds = 8,
          .max_duration_seconds = 1,
          .pitches = 2,
          .instruments = 4,
          .context_size = 25,
          .delta_seconds = 2,
          .max_piece_instruments = 2};
}

// Whether a sequence that begins with a separator is the beginning of a piece, by the definition: padding and
// interleaving what is in it once more gives it again.
bool is_beginning_of_piece(const Tokens& tokens, const ArrivalRules& rules) {
  const ArrivalVocabulary& vocabulary = rules.vocabulary;
  const auto in = [](const Triple& one, TokenId block, TokenId time, TokenId end, const ArrivalVocabulary& v) {
    return one.time >= block && one.time - block < time && one.duration >= block + v.duration &&
           one.duration < block + v.note && one.note >= block + v.note && one.note < block + end;
  };
  std::vector<Triple> events, controls;
  std::vector<std::uint32_t> instruments;
  for (const Triple& one : triples_of(tokens)) {
    const bool event = in(one, 0, vocabulary.duration, vocabulary.control, vocabulary);
    if (!event && !in(one, vocabulary.control, vocabulary.duration, vocabulary.rest, vocabulary)) return false;
    if (one.note == vocabulary.rest && one.duration != vocabulary.duration) return false;
    (event ? events : controls).push_back(one);
    if (one.note == vocabulary.rest) continue;
    const std::uint32_t instrument = vocabulary.instrument_of(one.note);
    if (std::find(instruments.begin(), instruments.end(), instrument) == instruments.end()) {
      instruments.push_back(instrument);
    }
  }
  if (instruments.size() > rules.max_instruments) return false;
  const auto earlier = [](const Triple& a, const Triple& b) { return a.time < b.time; };
  if (!std::is_sorted(events.begin(), events.end(), earlier)) return false;
  if (!std::is_sorted(controls.begin(), controls.end(), earlier)) return false;
  // One event more than there is shows that the piece goes on.
  Tokens notes, again;
  unpad(tokens_of(events), notes, vocabulary);
  const TokenId end = events.empty() ? 0 : events.back().time + (events.back().note == vocabulary.rest);
  pad(notes, again, Bins{end}, rules.density, vocabulary);
  if (again != tokens_of(events)) return false;
  const Tokens last = tokens_of(std::vector<Triple>{event(100'000, 0, 0, vocabulary)});
  again.insert(again.end(), last.begin(), last.end());
  Tokens interleaved;
  if (!anticipate(again, tokens_of(controls), interleaved, rules.delta, vocabulary).empty()) return false;
  interleaved.resize(interleaved.size() - 3);
  return interleaved == tokens;
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

namespace {

// A change that breaks a rule, made at the events numbered `i` and `i + 1`, if it can be made there. `known` says that
// the two events before `i` are in the same piece.
using Mutation = std::function<bool(std::vector<Triple>& events, std::size_t i, bool known)>;

bool is_note(const Triple& one) { return one.note < kArrival.rest; }
bool is_event(const Triple& one) { return one.note < kArrival.control; }
bool is_control(const Triple& one) { return one.note >= kArrival.control && one.note < kArrival.separator; }

const std::vector<std::pair<const char*, Mutation>>& mutations() {
  static const std::vector<std::pair<const char*, Mutation>> all = {
      {"events swapped",
       [](auto& e, std::size_t i, bool) {
         if (!is_event(e[i]) || !is_event(e[i + 1]) || e[i].time == e[i + 1].time) return false;
         std::swap(e[i], e[i + 1]);
         return true;
       }},
      {"controls swapped",
       [](auto& e, std::size_t i, bool) {
         if (!is_control(e[i]) || !is_control(e[i + 1]) || e[i].time == e[i + 1].time) return false;
         std::swap(e[i], e[i + 1]);
         return true;
       }},
      {"a control later or earlier",
       [](auto& e, std::size_t i, bool known) {
         const bool there = (is_control(e[i]) && is_event(e[i + 1])) || (is_event(e[i]) && is_control(e[i + 1]));
         if (!there || !known) return false;
         std::swap(e[i], e[i + 1]);
         return true;
       }},
      {"a rest left out",
       [](auto& e, std::size_t i, bool known) {
         if (e[i].note != kArrival.rest || !is_event(e[i + 1]) || !known) return false;
         e.erase(e.begin() + static_cast<std::ptrdiff_t>(i));
         return true;
       }},
      {"a note made a rest",
       [](auto& e, std::size_t i, bool known) {
         if (!is_note(e[i]) || !known || !is_event(e[i - 1]) || e[i].time == e[i - 1].time + 100) return false;
         e[i] = rest(e[i].time);
         return true;
       }},
      {"a rest with a duration",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.rest) return false;
         ++e[i].duration;
         return true;
       }},
      {"a rest as a control",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.rest) return false;
         e[i] = as_control(e[i]);
         return true;
       }},
      {"an event with one token of a control",
       [](auto& e, std::size_t i, bool) {
         if (!is_event(e[i])) return false;
         e[i].duration += kArrival.control;
         return true;
       }},
      {"a control with one token of an event",
       [](auto& e, std::size_t i, bool) {
         if (!is_control(e[i])) return false;
         e[i].note -= kArrival.control;
         return true;
       }},
      {"a time in the block of durations",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note == kArrival.separator) return false;
         e[i].time = kArrival.duration + (is_control(e[i]) ? kArrival.control : 0);
         return true;
       }},
      {"a duration in the block of notes",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note == kArrival.separator) return false;
         e[i].duration = kArrival.note + (is_control(e[i]) ? kArrival.control : 0);
         return true;
       }},
      {"a note in the block of durations",
       [](auto& e, std::size_t i, bool) {
         e[i].note = kArrival.note - 1;
         return true;
       }},
      {"a separator twice",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.separator) return false;
         e[i + 1] = e[i];
         return true;
       }},
      {"a separator in part",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.separator) return false;
         e[i].time = 0;
         return true;
       }},
      {"times that go on behind a separator",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.separator || !is_event(e[i + 1])) return false;
         e[i + 1].time += 101;
         return true;
       }},
      {"a flag",
       [](auto& e, std::size_t i, bool) {
         e[i].time = kArrival.anticipate;
         return true;
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("every change that breaks a rule is refused", "[anticipation]") {
  std::vector<Tokens> sequences;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    for (Tokens& one : random_sequences(seed, {}, 12)) sequences.push_back(std::move(one));
  }
  aria::RandomStream random(7);
  for (const auto& [name, mutate] : mutations()) {
    std::size_t made = 0;
    for (int trial = 0; trial < 200'000; ++trial) {
      const Tokens& legal = sequences[random.below(static_cast<std::uint32_t>(sequences.size()))];
      std::vector<Triple> events = triples_of(std::span(legal).subspan(1));
      const std::size_t i = 2 + random.below(338);
      const auto in_piece = [](const Triple& one) { return one.note != kArrival.separator; };
      const auto first = events.begin(), here = first + static_cast<std::ptrdiff_t>(i);
      // Two events before this place show where it lies.
      const auto piece = std::find_if_not(std::make_reverse_iterator(here), events.rend(), in_piece).base();
      const bool known = std::count_if(piece, here, is_event) >= 2;
      if (!mutate(events, i, known)) continue;
      ++made;
      Tokens broken = tokens_of(events);
      broken.insert(broken.begin(), legal[0]);
      CAPTURE(name, trial, i);
      CHECK(verdict(legal) == "legal");
      CHECK(verdict(broken) != "legal");
      if (made == 50) break;
    }
    CAPTURE(name);
    CHECK(made == 50);
  }
}

TEST_CASE("times moved as a whole are refused, too", "[anticipation]") {
  for (const Tokens& legal : random_sequences(3, {}, 12)) {
    Tokens moved = legal;
    if (legal[1] == kArrival.separator) continue;
    translate(std::span(moved).subspan(1), Bins{1});
    CHECK(verdict(moved) != "legal");
  }
}

TEST_CASE("beginnings of pieces are legal by the grammar where they are by definition", "[anticipation]") {
  const Settings settings = small_settings();
  ArrivalRules rules(settings);
  const ArrivalVocabulary& vocabulary = rules.vocabulary;
  std::size_t legal = 0, illegal = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    aria::RandomStream random(seed);
    // A walk through what is allowed, now and then with a step aside.
    const std::uint32_t care = 2 + random.below(60);
    ArrivalGrammar grammar(rules);
    Tokens tokens = {vocabulary.anticipate};
    tokens.insert(tokens.end(), 3, vocabulary.separator);
    for (const TokenId token : tokens) grammar.advance(token);
    bool obeys = true;
    const std::size_t length = tokens.size() + 3 * (1 + random.below(8));
    Ranges ranges;
    while (tokens.size() < length && obeys) {
      grammar.allowed(ranges);
      std::erase_if(ranges, [&](const IdRange& range) { return range.contains(vocabulary.separator); });
      if (ranges.empty()) break;
      const IdRange range = ranges[random.below(static_cast<std::uint32_t>(ranges.size()))];
      TokenId token = range.first + random.below(range.end - range.first);
      if (random.below(care) == 0) token = random.below(vocabulary.separator);
      obeys = contains(ranges, token);
      grammar.advance(token);
      tokens.push_back(token);
    }
    // An illegal token is followed by what makes the event whole in any way that is legal behind a legal one.
    const auto whole = [&](const Tokens& begun) {
      const Tokens events(begun.begin() + 4, begun.end());
      return is_beginning_of_piece(events, rules);
    };
    bool by_definition = false;
    Tokens tried = tokens;
    const std::size_t missing = (3 - (tokens.size() - 1) % 3) % 3;
    tried.resize(tokens.size() + missing);
    const TokenId candidates = missing == 0 ? 1 : vocabulary.separator;
    for (TokenId last = 0; last < candidates && !by_definition; ++last) {
      if (missing > 0) tried.back() = last;
      if (missing < 2) {
        by_definition = whole(tried);
        continue;
      }
      for (TokenId middle : {vocabulary.duration, vocabulary.control + vocabulary.duration}) {
        tried[tried.size() - 2] = middle;
        by_definition = by_definition || whole(tried);
      }
    }
    wrong += by_definition != obeys;
    (obeys ? legal : illegal) += 1;
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
    Ranges ranges;
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
