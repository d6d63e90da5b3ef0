#include <aria/sampling/event_masks.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/sampling/nucleus.hpp>
#include <aria/support/random.hpp>

#include "../anticipation/sequences.hpp"
#include "event_requests.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

constexpr EventSlot kSlots[] = {EventSlot::time, EventSlot::duration, EventSlot::note};

// Ranges that are what they should be: not empty, apart, in order.
bool are_proper(const std::vector<IdRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first >= ranges[i].end || (i > 0 && ranges[i - 1].end >= ranges[i].first)) return false;
  }
  return true;
}

struct Context {
  std::set<std::uint32_t> playing;
  InstrumentFilter filter;
  std::int64_t earliest = 0, latest = 0;
  Triple event{};  // time and duration of it
};

Context random_context(aria::RandomStream& random, const ArrivalVocabulary& vocabulary) {
  Context context;
  const std::uint32_t count = random.below(20);
  while (context.playing.size() < count) context.playing.insert(random.below(129));
  if (random.below(2) == 0) context.playing.insert(kDrumInstrument);
  if (random.below(2) == 0) {
    context.filter.resize(1 + random.below(129));
    for (std::size_t i = 0; i < context.filter.size(); ++i) context.filter[i] = random.below(2) == 0;
  }
  context.earliest = std::int64_t{random.below(2 * vocabulary.max_time)} - 50;
  if (random.below(8) == 0) context.earliest = vocabulary.rest + random.below(3) - 1;
  context.latest = context.earliest + random.below(2 * vocabulary.max_time) - 3;
  context.event = {random.below(vocabulary.max_time), vocabulary.duration + random.below(3), random.below(9)};
  if (random.below(2) == 0) context.event.time = static_cast<TokenId>(std::max<std::int64_t>(context.latest, 0));
  return context;
}

bool may_play(const Context& context, std::uint32_t instrument) {
  if (!context.filter.empty() && (instrument >= context.filter.size() || !context.filter[instrument])) return false;
  const std::size_t melodic = context.playing.size() - context.playing.count(kDrumInstrument);
  return instrument == kDrumInstrument || context.playing.contains(instrument) || melodic < 15;
}

bool is_allowed(EventSlot slot, TokenId id, const Context& context, const ArrivalVocabulary& vocabulary) {
  if (slot == EventSlot::time) return id < vocabulary.duration && id >= context.earliest && id <= context.latest;
  if (slot == EventSlot::duration) return id >= vocabulary.duration && id < vocabulary.note;
  if (id == vocabulary.rest) {
    return context.event.duration == vocabulary.duration && context.event.time == context.latest;
  }
  return id >= vocabulary.note && id < vocabulary.rest && may_play(context, vocabulary.instrument_of(id));
}

// As the original's masks are applied one after the other; `playing` may have a rest, as instrument 129.
bool is_allowed_there(EventSlot slot, TokenId id, std::int64_t earliest, const std::set<std::uint32_t>& playing,
                      const ArrivalVocabulary& vocabulary) {
  if (id >= vocabulary.control) return false;
  const bool is_time = id < vocabulary.duration, is_note = id >= vocabulary.note && id < vocabulary.rest;
  if (id != vocabulary.rest) {
    if (is_time != (slot == EventSlot::time) || is_note != (slot == EventSlot::note)) return false;
  }
  if (slot == EventSlot::time) return id >= earliest;
  return !is_note || playing.size() < 15 || playing.contains(vocabulary.instrument_of(id));
}

std::vector<IdRange> ranges_of(const aria::JsonView& json) {
  std::vector<IdRange> ranges;
  for (const aria::JsonView& range : json.items()) {
    const auto ends = range.whole_numbers();
    ranges.push_back({static_cast<TokenId>(ends.at(0)), static_cast<TokenId>(ends.at(1))});
  }
  return ranges;
}

std::vector<TokenId> ids_of(const aria::JsonView& json) {
  const auto numbers = json.whole_numbers();
  return {numbers.begin(), numbers.end()};
}

}  // namespace

