// MIDI bytes -> compound events.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <aria/anticipation/clock.hpp>
#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/merged_events.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>

namespace aria::anticipation {

/// What a MIDI file does not say, or says to nobody.
struct CompoundLosses {
  std::uint64_t unclosed_notes = 0;           ///< notes without an end: their duration is unknown
  std::optional<std::uint64_t> truncated_at;  ///< byte at which the file ends before its tracks do
};

namespace detail {

// Which instrument every channel plays.
class ChannelPrograms {
 public:
  ChannelPrograms() { instruments_[kDrumChannel] = kDrumInstrument; }
  void set(unsigned channel, unsigned program) noexcept {
    if (channel != kDrumChannel) instruments_[channel] = static_cast<std::uint8_t>(program);
  }
  std::uint8_t operator[](unsigned channel) const noexcept { return instruments_[channel]; }

 private:
  std::array<std::uint8_t, 16> instruments_{};
};

// The notes that sound, per channel and pitch in the order of their onsets: a note-off ends the first one. In the
// reference reading, the first one that was started by the instrument which the channel has now.
template <Reading reading, class Position>
class OpenNotes {
 public:
  void begin(std::size_t most_notes) {
    keys_.fill({});
    passed_over_.clear();
    notes_ = memory_.room(most_notes);
  }

  void open(unsigned channel, unsigned pitch, std::uint32_t index, Position now) noexcept {
    notes_[index].onset = now;
    append(keys_[channel << 7 | pitch], index);
  }

  // The note that ends, kNone where none does.
  std::uint32_t close(unsigned channel, unsigned pitch, const CompoundEvent* events, std::uint8_t instrument) {
    Key& key = keys_[channel << 7 | pitch];
    if (reading == Reading::reference && (!passed_over_.empty() || is_of_other(key, events, instrument))) {
      return close_behind(key, channel << 7 | pitch, events, instrument);
    }
    return take_first(key);
  }

  Position onset(std::uint32_t index) const noexcept { return notes_[index].onset; }

  static constexpr std::uint32_t kNone = ~0U;

 private:
  struct Key {
    std::uint32_t first = kNone, last = kNone;
  };
  struct OpenNote {
    Position onset;
    std::uint32_t next;
  };

  void append(Key& key, std::uint32_t index) noexcept {
    notes_[index].next = kNone;
    if (key.first == kNone) {
      key.first = index;
    } else {
      notes_[key.last].next = index;
    }
    key.last = index;
  }
  std::uint32_t take_first(Key& key) noexcept {
    const std::uint32_t index = key.first;
    if (index != kNone) key.first = notes_[index].next;
    return index;
  }
  static bool is_of_other(const Key& key, const CompoundEvent* events, std::uint8_t instrument) noexcept {
    return key.first != kNone && events[key.first].instrument != instrument;
  }

  // Every note is passed over once at most, however many there are: it is kept by its instrument from then on, before
  // all later ones of it.
  [[gnu::noinline]] std::uint32_t close_behind(Key& key, unsigned number, const CompoundEvent* events,
                                               std::uint8_t instrument) {
    const auto older = passed_over_.find(unsigned{instrument} << 11 | number);
    if (older != passed_over_.end() && older->second.first != kNone) return take_first(older->second);
    while (is_of_other(key, events, instrument)) {
      const std::uint32_t index = take_first(key);
      append(passed_over_[unsigned{events[index].instrument} << 11 | number], index);
    }
    return take_first(key);
  }

