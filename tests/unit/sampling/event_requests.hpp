// Music that generations are asked for at random, and a slow way to generate it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/sampling/event_generation.hpp>
#include <aria/sampling/nucleus.hpp>
#include <aria/support/random.hpp>

#include "../anticipation/sequences.hpp"
#include "fake_event_model.hpp"

namespace test {

using aria::TokenId;
using aria::anticipation::EventRequest;
using aria::anticipation::Settings;

/// A vocabulary with all instruments that is small enough to try many seeds: 200 times, 10 durations, 2 pitches.
inline Settings few_ids() {
  return {.time_resolution = 5,
          .max_time_seconds = 40,
          .max_duration_seconds = 2,
          .pitches = 2,
          .max_piece_instruments = 15};
}

/// The ways of generating.
enum class Way : std::uint8_t { from_nothing, proceed, accompany, infill };
inline constexpr Way kWays[] = {Way::from_nothing, Way::proceed, Way::accompany, Way::infill};

inline std::int64_t begin_of(const Triple& event, const ArrivalVocabulary& vocabulary) {
  return std::int64_t{event.time} - (event.note >= vocabulary.control ? vocabulary.control : 0);
}

/// A request with music at random, for as many seconds.
inline EventRequest random_request(aria::RandomStream& random, Way way, const Settings& settings, std::uint32_t events,
                                   std::uint32_t seconds) {
  const ArrivalVocabulary vocabulary(settings);
  const std::uint32_t second = settings.time_resolution;
  EventRequest request;
  if (way == Way::from_nothing) {
    request.start = Bins{random.below(2) * random.below(3 * second)};
    request.end = request.start + Bins{seconds * second};
    return request;
  }
  const auto piece = random_piece(random, 1 + random.below(events), settings);
  const std::int64_t last = piece.back().time;
  request.start = Bins{random.below(static_cast<std::uint32_t>(last) + 1)};
  if (random.below(8) == 0) request.start = Bins{last + random.below(30 * second)};
  if (random.below(8) == 0) request.start = Bins{piece[piece.size() / 2].time};
  request.end = request.start + Bins{seconds * second};
  const std::uint32_t share = random.below(4);
  for (const Triple& event : piece) {
    const bool before = event.time <= request.start.count, within = !before && event.time < request.end.count;
    const bool chosen = random.below(4) < share;
    const auto give = [&](const Triple& one, Tokens& to) { to.insert(to.end(), {one.time, one.duration, one.note}); };
    if (way == Way::proceed && before) give(event, request.events);
    if (way == Way::accompany && (before || chosen)) {
      chosen ? give(as_control(event, vocabulary), request.controls) : give(event, request.events);
    }
    if (way == Way::infill && (!within || chosen)) {
      chosen && !before ? give(as_control(event, vocabulary), request.controls) : give(event, request.events);
    }
  }
  return request;
}

/// Everything that is given, controls as events.
inline std::vector<Triple> given_in(const EventRequest& request, const ArrivalVocabulary& vocabulary) {
  std::vector<Triple> given = triples_of(request.events);
  for (const Triple& one : triples_of(request.controls)) {
    given.push_back({one.time - vocabulary.control, one.duration - vocabulary.control, one.note - vocabulary.control});
  }
  return given;
}

/// `generate` and `generate_ar` of anticipation/sample.py in the plainest way: lists are copied, every id is asked
/// whether it may stand, and the model sees all from the first token on each time. In standard reading it does what
/// the documentation says of that, with a window that moves by single events.
class SlowEventGenerator {
 public:
  SlowEventGenerator(const FakeLogits& logits, const Settings& settings, std::size_t max_seq_len,
                     const aria::SamplingOptions& options)
      : logits_(logits), settings_(settings), v_(settings), max_seq_len_(max_seq_len), options_(options) {}

  /// Nothing where the model would see a token that is none, or has nothing to go on with.
  std::optional<std::vector<Triple>> generate(const EventRequest& request) {
    prepare(request);
    std::vector<Triple> controls = triples_of(request.controls);
    if (!standard_) controls = between(controls, settings_.delta_seconds, latest(controls));
    const std::vector<Triple> events = triples_of(request.events);
    const std::vector<Triple> prompt = with_rests(between(events, 0, start_), start_);
    const std::vector<Triple> future = between(events, start_ + 1, latest(events));
    for (const Triple& one : future) controls.push_back(as_control(one, v_));
    by_time(controls);
    flag_ = controls.empty() ? v_.autoregress : v_.anticipate;
    std::vector<Triple> left = interleave(prompt, controls);
    now_ = latest(prompt);
    is_rested_ = false;
    at_once_ = 0;
    for (;;) {
      while (!left.empty() && now_ >= time(left.front()) - delta()) take_first(left);
      const auto made = add_event();
      if (!made) return std::nullopt;
      if (made->time >= request.end.count) break;
      go_to(*made);
      tokens_.push_back(*made);
    }
    std::vector<Triple> result;
    for (const Triple& one : tokens_) {
      if (one.note < v_.control && one.note != v_.rest) result.push_back(one);
    }
    result.insert(result.end(), future.begin(), future.end());
    by_time(result);
    return result;
  }