TEST_CASE("PlayingInstruments: fifteen and the drums, of those that may play", "[sampling]") {
  PlayingInstruments playing;
  CHECK(playing.count() == 0);
  CHECK(playing.any_may_play());
  for (std::uint32_t i = 0; i < 14; ++i) playing.add(2 * i);
  playing.add(0);
  CHECK(playing.count() == 14);
  CHECK(playing.may_play(1));
  playing.add(kDrumInstrument);
  CHECK(playing.count() == 15);
  CHECK(playing.may_play(1));
  playing.add(100);
  CHECK(playing.count() == 16);
  CHECK_FALSE(playing.may_play(1));
  CHECK(playing.may_play(0));
  CHECK(playing.may_play(100));
  CHECK(playing.may_play(kDrumInstrument));
  playing.add(5000);  // no instrument
  CHECK(playing.count() == 16);

  PlayingInstruments few({true, false, true});
  CHECK(few.may_play(0));
  CHECK_FALSE(few.may_play(1));
  CHECK_FALSE(few.may_play(3));
  CHECK_FALSE(few.may_play(kDrumInstrument));
  few.add(1);
  CHECK_FALSE(few.may_play(1));
  CHECK_FALSE(PlayingInstruments({false}).any_may_play());
  // Fifteen play, and the only one that was asked for is not among them.
  for (std::uint32_t i = 20; i < 34; ++i) few.add(i);
  CHECK(few.count() == 15);
  CHECK_FALSE(few.any_may_play());
  few.add(2);
  CHECK(few.any_may_play());
}

TEST_CASE("allowed_ids and reference_allowed_ids: what the plain definitions say of every id", "[sampling]") {
  Settings published;
  for (const Settings& settings : {few_ids(), published}) {
    const ArrivalVocabulary vocabulary(settings);
    const std::uint64_t seeds = settings.pitches == 2 ? 400 : 12;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      aria::RandomStream random(seed);
      const Context context = random_context(random, vocabulary);
      PlayingInstruments playing(context.filter, settings);
      UsedInstruments used(settings.instruments + 1);
      std::set<std::uint32_t> with_rest = context.playing;
      if (seed % 3 == 0) with_rest.insert(settings.instruments);
      for (const std::uint32_t instrument : context.playing) playing.add(instrument);
      for (const std::uint32_t instrument : with_rest) used.add(instrument);
      for (const EventSlot slot : kSlots) {
        std::vector<IdRange> ranges = {{1, 2}}, original = {{1, 2}};
        const EventTimes times{Bins{context.earliest}, Bins{context.latest}};
        allowed_ids(slot, times, context.event, playing, vocabulary, ranges);
        reference_allowed_ids(slot, Bins{context.earliest}, used, vocabulary, original);
        std::size_t wrong = 0, wrong_there = 0;
        for (TokenId id = 0; id < vocabulary.size; ++id) {
          wrong += contains(ranges, id) != is_allowed(slot, id, context, vocabulary) ? 1 : 0;
          const bool there = is_allowed_there(slot, id, context.earliest, with_rest, vocabulary);
          wrong_there += contains(original, id) != there ? 1 : 0;
        }
        INFO("seed " << seed << ", slot " << static_cast<int>(slot));
        REQUIRE(wrong == 0);
        REQUIRE(wrong_there == 0);
        REQUIRE(are_proper(ranges));
        REQUIRE(are_proper(original));
      }
    }
  }
}

TEST_CASE("keep_only: logits outside the ranges become minus infinity, others stay", "[sampling]") {
  const std::vector<std::vector<IdRange>> cases = {{}, {{0, 10}}, {{0, 1}}, {{9, 10}}, {{2, 4}, {4, 6}, {8, 10}}};
  for (const auto& ranges : cases) {
    std::vector<float> logits(10);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = i == 3 ? NAN : static_cast<float>(i);
    keep_only(ranges, logits);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      CAPTURE(i);
      if (!contains(ranges, static_cast<TokenId>(i))) {
        CHECK(logits[i] == -std::numeric_limits<float>::infinity());
      } else {
        CHECK((i == 3 ? std::isnan(logits[i]) : logits[i] == static_cast<float>(i)));
      }
    }
  }
}

