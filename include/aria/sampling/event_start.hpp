// What a generation of events begins with: the tokens that the model sees, and what it is told later.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/order.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/selection.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/times.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/reading.hpp>
#include <aria/sampling/event_request.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation::detail {

struct GenerationStart {
  TokenId flag = 0;
  std::vector<TokenId> tokens;   // what the model sees: events up to the start, rests, controls
  std::vector<TokenId> pending;  // what joins them when its time has come
  std::vector<TokenId> future;   // given events behind the start
  Bins now{};                    // of the last event,
};

inline void as_controls(std::span<const TokenId> events, const ArrivalVocabulary& vocabulary,
                        std::vector<TokenId>& out) {
  for (const TokenId token : events) out.push_back(token + vocabulary.control);
}

// Those of the block that begins at `block`, and nothing else; only events have rests.
inline void check_given(std::span<const TokenId> tokens, TokenId block, const ArrivalVocabulary& vocabulary) {
  const Triples events(tokens);
  const TokenId end = vocabulary.rest + (block == 0 ? 1 : 0);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Triple event = events[i];
    const bool is_one = event.time >= block && event.duration >= block + vocabulary.duration &&
                        event.duration < block + vocabulary.note && event.note >= block + vocabulary.note &&
                        event.note < block + end;
    if (!is_one) refuse_event(i, block == 0 ? "of the given ones is none" : "of the given controls is no control");
  }
}

// Behind the start the original turns rests into separators.
inline std::vector<TokenId> kept_events(const EventRequest& request, const ArrivalVocabulary& vocabulary) {
  if (request.reading == Reading::reference) return request.events;
  std::vector<TokenId> kept;
  unpad(request.events, kept, vocabulary);
  return kept;
}

// The original's (anticipation/sample.py) leaves out controls that start before 5 bins, where 5 seconds are meant.
inline std::vector<TokenId> kept_controls(const EventRequest& request, const Settings& settings) {
  if (request.reading == Reading::standard) return request.controls;
  const ArrivalVocabulary vocabulary(settings);
  std::vector<TokenId> kept;
  clip(request.controls, Bins{settings.delta_seconds}, max_time(request.controls, {}, vocabulary), kept, false,
       vocabulary);
  return kept;
}

// Events up to the start with rests between them, and those behind it.
inline GenerationStart split_at_start(std::span<const TokenId> events, Bins start, const Settings& settings) {
  const ArrivalVocabulary vocabulary(settings);
  GenerationStart begin;
  std::vector<TokenId> past;
  clip(events, Bins{0}, start, past, false, vocabulary);
  pad(past, begin.tokens, start, Bins{settings.time_resolution}, vocabulary);
  clip(events, start + Bins{1}, max_time(events, {}, vocabulary), begin.future, false, vocabulary);
  begin.now = max_time(begin.tokens, {}, vocabulary);
  return begin;
}

inline GenerationStart anticipated_start(const EventRequest& request, const Settings& settings) {
  const ArrivalVocabulary vocabulary(settings);
  GenerationStart begin = split_at_start(kept_events(request, vocabulary), request.start, settings);
  std::vector<TokenId> controls = kept_controls(request, settings);
  as_controls(begin.future, vocabulary, controls);
  begin.flag = controls.empty() ? vocabulary.autoregress : vocabulary.anticipate;
  sort(controls);
  const std::vector<TokenId> prompt = std::exchange(begin.tokens, {});
  const auto rest = anticipate(prompt, controls, begin.tokens, Bins{settings.delta()}, vocabulary);
  begin.pending.assign(rest.begin(), rest.end());
  return begin;
}

// Controls are events like others.
inline GenerationStart autoregressive_start(const EventRequest& request, const Settings& settings) {
  const ArrivalVocabulary vocabulary(settings);
  std::vector<TokenId> events = kept_events(request, vocabulary);
  for (const TokenId token : request.controls) events.push_back(token - vocabulary.control);
  sort(events);
  GenerationStart begin = split_at_start(events, request.start, settings);
  begin.flag = vocabulary.autoregress;
  begin.pending = begin.future;
  return begin;
}

}  // namespace aria::anticipation::detail
