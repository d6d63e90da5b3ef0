// Compound events <-> the arrival-time encoding of a whole piece.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// The velocity of notes that come from events, which have none (anticipation/convert.py).
inline constexpr std::uint8_t kDefaultVelocity = 72;

/// Appends the events of a piece, three tokens each, to `out`: times are counted from the beginning of the piece,
/// durations are cut to the largest one, and an unknown duration becomes a quarter of a second. Returns how many
/// durations were cut. Throws too_large for a time that no id can hold.
inline std::uint64_t compound_to_events(std::span<const CompoundEvent> notes, std::vector<TokenId>& out,
                                        const Settings& settings = {}) {
  const ArrivalVocabulary vocabulary(settings);
  const std::int64_t highest = vocabulary.max_duration - 1, unknown = settings.time_resolution / 4;
  constexpr std::int64_t kMostTime = std::int64_t{1} << 30;
  const std::size_t start = out.size();
  out.resize(start + 3 * notes.size());
  TokenId* at = out.data() + start;
  std::uint64_t cut = 0;
  for (const CompoundEvent& note : notes) {
    if (note.time.count > kMostTime) {
      out.resize(start);
      throw Error(ErrorCode::too_large, "a note begins " + std::to_string(note.time.count) + " bins into the piece");
    }
    const std::int64_t duration = note.duration == kUnknownDuration ? unknown : std::min(note.duration.count, highest);
    cut += note.duration.count > highest ? 1 : 0;
    at[0] = vocabulary.time + static_cast<TokenId>(note.time.count);
    at[1] = vocabulary.duration + static_cast<TokenId>(duration);
    at[2] = vocabulary.note + vocabulary.pitches * note.instrument + note.pitch;
    at += 3;
  }
  return cut;
}

namespace detail {

// What follows a separator begins behind the longest note of what stands before it.
class PieceOffset {
 public:
  void next_piece() noexcept {
    offset_ += longest_;
    longest_ = 0;
  }
  std::int64_t place(std::int64_t time, std::int64_t duration) noexcept {
    longest_ = std::max(longest_, time + duration);
    return time + offset_;
  }

 private:
  std::int64_t offset_ = 0;
  std::int64_t longest_ = 0;
};

inline CompoundEvent event_to_compound(const TokenId* event, std::size_t number, const ArrivalVocabulary& vocabulary) {
  const TokenId base = vocabulary.is_control(event[2]) ? vocabulary.control : 0;
  const auto in_block = [](std::int64_t id, std::int64_t begin, std::int64_t count) {
    return id >= begin && id < begin + count;
  };
  const std::int64_t time = std::int64_t{event[0]} - base, duration = std::int64_t{event[1]} - base,
                     note = std::int64_t{event[2]} - base;
  if (time < 0) refuse_event(number, "is a control with a time that is none");
  if (!in_block(duration, vocabulary.duration, vocabulary.max_duration)) {
    refuse_event(number, "has a second token that is no duration");
  }
  if (!in_block(note, vocabulary.note, vocabulary.rest - vocabulary.note)) {
    refuse_event(number, "has a third token that is no note");
  }
  return {{time},
          {duration - vocabulary.duration},
          static_cast<std::uint8_t>(vocabulary.pitch_of(event[2])),
          static_cast<std::uint8_t>(vocabulary.instrument_of(event[2])),
          kDefaultVelocity};
}

// events_to_compound of the original with its faults: times are taken for controls, and a time for a separator, where
// their numbers are those of such.
class ReferenceEventsToCompound {
 public:
  explicit ReferenceEventsToCompound(const ArrivalVocabulary& vocabulary) : vocabulary_(vocabulary) {}

  void convert(std::span<const TokenId> events, std::vector<CompoundEvent>& out) {
    take(events);
    place();
    const auto separators = std::erase(tokens_, std::int64_t{vocabulary_.separator});
    if (separators % 3 != 0) throw Error(ErrorCode::invalid_argument, "a time looks like a separator");
    for (std::size_t i = 0; i + 2 < tokens_.size(); i += 3) out.push_back(compound(i));
  }

 private:
  void take(std::span<const TokenId> events) {
    const std::int64_t offsets[3] = {vocabulary_.time, vocabulary_.duration, vocabulary_.note};
    for (std::size_t i = 0; i + 2 < events.size(); i += 3) {
      if (events[i + 2] == vocabulary_.rest) continue;
      for (std::size_t j = 0; j < 3; ++j) {
        std::int64_t token = events[i + j];
        if (token >= vocabulary_.control && token != vocabulary_.separator) token -= vocabulary_.control;
        tokens_.push_back(token == vocabulary_.separator ? token : token - offsets[j]);
      }
    }
  }

  void place() {
    PieceOffset offset;
    for (std::size_t i = 0; i + 2 < tokens_.size(); i += 3) {
      if (tokens_[i + 2] == vocabulary_.separator) {
        offset.next_piece();
      } else {
        tokens_[i] = offset.place(tokens_[i], tokens_[i + 1]);
      }
    }
  }

  CompoundEvent compound(std::size_t i) const {
    const std::int64_t time = tokens_[i], duration = tokens_[i + 1], note = tokens_[i + 2];
    const std::int64_t pitches = vocabulary_.pitches;
    const bool is_note = note >= 0 && note < vocabulary_.rest - vocabulary_.note;
    if (!is_note || time < 0 || duration < 0 || duration >= vocabulary_.max_duration) {
      refuse_event(i / 3, "is none that has a sound");
    }
    return {{time},
            {duration},
            static_cast<std::uint8_t>(note % pitches),
            static_cast<std::uint8_t>(note / pitches),
            kDefaultVelocity};
  }

  const ArrivalVocabulary& vocabulary_;
  std::vector<std::int64_t> tokens_;
};

}  // namespace detail

/// Replaces the contents of `out` by the notes of events and controls, in the order of the tokens; rests have none.
/// Behind a separator, times begin anew behind the end of the last note before it. Throws invalid_argument, with the
/// number of the event, where tokens are none.
inline void events_to_compound(std::span<const TokenId> events, std::vector<CompoundEvent>& out,
                               Reading reading = Reading::standard, const ArrivalVocabulary& vocabulary = kArrival) {
  out.clear();
  if (reading == Reading::reference) return detail::ReferenceEventsToCompound(vocabulary).convert(events, out);
  if (events.size() % 3 != 0) detail::refuse_event(events.size() / 3, "is cut off");
  detail::PieceOffset offset;
  for (std::size_t i = 0; i < events.size(); i += 3) {
    if (events[i + 2] == vocabulary.rest) continue;
    if (events[i + 2] == vocabulary.separator) {
      offset.next_piece();
      continue;
    }
    CompoundEvent note = detail::event_to_compound(&events[i], i / 3, vocabulary);
    note.time = {offset.place(note.time.count, note.duration.count)};
    out.push_back(note);
  }
}

}  // namespace aria::anticipation