  std::optional<std::vector<Triple>> generate_ar(const EventRequest& request) {
    prepare(request);
    std::vector<Triple> events = given_in(request, v_);
    by_time(events);
    tokens_ = with_rests(between(events, 0, start_), start_);
    const std::vector<Triple> future = between(events, start_ + 1, latest(events));
    std::vector<Triple> left = future;
    flag_ = v_.autoregress;
    now_ = latest(tokens_);
    is_rested_ = false;
    at_once_ = 0;
    for (;;) {
      const auto made = add_event();
      if (!made) return std::nullopt;
      if (made->time >= request.end.count) break;
      go_to(*made);
      const bool is_told = !left.empty() && now_ >= time(left.front());
      while (!left.empty() && now_ >= time(left.front())) take_first(left);
      if (standard_ && is_rested_ && is_told) {  // it was no rest
        now_ = time(tokens_.back());
        is_rested_ = false;
      } else {
        tokens_.push_back(*made);
      }
    }
    while (!left.empty()) {
      take_first(left);
      if (!standard_) break;
    }
    std::vector<Triple> result;
    for (const Triple& one : tokens_) {
      if (one.note != v_.rest) result.push_back(one);
    }
    if (!standard_) result.insert(result.end(), future.begin(), future.end());
    by_time(result);
    return result;
  }

 private:
  // An event that was made.
  void go_to(const Triple& made) {
    at_once_ = std::int64_t{made.time} == now_ ? at_once_ + 1 : 1;
    now_ = made.time;
    is_rested_ = made.note == v_.rest;
  }

  std::int64_t delta() const { return std::int64_t{settings_.delta_seconds} * settings_.time_resolution; }
  std::int64_t density() const { return settings_.time_resolution; }
  std::int64_t time(const Triple& one) const { return begin_of(one, v_); }

  void prepare(const EventRequest& request) {
    standard_ = request.reading == aria::Reading::standard;
    start_ = request.start.count;
    may_play_ = request.may_play;
    may_play_.resize(129, may_play_.empty());
    given_ = given_in(request, v_);
    tokens_.clear();
    window_ = draws_ = 0;
  }

  void take_first(std::vector<Triple>& from) {
    tokens_.push_back(from.front());
    from.erase(from.begin());
  }

  std::vector<Triple> between(const std::vector<Triple>& all, std::int64_t from, std::int64_t to) const {
    std::vector<Triple> kept;
    for (const Triple& one : all) {
      if (time(one) >= from && time(one) <= to) kept.push_back(one);
    }
    return kept;
  }

  std::int64_t latest(const std::vector<Triple>& all) const {
    std::int64_t last = 0;
    for (const Triple& one : all) last = std::max(last, time(one));
    return last;
  }

  static void by_time(std::vector<Triple>& all) {
    std::stable_sort(all.begin(), all.end(), [](const Triple& a, const Triple& b) { return a.time < b.time; });
  }

  std::vector<Triple> with_rests(const std::vector<Triple>& events, std::int64_t end) const {
    std::vector<Triple> all;
    std::int64_t at = 0;
    const auto rest_until = [&](std::int64_t next) {
      for (; next > at + density(); at += density()) all.push_back(rest(static_cast<TokenId>(at + density()), v_));
    };
    for (const Triple& one : events) {
      rest_until(time(one));
      all.push_back(one);
      at = time(one);
    }
    rest_until(end != 0 ? end : latest(events));
    return all;
  }

  // Puts the prompt with controls into the tokens, and returns the controls that are left.
  std::vector<Triple> interleave(const std::vector<Triple>& events, std::vector<Triple> controls) {
    std::int64_t before = 0;
    for (const Triple& one : events) {
      while (!controls.empty() && before >= time(controls.front()) - delta()) take_first(controls);
      before = time(one);
      tokens_.push_back(one);
    }
    return controls;
  }

  std::size_t window_begin() {
    const std::size_t most = (max_seq_len_ - 1) / 3 - 2;
    window_ = std::max(window_, tokens_.size() - std::min(tokens_.size(), most));
    if (!standard_) return window_;
    const std::int64_t last = std::max(start_, now_) + delta() + density();
    while (window_ + 1 < tokens_.size() && last - earliest(window_) >= v_.max_time) ++window_;
    return window_;
  }

