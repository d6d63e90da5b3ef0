// New notes join the notes of a piece: continuations, accompaniments and fillings that a model wrote.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/tempo_map.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/error.hpp>

namespace aria::anticipation {

/// A piece to which notes were added.
struct JoinedPiece {
  MidiDict piece;
  std::vector<bool> given;  ///< one flag a note of piece.notes: true where it was given
};

namespace detail {

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

// Adds program changes, so that every note has its instrument. A channel without given notes has its first one from the
// beginning.
inline void add_programs(std::span<const JoinedNote> notes, const ChannelUses& uses,
                         std::vector<InstrumentMsg>& messages) {
  std::array<std::optional<std::uint8_t>, 16> programs;
  for (unsigned channel = 0; channel < programs.size(); ++channel) {
    if (uses[channel].given) programs[channel] = std::uint8_t{0};
  }
  const std::size_t given = messages.size();
  std::size_t next = 0;
  for (const JoinedNote& note : notes) {
    const Ticks now = note.note.start();
    for (; next < given && messages[next].tick() <= now; ++next) {
      programs[messages[next].channel()] = messages[next].program();
    }
    auto& program = programs[note.channel()];
    if (note.instrument == kDrumInstrument || program == note.instrument) continue;
    messages.emplace_back(program ? now : Ticks{0}, note.channel(), unsigned{note.instrument});
    program = note.instrument;
  }
  if (messages.empty()) messages.emplace_back(Ticks{0}, 0U, 0U);
  std::stable_sort(messages.begin(), messages.end(), [](const auto& a, const auto& b) { return a.tick() < b.tick(); });
}

// The notes of a piece that are kept, each with the instrument that its channel has at its onset; `uses` learns of all.
inline std::vector<JoinedNote> given_notes(const MidiDict& piece, const std::vector<bool>& kept, ChannelUses& uses) {
  if (kept.size() != piece.notes.size()) {
    throw Error(ErrorCode::invalid_argument, "there are " + std::to_string(kept.size()) + " flags for " +
                                                 std::to_string(piece.notes.size()) + " notes");
  }
  std::vector<JoinedNote> notes;
  notes.reserve(piece.notes.size());
  std::array<std::uint8_t, 16> programs{};
  programs[kDrumChannel] = kDrumInstrument;
  auto change = piece.instruments.begin();
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const NoteMsg& note = piece.notes[i];
    for (; change != piece.instruments.end() && change->tick() <= note.start(); ++change) {
      if (change->channel() != kDrumChannel) programs[change->channel()] = change->program();
    }
    ChannelUse& use = uses[note.channel()];
    use.left_out |= !kept[i];
    if (!kept[i]) continue;
    use.give(programs[note.channel()]);
    notes.push_back({note, programs[note.channel()], true});
  }
  for (const PedalMsg& message : piece.pedals) uses[message.channel()].pedal |= message.down();
  return notes;
}

[[noreturn]] inline void refuse_added(std::size_t number, const char* why) {
  throw Error(ErrorCode::invalid_argument, "new note " + std::to_string(number) + " (counted from 0) " + why);
}

// The new notes at their ticks, in the order of these, without channels.
inline std::vector<JoinedNote> added_notes(std::span<const CompoundEvent> added, const MidiDict& piece,
                                           const Settings& settings) {
  constexpr std::int64_t kMostBins = std::int64_t{1} << 61;  // two of these can be added
  const TempoMap time(piece.tempos, piece.ticks_per_beat);
  const std::int64_t resolution = settings.time_resolution;
  std::vector<JoinedNote> notes;
  notes.reserve(added.size());
  for (std::size_t i = 0; i < added.size(); ++i) {
    const CompoundEvent& event = added[i];
    const std::int64_t length =
        event.duration == kUnknownDuration ? resolution / 4 : std::max<std::int64_t>(event.duration.count, 1);
    if (event.pitch > 127 || event.instrument > kDrumInstrument || event.velocity == 0 || event.velocity > 127) {
      refuse_added(i, "has a pitch, an instrument or a velocity that does not exist");
    }
    if (event.time.count < 0 || event.duration < kUnknownDuration) refuse_added(i, "has a time below 0");
    if (event.time.count > kMostBins || length > kMostBins) refuse_added(i, "is later than any tick of the piece");
    const auto start = time.tick_at(event.time.count, resolution);
    const auto end = time.tick_at(event.time.count + length, resolution);
    if (!start || !end || start->count + 1 >= kTickLimit) refuse_added(i, "is later than any tick of the piece");
    notes.push_back(
        {NoteMsg(*start, std::max(*end, *start + Ticks{1}), event.pitch, event.velocity, 0U), event.instrument, false});
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const auto& a, const auto& b) { return a.note.start() < b.note.start(); });
  return notes;
}

