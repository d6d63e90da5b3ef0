// MidiDict -> JSON -> MidiDict is the identity; MidiDict -> .mid -> MidiDict is, up to what a .mid cannot hold, which
// support/through_midi.hpp spells out.
#include <aria/midi.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/slow_reader.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::MidiDict;
using aria::NoteMsg;
using aria::Reading;
using aria::Ticks;

// A random piece whose notes overlap in any way, and whose positions and division go to the limits.
MidiDict wild_piece(std::uint64_t seed) {
  test::Dice dice(seed);
  MidiDict piece = test::random_piece(seed, {.overlapping_notes = true, .texts = true});
  const std::int64_t stretch = dice.one_in(4) ? std::int64_t{1} << dice.below(30) : 1;
  for (NoteMsg& note : piece.notes) {
    const std::int64_t start = note.start().count * stretch;
    const auto length = static_cast<std::int64_t>(1 + dice.below(dice.one_in(2) ? 50 : 5000));
    note = {Ticks{start}, Ticks{start + length}, note.pitch() % 4U, note.velocity(), note.channel() % 2U};
  }
  if (dice.one_in(2)) piece.ticks_per_beat = static_cast<int>(dice.below(0x10000)) - 0x8000;
  if (dice.one_in(8)) piece.tempos.clear();
  if (dice.one_in(8)) piece.instruments.clear();
  return piece;
}

MidiDict with_defaults(MidiDict piece) {
  if (piece.tempos.empty()) piece.tempos.push_back({Ticks{0}, aria::kDefaultTempo});
  if (piece.instruments.empty()) piece.instruments.emplace_back(Ticks{0}, 0U, 0U);
  return piece;
}

MidiDict piece_of(std::vector<NoteMsg> notes) {
  MidiDict piece;
  piece.notes = std::move(notes);
  return with_defaults(piece);
}

NoteMsg note(std::int64_t start, std::int64_t end, unsigned pitch = 60, unsigned velocity = 64, unsigned channel = 0) {
  return {Ticks{start}, Ticks{end}, pitch, velocity, channel};
}

std::vector<NoteMsg> notes_through_midi(const std::vector<NoteMsg>& notes) {
  return MidiDict::from_midi(piece_of(notes).to_midi()).notes;
}

}  // namespace

TEST_CASE("JSON and back is the identity", "[midi]") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const MidiDict piece = seed % 2 == 0 ? test::random_piece(seed, {.texts = true}) : with_defaults(wild_piece(seed));
    const std::string json = piece.to_json();
    const MidiDict again = MidiDict::from_json(json);
    REQUIRE(again == piece);
    REQUIRE(again.to_json() == json);
    REQUIRE(again.calculate_hash() == piece.calculate_hash());
    REQUIRE(aria::content_hash(again) == aria::content_hash(piece));
  }
}

TEST_CASE("JSON and back is the identity at the limits of every number", "[midi]") {
  constexpr Ticks kLast{aria::kTickLimit - 1};
  MidiDict piece;
  piece.tempos = {{Ticks{0}, 0}, {kLast, 0xff'ffff}};
  piece.pedals = {{Ticks{0}, 0, false}, {kLast, 15, true}};
  piece.instruments = {{Ticks{0}, 0, 0}, {kLast, 15, 127}};
  piece.notes = {{Ticks{0}, Ticks{0}, 0, 0, 0}, {Ticks{0}, kLast, 127, 127, 15}, {kLast, kLast, 127, 127, 15}};
  piece.metadata = {{"", ""}, {"composer", "\xc3\xa4"}};
  for (const int division : {-0x8000, -1, 0, 1, 0x7fff}) {
    piece.ticks_per_beat = division;
    CHECK(MidiDict::from_json(piece.to_json()) == piece);
  }
}

TEST_CASE("MIDI and back is the identity for a piece that a .mid can hold", "[midi]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const MidiDict piece = test::random_piece(seed, {.overlapping_notes = seed % 2 == 0});
    const auto bytes = piece.to_midi();
    REQUIRE(MidiDict::from_midi(bytes) == piece);
    REQUIRE(MidiDict::from_midi(bytes, "", {.reading = Reading::reference}) == piece);
    REQUIRE(test::through_midi(piece) == piece);  // the model of what is lost agrees that nothing is
  }
}

TEST_CASE("MIDI and back is the identity up to what a .mid cannot hold", "[midi]") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const MidiDict piece = wild_piece(seed);
    const MidiDict expected = test::through_midi(piece);
    const auto bytes = piece.to_midi();
    REQUIRE(MidiDict::from_midi(bytes) == expected);
    REQUIRE(MidiDict::from_midi(bytes, "", {.reading = Reading::reference}) == expected);
    REQUIRE(test::slow_read<Reading::standard>(bytes) == expected);
    REQUIRE(MidiDict::from_midi(expected.to_midi()) == test::through_midi(expected));
  }
}

