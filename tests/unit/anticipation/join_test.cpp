// What was given stays, what is new is there, and a MIDI file holds both. What is expected is said without looking at
// how join_notes goes about it: by times, by the programs in force, and by reading the written file.
#include <aria/anticipation/join.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/midi_dict.hpp>
#include <aria/midi.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

namespace amt = aria::anticipation;
using amt::Bins;
using amt::CompoundEvent;
using amt::join_notes;
using amt::JoinedPiece;
using amt::kDrumInstrument;
using amt::kUnknownDuration;
using aria::MidiDict;
using aria::NoteMsg;
using aria::Ticks;

namespace {

// A note with its instrument, to be compared and counted.
using NoteFields = std::tuple<std::int64_t, std::int64_t, unsigned, unsigned, unsigned, unsigned>;
using NoteFieldsSet = std::multiset<NoteFields>;

std::vector<NoteFields> fields_of(const MidiDict& piece) {
  std::vector<CompoundEvent> events;
  amt::compound_from(piece, events);
  std::vector<NoteFields> fields;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const NoteMsg& note = piece.notes[i];
    fields.emplace_back(note.start().count, note.end().count, note.pitch(), note.velocity(), note.channel(),
                        events[i].instrument);
  }
  return fields;
}

std::vector<NoteFields> fields_where(const MidiDict& piece, const std::vector<bool>& flags, bool wanted) {
  const auto all = fields_of(piece);
  std::vector<NoteFields> some;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (flags[i] == wanted) some.push_back(all[i]);
  }
  return some;
}

bool includes(const MidiDict& piece, const std::vector<NoteFields>& wanted) {
  const auto all = fields_of(piece);
  const NoteFieldsSet there(all.begin(), all.end()), needed(wanted.begin(), wanted.end());
  return std::includes(there.begin(), there.end(), needed.begin(), needed.end());
}

std::vector<bool> all_kept(const MidiDict& piece) { return std::vector<bool>(piece.notes.size(), true); }

std::vector<bool> random_flags(test::Dice& dice, std::size_t count) {
  const unsigned of = 1 + dice.small(6);
  std::vector<bool> flags(count);
  for (std::size_t i = 0; i < count; ++i) flags[i] = dice.small(6) < of;
  return flags;
}

double end_seconds(const MidiDict& piece) {
  const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
  return piece.notes.empty() ? 10 : time.seconds(Ticks{0}, piece.notes.back().start());
}

struct AddedOptions {
  unsigned instruments = 8;  ///< so many, drums among them now and then
  double seconds = 10;
  std::uint32_t resolution = 100;
};

// No two of them have both pitch and velocity in common, so that each is found again.
std::vector<CompoundEvent> random_added(test::Dice& dice, std::size_t count, const AddedOptions& options) {
  const auto bins = static_cast<std::uint64_t>(std::min(options.seconds, 1e6) * options.resolution) + 50;
  std::vector<std::uint8_t> instruments;
  for (unsigned i = 0; i < options.instruments; ++i) instruments.push_back(static_cast<std::uint8_t>(dice.small(129)));
  const unsigned pitches = 1 + dice.small(dice.one_in(2) ? 6 : 128);
  std::map<unsigned, unsigned> velocities;
  std::vector<CompoundEvent> notes;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned pitch = dice.small(pitches);
    if (++velocities[pitch] > 127) continue;
    const auto length = static_cast<std::int64_t>(dice.below(dice.one_in(2) ? 30 : 1000)) - 1;
    notes.push_back({Bins{static_cast<std::int64_t>(dice.below(bins))}, Bins{length}, static_cast<std::uint8_t>(pitch),
                     instruments[dice.small(options.instruments)], static_cast<std::uint8_t>(velocities[pitch])});
  }
  return notes;
}

std::int64_t length_of(const CompoundEvent& note, std::uint32_t resolution) {
  return note.duration == kUnknownDuration ? resolution / 4 : std::max<std::int64_t>(note.duration.count, 1);
}

// Whether no neighbour of the tick is nearer to the time, by more than doubles can tell.
bool is_nearest(const aria::TempoMap& time, Ticks tick, double seconds) {
  const auto off = [&](Ticks at) { return std::abs(time.seconds(Ticks{0}, at) - seconds); };
  const double slack = 1e-9 * (1 + seconds);
  return (tick.count == 0 || off(tick) <= off(tick - Ticks{1}) + slack) && off(tick) <= off(tick + Ticks{1}) + slack;
}