  std::int64_t earliest(std::size_t from) const {
    if (from == tokens_.size()) return 0;
    // Where only controls are left, the next event may come before them.
    std::int64_t first = standard_ ? now_ : std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = from; i < tokens_.size(); ++i) {
      if (tokens_[i].note == v_.separator) return i == from ? 0 : first;
      first = std::min(first, time(tokens_[i]));
    }
    return first;
  }

  std::optional<Triple> add_event() {
    const std::size_t from = window_begin();
    const std::int64_t offset = earliest(from);
    Tokens sequence = {flag_};
    for (std::size_t i = from; i < tokens_.size(); ++i) {
      const Triple& one = tokens_[i];
      sequence.insert(sequence.end(), {static_cast<TokenId>(one.time - offset), one.duration, one.note});
    }
    const std::int64_t current = std::max(start_, now_) - offset;
    std::vector<float> logits(v_.size);
    TokenId event[3] = {};
    for (int slot = 0; slot < 3; ++slot) {
      for (const TokenId token : sequence) {
        if (token >= v_.size) return std::nullopt;
      }
      logits_.fill(sequence, logits);
      const std::set<std::uint32_t> playing = standard_ ? all_playing() : playing_in_tokens();
      for (TokenId id = 0; id < v_.size; ++id) {
        const bool may =
            standard_ ? may_stand(id, slot, offset, event, playing) : may_stand_there(id, slot, current, playing);
        if (!may) logits[id] = -std::numeric_limits<float>::infinity();
      }
      sampler_.weigh(logits, options_.temperature);
      if (!sampler_.is_usable()) return std::nullopt;
      aria::RandomStream random(options_.seed, 0, draws_++);
      event[slot] = sampler_.draw(sampler_.nucleus(options_.top_p), random);
      sequence.push_back(event[slot]);
    }
    return Triple{static_cast<TokenId>(event[0] + offset), event[1], event[2]};
  }

  // In the original a rest is an instrument, too.
  std::set<std::uint32_t> playing_in_tokens() const {
    std::set<std::uint32_t> playing;
    for (const Triple& one : tokens_) {
      if (one.note >= v_.separator) continue;
      const TokenId note = one.note < v_.control ? one.note : one.note - v_.control;
      playing.insert((note - v_.note) / v_.pitches);
    }
    return playing;
  }

  std::set<std::uint32_t> all_playing() const {
    std::set<std::uint32_t> playing = playing_in_tokens();
    for (const Triple& one : given_) playing.insert((one.note - v_.note) / v_.pitches);
    playing.erase(129);
    return playing;
  }

  // safe_logits, future_logits, instr_logits.
  bool may_stand_there(TokenId id, int slot, std::int64_t current, const std::set<std::uint32_t>& playing) const {
    if (id >= v_.control) return false;
    if (slot == 0 && current > 0 && id < current) return false;
    if (id == v_.rest) return true;
    if (slot == 0) return id < v_.duration;
    if (slot == 1) return id >= v_.duration && id < v_.note;
    return id >= v_.note && (playing.size() < 15 || playing.contains((id - v_.note) / v_.pitches));
  }

  bool may_stand(TokenId id, int slot, std::int64_t offset, const TokenId (&event)[3],
                 const std::set<std::uint32_t>& playing) const {
    if (slot == 0) {
      const std::int64_t at = id + offset;
      const bool follows = is_rested_ || at_once_ >= 256 ? at > now_ : at >= now_;
      return id < v_.duration && at >= start_ && follows && at <= now_ + density();
    }
    if (slot == 1) return id >= v_.duration && id < v_.note;
    if (id == v_.rest) return event[1] == v_.duration && event[0] + offset == now_ + density();
    if (id < v_.note || id > v_.rest) return false;
    const std::uint32_t instrument = (id - v_.note) / v_.pitches;
    if (!may_play_[instrument]) return false;
    return instrument == 128 || playing.contains(instrument) || playing.size() - playing.count(128) < 15;
  }

  const FakeLogits& logits_;
  Settings settings_;
  ArrivalVocabulary v_;
  std::size_t max_seq_len_;
  aria::SamplingOptions options_;
  aria::NucleusSampler sampler_;

  // Of one generation.
  bool standard_ = true;
  std::int64_t start_ = 0, now_ = 0;
  bool is_rested_ = false;  // whether the last event is a rest
  int at_once_ = 0;         // events that were made for one time
  std::vector<bool> may_play_;
  std::vector<Triple> given_, tokens_;
  TokenId flag_ = 0;
  std::size_t window_ = 0, draws_ = 0;
};

}  // namespace test
