// The times of a sequence: the first, the last, the longest pause, and all of them moved.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

namespace detail {

// Whether it is of this instrument, where one is asked for.
constexpr bool is_of(const Triple& event, std::optional<std::uint32_t> instrument,
                     const ArrivalVocabulary& vocabulary) noexcept {
  if (!instrument) return true;
  const TokenId first = vocabulary.note + (vocabulary.is_control(event.note) ? vocabulary.control : 0);
  return event.note >= first && vocabulary.instrument_of(event.note) == *instrument;
}

}  // namespace detail

/// The earliest start of an event or control before the first separator, 0 if there is none; of one instrument, if that
/// is given.
inline Bins min_time(std::span<const TokenId> tokens, std::optional<std::uint32_t> instrument = {},
                     const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  std::optional<Bins> earliest;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Triple event = events[i];
    if (event.note == vocabulary.separator) break;
    if (!detail::is_of(event, instrument, vocabulary)) continue;
    const Bins time = time_of(event, vocabulary);
    earliest = earliest ? std::min(*earliest, time) : time;
  }
  return earliest.value_or(Bins{});
}

/// The latest start of an event or control, behind separators, too; at least 0. Of one instrument, if that is given.
inline Bins max_time(std::span<const TokenId> tokens, std::optional<std::uint32_t> instrument = {},
                     const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  Bins latest;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Triple event = events[i];
    if (event.note == vocabulary.separator || !detail::is_of(event, instrument, vocabulary)) continue;
    latest = std::max(latest, time_of(event, vocabulary));
  }
  return latest;
}

/// The longest time from one event to the next, and from 0 to the first. A separator is passed over. Throws
/// invalid_argument for controls.
inline Bins sparsity(std::span<const TokenId> tokens, const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  Bins longest, previous;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Triple event = events[i];
    if (event.note == vocabulary.separator) continue;
    if (vocabulary.is_control(event.note)) detail::refuse_event(i, "is a control: only events have a sparsity");
    const Bins time = time_of(event, vocabulary);
    longest = std::max(longest, time - previous);
    previous = time;
  }
  return longest;
}

/// Moves events and controls by `by`, where they lie; from the first separator on nothing is moved.
///
///     translate(window, Bins{} - min_time(window));  // the window begins at 0
///
/// Throws invalid_argument, and moves nothing, where one would start before 0 or get a time that is no token.
inline void translate(std::span<TokenId> tokens, Bins by, const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  const Bins shift{std::clamp(by.count, -detail::kFar, detail::kFar)};
  std::size_t count = 0;
  for (; count < events.size() && events[count].note != vocabulary.separator; ++count) {
    const Triple event = events[count];
    if ((time_of(event, vocabulary) + shift).count < 0) detail::refuse_event(count, "would start before 0");
    if (event.time + shift.count > std::numeric_limits<TokenId>::max()) {
      detail::refuse_event(count, "would start at a time that no token has");
    }
  }
  for (std::size_t i = 0; i < count; ++i) tokens[3 * i] += static_cast<TokenId>(shift.count);
}

}  // namespace aria::anticipation