bool overlaps_given(const JoinedPiece& joined, const NoteMsg& note, Ticks end) {
  for (std::size_t i = 0; i < joined.given.size(); ++i) {
    const NoteMsg& other = joined.piece.notes[i];
    if (!joined.given[i] || other.channel() != note.channel() || other.pitch() != note.pitch()) continue;
    if (other.start() < end && note.start() < other.end()) return true;
  }
  return false;
}

// How many ticks later than asked for the note at `index` starts. Everything else has to be as asked for.
std::int64_t check_added(const JoinedPiece& joined, std::size_t index, const CompoundEvent& asked, unsigned instrument,
                         std::uint32_t resolution) {
  const NoteMsg& note = joined.piece.notes[index];
  const aria::TempoMap time(joined.piece.tempos, joined.piece.ticks_per_beat);
  const auto seconds = [&](std::int64_t bins) { return static_cast<double>(bins) / resolution; };
  CAPTURE(index, asked.time.count, asked.duration.count, note.start().count, note.end().count);
  REQUIRE(instrument == asked.instrument);
  REQUIRE((note.channel() == aria::kDrumChannel) == (asked.instrument == kDrumInstrument));
  REQUIRE(note.start() < note.end());
  const double wanted_end = seconds(asked.time.count + length_of(asked, resolution));
  const auto end = *time.tick_at(asked.time.count + length_of(asked, resolution), resolution);
  REQUIRE(is_nearest(time, end, wanted_end));
  if (!overlaps_given(joined, note, std::max(end, note.start() + Ticks{1}))) {
    REQUIRE(note.end() == std::max(end, note.start() + Ticks{1}));
  }
  std::int64_t late = 0;
  while (late < 100 && !is_nearest(time, note.start() - Ticks{late}, seconds(asked.time.count))) ++late;
  return late;
}

// Everything that a joined piece promises. Returns by how many ticks its new notes are late, all together.
std::int64_t check_joined(const MidiDict& piece, const std::vector<bool>& kept, const std::vector<CompoundEvent>& added,
                          const JoinedPiece& joined, std::uint32_t resolution = 100) {
  REQUIRE(joined.given.size() == joined.piece.notes.size());
  REQUIRE(joined.piece.ticks_per_beat == piece.ticks_per_beat);
  REQUIRE(joined.piece.tempos == piece.tempos);
  REQUIRE(joined.piece.meta == piece.meta);
  REQUIRE(joined.piece.metadata == piece.metadata);
  REQUIRE(fields_where(joined.piece, joined.given, true) == fields_where(piece, kept, true));
  const auto earlier = [](const auto& a, const auto& b) { return tick_of(a) < tick_of(b); };
  REQUIRE(std::is_sorted(joined.piece.notes.begin(), joined.piece.notes.end(), earlier));
  REQUIRE(std::is_sorted(joined.piece.instruments.begin(), joined.piece.instruments.end(), earlier));
  std::map<std::pair<unsigned, unsigned>, const CompoundEvent*> asked;
  for (const CompoundEvent& note : added) asked[{note.pitch, note.velocity}] = &note;
  REQUIRE(asked.size() == added.size());
  const auto fields = fields_of(joined.piece);
  std::int64_t late = 0;
  for (std::size_t i = 0; i < joined.given.size(); ++i) {
    if (i > 0 && joined.given[i] && !joined.given[i - 1]) {
      REQUIRE(joined.piece.notes[i - 1].start() < joined.piece.notes[i].start());
    }
    if (joined.given[i]) continue;
    const auto found = asked.find({joined.piece.notes[i].pitch(), joined.piece.notes[i].velocity()});
    REQUIRE(found != asked.end());
    late += check_added(joined, i, *found->second, std::get<5>(fields[i]), resolution);
    asked.erase(found);
  }
  REQUIRE(asked.empty());
  return late;
}

