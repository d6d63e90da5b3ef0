#include <aria/sampling/event_generation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/support/random.hpp>

#include "event_requests.hpp"
#include "fake_event_model.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

using namespace aria::anticipation;
using namespace test;
using aria::Reading;
using aria::SamplingOptions;

namespace {

using Events = std::vector<Triple>;

// Draws for row 0 what is drawn for another one.
struct RowPicker {
  std::uint64_t seed = 0;
  std::size_t first = 0;
  TokenId operator()(const aria::NucleusSampler& sampler, const aria::Nucleus& nucleus, std::size_t row,
                     std::size_t place) const {
    return aria::RandomPicker(seed)(sampler, nucleus, first + row, place);
  }
};

template <class Model>
std::vector<GeneratedEvents> generated(Model& model, const EventRequest& request, const SamplingOptions& options,
                                       const Settings& settings, bool ar = false, std::size_t first = 0) {
  EventGenerator generator(model, options, RowPicker{options.seed, first}, settings);
  return ar ? generator.generate_ar(request) : generator.generate(request);
}

SamplingOptions options_of(std::uint64_t seed, aria::RandomStream& random) {
  const double shares[] = {1, 0.98, 0.7};
  return {.temperature = random.below(2) == 0 ? 1 : 0.7, .top_p = shares[random.below(3)], .seed = seed};
}

bool by_time(const Triple& a, const Triple& b) { return a.time < b.time; }

std::multiset<std::vector<TokenId>> bag_of(const Events& events) {
  std::multiset<std::vector<TokenId>> bag;
  for (const Triple& one : events) bag.insert({one.time, one.duration, one.note});
  return bag;
}

std::set<std::uint32_t> instruments_of(const Events& events, const ArrivalVocabulary& vocabulary) {
  std::set<std::uint32_t> all;
  for (const Triple& one : events) all.insert(vocabulary.instrument_of(one.note));
  return all;
}

// Why what was made is not what may be made; empty where it is.
std::string fault_of(const GeneratedEvents& made, const EventRequest& request, const Settings& settings, bool ar) {
  const ArrivalVocabulary vocabulary(settings);
  const Events events = triples_of(made.events), added = triples_of(made.added);
  const Events heard = given_in(request, vocabulary);
  const Events given = ar ? heard : triples_of(request.events);
  for (const Triple& one : added) {
    const bool is_event = one.duration >= vocabulary.duration && one.duration < vocabulary.note &&
                          one.note >= vocabulary.note && one.note < vocabulary.rest;
    if (!is_event) return "a new event is none, or a rest";
    if (one.time < request.start.count || one.time >= request.end.count) return "a new event outside the interval";
  }
  if (!std::is_sorted(added.begin(), added.end(), by_time)) return "new events out of order";
  if (!std::is_sorted(events.begin(), events.end(), by_time)) return "the result is out of order";
  Events both = given;
  both.insert(both.end(), added.begin(), added.end());
  if (bag_of(both) != bag_of(events)) return "the result is not what is given and what is new";

  auto before = instruments_of(heard, vocabulary), after = instruments_of(added, vocabulary);
  for (const std::uint32_t instrument : after) {
    const bool may = request.may_play.empty() || (instrument < request.may_play.size() && request.may_play[instrument]);
    if (!may) return "an instrument that may not play";
  }
  after.insert(before.begin(), before.end());
  before.erase(kDrumInstrument);
  if (after.size() > std::max<std::size_t>(16, before.size() + after.count(kDrumInstrument))) return "too many play";
  after.erase(kDrumInstrument);
  if (after.size() > std::max<std::size_t>(15, before.size())) return "too many play that are no drums";
  return "";
}

// Holds every sequence that a model sees against the grammar.
class SequenceCheck {
 public:
  SequenceCheck(TokenId flag, const Settings& settings) : rules_(settings), flag_(flag) { rules_.max_instruments = 16; }

