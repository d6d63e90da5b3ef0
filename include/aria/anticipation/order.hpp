// The order of events: by time, events and controls apart, and together again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Sorts events, or controls, by time where they lie; those of one time keep their order. Of a mixture the controls
/// come last, as their tokens are larger.
inline void sort(std::span<TokenId> tokens) {
  const Triples events(tokens);
  std::vector<Triple> sorted(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) sorted[i] = events[i];
  const auto earlier = [](const Triple& a, const Triple& b) { return a.time < b.time; };
  if (std::is_sorted(sorted.begin(), sorted.end(), earlier)) return;
  std::stable_sort(sorted.begin(), sorted.end(), earlier);
  TokenId* at = tokens.data();
  for (const Triple& event : sorted) {
    *at++ = event.time;
    *at++ = event.duration;
    *at++ = event.note;
  }
}

/// Appends the events of a sequence to `events` and the controls to `controls`, which is another vector. A separator
/// goes with the controls, as in the original.
inline void split(std::span<const TokenId> tokens, std::vector<TokenId>& events, std::vector<TokenId>& controls,
                  const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples all(tokens);
  detail::TripleAppender put_event(events, all.size());
  detail::TripleAppender put_control(controls, 0);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Triple event = all[i];
    vocabulary.is_control(event.note) ? put_control(event) : put_event(event);
  }
  put_event.keep();
  put_control.keep();
}

/// Appends the events, and the controls turned back into events, to `out`, sorted by time; of one time the events come
/// first. Throws invalid_argument where `controls` has something else than controls.
inline void combine(std::span<const TokenId> events, std::span<const TokenId> controls, std::vector<TokenId>& out,
                    const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples first(events), second(controls);
  const std::size_t start = out.size();
  {
    detail::TripleAppender put(out, first.size() + second.size());
    for (std::size_t i = 0; i < first.size(); ++i) put(first[i]);
    const TokenId block = vocabulary.control;
    for (std::size_t i = 0; i < second.size(); ++i) {
      const Triple control = second[i];
      const bool whole = std::min({control.time, control.duration, control.note}) >= block;
      if (!whole || control.note >= vocabulary.separator) detail::refuse_event(i, "of the controls is no control");
      put({control.time - block, control.duration - block, control.note - block});
    }
    put.keep();
  }
  sort(std::span(out).subspan(start));
}

}  // namespace aria::anticipation