// What both readers find in the written piece: whatever they find of the given notes alone has to be there.
void check_written(const MidiDict& piece, const std::vector<bool>& kept, const JoinedPiece& joined) {
  const auto file = joined.piece.to_midi();
  const MidiDict again = MidiDict::from_midi(file);
  REQUIRE(includes(again, fields_where(piece, kept, true)));
  REQUIRE(again.tempos == joined.piece.tempos);
  REQUIRE(again.pedals == joined.piece.pedals);
  std::vector<CompoundEvent> given;
  amt::compound_from(piece, given);
  const auto key = [](const CompoundEvent& note) {
    return std::tuple(note.time.count, note.duration.count, note.pitch, note.instrument, note.velocity);
  };
  std::multiset<decltype(key(given[0]))> wanted, found;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (kept[i]) wanted.insert(key(given[i]));
  }
  amt::CompoundReader<> reader;
  for (const CompoundEvent& note : reader.read(file)) found.insert(key(note));
  REQUIRE(std::includes(found.begin(), found.end(), wanted.begin(), wanted.end()));
}

NoteMsg note(std::int64_t start, std::int64_t end, unsigned pitch = 60, unsigned channel = 0) {
  return {Ticks{start}, Ticks{end}, pitch, 64, channel};
}

CompoundEvent event(std::int64_t time, std::int64_t duration, unsigned instrument, unsigned pitch = 60) {
  return {Bins{time}, Bins{duration}, static_cast<std::uint8_t>(pitch), static_cast<std::uint8_t>(instrument), 72};
}

// A tick is a bin.
MidiDict piece_of(std::vector<NoteMsg> notes, std::vector<aria::InstrumentMsg> instruments = {}) {
  MidiDict piece;
  piece.ticks_per_beat = 50;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.notes = std::move(notes);
  piece.instruments = std::move(instruments);
  if (piece.instruments.empty()) piece.instruments.emplace_back(Ticks{0}, 0U, 0U);
  return piece;
}

JoinedPiece join_all(const MidiDict& piece, const std::vector<CompoundEvent>& added) {
  return join_notes(piece, all_kept(piece), added);
}

std::vector<NoteMsg> new_notes(const JoinedPiece& joined) {
  std::vector<NoteMsg> notes;
  for (std::size_t i = 0; i < joined.given.size(); ++i) {
    if (!joined.given[i]) notes.push_back(joined.piece.notes[i]);
  }
  return notes;
}

NoteMsg only_new_note(const JoinedPiece& joined) {
  const auto notes = new_notes(joined);
  REQUIRE(notes.size() == 1);
  return notes.front();
}

// A piece on all melodic channels, one whole note each, from tick 100 * channel to 40 later.
MidiDict full_piece() {
  MidiDict piece = piece_of({});
  piece.instruments.clear();
  for (unsigned channel = 0; channel < 16; ++channel) {
    if (channel == aria::kDrumChannel) continue;
    piece.instruments.emplace_back(Ticks{0}, channel, channel);
    piece.notes.push_back(note(100 * channel, 100 * channel + 40, 60, channel));
  }
  return piece;
}

}  // namespace

TEST_CASE("join_notes keeps given notes and adds new ones to random pieces", "[anticipation]") {
  std::int64_t late = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed + 1'000'000);
    const MidiDict piece = test::random_piece(seed, {.overlapping_notes = true, .texts = true});
    const auto kept = random_flags(dice, piece.notes.size());
    const unsigned instruments = 1 + dice.small(dice.one_in(2) ? 4 : 40);
    const auto added = random_added(dice, dice.small(80), {.instruments = instruments, .seconds = end_seconds(piece)});
    const JoinedPiece joined = join_notes(piece, kept, added);
    late += check_joined(piece, kept, added, joined);
    check_written(piece, kept, joined);
  }
  CHECK(late == 0);  // on no tick of these do notes start on all channels
}

TEST_CASE("join_notes of SMPTE and odd divisions", "[anticipation]") {
  const auto division = GENERATE(1, 7, 0x7fff, -25 * 256 + 40, -29 * 256 + 100, -24 * 256 + 1);
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(division, seed);
    test::Dice dice(seed);
    MidiDict piece = test::random_piece(seed, {.ticks = 2000, .overlapping_notes = true});
    piece.ticks_per_beat = division;
    const auto kept = random_flags(dice, piece.notes.size());
    const auto added = random_added(dice, dice.small(20), {.instruments = 2, .seconds = end_seconds(piece)});
    const JoinedPiece joined = join_notes(piece, kept, added);
    CHECK(check_joined(piece, kept, added, joined) == 0);
    check_written(piece, kept, joined);
  }
}