  void operator()(const Tokens& sequence) {
    ++count;
    longest = std::max(longest, sequence.size());
    if (sequence.front() != flag_) fault = "another flag";
    ArrivalGrammar grammar(rules_);
    for (std::size_t i = 0; i < sequence.size() && fault.empty(); ++i) {
      grammar.allowed(ranges_);
      if (!contains(ranges_, sequence[i])) {
        fault = std::string(grammar.reason_against(sequence[i])) + ", token " + std::to_string(i);
      }
      if (sequence[i] == rules_.vocabulary.separator) fault = "a separator";
      grammar.advance(sequence[i]);
    }
    // Times count from the earliest one, or from an event that is not there any more.
    bool only_controls = true;
    for (std::size_t i = 3; i < sequence.size(); i += 3) only_controls &= sequence[i] >= rules_.vocabulary.control;
    const bool whole = fault.empty() && sequence.size() % 3 == 1;
    if (whole && !only_controls && !grammar.may_end()) fault = "no event at time 0";
  }

  std::string fault;
  std::size_t count = 0, longest = 0;

 private:
  ArrivalRules rules_;
  TokenId flag_;
  std::vector<IdRange> ranges_;
};

TokenId flag_of(const EventRequest& request, bool ar, const ArrivalVocabulary& vocabulary) {
  bool has_controls = !request.controls.empty();
  for (const Triple& one : triples_of(request.events)) has_controls |= one.time > request.start.count;
  return has_controls && !ar ? vocabulary.anticipate : vocabulary.autoregress;
}

// Now and then only some instruments may play: those that are given, and a few others.
InstrumentFilter random_filter(aria::RandomStream& random, const EventRequest& request,
                               const ArrivalVocabulary& vocabulary) {
  if (random.below(3) != 0) return {};
  InstrumentFilter filter(129);
  for (const Triple& one : given_in(request, vocabulary)) {
    if (random.below(2) == 0) filter[vocabulary.instrument_of(one.note)] = true;
  }
  filter[random.below(2) == 0 ? kDrumInstrument : random.below(129)] = true;
  // One alone could be one too many.
  return PlayingInstruments(filter).any_may_play() ? filter : InstrumentFilter{};
}

struct Counts {
  std::size_t requests = 0, added = 0, windows = 0;
};

Counts check_many(Taste taste, const Settings& settings, std::uint64_t seeds, std::uint32_t events,
                  std::uint32_t seconds, std::initializer_list<std::size_t> contexts) {
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(taste, settings);
  Counts counts;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Way way : kWays) {
      for (const bool ar : {false, true}) {
        aria::RandomStream random(seed, static_cast<std::uint64_t>(way), ar ? 1 : 0);
        EventRequest request = random_request(random, way, settings, events, seconds);
        request.may_play = random_filter(random, request, vocabulary);
        request.variations = 1 + random.below(3);
        request.window_step = std::vector<std::size_t>{1, 7, 64}[random.below(3)];
        const std::size_t context = contexts.begin()[random.below(static_cast<std::uint32_t>(contexts.size()))];
        SequenceCheck check(flag_of(request, ar, vocabulary), settings);
        CachedModel model(logits, context);
        model.on_sequence = [&](const Tokens& sequence) { check(sequence); };
        const auto made = generated(model, request, options_of(seed, random), settings, ar);
        INFO("seed " << seed << ", way " << static_cast<int>(way) << (ar ? ", without anticipation" : "")
                     << ", context " << context << ", step " << request.window_step << ", start "
                     << request.start.count);
        REQUIRE(made.size() == request.variations);
        for (const GeneratedEvents& one : made) {
          REQUIRE(fault_of(one, request, settings, ar) == "");
          counts.added += one.added.size() / 3;
        }
        REQUIRE(check.fault == "");
        REQUIRE(check.longest <= context);
        ++counts.requests;
        counts.windows += check.longest + 8 > context ? 1 : 0;
      }
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("EventGenerator: new events are where they may be, given ones stay, and the model sees what it knows",
          "[sampling]") {
  const Counts counts = check_many(Taste::small_steps, few_ids(), 20, 80, 6, {13, 16, 40, 100, 400});
  CHECK(counts.requests == 160);
  CHECK(counts.added > 3'000);
  CHECK(counts.windows > 40);
}

TEST_CASE("EventGenerator: the same with a model that likes anything, and one to which all is alike", "[sampling]") {
  CHECK(check_many(Taste::random, few_ids(), 6, 80, 20, {13, 40, 400}).added > 500);
  CHECK(check_many(Taste::equal, few_ids(), 6, 80, 20, {13, 40, 400}).added > 500);
}

TEST_CASE("EventGenerator: the same with the vocabulary of the published models", "[sampling]") {
  Settings settings;
  settings.max_piece_instruments = 15;
  CHECK(check_many(Taste::small_steps, settings, 1, 400, 2, {100, 1024}).added > 30);
}

TEST_CASE("EventGenerator: pauses of many minutes shorten the window, and very long music slides through it",
          "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    aria::RandomStream random(seed);
    // An event every few minutes, the last one behind the end; or thousands of events.
    const bool sparse = seed % 2 == 0;
    EventRequest request;
    std::uint32_t time = 0;
    for (std::uint32_t i = 0; i < (sparse ? 12U : 4000U); ++i) {
      const Triple one = event(time, random.below(10), random.below(30), vocabulary);
      const bool is_control = random.below(3) == 0;
      const Triple given = is_control ? as_control(one, vocabulary) : one;
      Tokens& to = is_control ? request.controls : request.events;
      to.insert(to.end(), {given.time, given.duration, given.note});
      time += sparse ? 300 + random.below(1500) : random.below(2);
    }
    request.start = Bins{time - (sparse ? 700 + random.below(2) * 1000 : 200)};
    request.end = request.start + Bins{60};
    request.variations = 2;
    for (const bool ar : {false, true}) {
      for (const std::size_t context : {13, 100, 1024}) {
        INFO("seed " << seed << (ar ? ", without anticipation" : "") << ", context " << context);
        SequenceCheck check(flag_of(request, ar, vocabulary), settings);
        CachedModel model(logits, context);
        model.on_sequence = [&](const Tokens& sequence) { check(sequence); };
        const auto made = generated(model, request, {.temperature = 1, .top_p = 1, .seed = seed}, settings, ar);
        CHECK(check.fault == "");
        for (const GeneratedEvents& one : made) CHECK(fault_of(one, request, settings, ar) == "");
        if (sparse || context < 1024) continue;
        // As long as the context has room for, but for the last step.
        CHECK(check.longest > 300);
      }
    }
  }
}

TEST_CASE("EventGenerator: a cache changes nothing, nor do the other variations", "[sampling]") {
  const Settings settings = few_ids();
  for (const Taste taste : {Taste::small_steps, Taste::random}) {
    const FakeLogits logits(taste, settings);
    std::size_t added = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      for (const Way way : kWays) {
        aria::RandomStream random(seed, static_cast<std::uint64_t>(way));
        const bool ar = random.below(2) == 0;
        EventRequest request = random_request(random, way, settings, 60, 8);
        request.variations = 3;
        request.window_step = std::vector<std::size_t>{1, 5, 64}[random.below(3)];
        if (random.below(8) == 0) request.reading = Reading::reference;
        const std::size_t context = std::vector<std::size_t>{13, 46, 200}[random.below(3)];
        const SamplingOptions options = options_of(seed, random);
        INFO("seed " << seed << ", way " << static_cast<int>(way) << (ar ? ", without anticipation" : "")
                     << ", context " << context << ", step " << request.window_step);
        const auto run = [&](auto model, std::size_t first = 0) {
          std::vector<std::pair<Tokens, Tokens>> rows;
          try {
            for (auto& one : generated(model, request, options, settings, ar, first)) {
              rows.emplace_back(one.events, one.added);
            }
          } catch (const aria::Error&) {  // in reference mode
            REQUIRE(request.reading == Reading::reference);
          }
          return rows;
        };
        const auto cached = run(CachedModel(logits, context));
        REQUIRE(run(KeepingModel(logits, context)) == cached);
        REQUIRE(run(TruncatingModel(logits, context)) == cached);
        REQUIRE(run(UncachedModel(logits, context)) == cached);
        if (cached.empty()) continue;
        request.variations = 1;
        for (std::size_t row = 0; row < 3; ++row) {
          const auto alone = run(CachedModel(logits, context), row);
          REQUIRE(alone.size() == 1);
          REQUIRE(alone[0] == cached[row]);
          added += alone[0].second.size() / 3;
        }
      }
    }
    CHECK(added > (taste == Taste::random ? 15 : 300));
  }
}

TEST_CASE("EventGenerator: with a cache every token is computed once, unless the window moves", "[sampling]") {
  const Settings settings = few_ids();
  const FakeLogits logits(Taste::small_steps, settings);
  EventRequest request{.start = Bins{0}, .end = Bins{150}};
  const auto computed = [&](std::size_t context) {
    CachedModel model(logits, context);
    std::size_t longest = 0;
    model.on_sequence = [&](const Tokens& sequence) { longest = std::max(longest, sequence.size()); };
    const auto made = generated(model, request, {.temperature = 1, .top_p = 1}, settings).front();
    REQUIRE(made.added.size() > 200);
    return std::pair(model.computed, longest);
  };
  const auto [tokens, longest] = computed(1024);
  CHECK(tokens <= longest + 2);  // two before it is known at which time the first event is
  // Rows that have ended are computed no more, and the others not anew.
  const auto of_rows = [&](std::size_t first, std::size_t count) {
    CachedModel model(logits, 1024);
    EventRequest some = request;
    some.variations = count;
    (void)generated(model, some, {.temperature = 1, .top_p = 1}, settings, false, first);
    return model.computed;
  };
  const auto check_rows = [&] {
    const std::size_t alone = of_rows(0, 1) + of_rows(1, 1) + of_rows(2, 1), together = of_rows(0, 3);
    CHECK(alone > 700);
    CHECK(together <= alone + 12);
  };
  check_rows();
  // What one is told while others go on is not computed again.
  EventRequest with_controls = request;
  std::swap(request, with_controls);
  for (std::uint32_t time = 0; time < 150; time += 2) {
    const Triple one = as_control(event(time, 1, 7, ArrivalVocabulary(settings)), ArrivalVocabulary(settings));
    request.controls.insert(request.controls.end(), {one.time, one.duration, one.note});
  }
  check_rows();
  std::swap(request, with_controls);
  request.window_step = 1;
  const auto moving = computed(100).first;
  request.window_step = 10;
  CHECK(moving > 3 * computed(100).first);
}

TEST_CASE("EventGenerator: both readings against the plainest transcription, token for token", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  for (const Taste taste : {Taste::small_steps, Taste::random, Taste::equal}) {
    const FakeLogits logits(taste, settings);
    std::map<Reading, std::size_t> same, added, failed;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      for (const Way way : kWays) {
        for (const Reading reading : {Reading::standard, Reading::reference}) {
          for (const bool ar : {false, true}) {
            aria::RandomStream random(seed, static_cast<std::uint64_t>(way), ar ? 1 : 0);
            const bool jumps = taste != Taste::small_steps && reading == Reading::reference;
            EventRequest request = random_request(random, way, settings, 60, jumps ? 60 : 6);
            if (reading == Reading::standard) request.may_play = random_filter(random, request, vocabulary);
            request.reading = reading;
            request.window_step = 1;
            if (reading == Reading::reference && random.below(4) == 0) {  // rests, which become separators there
              const Tokens events = std::exchange(request.events, {});
              pad(events, request.events, {}, Bins{settings.time_resolution}, vocabulary);
            }
            const std::size_t context = std::vector<std::size_t>{13, 40, 200}[random.below(3)];
            const SamplingOptions options = options_of(seed, random);
            INFO("seed " << seed << ", way " << static_cast<int>(way) << ", reading " << static_cast<int>(reading)
                         << (ar ? ", without anticipation" : "") << ", context " << context);
            SlowEventGenerator slow(logits, settings, context, options);
            const auto expected = ar ? slow.generate_ar(request) : slow.generate(request);
            CachedModel model(logits, context);
            std::optional<Events> made;
            try {
              const auto result = generated(model, request, options, settings, ar).front();
              made = triples_of(result.events);
              added[reading] += result.added.size() / 3;
            } catch (const aria::Error& error) {
              INFO(error.message());
              REQUIRE(reading == Reading::reference);
              ++failed[reading];
            }
            REQUIRE(made.has_value() == expected.has_value());
            if (!made) continue;
            REQUIRE(*made == *expected);
            ++same[reading];
          }
        }
      }
    }
    CHECK(same[Reading::standard] == 96);
    CHECK(same[Reading::reference] > 40);
    CHECK(same[Reading::reference] + failed[Reading::reference] == 96);
    CHECK(added[Reading::standard] > 100);
    CHECK(added[Reading::reference] > 50);
  }
}

