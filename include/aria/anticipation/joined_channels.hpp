// Which channels new notes go to, so that given ones sound as before.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/units.hpp>

namespace aria::anticipation::detail {

// A note of the piece in the making.
struct JoinedNote {
  NoteMsg note;
  std::uint8_t instrument;
  bool given;

  unsigned channel() const noexcept { return note.channel(); }
  unsigned key() const noexcept { return unsigned{note.channel()} << 7 | note.pitch(); }
  void move(Ticks start, Ticks end, unsigned to_channel) {
    note = NoteMsg(start, end, note.pitch(), note.velocity(), to_channel);
  }
};

// Notes by some number, their channel or their channel and pitch: which ones sound when.
class NotesBy {
 public:
  template <class Number>
  NotesBy(std::span<const JoinedNote> notes, Number number_of) {
    starts_.reserve(notes.size());
    ends_.reserve(notes.size());
    for (const JoinedNote& note : notes) {
      const unsigned number = (note.*number_of)();
      starts_.push_back({number, note.note.start(), note.note.end(), note.instrument});
      // Not of a note without length: another note-off at its tick would be written before its note-on and change what
      // its own note-off does.
      if (note.note.start() < note.note.end()) ends_.emplace_back(number, note.note.end());
    }
    std::stable_sort(starts_.begin(), starts_.end(), [](const Start& a, const Start& b) { return a.at() < b.at(); });
    std::sort(ends_.begin(), ends_.end());
    for (std::size_t i = 1; i < starts_.size(); ++i) {
      if (starts_[i].number == starts_[i - 1].number) {
        starts_[i].last_end = std::max(starts_[i].last_end, starts_[i - 1].last_end);
      }
    }
  }

  // Whether one sounds at some time from `start` to before `end`.
  bool any_sounds(unsigned number, Ticks start, Ticks end) const {
    const auto behind = first_from(number, end);
    return behind != starts_.begin() && behind[-1].number == number && behind[-1].last_end > start;
  }

  // Whether one of another instrument starts at the tick.
  bool other_starts(unsigned number, Ticks tick, std::uint8_t instrument) const {
    for (auto at = first_from(number, tick); at != starts_.end() && at->at() == Place(number, tick); ++at) {
      if (at->instrument != instrument) return true;
    }
    return false;
  }

  // Where a note from `start` to `end` has to end so that its note-off ends none of these, and none of theirs ends it:
  // where the next one starts, or together with those that sound when it starts.
  Ticks fitting_end(unsigned number, Ticks start, Ticks end) const {
    const auto next = first_from(number, start + Ticks{1});
    const bool within = next != starts_.begin() && next[-1].number == number && next[-1].last_end > start;
    if (within) return std::upper_bound(ends_.begin(), ends_.end(), Place(number, start))->second;
    return next != starts_.end() && next->number == number ? std::min(end, next->start) : end;
  }

 private:
  using Place = std::pair<unsigned, Ticks>;
  struct Start {
    unsigned number;
    Ticks start;
    Ticks last_end;  // of this note and those of its number before it
    std::uint8_t instrument;

    Place at() const noexcept { return {number, start}; }
  };

  std::vector<Start>::const_iterator first_from(unsigned number, Ticks tick) const {
    return std::lower_bound(starts_.begin(), starts_.end(), Place(number, tick),
                            [](const Start& start, const Place& place) { return start.at() < place; });
  }

  std::vector<Start> starts_;
  std::vector<Place> ends_;
};

// What the notes and messages of a piece do with a channel.
struct ChannelUse {
  bool given = false;                      // given notes are on it
  bool left_out = false;                   // notes that are left out were on it
  bool added = false;                      // new notes are on it
  bool pedal = false;                      // its pedal goes down somewhere
  std::optional<std::uint8_t> instrument;  // of all given notes on it

  void give(std::uint8_t to_instrument) {
    if (!given) instrument = to_instrument;
    if (instrument != to_instrument) instrument.reset();
    given = true;
  }