TEST_CASE("join_notes with another time resolution", "[anticipation]") {
  amt::Settings settings;
  settings.time_resolution = 1000;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const MidiDict piece = test::random_piece(seed);
    const auto kept = random_flags(dice, piece.notes.size());
    const auto added = random_added(dice, 20, {.seconds = end_seconds(piece), .resolution = 1000});
    check_joined(piece, kept, added, join_notes(piece, kept, added, settings), 1000);
  }
}

TEST_CASE("join_notes places notes by the tempo at their time", "[anticipation]") {
  MidiDict piece = piece_of({note(0, 10)});
  piece.tempos = {{Ticks{0}, 500'000}, {Ticks{100}, 1'000'000}, {Ticks{150}, 250'000}};
  // 100 ticks of a bin, 50 of two bins, then two a bin.
  const auto notes =
      new_notes(join_all(piece, {event(99, 3, 5), event(150, 100, 5), event(210, 5, 5), event(99, 1, 5)}));
  REQUIRE(notes.size() == 4);
  CHECK(std::pair(notes[0].start().count, notes[0].end().count) == std::pair<std::int64_t, std::int64_t>(99, 101));
  CHECK(std::pair(notes[1].start().count, notes[1].end().count) == std::pair<std::int64_t, std::int64_t>(99, 100));
  CHECK(std::pair(notes[2].start().count, notes[2].end().count) == std::pair<std::int64_t, std::int64_t>(125, 250));
  CHECK(std::pair(notes[3].start().count, notes[3].end().count) == std::pair<std::int64_t, std::int64_t>(170, 180));
}

TEST_CASE("join_notes of all notes and no new one is the piece", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const MidiDict piece = test::random_piece(seed, {.overlapping_notes = true, .texts = true});
    const JoinedPiece joined = join_all(piece, {});
    REQUIRE(joined.piece == piece);
    REQUIRE(joined.given == all_kept(piece));
  }
}

TEST_CASE("join_notes with an empty piece is as good as to_midi_dict", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const auto added = random_added(dice, dice.small(80), {.instruments = 1 + dice.small(12)});
    const JoinedPiece joined = join_notes(MidiDict{}, {}, added);
    REQUIRE(joined.piece == amt::to_midi_dict(added));
    REQUIRE(joined.given == std::vector<bool>(added.size(), false));
  }
  amt::Settings odd;
  odd.time_resolution = 25;
  CHECK(join_notes(MidiDict{}, {}, {}, odd).piece.ticks_per_beat == 480);
  MidiDict chosen;
  chosen.ticks_per_beat = 96;
  chosen.tempos = {{Ticks{0}, 1'000'000}};
  const JoinedPiece joined = join_notes(chosen, {}, std::vector{event(100, 50, 3)});
  CHECK(joined.piece.tempos == chosen.tempos);
  CHECK(only_new_note(joined) == NoteMsg(Ticks{96}, Ticks{144}, 60, 72, 0));
}

TEST_CASE("join_notes without a kept note is the new music in the old tempo", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const MidiDict piece = test::random_piece(seed);
    const std::vector<bool> kept(piece.notes.size(), false);
    const auto added = random_added(dice, 40, {.seconds = end_seconds(piece)});
    const JoinedPiece joined = join_notes(piece, kept, added);
    CHECK(check_joined(piece, kept, added, joined) == 0);
    std::set<unsigned> channels;
    for (const NoteMsg& there : joined.piece.notes) channels.insert(there.channel());
    for (const NoteMsg& gone : piece.notes) channels.insert(gone.channel());
    for (const aria::PedalMsg& pedal : joined.piece.pedals) REQUIRE(channels.count(pedal.channel()) == 0);
  }
}