TEST_CASE("EventGenerator: both readings with the vocabulary of the published models", "[sampling]") {
  const Settings settings;
  const FakeLogits logits(Taste::small_steps);
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    for (const bool ar : {false, true}) {
      aria::RandomStream random(5);
      EventRequest request = random_request(random, Way::infill, settings, 500, 2);
      request.reading = reading;
      request.window_step = 1;
      const SamplingOptions options{.temperature = 1, .top_p = 0.9, .seed = 1};
      SlowEventGenerator slow(logits, settings, 1024, options);
      const auto expected = ar ? slow.generate_ar(request) : slow.generate(request);
      CachedModel model(logits, 1024);
      EventGenerator generator(model, options);
      const auto made = ar ? generator.generate_ar(request) : generator.generate(request);
      REQUIRE(expected);
      CHECK(made.front().events == tokens_of(*expected));
      CHECK(made.front().added.size() > 10);
    }
  }
}

TEST_CASE("EventGenerator: the most probable token at temperature 0", "[sampling]") {
  const Settings settings = few_ids();
  const FakeLogits logits(Taste::small_steps, settings);
  const EventRequest request{.start = Bins{10}, .end = Bins{60}, .variations = 2};
  CachedModel model(logits, 100);
  const auto made = generated(model, request, {.temperature = 0}, settings);
  CHECK(made[0].added.size() > 30);
  CHECK(made[0].added == made[1].added);
  CHECK(made[0].added == generated(model, request, {.temperature = 1e-6, .seed = 4}, settings)[0].added);
  CHECK(fault_of(made[0], request, settings, false) == "");
}