// Gives all new notes their channels, and ends that go with the note-offs of given ones.
inline void place_added(std::vector<JoinedNote>& added, std::span<const JoinedNote> given, ChannelUses& uses) {
  const InstrumentChannels channels = channels_of(added, uses);
  const NotesBy keys(given, &JoinedNote::key);
  const auto without =
      std::stable_partition(added.begin(), added.end(), [&](const auto& note) { return channels[note.instrument]; });
  const std::span settled(added.begin(), without), others(without, added.end());
  for (JoinedNote& note : settled) note.move(note.note.start(), note.note.end(), *channels[note.instrument]);
  if (!others.empty()) {
    const NotesBy given_channels(given, &JoinedNote::channel), settled_channels(settled, &JoinedNote::channel);
    ChannelSearch(uses, given_channels, settled_channels, keys).place(others);
  }
  for (JoinedNote& note : added) {
    const Ticks start = note.note.start();
    note.move(start, keys.fitting_end(note.key(), start, note.note.end()), note.channel());
    uses[note.channel()].added = true;
  }
}

}  // namespace detail

/// The kept notes of a piece together with new ones. Every kept note stays what it is: its ticks, velocity, channel and
/// instrument, the tempos, the ticks a beat, and the texts. So do the programs and the pedal of its channel; those of
/// channels from which all notes are left out are left out too. In the order of starts, given notes first.
///
/// `kept` has one flag a note of `piece.notes`. The times of `added`, in any order, count from the beginning of the
/// piece, whose tempos decide the ticks: the nearest ones, and a tick at least for a note. A note of an unknown
/// duration lasts a quarter of a second, one of length 0 a bin, as in to_midi_dict. Lists that are empty get what
/// reading puts there, and MidiDict{} gets half the time resolution as ticks a beat, where that is a whole number: then
/// a tick is a bin.
///
/// Channels of new notes:
/// - drums go to channel 9; of the others, each instrument goes to a channel on which no given note is, where no pedal
///   sustains it;
/// - where these are too few, it shares the channel of given notes that are all its own, if these use no pedal;
/// - what is left, the instruments with the fewest notes, goes note by note to channels of others, best where nothing
///   sounds, and programs change before its notes and back again before those of others. Synthesizers of General MIDI
///   play a note to its end as it started. Where on every channel a note of another instrument starts at the very tick,
///   it starts a tick later, or as many as it takes: no note gets another's instrument.
///
/// The piece can be written as a MIDI file and read again: a note-off names no note, so a new note never sounds
/// together with a given one of its channel and pitch, unless both end at once. A new one ends where a given one
/// starts; one that starts while a given one sounds ends with it, sooner or later than asked for. That concerns strokes
/// of drums, nearly only. New notes among themselves overlap as they are asked to, as in to_midi_dict.
///
/// Throws invalid_argument where `kept` has another size, for settings or new notes out of range (see CompoundEvent),
/// and for notes later than any tick of the piece: those of a division of 0 take no time.
///
///     std::vector<bool> kept(piece.notes.size(), true);
///     const auto joined = amt::join_notes(piece, kept, accompaniment);
///     aria::write_midi(joined.piece, "with_accompaniment.mid");
inline JoinedPiece join_notes(const MidiDict& piece, const std::vector<bool>& kept,
                              std::span<const CompoundEvent> added, const Settings& settings = {}) {
  check(settings);
  detail::ChannelUses uses;
  std::vector<detail::JoinedNote> notes = detail::given_notes(piece, kept, uses);
  JoinedPiece joined{piece, {}};
  MidiDict& out = joined.piece;
  if (piece == MidiDict{} && settings.time_resolution % 2 == 0) {
    out.ticks_per_beat = static_cast<int>(settings.time_resolution / 2);
  }
  if (out.tempos.empty()) out.tempos.push_back({Ticks{0}, kDefaultTempo});
  std::vector<detail::JoinedNote> fresh = detail::added_notes(added, out, settings);
  detail::place_added(fresh, notes, uses);
  notes.insert(notes.end(), fresh.begin(), fresh.end());
  std::stable_sort(notes.begin(), notes.end(),
                   [](const auto& a, const auto& b) { return a.note.start() < b.note.start(); });
  const auto is_useless = [&](const auto& message) { return !uses[message.channel()].keeps_messages(); };
  std::erase_if(out.pedals, is_useless);
  std::erase_if(out.instruments, is_useless);
  detail::add_programs(notes, uses, out.instruments);
  out.notes.clear();
  out.notes.reserve(notes.size());
  joined.given.reserve(notes.size());
  for (const detail::JoinedNote& note : notes) {
    out.notes.push_back(note.note);
    joined.given.push_back(note.given);
  }
  return joined;
}

}  // namespace aria::anticipation