TEST_CASE("join_notes keeps programs and pedal of given notes and drops those of channels left out", "[anticipation]") {
  MidiDict piece = piece_of({note(0, 10, 60, 2), note(5, 15, 60, 3)},
                            {{Ticks{0}, 2U, 20U}, {Ticks{0}, 3U, 30U}, {Ticks{50}, 2U, 21U}, {Ticks{60}, 12U, 40U}});
  piece.pedals = {{Ticks{0}, 2, true}, {Ticks{1}, 3, true}, {Ticks{2}, 12, true}, {Ticks{30}, 2, false}};
  const JoinedPiece joined = join_notes(piece, {true, false}, {});
  CHECK(joined.piece.instruments ==
        std::vector<aria::InstrumentMsg>{{Ticks{0}, 2U, 20U}, {Ticks{50}, 2U, 21U}, {Ticks{60}, 12U, 40U}});
  CHECK(joined.piece.pedals ==
        std::vector<aria::PedalMsg>{{Ticks{0}, 2, true}, {Ticks{2}, 12, true}, {Ticks{30}, 2, false}});
}

TEST_CASE("New notes have channels without given notes and without pedal", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    MidiDict piece = test::random_piece(seed);
    const auto on_low_channel = [](const NoteMsg& old) {
      return NoteMsg(old.start(), old.end(), old.pitch(), old.velocity(), old.channel() % 4U);
    };
    std::transform(piece.notes.begin(), piece.notes.end(), piece.notes.begin(), on_low_channel);
    const auto added = random_added(dice, 60, {.instruments = 11, .seconds = end_seconds(piece)});
    const JoinedPiece joined = join_all(piece, added);
    std::map<unsigned, std::set<unsigned>> instruments;
    std::set<unsigned> given;
    const auto fields = fields_of(joined.piece);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto channel = std::get<4>(fields[i]);
      if (joined.given[i]) {
        given.insert(channel);
      } else {
        instruments[channel].insert(std::get<5>(fields[i]));
      }
    }
    for (const auto& [channel, played] : instruments) {
      REQUIRE(given.count(channel) == 0);
      REQUIRE(played.size() == 1);
      const auto is_here = [channel = channel](const auto& message) { return message.channel() == channel; };
      REQUIRE(std::none_of(joined.piece.pedals.begin(), joined.piece.pedals.end(), is_here));
      if (channel == aria::kDrumChannel) continue;
      REQUIRE(std::count_if(joined.piece.instruments.begin(), joined.piece.instruments.end(), is_here) == 1);
    }
  }
}

TEST_CASE("Where no channel is free, an instrument shares that of its given notes", "[anticipation]") {
  MidiDict piece = full_piece();
  const std::vector<CompoundEvent> added = {event(2000, 50, 3), event(700, 50, 3, 61)};
  const JoinedPiece joined = join_all(piece, added);
  for (const NoteMsg& there : new_notes(joined)) CHECK(there.channel() == 3);
  CHECK(joined.piece.instruments == piece.instruments);

  SECTION("but not where its pedal is used") {
    piece.pedals = {{Ticks{0}, 3, true}};
    for (const NoteMsg& there : new_notes(join_all(piece, added))) CHECK(there.channel() != 3);
  }
  SECTION("where the pedal only goes up, it is not used") {
    piece.pedals = {{Ticks{0}, 3, false}};
    for (const NoteMsg& there : new_notes(join_all(piece, added))) CHECK(there.channel() == 3);
  }
  SECTION("a program that changes behind the given notes changes back") {
    piece.instruments.emplace_back(Ticks{1800}, 3U, 77U);
    const JoinedPiece changed = join_all(piece, added);
    CHECK(changed.piece.instruments.back() == aria::InstrumentMsg(Ticks{2000}, 3U, 3U));
    CHECK(check_joined(piece, all_kept(piece), {added[0]}, join_all(piece, {added[0]})) == 0);
  }
  SECTION("a free channel is better") {
    piece.notes.pop_back();
    for (const NoteMsg& there : new_notes(join_all(piece, added))) CHECK(there.channel() == 15);
  }
  SECTION("a free channel goes to the one that can share none") {
    piece.notes.pop_back();
    const auto notes = new_notes(join_all(piece, {event(10, 5, 3), event(20, 5, 99), event(30, 5, 3)}));
    REQUIRE(notes.size() == 3);
    CHECK(notes[0].channel() == 3);
    CHECK(notes[1].channel() == 15);
    CHECK(notes[2].channel() == 3);
  }
}

