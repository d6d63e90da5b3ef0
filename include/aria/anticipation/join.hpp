// New notes join the notes of a piece: continuations, accompaniments and fillings that a model wrote.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/joined_channels.hpp>
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
