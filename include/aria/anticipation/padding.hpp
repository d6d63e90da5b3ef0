// Rests, so that between two events never passes more time than a model has seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aria/anticipation/selection.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// The longest time between two events of a padded sequence: a second.
inline constexpr Bins kDensity{Settings{}.time_resolution};

namespace detail {

// Calls `put` with the events and the rests in their order.
template <class Put>
void each_padded(const Triples& events, Bins end_time, Bins density, const ArrivalVocabulary& vocabulary, Put&& put) {
  if (density.count <= 0) throw Error(ErrorCode::invalid_argument, "rests must be more than 0 bins apart");
  if (end_time.count > std::numeric_limits<TokenId>::max()) {
    throw Error(ErrorCode::invalid_argument, "no token has the time to which rests were asked for");
  }
  std::int64_t previous = 0, last = 0;
  const auto next_rest = [&] {
    previous += density.count;
    return Triple{vocabulary.time + static_cast<TokenId>(previous), vocabulary.duration, vocabulary.rest};
  };
  // One place for `put`, so that it is compiled into the loop.
  for (std::size_t i = 0; i < events.size();) {
    Triple event = events[i];
    if (vocabulary.is_control(event.note)) refuse_event(i, "is a control or a separator: rests come before these");
    const std::int64_t time = std::int64_t{event.time} - vocabulary.time;
    if (time - previous > density.count) {
      event = next_rest();
    } else {
      previous = time;
      last = std::max(last, time);
      ++i;
    }
    put(event);
  }
  const std::int64_t end = end_time.count == 0 ? last : std::max(end_time.count, std::int64_t{0});
  while (end - previous > density.count) put(next_rest());
}

}  // namespace detail

/// Appends to `out` the events of one piece, and rests where more than `density` passes before the next event or before
/// `end_time`: as many as it takes, `density` apart. An `end_time` of 0 stands for the time of the last event.
///
///     an event at 0, one at 250  ->  the event at 0, a rest at 100, a rest at 200, the event at 250
///
/// Throws invalid_argument for controls and separators, and for a density that is not above 0.
inline void pad(std::span<const TokenId> events, std::vector<TokenId>& out, Bins end_time = {}, Bins density = kDensity,
                const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples all(events);
  detail::TripleAppender put(out, all.size());
  detail::each_padded(all, end_time, density, vocabulary, put);
  put.keep();
}

/// Appends to `out` all events but the rests.
inline void unpad(std::span<const TokenId> tokens, std::vector<TokenId>& out,
                  const ArrivalVocabulary& vocabulary = kArrival) {
  remove_if(
      tokens, [&](const Triple& event) { return event.note == vocabulary.rest; }, out);
}

}  // namespace aria::anticipation