TEST_CASE("EventGenerator: an interval of no length, and starts at events", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  CachedModel model(logits, 100);
  const Tokens music = tokens({event(0, 1, 1, vocabulary), event(7, 1, 2, vocabulary), event(7, 1, 3, vocabulary),
                               event(8, 1, 3, vocabulary), event(90, 1, 3, vocabulary)});
  for (const std::int64_t start : {0, 6, 7, 8, 9, 90, 91, 500}) {
    for (const bool ar : {false, true}) {
      const EventRequest none{.start = Bins{start}, .end = Bins{start}, .events = music};
      const auto made = generated(model, none, {}, settings, ar).front();
      CHECK(made.events == music);
      CHECK(made.added.empty());
      EventRequest some = none;
      some.end.count += 20;
      const auto more = generated(model, some, {}, settings, ar).front();
      CHECK(fault_of(more, some, settings, ar) == "");
      CHECK(more.added.size() > 0);
    }
  }
  // One generator again and again.
  EventGenerator generator(model, {.seed = 3}, settings);
  const EventRequest some{.start = Bins{8}, .end = Bins{28}, .events = music};
  const auto once = generator.generate(some).front().events, other = generator.generate_ar(some).front().events;
  CHECK(generator.generate(some).front().events == once);
  CHECK(generator.generate_ar(some).front().events == other);
}

