// Which instruments play in a sequence.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// An instrument and the number of its events and controls.
struct InstrumentCount {
  std::uint32_t instrument = 0;
  std::uint64_t events = 0;

  friend bool operator==(const InstrumentCount&, const InstrumentCount&) = default;
};

/// Replaces `counts` by the instruments of a sequence, in the order in which they come first. As in the original, a
/// rest counts as one of the instrument behind the last one, and separators as nothing.
///
///     piano, drums, piano  ->  {0, 2}, {128, 1}
///
/// Throws invalid_argument where the third token of an event is no note.
inline void instruments(std::span<const TokenId> tokens, std::vector<InstrumentCount>& counts,
                        const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  counts.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const TokenId note = events[i].note;
    if (note >= vocabulary.separator) continue;
    const TokenId first = vocabulary.note + (vocabulary.is_control(note) ? vocabulary.control : 0);
    if (note < first) detail::refuse_event(i, "has no note");
    const std::uint32_t instrument = vocabulary.instrument_of(note);
    const auto is_it = [&](const InstrumentCount& count) { return count.instrument == instrument; };
    const auto known = std::find_if(counts.begin(), counts.end(), is_it);
    known != counts.end() ? void(++known->events) : counts.push_back({instrument, 1});
  }
}

}  // namespace aria::anticipation
