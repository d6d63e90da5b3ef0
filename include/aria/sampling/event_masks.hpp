// Which tokens a model of events may go on with: a time that is not past, a duration, a note of an instrument that may
// play.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <aria/anticipation/grammar.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Where a token stands in its event.
enum class EventSlot : std::uint8_t { time, duration, note };

/// Which of the 129 instruments new notes may have.
using InstrumentFilter = std::vector<bool>;

/// The instruments of a piece, given or made, and which may join them. MIDI has sixteen channels, of which one is for
/// drums: drums may always join, and others until there are fifteen.
class PlayingInstruments {
 public:
  static constexpr std::uint32_t kMostMelodic = 15;

  /// With no filter, all may play.
  explicit PlayingInstruments(InstrumentFilter may_play = {}, const Settings& settings = {})
      : used_(settings.instruments), may_play_(std::move(may_play)) {
    may_play_.resize(settings.instruments, may_play_.empty());
  }

  void add(std::uint32_t instrument) noexcept { used_.add(instrument); }

  bool may_play(std::uint32_t instrument) const noexcept {
    if (!may_play_[instrument]) return false;
    return used_.contains(instrument) || instrument == kDrumInstrument || melodic() < kMostMelodic;
  }

  /// Whether any may.
  bool any_may_play() const noexcept {
    for (std::uint32_t i = 0; i < used_.known(); ++i) {
      if (may_play(i)) return true;
    }
    return false;
  }

  /// How many play.
  std::uint32_t count() const noexcept { return used_.count(); }

  /// Appends the ids of the notes that may be played.
  void add_ranges(const ArrivalVocabulary& vocabulary, std::vector<IdRange>& ranges) const {
    for (std::uint32_t i = 0; i < used_.known(); ++i) {
      const TokenId first = vocabulary.note + i * vocabulary.pitches;
      if (may_play(i)) add_range(first, first + vocabulary.pitches, ranges);
    }
  }

 private:
  std::uint32_t melodic() const noexcept { return used_.count() - (used_.contains(kDrumInstrument) ? 1 : 0); }

  UsedInstruments used_;
  InstrumentFilter may_play_;
};

/// The times that the next event may have, counted from the beginning of the window. In training no two events are more
/// than a second apart: rests stand between them.
struct EventTimes {
  Bins earliest{};  ///< not past
  Bins latest{};    ///< where a rest may stand, too
};

/// Replaces `ranges` by the ids that may stand in a slot; `event` are the tokens of the event so far. A rest may stand
/// only as late as an event can be, with a duration of 0. (The grammar of training sequences, see ArrivalGrammar.)
inline void allowed_ids(EventSlot slot, const EventTimes& times, const Triple& event, const PlayingInstruments& playing,
                        const ArrivalVocabulary& vocabulary, std::vector<IdRange>& ranges) {
  ranges.clear();
  switch (slot) {
    case EventSlot::time:
      return add_times(times.earliest, times.latest, 0, vocabulary, ranges);
    case EventSlot::duration:
      return add_durations(0, vocabulary, ranges);
    case EventSlot::note:
      playing.add_ranges(vocabulary, ranges);
      if (event.duration == vocabulary.duration && std::int64_t{event.time} == vocabulary.time + times.latest.count) {
        add_range(vocabulary.rest, vocabulary.rest + 1, ranges);
      }
  }
}

/// The original's masks (anticipation/sample.py: safe_logits, future_logits, instr_logits). A rest may stand in every
/// slot and counts as an instrument, and with fifteen of them no other may join. `used` knows one more instrument than
/// there are. What is not the original's: notes of instruments that may not play are left out; an empty filter lets
/// all.
inline void reference_allowed_ids(EventSlot slot, Bins earliest, const UsedInstruments& used,
                                  const ArrivalVocabulary& vocabulary, std::vector<IdRange>& ranges,
                                  const InstrumentFilter& may_play = {}) {
  constexpr std::uint32_t kMost = 15;
  ranges.clear();
  if (slot == EventSlot::time) add_times(earliest, Bins{vocabulary.max_time}, 0, vocabulary, ranges);
  if (slot == EventSlot::duration) add_durations(0, vocabulary, ranges);
  if (slot == EventSlot::note) {
    for (std::uint32_t i = 0; i + 1 < used.known(); ++i) {
      const TokenId first = vocabulary.note + i * vocabulary.pitches;
      if (!may_play.empty() && !may_play[i]) continue;
      if (used.count() < kMost || used.contains(i)) add_range(first, first + vocabulary.pitches, ranges);
    }
  }
  if (slot != EventSlot::time || earliest.count <= vocabulary.rest) {
    add_range(vocabulary.rest, vocabulary.rest + 1, ranges);
  }
}

/// Makes all logits minus infinity but those of these ids.
inline void keep_only(std::span<const IdRange> ranges, std::span<float> logits) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  std::size_t begin = 0;
  for (const IdRange& range : ranges) {
    std::fill(logits.begin() + static_cast<std::ptrdiff_t>(begin),
              logits.begin() + static_cast<std::ptrdiff_t>(range.first), kNever);
    begin = range.end;
  }
  std::fill(logits.begin() + static_cast<std::ptrdiff_t>(begin), logits.end(), kNever);
}

}  // namespace aria::anticipation