TEST_CASE("Where no channel is left, programs change before new notes and back before given ones", "[anticipation]") {
  MidiDict piece = full_piece();
  // A second given note on every channel, so that a program that stays changed is found out.
  for (unsigned channel = 0; channel < 16; ++channel) {
    if (channel != aria::kDrumChannel) piece.notes.push_back(note(3000 + channel, 3100, 62, channel));
  }
  std::vector<CompoundEvent> added;
  for (unsigned i = 0; i < 60; ++i) {
    added.push_back(event(50 * i, 30, 40 + i % 7, 30 + i % 50));
    added.back().velocity = static_cast<std::uint8_t>(i + 1);
  }
  const JoinedPiece joined = join_all(piece, added);
  CHECK(check_joined(piece, all_kept(piece), added, joined) == 0);
  check_written(piece, all_kept(piece), joined);
  for (const NoteMsg& fresh : new_notes(joined)) {  // there always is a channel on which nothing sounds
    for (std::size_t i = 0; i < joined.given.size(); ++i) {
      const NoteMsg& given = joined.piece.notes[i];
      if (!joined.given[i] || given.channel() != fresh.channel()) continue;
      CHECK_FALSE((given.start() < fresh.end() && fresh.start() < given.end()));
    }
  }
}

TEST_CASE("Where no channel is left, the one is taken on which a note is heard best", "[anticipation]") {
  MidiDict piece = full_piece();  // a channel sounds from its number times 100 on, for 40 ticks
  const auto channel_of = [&](const CompoundEvent& fresh) { return only_new_note(join_all(piece, {fresh})).channel(); };

  SECTION("none on which given notes sound") {
    CHECK(channel_of(event(2000, 5, 99)) == 0);
    CHECK(channel_of(event(20, 5, 99, 61)) == 1);
    CHECK(channel_of(event(20, 100, 99, 61)) == 2);  // channel 1 comes in meanwhile
  }
  SECTION("none of several instruments, though one of them is the note's") {
    piece.instruments.emplace_back(Ticks{1900}, 0U, 50U);
    piece.notes.push_back(note(1900, 1910, 60, 0));
    CHECK(channel_of(event(20, 5, 0)) == 1);
  }
  SECTION("none with pedal") {
    piece.pedals = {{Ticks{0}, 0, true}, {Ticks{0}, 1, true}};
    CHECK(channel_of(event(2000, 5, 99)) == 2);
    CHECK(channel_of(event(220, 5, 99)) == 3);
  }
  SECTION("none on which a note of the pitch sounds") {
    for (NoteMsg& given : piece.notes) {
      given = note(given.start().count, 3000, given.channel() == 7 ? 61 : 60, given.channel());
    }
    CHECK(channel_of(event(2000, 5, 99)) == 7);
    CHECK(channel_of(event(2000, 5, 99, 61)) == 0);
    piece.pedals = {{Ticks{0}, 7, true}};
    CHECK(channel_of(event(2000, 5, 99)) == 7);
  }
  SECTION("none on which a note of another instrument starts at the tick") {
    for (NoteMsg& given : piece.notes) given = note(given.channel() == 4 ? 50 : 100, 3000, 60, given.channel());
    std::stable_sort(piece.notes.begin(), piece.notes.end(),
                     [](const NoteMsg& a, const NoteMsg& b) { return a.start() < b.start(); });
    const CompoundEvent fresh = event(100, 5, 99, 61);
    CHECK(channel_of(fresh) == 4);
    CHECK(check_joined(piece, all_kept(piece), {fresh}, join_all(piece, {fresh})) == 0);
    piece.notes.erase(piece.notes.begin());
    piece.notes.push_back(note(100, 3000, 60, 4));
    const JoinedPiece joined = join_all(piece, {fresh});
    CHECK(only_new_note(joined) == NoteMsg(Ticks{101}, Ticks{105}, 61, 72, 0));
    CHECK(check_joined(piece, all_kept(piece), {fresh}, joined) == 1);
  }
  SECTION("none on which new notes sound") {
    std::vector<CompoundEvent> added;
    for (unsigned i = 0; i < 15; ++i) added.push_back(event(2000 + i, 500, 100 + i));
    added.push_back(event(2020, 5, 90));   // everywhere notes sound
    added.push_back(event(2030, 5, 107));  // and still do: better where its instrument was last
    std::vector<unsigned> channels;
    for (const NoteMsg& fresh : new_notes(join_all(piece, added))) channels.push_back(fresh.channel());
    CHECK(channels == std::vector<unsigned>{0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 0, 7});
  }
}