  std::array<Key, std::size_t{16} * 128> keys_;
  std::unordered_map<std::uint32_t, Key> passed_over_;  // by instrument, channel and pitch
  aria::detail::RawArray<OpenNote> memory_;
  OpenNote* notes_ = nullptr;
};

// Every clock of a reading, by the files for which it is right.
template <Reading reading, class Use>
decltype(auto) with_clock(const MergedFile& file, const Settings& settings, Use use) {
  const int division = file.header.division;
  if constexpr (reading == Reading::reference) {
    if (file.header.format == 2) throw Error(ErrorCode::invalid_midi, "is of format 2");
    return use(ReferenceClock(division, settings));
  } else {
    const auto highest = std::max_element(file.tempos.begin(), file.tempos.end());
    const std::uint32_t tempo = std::max(kDefaultTempo, highest != file.tempos.end() ? *highest : 0U);
    using Long = ExactClock<aria::detail::Int128>;
    using Short = ExactClock<std::int64_t>;
    if (!Short::fits(division, settings, file.last_tick, tempo)) return use(Long(division, settings));
    return use(Short(division, settings));
  }
}

// Goes through merged events with a clock: programs and tempos are seen to, `note(channel, pitch, velocity)` is called.
template <class Events, class Clock, class Note>
void play(const MergedFile& file, Events events, Clock& clock, ChannelPrograms& programs, Note note) {
  std::int64_t tick = 0;
  for (const auto& event : events) {
    if (const std::int64_t at = event.tick(); at != tick) {
      clock.advance(at - tick);
      tick = at;
    }
    const aria::detail::MergedWord word = event.word();
    switch (word.kind()) {
      case MergedKind::note:
        note(word.channel(), word.pitch(), word.velocity());
        break;
      case MergedKind::program:
        programs.set(word.channel(), word.program());
        break;
      case MergedKind::tempo:
        clock.set_tempo(file.tempos[word.number()]);
        break;
      case MergedKind::other:
        break;
    }
  }
}

inline void refuse_without_tracks(const MergedFile& file) {
  if (file.tracks == 0) throw Error(ErrorCode::invalid_midi, "has no tracks");
}

}  // namespace detail

/// Reads the notes of MIDI files one file after the other with the same working memory; one a thread. A note has the
/// instrument that its channel has at its onset; channel 10 (9 counted from 0) is drums. A note-off ends the oldest
/// sounding note of its channel and pitch.
///
/// Standard: times are exact and rounded once, halves to the even bin. Reference: as midi_to_compound of the original,
/// which adds up rounded seconds and does not find a note's end where the channel has another instrument by then.
///
///     aria::anticipation::CompoundReader<> reader;
///     for (const CompoundEvent& event : reader.read(bytes)) ...
template <Reading reading = Reading::standard>
class CompoundReader {
 public:
  explicit CompoundReader(const Settings& settings = {}) : settings_(settings) {}

  /// The notes in the order of their onsets, valid until the next call. Throws invalid_midi for what the reading does
  /// not accept, and too_large above 4 GiB.
  std::span<const CompoundEvent> read(std::span<const std::byte> bytes, CompoundLosses* losses = nullptr) {
    return events_.read(bytes, [&](const MergedFile& file, auto events) {
      if constexpr (reading == Reading::standard) detail::refuse_without_tracks(file);
      const std::span<const CompoundEvent> notes =
          detail::with_clock<reading>(file, settings_, [&](auto clock) { return convert(file, events, clock); });
      if (losses != nullptr) *losses = {count_unclosed(notes), file.truncated_at};
      return notes;
    });
  }

 private:
  template <class Events, class Clock>
  std::span<const CompoundEvent> convert(const MergedFile& file, Events events, Clock clock) {
    CompoundEvent* const notes = memory_.room(events.size());
    auto& open = open_notes(static_cast<typename Clock::Position*>(nullptr));
    open.begin(events.size());
    detail::ChannelPrograms programs;
    std::uint32_t count = 0;
    detail::play(file, events, clock, programs, [&](unsigned channel, unsigned pitch, unsigned velocity) {
      const std::uint8_t instrument = programs[channel];
      if (velocity != 0) {
        open.open(channel, pitch, count, clock.now());
        notes[count++] = {Bins{clock.between(0, clock.now())}, kUnknownDuration, static_cast<std::uint8_t>(pitch),
                          instrument, static_cast<std::uint8_t>(velocity)};
      } else if (const auto index = open.close(channel, pitch, notes, instrument); index != open.kNone) {
        notes[index].duration = {clock.between(open.onset(index), clock.now())};
      }
    });
    return {notes, count};
  }

  static std::uint64_t count_unclosed(std::span<const CompoundEvent> notes) {
    return static_cast<std::uint64_t>(
        std::count_if(notes.begin(), notes.end(), [](const auto& note) { return note.duration == kUnknownDuration; }));
  }

  auto& open_notes(const double*) noexcept { return seconds_; }
  auto& open_notes(const std::int64_t*) noexcept { return short_; }
  auto& open_notes(const aria::detail::Int128*) noexcept { return long_; }

  Settings settings_;
  MergedEventReader<reading> events_;
  aria::detail::RawArray<CompoundEvent> memory_;
  detail::OpenNotes<reading, double> seconds_;
  detail::OpenNotes<reading, std::int64_t> short_;
  detail::OpenNotes<reading, aria::detail::Int128> long_;
};

}  // namespace aria::anticipation