TEST_CASE("What a .mid cannot hold is lost, and nothing else", "[midi]") {
  using Notes = std::vector<NoteMsg>;
  SECTION("texts and metadata, which to_midi does not write") {
    MidiDict piece = piece_of({note(0, 10)});
    const MidiDict plain = piece;
    piece.meta.add(aria::MetaMsg::Type::text, "by Bach");
    piece.metadata.emplace_back("composer", "bach");
    CHECK(MidiDict::from_midi(piece.to_midi()) == plain);
  }
  SECTION("that a note goes on where another one of its channel and pitch ends") {
    CHECK(notes_through_midi({note(0, 100), note(10, 50)}) == Notes{note(0, 50), note(10, 50)});
    CHECK(notes_through_midi({note(0, 50), note(10, 100)}) == Notes{note(0, 50), note(10, 50)});
    CHECK(notes_through_midi({note(0, 50), note(0, 100)}) == Notes{note(0, 50), note(0, 50)});
  }
  SECTION("but not notes that touch, or overlap on another channel or pitch") {
    const Notes notes = {note(0, 50), note(0, 70, 61), note(0, 90, 60, 64, 1), note(50, 80)};
    CHECK(notes_through_midi(notes) == notes);
  }
  SECTION("the order of notes that start together and end in another order") {
    CHECK(notes_through_midi({note(0, 90, 61), note(0, 50)}) == Notes{note(0, 50), note(0, 90, 61)});
  }
  SECTION("notes of velocity 0, which are ends to others") {
    CHECK(notes_through_midi({note(0, 90), note(10, 20, 60, 0), note(30, 40, 61, 0)}) == Notes{note(0, 10)});
  }
  SECTION("notes of length 0") { CHECK(notes_through_midi({note(0, 0), note(5, 7, 61)}) == Notes{note(5, 7, 61)}); }
}

TEST_CASE("to_midi refuses what no file can hold", "[midi]") {
  const auto refused = [](const MidiDict& piece) { return test::error_of([&] { (void)piece.to_midi(); }).code(); };
  MidiDict piece = piece_of({note(0, 10, 128)});
  CHECK(refused(piece) == aria::ErrorCode::invalid_argument);
  piece = piece_of({note(0, 10, 60, 128)});
  CHECK(refused(piece) == aria::ErrorCode::invalid_argument);
  piece = piece_of({note(10, 20), note(0, 10)});
  CHECK(refused(piece) == aria::ErrorCode::invalid_argument);
  piece = piece_of({});
  piece.tempos = {{Ticks{0}, 0x100'0000}};
  CHECK(refused(piece) == aria::ErrorCode::invalid_argument);
}

TEST_CASE("The reader makes of any note-ons and note-offs what the slow reader does", "[midi]") {
  // Few keys and few ticks, so that every case of pairing occurs: ends without a start, starts without an end, several
  // of either at one tick, in any order.
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    std::vector<aria::TrackWriter> tracks(1 + dice.below(4));
    for (aria::TrackWriter& track : tracks) {
      const unsigned pitches = 1 + dice.small(4);
      Ticks tick{};
      for (std::uint64_t events = dice.below(100); events > 0; --events) {
        if (dice.one_in(2)) tick = tick + Ticks{static_cast<std::int64_t>(dice.below(3))};
        const auto status = static_cast<std::uint8_t>((dice.one_in(3) ? 0x80 : 0x90) + dice.small(2));
        const auto pitch = static_cast<std::uint8_t>(dice.small(pitches));
        const auto velocity = static_cast<std::uint8_t>(dice.one_in(4) ? 0 : 1 + dice.small(127));
        track.write({.tick = tick, .status = status, .data1 = pitch, .data2 = velocity});
      }
    }
    std::vector<std::byte> file;
    aria::write_midi_file({.format = 1, .tracks = 0, .division = 480}, tracks, [&](std::span<const std::byte> bytes) {
      file.insert(file.end(), bytes.begin(), bytes.end());
    });
    REQUIRE(MidiDict::from_midi(file) == test::slow_read<Reading::standard>(file));
    REQUIRE(MidiDict::from_midi(file, "", {.reading = Reading::reference}) ==
            test::slow_read<Reading::reference>(file));
  }
}