TEST_CASE("The instrument with the fewest notes plays where others pause", "[anticipation]") {
  std::vector<CompoundEvent> added;
  for (unsigned i = 0; i < 15; ++i) {
    added.push_back(event(10 * i, 200, i));
    added.push_back(event(1000 + 10 * i, i < 3 ? 500 : 20, i));
  }
  added.push_back(event(1400, 5, 99));
  const JoinedPiece joined = join_notes(MidiDict{}, {}, added);
  CHECK(joined.piece.notes.back() == NoteMsg(Ticks{1400}, Ticks{1405}, 60, 72, 3));
  CHECK(joined.piece.instruments.size() == 16);
  CHECK(joined.piece.instruments.back() == aria::InstrumentMsg(Ticks{1400}, 3U, 99U));
}

TEST_CASE("join_notes with more instruments than channels", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const MidiDict piece = test::random_piece(seed);
    const std::vector<bool> kept = seed % 2 == 0 ? all_kept(piece) : std::vector<bool>(piece.notes.size(), false);
    std::vector<CompoundEvent> added;
    const std::int64_t apart = dice.one_in(2) ? 1 : 10;
    for (unsigned i = 0; i < 129; ++i) {
      added.push_back(event(static_cast<std::int64_t>(i) * apart, 20, i * 64 % 129, i % 128));
      added.back().velocity = static_cast<std::uint8_t>(1 + i / 128);
    }
    const JoinedPiece joined = join_notes(piece, kept, added);
    check_joined(piece, kept, added, joined);
    check_written(piece, kept, joined);
  }
}

TEST_CASE("More instruments at a tick than channels start at the next ones", "[anticipation]") {
  std::vector<CompoundEvent> added;
  for (unsigned i = 0; i < 40; ++i) added.push_back(event(500, 20, i, 40 + i));
  const JoinedPiece joined = join_notes(MidiDict{}, {}, added);
  std::map<std::int64_t, int> starts;
  std::set<unsigned> instruments;
  for (const NoteFields& fields : fields_of(joined.piece)) {
    ++starts[std::get<0>(fields)];
    CHECK(std::get<5>(fields) == std::get<2>(fields) - 40);  // every pitch has its instrument
    instruments.insert(std::get<5>(fields));
    CHECK(std::get<1>(fields) == 520);
  }
  CHECK(starts == std::map<std::int64_t, int>{{500, 15}, {501, 15}, {502, 10}});
  CHECK(instruments.size() == 40);
}

TEST_CASE("Strokes of drums and given ones of the same drum do not end each other", "[anticipation]") {
  const MidiDict piece = piece_of({note(100, 150, 38, 9), note(200, 260, 38, 9), note(200, 260, 38, 9)});
  const auto end_of = [&](std::int64_t start, std::int64_t duration, unsigned pitch = 38) {
    const JoinedPiece joined = join_all(piece, {event(start, duration, kDrumInstrument, pitch)});
    check_written(piece, all_kept(piece), joined);
    const NoteMsg stroke = only_new_note(joined);
    CHECK(stroke.channel() == aria::kDrumChannel);
    CHECK(stroke.start().count == start);
    // The stroke is read again as it was written.
    const auto again = MidiDict::from_midi(joined.piece.to_midi()).notes;
    CHECK(std::count(again.begin(), again.end(), stroke) == 1);
    return stroke.end().count;
  };
  CHECK(end_of(50, 20) == 70);
  CHECK(end_of(50, 50) == 100);
  CHECK(end_of(50, 70) == 100);  // a given one starts
  CHECK(end_of(50, 500) == 100);
  CHECK(end_of(100, 10) == 150);  // with the given one
  CHECK(end_of(120, 10) == 150);
  CHECK(end_of(120, 200) == 150);
  CHECK(end_of(149, 1) == 150);
  CHECK(end_of(150, 10) == 160);
  CHECK(end_of(150, 100) == 200);
  CHECK(end_of(230, 0) == 260);
  CHECK(end_of(260, 0) == 261);
  CHECK(end_of(120, 10, 39) == 130);  // another drum
}