TEST_CASE("EventGenerator: given rests are no music, before the start and behind it", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  const Tokens notes = tokens({event(0, 1, 1, vocabulary), event(12, 1, 2, vocabulary), event(80, 1, 3, vocabulary)});
  Tokens padded;
  pad(notes, padded, {}, Bins{settings.time_resolution}, vocabulary);
  REQUIRE(padded.size() > notes.size());
  for (const bool ar : {false, true}) {
    const auto run = [&](const Tokens& events) {
      const EventRequest request{.start = Bins{14}, .end = Bins{60}, .events = events};
      SequenceCheck check(ar ? vocabulary.autoregress : vocabulary.anticipate, settings);
      CachedModel model(logits, 100);
      model.on_sequence = [&](const Tokens& sequence) { check(sequence); };
      const auto made = generated(model, request, {.temperature = 1, .seed = 3}, settings, ar).front();
      CHECK(check.fault == "");
      return made.events;
    };
    CHECK(run(padded) == run(notes));
  }
}

TEST_CASE("EventGenerator: with many instruments only those go on that may", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::random, settings);
  for (const std::uint32_t players : {1, 14, 15, 16, 20}) {
    for (const bool are_controls : {false, true}) {
      INFO(players << " instruments" << (are_controls ? ", of controls that come late" : ""));
      EventRequest request{.start = Bins{5}, .end = Bins{400}};
      for (std::uint32_t i = 0; i < players; ++i) {
        const Triple one = event(are_controls ? 390 : i, 1, 10 * i, vocabulary);
        const Triple given = are_controls ? as_control(one, vocabulary) : one;
        Tokens& to = are_controls ? request.controls : request.events;
        to.insert(to.end(), {given.time, given.duration, given.note});
      }
      CachedModel model(logits, 100);
      std::set<std::uint32_t> others;
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const auto made = generated(model, request, {.temperature = 1, .top_p = 1, .seed = seed}, settings).front();
        CHECK(fault_of(made, request, settings, false) == "");
        auto playing = instruments_of(triples_of(made.added), vocabulary);
        for (const std::uint32_t instrument : playing) {
          if (instrument % 5 != 0 || instrument / 5 >= players) others.insert(instrument);
        }
      }
      others.erase(kDrumInstrument);
      CHECK((others.size() > 0) == (players < 15));
    }
  }
}

