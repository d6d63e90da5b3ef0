// Parts of a sequence of events: what lies in an interval, what lies outside, what a predicate leaves.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Appends to `out` all events but those for which `criterion(triple)` is true: the original's `delete`. `out` must not
/// be what `tokens` lies in, here as in all operations, and is left as it was where an error is thrown.
///
///     remove_if(tokens, [](const Triple& event) { return kArrival.pitch_of(event.note) > 100; }, out);
template <std::predicate<const Triple&> Criterion>
void remove_if(std::span<const TokenId> tokens, Criterion criterion, std::vector<TokenId>& out) {
  const Triples events(tokens);
  detail::TripleAppender put(out, events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Triple event = events[i];
    if (!criterion(event)) put(event);
  }
  put.keep();
}

/// Appends to `out` the events and controls that start between `start` and `end`, both included, in their order. Notes
/// that last longer than to `end` are shortened, unless `clip_duration` is false.
///
/// A separator has no time: it is left out. (The original takes it for a control at 27512 bins, and may keep a part of
/// it.)
inline void clip(std::span<const TokenId> tokens, Bins start, Bins end, std::vector<TokenId>& out,
                 bool clip_duration = true, const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  const Bins last{std::min(end.count, detail::kFar)};
  detail::TripleAppender put(out, events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    Triple event = events[i];
    const Bins time = time_of(event, vocabulary);
    if (event.note == vocabulary.separator || time < start || last < time) continue;
    const Bins excess = time + duration_of(event, vocabulary) - last;
    if (clip_duration && excess.count > 0) event.duration -= static_cast<TokenId>(excess.count);
    put(event);
  }
  put.keep();
}

/// Appends to `out` the events and controls that do not start between `start` and `end`; those that start at one of
/// these stay. A separator has no time and stays.
inline void mask(std::span<const TokenId> tokens, Bins start, Bins end, std::vector<TokenId>& out,
                 const ArrivalVocabulary& vocabulary = kArrival) {
  const auto inside = [&](const Triple& event) {
    const Bins time = time_of(event, vocabulary);
    return event.note != vocabulary.separator && start < time && time < end;
  };
  remove_if(tokens, inside, out);
}

}  // namespace aria::anticipation