  // Messages of a channel serve its given notes. Where there never was a note, they harm nobody.
  bool keeps_messages() const noexcept { return given || (!left_out && !added); }
};
using ChannelUses = std::array<ChannelUse, 16>;
using InstrumentChannels = std::array<std::optional<std::uint8_t>, kDrumInstrument + 1>;

// The channels of instruments that have one at all times. As long as there are enough, each one has a channel on which
// no given note is, in the order of their first notes; else those with the fewest notes have none of their own. Of
// these, an instrument shares the channel of given notes that are all its own and use no pedal.
inline InstrumentChannels channels_of(std::span<const JoinedNote> added, const ChannelUses& uses) {
  std::array<std::size_t, kDrumInstrument + 1> counts{};
  std::vector<std::uint8_t> instruments;
  for (const JoinedNote& note : added) {
    if (counts[note.instrument]++ == 0 && note.instrument != kDrumInstrument) instruments.push_back(note.instrument);
  }
  InstrumentChannels channels;
  std::vector<std::uint8_t> free;
  for (std::uint8_t channel = 0; channel < uses.size(); ++channel) {
    const ChannelUse& use = uses[channel];
    if (channel == kDrumChannel) continue;
    if (!use.given) free.push_back(channel);
    if (use.instrument && !use.pedal) channels[*use.instrument] = channel;
  }
  auto ranked = instruments;
  std::stable_sort(ranked.begin(), ranked.end(), [&](std::uint8_t a, std::uint8_t b) {
    return std::tuple(channels[a].has_value(), counts[b]) < std::tuple(channels[b].has_value(), counts[a]);
  });
  ranked.resize(std::min(ranked.size(), free.size()));
  auto next = free.begin();
  for (const std::uint8_t instrument : instruments) {
    if (std::find(ranked.begin(), ranked.end(), instrument) != ranked.end()) channels[instrument] = *next++;
  }
  channels[kDrumInstrument] = static_cast<std::uint8_t>(kDrumChannel);
  return channels;
}

// Finds channels for notes whose instruments have none: for each one that on which it is heard best and disturbs least.
class ChannelSearch {
 public:
  // `given` and `settled` by channel: notes that have their channels; `keys`: the given ones by channel and pitch.
  ChannelSearch(const ChannelUses& uses, const NotesBy& given, const NotesBy& settled, const NotesBy& keys)
      : uses_(uses), given_(given), settled_(settled), keys_(keys) {}

  void place(std::span<JoinedNote> notes) {
    using Waiting = std::pair<Ticks, std::size_t>;
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting;
    for (std::size_t i = 0; i < notes.size(); ++i) waiting.emplace(notes[i].note.start(), i);
    while (!waiting.empty()) {
      const auto [tick, i] = waiting.top();
      waiting.pop();
      JoinedNote& note = notes[i];
      note.move(tick, std::max(note.note.end(), tick + Ticks{1}), 0);
      if (const auto channel = best_channel(note)) {
        take(*channel, note);
      } else {
        waiting.emplace(tick + Ticks{1}, i);
      }
    }
  }

 private:
  // What was placed on a channel last.
  struct Placed {
    Ticks start{-1};
    Ticks last_end{-1};
    std::uint8_t instrument = 0;
  };

  std::optional<unsigned> best_channel(const JoinedNote& note) const {
    std::optional<unsigned> best;
    unsigned least = ~0U;
    for (unsigned channel = 0; channel < uses_.size(); ++channel) {
      if (channel == kDrumChannel || is_taken(channel, note)) continue;
      if (const unsigned harm = harm_on(channel, note); harm < least) {
        least = harm;
        best = channel;
      }
    }
    return best;
  }

  // At one tick, a channel has one program.
  bool is_taken(unsigned channel, const JoinedNote& note) const {
    const Ticks start = note.note.start();
    const Placed& placed = placed_[channel];
    return (placed.start == start && placed.instrument != note.instrument) ||
           given_.other_starts(channel, start, note.instrument) ||
           settled_.other_starts(channel, start, note.instrument);
  }

  // The worst first: the note cannot have its length; a pedal sustains it; the program changes while given notes sound,
  // or new ones; it changes between given notes, or at all.
  unsigned harm_on(unsigned channel, const JoinedNote& note) const {
    const Ticks start = note.note.start(), end = note.note.end();
    const bool sounds = placed_[channel].last_end > start || settled_.any_sounds(channel, start, end);
    unsigned harm = 0;
    for (const bool is_so : {keys_.fitting_end(channel << 7 | note.note.pitch(), start, end) != end,
                             uses_[channel].pedal && uses_[channel].given, given_.any_sounds(channel, start, end),
                             sounds, uses_[channel].given, placed_[channel].instrument != note.instrument}) {
      harm = harm << 1 | unsigned{is_so};
    }
    return harm;
  }

  void take(unsigned channel, JoinedNote& note) {
    const Ticks start = note.note.start(), end = note.note.end();
    note.move(start, end, channel);
    Placed& placed = placed_[channel];
    placed = {start, std::max(placed.last_end, end), note.instrument};
  }

  const ChannelUses& uses_;
  const NotesBy& given_;
  const NotesBy& settled_;
  const NotesBy& keys_;
  std::array<Placed, 16> placed_;
};

}  // namespace aria::anticipation::detail