TEST_CASE("EventGenerator: controls are told five seconds ahead, those of the original only from 5 bins on",
          "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  EventRequest request{.start = Bins{0}, .end = Bins{60}};
  for (const std::uint32_t time : {0, 4, 5, 24, 25, 26, 40, 59}) {
    const Triple one = as_control(event(time, 1, 7, vocabulary), vocabulary);
    request.controls.insert(request.controls.end(), {one.time, one.duration, one.note});
  }
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    request.reading = reading;
    Tokens longest;
    CachedModel model(logits, 400);
    model.on_sequence = [&](const Tokens& sequence) {
      if (sequence.size() > longest.size()) longest = sequence;
    };
    (void)generated(model, request, {.temperature = 1, .seed = 2}, settings);
    // Nothing was cut off: times count from 0, or in reference mode from the first control.
    std::vector<std::int64_t> told;
    std::int64_t last = 0, before = -1;
    REQUIRE(longest.front() == vocabulary.anticipate);
    longest.resize(1 + (longest.size() - 1) / 3 * 3);
    for (const Triple& one : triples_of(std::span(longest).subspan(1))) {
      const std::int64_t time = begin_of(one, vocabulary);
      if (vocabulary.is_control(one.note)) {
        told.push_back(time);
        if (reading == Reading::reference) continue;
        CHECK(time <= last + 25);
        CHECK((before < 0 || time > before + 25));
      } else {
        before = std::exchange(last, time);
      }
    }
    if (reading == Reading::standard) {
      CHECK(told == std::vector<std::int64_t>{0, 4, 5, 24, 25, 26, 40, 59});
    } else {
      REQUIRE(told.size() == 6);
      CHECK(told.back() - told.front() == 54);
    }
  }
}