TEST_CASE("reference_allowed_ids: the masks of the original in its contexts", "[sampling]") {
  const auto folder = conformance_folder();
  if (!folder) return;
  const std::string text = read_text(*folder / "models/amt_sampling/masks.json");
  const aria::JsonDocument json(text);
  std::size_t count = 0;
  for (const aria::JsonView& context : json.root()["contexts"].items()) {
    const std::uint64_t slot = context["slot"].whole_number();
    INFO(context["context"].text() << ", slot " << slot);
    const auto tokens = ids_of(context["tokens"]);
    UsedInstruments used(130);
    for (const Triple& event : triples_of(tokens)) used.add(kArrival.instrument_of(event.note));
    CHECK(used.count() == context["n_instruments"].whole_number());
    const auto now = static_cast<std::int64_t>(context["current_time"].whole_number());
    const auto offset = static_cast<std::int64_t>(context["offset"].whole_number());
    std::vector<IdRange> ranges;
    const aria::JsonView support = context["support"];
    const std::string_view last = slot == 0 ? "after_future" : slot == 1 ? "after_safe" : "after_instr";
    reference_allowed_ids(kSlots[slot], Bins{now - offset}, used, kArrival, ranges);
    CHECK(ranges == ranges_of(support[last]));
    reference_allowed_ids(kSlots[slot], Bins{0}, UsedInstruments(130), kArrival, ranges);
    CHECK(ranges == ranges_of(support["after_safe"]));
    ++count;
  }
  CHECK(count == 12);
}

TEST_CASE("NucleusSampler: the nuclei of the original", "[sampling]") {
  const auto folder = conformance_folder();
  if (!folder) return;
  const std::string text = read_text(*folder / "models/amt_sampling/masks.json");
  const aria::JsonDocument json(text);
  std::size_t count = 0, at_border = 0;
  for (const aria::JsonView& one : json.root()["nucleus_small"].items()) {
    const double top_p = one["top_p"].number();
    if (top_p == 0) continue;  // there the most probable one is left; here it is no share
    std::vector<float> logits;
    for (const aria::JsonView& logit : one["logits"].items()) {
      logits.push_back(logit.element().is_null() ? -INFINITY : static_cast<float>(logit.number()));
    }
    aria::NucleusSampler sampler;
    sampler.weigh(logits, 1);
    const auto nucleus = sampler.nucleus(top_p);
    std::vector<TokenId> kept;
    for (TokenId id = 0; id < logits.size(); ++id) {
      if (nucleus.has(id, sampler.weights()[id])) kept.push_back(id);
    }
    auto wanted = ids_of(one["kept"]);
    std::erase_if(wanted, [&](TokenId id) { return sampler.weights()[id] == 0; });  // e^-100: never drawn
    INFO(one.to_json());
    CHECK(kept == wanted);
    ++count;
  }
  CHECK(count >= 15);

  const aria::nn::SafetensorsFile file((*folder / "models/amt_sampling/mask_context_logits.safetensors").string());
  count = 0;
  for (const aria::JsonView& context : json.root()["contexts"].items()) {
    const std::uint64_t slot = context["slot"].whole_number();
    const std::string name = std::string(context["context"].text()) + '.' + std::to_string(slot);
    const auto* const tensor = file.find(name);
    if (tensor == nullptr) continue;
    INFO(name);
    std::vector<float> raw(kArrival.size);
    REQUIRE(file.bytes(*tensor).size() == raw.size() * sizeof(float));
    std::memcpy(raw.data(), file.bytes(*tensor).data(), raw.size() * sizeof(float));
    const std::string_view last = slot == 0 ? "after_future" : slot == 1 ? "after_safe" : "after_instr";
    const auto ranges = ranges_of(context["support"][last]);
    context["nucleus"].for_each_member([&](std::string_view key, const aria::JsonView& wanted) {
      const double scale = std::strtod(std::string(key.substr(5)).c_str(), nullptr);
      const double top_p = std::strtod(std::string(key.substr(key.find("top_p") + 5)).c_str(), nullptr);
      std::vector<float> logits = raw;
      for (float& logit : logits) logit *= static_cast<float>(scale);
      keep_only(ranges, logits);
      CHECK(aria::most_probable(logits) == context["argmax"].whole_number());
      aria::NucleusSampler sampler;
      sampler.weigh(logits, 1);
      const auto kept = sampler.sorted(sampler.nucleus(top_p));
      INFO(key);
      const auto size = static_cast<std::int64_t>(wanted["size"].whole_number());
      const auto made = static_cast<std::int64_t>(kept.size());
      std::uint64_t sum = 0;
      for (const TokenId id : kept) sum += id;
      if (wanted["cum_margin"].number() > 1e-5) {
        CHECK(made == size);
        CHECK(sum == wanted["id_sum"].whole_number());
      } else {
        CHECK(std::abs(made - size) <= 2);
        ++at_border;
      }
      ++count;
    });
  }
  CHECK(count == 54);
  CHECK(at_border < 10);
}