TEST_CASE("A note on a shared channel does not end a given one", "[anticipation]") {
  const MidiDict piece = full_piece();  // channel 3 sounds from 300 to 340
  const JoinedPiece joined = join_all(piece, {event(310, 5, 3), event(290, 30, 3), event(310, 5, 3, 61)});
  check_written(piece, all_kept(piece), joined);
  const auto notes = new_notes(joined);
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].end().count == 300);
  CHECK(notes[1].end().count == 340);
  CHECK(notes[2].end().count == 315);
}

// Several tracks of a file may hold such pieces. Notes that cannot be heard, or have no length, are in JSON only.
TEST_CASE("join_notes leaves what is read of given notes that overlap in any way", "[anticipation]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    MidiDict piece = test::random_piece(seed, {.ticks = 3000, .overlapping_notes = true});
    for (NoteMsg& wild : piece.notes) {
      const auto length = static_cast<std::int64_t>(dice.below(dice.one_in(3) ? 2 : 500));
      wild = {wild.start(), wild.start() + Ticks{length}, wild.pitch() % 3U, dice.one_in(20) ? 0U : wild.velocity(),
              dice.one_in(3) ? aria::kDrumChannel : wild.channel()};
    }
    const auto kept = random_flags(dice, piece.notes.size());
    auto added = random_added(dice, 60, {.instruments = 5, .seconds = end_seconds(piece)});
    for (CompoundEvent& fresh : added) {
      fresh.pitch %= 3;
      if (dice.one_in(2)) fresh.instrument = kDrumInstrument;
    }
    const JoinedPiece joined = join_notes(piece, kept, added);
    REQUIRE(fields_where(joined.piece, joined.given, true) == fields_where(piece, kept, true));
    const JoinedPiece alone = join_notes(piece, kept, {});
    const auto read_alone = MidiDict::from_midi(alone.piece.to_midi());
    REQUIRE(includes(MidiDict::from_midi(joined.piece.to_midi()), fields_of(read_alone)));
  }
}

TEST_CASE("join_notes refuses what makes no piece", "[anticipation]") {
  const MidiDict piece = piece_of({note(0, 10)});
  const auto code_of = [&](const MidiDict& to, const CompoundEvent& fresh) {
    return test::error_of([&] { join_notes(to, all_kept(to), std::vector{fresh}); }).code();
  };
  const auto invalid = aria::ErrorCode::invalid_argument;
  CHECK(test::error_of([&] { join_notes(piece, {}, {}); }).code() == invalid);
  CHECK(test::error_of([&] { join_notes(piece, {true, false}, {}); }).code() == invalid);
  CHECK(code_of(piece, event(-1, 5, 0)) == invalid);
  CHECK(code_of(piece, event(0, -2, 0)) == invalid);
  CHECK(code_of(piece, event(0, 5, 129)) == invalid);
  CHECK(code_of(piece, event(0, 5, 0, 128)) == invalid);
  CHECK(code_of(piece, event(INT64_MAX, 5, 0)) == invalid);
  CHECK(code_of(piece, event(0, INT64_MAX, 0)) == invalid);
  CHECK(code_of(piece, event(aria::kTickLimit - 1, 1, 0)) == invalid);
  CHECK(only_new_note(join_all(piece, {event(aria::kTickLimit - 2, 1, 0)})).end().count == aria::kTickLimit - 1);
  for (const unsigned velocity : {0U, 128U}) {
    CompoundEvent fresh = event(0, 5, 0);
    fresh.velocity = static_cast<std::uint8_t>(velocity);
    CHECK(code_of(piece, fresh) == invalid);
  }
  MidiDict timeless = piece;
  timeless.ticks_per_beat = 0;
  CHECK(code_of(timeless, event(5, 5, 0)) == invalid);
  timeless = piece;
  timeless.tempos.push_back({Ticks{20}, 0});
  CHECK(code_of(timeless, event(15, 10, 0)) == invalid);
  CHECK(only_new_note(join_all(timeless, {event(15, 5, 0)})).end().count == 20);
}