TEST_CASE("EventGenerator: what is given behind the start comes twice from the original's generate_ar", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  const Triple before = event(3, 1, 1, vocabulary), within = event(15, 1, 2, vocabulary),
               next = event(70, 1, 3, vocabulary), late = event(71, 1, 4, vocabulary);
  EventRequest request{.start = Bins{10}, .end = Bins{60}, .events = tokens({before, within, next, late})};
  CachedModel model(logits, 100);
  const auto times = [&](const Triple& one) {
    const Events all = triples_of(generated(model, request, {.seed = 1}, settings, true).front().events);
    return std::count(all.begin(), all.end(), one);
  };
  for (const Triple& one : {before, within, next, late}) CHECK(times(one) == 1);
  request.reading = Reading::reference;
  CHECK(times(before) == 1);
  CHECK(times(within) == 2);
  CHECK(times(next) == 2);  // appended at the end, told or not
  CHECK(times(late) == 1);
}

TEST_CASE("EventGenerator: progress goes up, and to the end", "[sampling]") {
  const Settings settings = few_ids();
  const FakeLogits logits(Taste::small_steps, settings);
  for (const Way way : kWays) {
    for (const bool ar : {false, true}) {
      aria::RandomStream random(static_cast<std::uint64_t>(way));
      EventRequest request = random_request(random, way, settings, 60, 8);
      request.variations = 3;
      std::vector<std::int64_t> all;
      request.on_progress = [&](Bins done, Bins total) {
        CHECK(total == request.end - request.start);
        all.push_back(done.count);
      };
      CachedModel model(logits, 100);
      (void)generated(model, request, {}, settings, ar);
      REQUIRE(all.size() > 5);
      CHECK(std::is_sorted(all.begin(), all.end()));
      CHECK(all.front() >= 0);
      CHECK(all.front() < 40);
      CHECK(all.back() == 40);
      CHECK(std::set<std::int64_t>(all.begin(), all.end()).size() > 5);
    }
  }
}

TEST_CASE("EventGenerator: progress begins with the interval, also where the prompt ends before it", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  CachedModel model(logits, 100);
  // The last rest is at 45, from where on the model is told of what comes until 70.
  EventRequest request{.start = Bins{50}, .end = Bins{80}};
  request.controls = tokens({as_control(event(68, 1, 1, vocabulary), vocabulary)});
  std::vector<std::int64_t> all;
  request.on_progress = [&](Bins done, Bins) { all.push_back(done.count); };
  (void)generated(model, request, {}, settings);
  REQUIRE(all.size() > 3);
  CHECK(all.front() == 0);
}

TEST_CASE("EventGenerator: a model that gives no numbers is an error", "[sampling]") {
  const Settings settings = few_ids();
  const FakeLogits logits(Taste::small_steps, settings);
  struct BrokenModel : CachedModel {
    using CachedModel::CachedModel;
    std::size_t at = 0;
    float value = NAN;
    void append(Context& context, std::span<const TokenId> tokens, std::span<float> out) {
      CachedModel::append(context, tokens, out);
      if (context.rows[0].size() == at) std::fill(out.begin(), out.end(), value);
    }
  };
  for (const double temperature : {0.0, 1.0}) {
    for (const float value : {NAN, INFINITY, -INFINITY}) {
      for (const std::size_t at : {13, 14, 15}) {
        for (const Reading reading : {Reading::standard, Reading::reference}) {
          CAPTURE(temperature, value, at);
          BrokenModel model(logits, 100);
          model.at = at;
          model.value = value;
          EventGenerator generator(model, {.temperature = temperature}, settings);
          const auto error =
              test::error_of([&] { generator.generate({.start = Bins{0}, .end = Bins{900}, .reading = reading}); });
          CHECK(error.code() == aria::ErrorCode::not_finite);
          CHECK(error.message() == "the model gives no numbers for event 4: its weights may be broken");
        }
      }
    }
  }
}

