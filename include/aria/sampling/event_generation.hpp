// New events before, behind, around and between given ones, by a model of the arrival-time encoding.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/grammar.hpp>
#include <aria/anticipation/order.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/times.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/reading.hpp>
#include <aria/sampling/event_masks.hpp>
#include <aria/sampling/event_request.hpp>
#include <aria/sampling/event_start.hpp>
#include <aria/sampling/event_window.hpp>
#include <aria/sampling/generation.hpp>
#include <aria/sampling/language_model.hpp>
#include <aria/sampling/nucleus.hpp>
#include <aria/sampling/prefix_context.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

namespace detail {

// One variation.
struct GeneratedRow {
  std::vector<TokenId> tokens;  // those of the model, with times from the beginning of the piece
  std::vector<Triple> queue{};  // to be appended next, the last one first
  std::vector<TokenId> added{};
  PlayingInstruments playing;
  UsedInstruments reference_used;
  std::array<TokenId, 3> event{};
  std::size_t next_pending = 0, draws = 0;
  std::size_t at_once = 0;  // events that were made for this time
  Bins now{};               // of the last event
  bool is_rested = false;   // whether that is a rest, behind which what follows is later
  bool is_done = false;
};

inline void append(const Triple& event, std::vector<TokenId>& tokens) {
  tokens.insert(tokens.end(), {event.time, event.duration, event.note});
}

}  // namespace detail

/// Writes events with a model that was trained on lines of the Lakh recipe (anticipation/sample.py; arXiv 2306.08620,
/// section 3). In reference mode tokens are those of the original, its faults included; in standard mode all given
/// events and controls are kept, each once, what is written obeys the grammar of training sequences (no pause is longer
/// than a second without a rest), and no window reaches beyond the times that the vocabulary has.
///
///     EventGenerator generator(model, {.temperature = 1, .top_p = 0.98});
///     const auto music = generator.generate({.start = Bins{500}, .end = Bins{1500}, .events = prompt});
///
/// All variations go through the model together, a token of each at a time. They share the window: where one of them
/// has so long pauses that it must be shortened, the others see less of their past, too. A model that would write
/// events for one time without end is made to go on after 256 of them.
template <LanguageModel Model, class Picker = RandomPicker>
class EventGenerator {
 public:
  EventGenerator(Model& model, const SamplingOptions& options, const Settings& settings = {})
      : EventGenerator(model, options, RandomPicker(options.seed), settings) {}
  /// Throws invalid_argument where the model has other tokens than the encoding, or its context has no room.
  EventGenerator(Model& model, const SamplingOptions& options, Picker picker, const Settings& settings = {})
      : model_(model), options_(options), picker_(std::move(picker)), settings_(settings), vocabulary_(settings) {
    options_.validate();
    if (options_.guidance) throw Error(ErrorCode::invalid_argument, "models of events take no guidance");
    if (model_.vocabulary_size() != vocabulary_.size) {
      throw Error(ErrorCode::invalid_argument, "the model knows " + std::to_string(model_.vocabulary_size()) +
                                                   " tokens, and the arrival-time encoding has " +
                                                   std::to_string(vocabulary_.size));
    }
    if (model_.max_seq_len() < EventWindow::kLeast) {
      throw Error(ErrorCode::invalid_argument, "a context of " + std::to_string(model_.max_seq_len()) +
                                                   " tokens has no room for events: at least " +
                                                   std::to_string(EventWindow::kLeast) + " are needed");
    }
  }

  /// With anticipation: controls, and events behind `start`, are told five seconds ahead. One result a variation.
  /// Throws invalid_argument for a request that cannot be met, and not_finite where the model gives no numbers.
  std::vector<GeneratedEvents> generate(const EventRequest& request) {
    check(request);
    begin(request, detail::anticipated_start(request, settings_));
    is_anticipated_ = true;
    return run();
  }

