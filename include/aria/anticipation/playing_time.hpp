// How much music training sequences hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>

namespace aria::anticipation {

/// The time from the first to the last event of each piece in a sequence of the arrival-time encoding, added up:
/// controls, which are told ahead of their time, do not count. What passes between two sequences of a piece is in
/// neither. Ids that make no sense are passed over.
///
///     playing_time(std::span(sample.source))  // Bins: hundredths of a second
template <class Id>
Bins playing_time(std::span<const Id> sequence, const ArrivalVocabulary& vocabulary = kArrival) {
  Bins total;
  std::int64_t first = -1, last = -1;
  const auto end_piece = [&] {
    if (first >= 0) total = total + Bins{last - first};
    first = last = -1;
  };
  for (std::size_t i = 1; i + 2 < sequence.size(); i += 3) {
    const auto time = static_cast<std::int64_t>(sequence[i]);
    if (time == std::int64_t{vocabulary.separator}) end_piece();
    if (time < 0 || time >= std::int64_t{vocabulary.max_time}) continue;
    first = first < 0 ? time : std::min(first, time);
    last = std::max(last, time);
  }
  end_piece();
  return total;
}

/// The times of a sequence of the interarrival-time encoding, added up.
template <class Id>
Bins playing_time(std::span<const Id> sequence, const InterarrivalVocabulary& vocabulary) {
  Bins total;
  for (const Id id : sequence) {
    const auto number = static_cast<std::int64_t>(id);
    if (number >= 0 && number < std::int64_t{vocabulary.max_interarrival}) total = total + Bins{number};
  }
  return total;
}

}  // namespace aria::anticipation