TEST_CASE("EventGenerator: what cannot be is refused, and says why", "[sampling]") {
  const Settings settings = few_ids();
  const ArrivalVocabulary vocabulary(settings);
  const FakeLogits logits(Taste::small_steps, settings);
  const auto refusal = [](auto&& work) {
    const auto error = test::error_of(work);
    CHECK(error.code() == aria::ErrorCode::invalid_argument);
    return error.message();
  };
  CachedModel model(logits, 100);
  CHECK(refusal([&] { EventGenerator(model, {}); }) ==
        "the model knows 940 tokens, and the arrival-time encoding has 55028");
  CHECK(refusal([&] { EventGenerator(model, {.guidance = 1}, settings); }) == "models of events take no guidance");
  CHECK(refusal([&] { EventGenerator(model, {.top_p = 0}, settings); }).starts_with("top-p must be"));
  CachedModel tiny(logits, 12);
  CHECK(refusal([&] { EventGenerator(tiny, {}, settings); }) ==
        "a context of 12 tokens has no room for events: at least 13 are needed");

  EventGenerator generator(model, {}, settings);
  const auto request_refusal = [&](const EventRequest& request) {
    const std::string message = refusal([&] { generator.generate(request); });
    CHECK(refusal([&] { generator.generate_ar(request); }) == message);
    return message;
  };
  const std::string interval = "a generation needs a variation, and an end that is not before its start";
  CHECK(request_refusal({.start = Bins{10}, .end = Bins{9}}) == interval);
  CHECK(request_refusal({.start = Bins{-1}, .end = Bins{9}}) == interval);
  CHECK(request_refusal({.start = Bins{0}, .end = Bins{9}, .variations = 0}) == interval);
  CHECK(request_refusal({.end = Bins{9}, .may_play = InstrumentFilter(129)}).starts_with("no instrument may play: 0 "));
  CHECK(request_refusal({.end = Bins{9}, .may_play = InstrumentFilter(3)}).starts_with("no instrument may play: 0 "));
  CHECK(request_refusal({.end = Bins{9}, .events = {1, 2}}).starts_with("a sequence of 2 tokens ends within"));
  // Fifteen play already, and none of them was asked for.
  EventRequest full{.start = Bins{100}, .end = Bins{120}, .may_play = InstrumentFilter(129)};
  for (std::uint32_t i = 0; i < 15; ++i) {
    const Triple one = event(i, 1, 2 * i, vocabulary);
    full.events.insert(full.events.end(), {one.time, one.duration, one.note});
  }
  full.may_play[15] = true;
  CHECK(request_refusal(full).starts_with("no instrument may play: 15 do already"));
  full.may_play[14] = true;
  CHECK_NOTHROW(generator.generate(full));
  // What is given must be what it is said to be.
  for (const TokenId note : {vocabulary.control + vocabulary.note, vocabulary.separator, vocabulary.size}) {
    for (const std::int64_t start : {0, 9}) {
      const EventRequest request{.start = Bins{start}, .end = Bins{9}, .events = {5, vocabulary.duration, note}};
      CHECK(request_refusal(request) == "event 0 of the given ones is none");
    }
  }
  const Triple good = event(5, 1, 1, vocabulary), told = as_control(good, vocabulary);
  for (const Triple& wrong : {Triple{5, 5, good.note}, {5, good.duration, good.duration}, {5, good.note, good.note}}) {
    CHECK(request_refusal({.end = Bins{9}, .events = tokens({good, wrong})}) == "event 1 of the given ones is none");
  }
  for (const Triple& wrong : {good,
                              Triple{5, told.duration, told.note},
                              {told.time, good.duration, told.note},
                              {told.time, told.duration, good.note},
                              as_control(rest(5, vocabulary), vocabulary)}) {
    CHECK(request_refusal({.end = Bins{9}, .controls = tokens({told, wrong})}) ==
          "event 1 of the given controls is no control");
  }
}

namespace {

// Always the first id that may be.
struct FirstModel {
  struct Context {};
  static std::size_t vocabulary_size() { return kArrival.size; }
  static std::size_t max_seq_len() { return 64; }
  static Context begin(std::size_t) { return {}; }
  static void append(Context&, std::span<const TokenId>, std::span<float> logits) {
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = -static_cast<float>(i % kArrival.size);
  }
};

}  // namespace

TEST_CASE("A model that never goes on in time comes to an end, too", "[sampling]") {
  FirstModel model;
  EventGenerator generator(model, {.temperature = 0});
  const auto music = generator.generate({.end = Bins{3}}).front();
  CHECK(music.added.size() == 3 * 3 * 256);
  CHECK(music.added[3 * 256] == 1);
}