  /// Without, as a baseline: the model hears of what is given when its time has come, and no sooner; controls are among
  /// the results, as events.
  std::vector<GeneratedEvents> generate_ar(const EventRequest& request) {
    check(request);
    begin(request, detail::autoregressive_start(request, settings_));
    is_anticipated_ = false;
    return run();
  }

 private:
  using Row = detail::GeneratedRow;
  static constexpr std::size_t kMostAtOnce = 256;

  bool is_reference() const noexcept { return request_.reading == Reading::reference; }

  void check(const EventRequest& request) const {
    if (request.end < request.start || request.start.count < 0 || request.variations == 0) {
      throw Error(ErrorCode::invalid_argument,
                  "a generation needs a variation, and an end that is not before its start");
    }
    if (request.reading == Reading::reference) return;
    detail::check_given(request.events, 0, vocabulary_);
    detail::check_given(request.controls, vocabulary_.control, vocabulary_);
  }

  void begin(const EventRequest& request, detail::GenerationStart start) {
    request_ = request;
    start_ = std::move(start);
    Row row{.tokens = start_.tokens,
            .playing = PlayingInstruments(request_.may_play, settings_),
            .reference_used = UsedInstruments(settings_.instruments + 1),
            .now = start_.now};
    if (!is_reference()) {  // what is given and not yet told plays, too
      for (const auto* given : {&request_.events, &request_.controls}) add_instruments(*given, row);
    }
    add_instruments(row.tokens, row);
    if (!row.playing.any_may_play()) {
      throw Error(ErrorCode::invalid_argument,
                  "no instrument may play: " + std::to_string(row.playing.count()) +
                      " do already, which leaves no channel for another, and none of them was asked for");
    }
    rows_.assign(request_.variations, row);
    active_.clear();
    for (std::size_t i = 0; i < rows_.size(); ++i) active_.push_back(i);
    window_ = EventWindow(model_.max_seq_len(), is_reference() ? 1 : request_.window_step);
    context_.emplace(model_);
  }

  std::vector<GeneratedEvents> run() {
    while (!active_.empty()) {
      window_.extend(rows_[active_.front()].tokens.size());  // of every length, whoever waits: rows are independent
      for (const std::size_t i : active_) {
        if (is_anticipated_ && rows_[i].queue.empty()) queue_due(rows_[i], rows_[i].now + Bins{settings_.delta()});
      }
      const bool all_wait =
          std::all_of(active_.begin(), active_.end(), [&](auto i) { return !rows_[i].queue.empty(); });
      if (!all_wait) sample_events();
      drop_done();
      for (const std::size_t i : active_) append_next(rows_[i]);
      tell_progress();
    }
    std::vector<GeneratedEvents> results;
    for (Row& row : rows_) results.push_back(result_of(row));
    return results;
  }

  // Queues what is given up to a time, behind what is queued already.
  void queue_due(Row& row, Bins until) {
    const Triples pending(start_.pending);
    std::vector<Triple> due;
    while (row.next_pending < pending.size() && time_of(pending[row.next_pending], vocabulary_) <= until) {
      due.push_back(pending[row.next_pending++]);
    }
    row.queue.insert(row.queue.begin(), due.rbegin(), due.rend());
  }

  // A token at a time of a new event of all rows; those that have something queued are told that meanwhile.
  void sample_events() {
    shorten_window();
    offsets_.clear();
    for (const std::size_t i : active_) offsets_.push_back(offset_of(rows_[i]));
    for (std::size_t slot = 0; slot < 3; ++slot) {
      fill_inputs(slot);
      const IdRange wanted = slot_range(static_cast<EventSlot>(slot));
      context_->fill_logits(inputs_, logits_, wanted.first, wanted.end);
      for (std::size_t i = 0; i < active_.size(); ++i) {
        Row& row = rows_[active_[i]];
        const std::span<float> logits = std::span(logits_).subspan(i * vocabulary_.size, vocabulary_.size);
        if (row.queue.empty()) row.event[slot] = choose(static_cast<EventSlot>(slot), logits, active_[i], offsets_[i]);
      }
    }
    for (std::size_t i = 0; i < active_.size(); ++i) {
      if (rows_[active_[i]].queue.empty()) take_event(rows_[active_[i]], offsets_[i]);
    }
  }

  // All that a slot may have; in the original a rest may stand anywhere.
  IdRange slot_range(EventSlot slot) const noexcept {
    if (is_reference()) return {0, vocabulary_.control};
    if (slot == EventSlot::time) return {vocabulary_.time, vocabulary_.duration};
    return slot == EventSlot::duration ? IdRange{vocabulary_.duration, vocabulary_.note}
                                       : IdRange{vocabulary_.note, vocabulary_.control};
  }

  std::span<const TokenId> seen(const Row& row) const { return std::span(row.tokens).subspan(window_.begin()); }

  // What times in the window count from: the earliest one; the last event's where many controls have left none but
  // their own, since the next event may come before all of these.
  Bins offset_of(const Row& row) const {
    const Bins earliest = min_time(seen(row), {}, vocabulary_);
    return is_reference() ? earliest : std::min(earliest, row.now);
  }

  // Has no time in it be further on than the vocabulary goes; that of the original may hold times that are no tokens.
  void shorten_window() {
    const std::size_t length = rows_[active_.front()].tokens.size();
    if (is_reference()) return;
    const auto is_too_long = [&](std::size_t i) {
      const Bins latest = std::max(request_.start, rows_[i].now) + Bins{settings_.delta() + settings_.time_resolution};
      return (latest - offset_of(rows_[i])).count >= std::int64_t{vocabulary_.max_time};
    };
    while (window_.begin() + 3 < length && std::any_of(active_.begin(), active_.end(), is_too_long)) {
      window_.shorten(length);
    }
  }

  void fill_inputs(std::size_t slot) {
    inputs_.resize(active_.size());
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const Row& row = rows_[active_[i]];
      relative_window(start_.flag, seen(row), offsets_[i], inputs_[i]);
      const std::array<TokenId, 3> event = row.queue.empty() ? row.event : told(row.queue.back(), offsets_[i]);
      inputs_[i].insert(inputs_[i].end(), event.begin(), event.begin() + static_cast<std::ptrdiff_t>(slot));
      const auto unknown =
          std::find_if(inputs_[i].begin(), inputs_[i].end(), [&](TokenId token) { return token >= vocabulary_.size; });
      if (unknown == inputs_[i].end()) continue;
      throw Error(ErrorCode::invalid_argument, "the events in a window are too far apart: a time is no token");
    }
  }

  static std::array<TokenId, 3> told(const Triple& event, Bins offset) {
    return {event.time - static_cast<TokenId>(offset.count), event.duration, event.note};
  }

  TokenId choose(EventSlot slot, std::span<float> logits, std::size_t number, Bins offset) {
    Row& row = rows_[number];
    if (is_reference()) {
      const Bins earliest = std::max(request_.start, row.now) - offset;
      reference_allowed_ids(slot, earliest, row.reference_used, vocabulary_, ranges_, request_.may_play);
    } else {
      const bool is_later = row.is_rested || row.at_once >= kMostAtOnce;
      const Bins earliest = std::max(request_.start, row.now + Bins{is_later ? 1 : 0});
      const EventTimes times{earliest - offset, row.now + Bins{settings_.time_resolution} - offset};
      allowed_ids(slot, times, {row.event[0], row.event[1], row.event[2]}, row.playing, vocabulary_, ranges_);
    }
    keep_only(ranges_, logits);
    if (options_.temperature == 0) {
      const TokenId token = most_probable(logits);
      if (!std::isfinite(logits[token])) refuse_model(row);
      return token;
    }
    sampler_.weigh(logits, options_.temperature);
    if (!sampler_.is_usable()) refuse_model(row);
    return picker_(sampler_, sampler_.nucleus(options_.top_p), number, row.draws++);
  }

  [[noreturn]] void refuse_model(const Row& row) const {
    throw Error(ErrorCode::not_finite, "the model gives no numbers for event " + std::to_string(row.tokens.size() / 3) +
                                           ": its weights may be broken");
  }

  // An event that was made, behind what should have come before it.
  void take_event(Row& row, Bins offset) {
    const Triple event{row.event[0] + static_cast<TokenId>(offset.count), row.event[1], row.event[2]};
    const Bins time{std::int64_t{event.time} - vocabulary_.time};
    if (time >= request_.end) {
      row.is_done = true;
      return;
    }
    row.at_once = time == row.now ? row.at_once + 1 : 1;
    row.now = time;
    row.is_rested = event.note == vocabulary_.rest;
    if (!row.is_rested) detail::append(event, row.added);
    if (!is_anticipated_) queue_due(row, time);
    if (row.is_rested && !row.queue.empty() && !is_reference()) return forget_rest(row);
    row.queue.insert(row.queue.begin(), event);
  }

  // A rest says that nothing happens until then. What is told before it makes that untrue.
  void forget_rest(Row& row) const {
    row.now = time_of(row.queue.front(), vocabulary_);
    row.is_rested = false;
  }

  void append_next(Row& row) {
    const Triple event = row.queue.back();
    row.queue.pop_back();
    detail::append(event, row.tokens);
    add_instrument(event.note, row);
  }

  void add_instruments(std::span<const TokenId> tokens, Row& row) const {
    const Triples events(tokens);
    for (std::size_t i = 0; i < events.size(); ++i) add_instrument(events[i].note, row);
  }
  void add_instrument(TokenId note, Row& row) const {
    if (note >= vocabulary_.separator) return;
    const std::uint32_t instrument = vocabulary_.instrument_of(note);
    row.reference_used.add(instrument);
    if (note != vocabulary_.rest) row.playing.add(instrument);
  }

  // Rows that have reached the end take no more part.
  void drop_done() {
    std::vector<std::size_t> left, places;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      if (rows_[active_[i]].is_done) continue;
      left.push_back(active_[i]);
      places.push_back(i);
    }
    if (left.size() == active_.size()) return;
    active_ = std::move(left);
    if (!active_.empty()) context_->keep_rows(places);
  }

  void tell_progress() const {
    if (!request_.on_progress) return;
    Bins done = request_.end;
    for (const std::size_t i : active_) done = std::min(done, std::max(rows_[i].now, request_.start));
    request_.on_progress(done - request_.start, request_.end - request_.start);
  }

  GeneratedEvents result_of(Row& row) const {
    GeneratedEvents result;
    std::vector<TokenId> tokens = std::move(row.tokens);
    if (!is_anticipated_) append_left(row, tokens);
    std::vector<TokenId> events, controls;
    split(tokens, events, controls, vocabulary_);
    unpad(events, result.events, vocabulary_);
    // The original's generate_ar has what it was given behind the start twice.
    if (is_anticipated_ || is_reference()) {
      result.events.insert(result.events.end(), start_.future.begin(), start_.future.end());
    }
    sort(result.events);
    result.added = std::move(row.added);
    return result;
  }

  // What was given and not told; of the original's, one event.
  void append_left(const Row& row, std::vector<TokenId>& tokens) const {
    const Triples pending(start_.pending);
    for (std::size_t i = row.next_pending; i < pending.size(); ++i) {
      detail::append(pending[i], tokens);
      if (is_reference()) break;
    }
  }

  Model& model_;
  SamplingOptions options_;
  Picker picker_;
  Settings settings_;
  ArrivalVocabulary vocabulary_;
  NucleusSampler sampler_;

  // Of one generation.
  EventRequest request_;
  detail::GenerationStart start_;
  bool is_anticipated_ = true;
  std::vector<Row> rows_;
  std::vector<std::size_t> active_;  // rows that go on; their tokens are equally many
  EventWindow window_{0, 1};
  std::optional<PrefixContext<Model>> context_;
  std::vector<Bins> offsets_;  // of the active rows
  std::vector<std::vector<TokenId>> inputs_;
  std::vector<float> logits_;
  std::vector<IdRange> ranges_;
};

}  // namespace aria::anticipation
