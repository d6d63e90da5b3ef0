#include <aria/midi/piece_statistics.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include <aria/midi/midi_reader.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::Ticks;

namespace {

// 100 ticks a beat; 120 beats a minute up to tick 200, then 60: a beat takes 0.5 s, then 1 s.
aria::MidiDict example() {
  aria::MidiDict piece;
  piece.ticks_per_beat = 100;
  piece.tempos = {{Ticks{0}, 500'000}, {Ticks{200}, 1'000'000}};
  piece.instruments = {{Ticks{0}, 0, 0}, {Ticks{150}, 0, 33}, {Ticks{0}, 9, 40}};
  piece.notes = {{Ticks{100}, Ticks{400}, 60, 80, 0},   // piano, the longest
                 {Ticks{149}, Ticks{160}, 62, 81, 0},   // piano still
                 {Ticks{150}, Ticks{160}, 36, 80, 0},   // bass: a change at the same tick counts
                 {Ticks{200}, Ticks{300}, 38, 127, 9},  // drums, whatever the program
                 {Ticks{250}, Ticks{300}, 60, 1, 5}};   // a channel without a program: 0
  return piece;
}

}  // namespace

TEST_CASE("a piece lasts from its first start to its last end", "[midi]") {
  const auto about = aria::piece_statistics(example());
  CHECK(about.notes == 5);
  CHECK(about.seconds == 2.5);  // 1 beat of 0.5 s, 2 of 1 s
  CHECK(about.notes_per_second() == 2.0);
}

TEST_CASE("notes are counted by pitch, velocity and instrument class", "[midi]") {
  const auto about = aria::piece_statistics(example());
  CHECK(about.pitches.total() == 5);
  CHECK(about.pitches[60] == 2);
  CHECK(about.pitches.quantile(0) == 36);
  CHECK(about.pitches.quantile(0.5) == 60);
  CHECK(about.pitches.quantile(1) == 62);
  CHECK(about.velocities[80] == 2);
  CHECK(about.velocities.quantile(0) == 1);
  CHECK(about.velocities.quantile(0.2) == 1);
  CHECK(about.velocities.quantile(0.5) == 80);
  CHECK(about.velocities.quantile(1) == 127);
  CHECK(about.notes_of[static_cast<std::size_t>(aria::Instrument::piano)] == 3);
  CHECK(about.notes_of[static_cast<std::size_t>(aria::Instrument::bass)] == 1);
  CHECK(about.notes_of[aria::kDrums] == 1);
  std::uint64_t sum = 0;
  for (const std::uint64_t notes : about.notes_of) sum += notes;
  CHECK(sum == 5);
  CHECK(aria::sound_name(4) == "bass");
  CHECK(aria::sound_name(aria::kDrums) == "drums");
}

TEST_CASE("tempos count where notes sound", "[midi]") {
  auto piece = example();
  auto about = aria::piece_statistics(piece);
  CHECK(about.tempo_changes == 1);
  CHECK(about.slowest == 60);
  CHECK(about.fastest == 120);
  CHECK(about.beats_per_minute == 72);  // 3 beats in 2.5 s

  SECTION("not before the first note nor behind the last one") {
    piece.tempos = {{Ticks{0}, 300'000}, {Ticks{100}, 500'000}, {Ticks{400}, 250'000}};
    about = aria::piece_statistics(piece);
    CHECK(about.tempo_changes == 0);
    CHECK(about.slowest == 120);
    CHECK(about.fastest == 120);
  }
  SECTION("not where another one follows at the same tick, nor where nothing changes") {
    piece.tempos = {{Ticks{0}, 500'000}, {Ticks{200}, 1'000}, {Ticks{200}, 500'000}, {Ticks{300}, 400'000}};
    about = aria::piece_statistics(piece);
    CHECK(about.tempo_changes == 1);
    CHECK(about.fastest == 150);
  }
  SECTION("120 beats a minute before the first one") {
    piece.tempos = {{Ticks{300}, 250'000}};
    about = aria::piece_statistics(piece);
    CHECK(about.tempo_changes == 1);
    CHECK(about.slowest == 120);
    CHECK(about.fastest == 240);
  }
  SECTION("a beat that takes no time has no tempo") {
    piece.tempos = {{Ticks{0}, 500'000}, {Ticks{200}, 0}};
    about = aria::piece_statistics(piece);
    CHECK(about.seconds == 0.5);
    CHECK(about.tempo_changes == 1);
    CHECK(about.fastest == 120);
    CHECK(about.beats_per_minute == 360);
  }
  SECTION("SMPTE divisions have no beats") {
    piece.ticks_per_beat = -25 * 256 + 40;  // a millisecond a tick
    about = aria::piece_statistics(piece);
    CHECK(about.seconds == 0.3);
    CHECK(about.beats_per_minute == 0);
    CHECK(about.fastest == 0);
  }
}

TEST_CASE("the pedal counts where notes sound", "[midi]") {
  auto piece = example();  // notes from tick 100 to 400, 2.5 s
  SECTION("no pedal") {
    const auto about = aria::piece_statistics(piece);
    CHECK(about.pedal_changes == 0);
    CHECK(about.pedal_share() == 0);
  }
  SECTION("down before the first note, up again, down to the end") {
    piece.pedals = {{Ticks{0}, 0, true}, {Ticks{50}, 0, true}, {Ticks{150}, 0, false}, {Ticks{300}, 0, true}};
    const auto about = aria::piece_statistics(piece);
    CHECK(about.pedal_changes == 3);     // the second "down" changes nothing
    CHECK(about.pedal_seconds == 1.25);  // ticks 100 to 150, 300 to 400
    CHECK(about.pedal_share() == 0.5);
  }
  SECTION("of two channels at once, time counts once") {
    piece.pedals = {{Ticks{200}, 0, true}, {Ticks{250}, 1, true}, {Ticks{300}, 0, false}, {Ticks{350}, 1, false}};
    const auto about = aria::piece_statistics(piece);
    CHECK(about.pedal_changes == 4);
    CHECK(about.pedal_seconds == 1.5);
  }
  SECTION("up without down, and behind the end") {
    piece.pedals = {{Ticks{10}, 0, false}, {Ticks{500}, 0, true}, {Ticks{600}, 0, false}};
    const auto about = aria::piece_statistics(piece);
    CHECK(about.pedal_changes == 2);
    CHECK(about.pedal_seconds == 0);
  }
}

TEST_CASE("a piece without notes, or without time, has no rates", "[midi]") {
  aria::MidiDict piece;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.pedals = {{Ticks{0}, 0, true}};
  auto about = aria::piece_statistics(piece);
  CHECK(about.notes == 0);
  CHECK(about.seconds == 0);
  CHECK_FALSE(about.notes_per_second());
  CHECK(about.pedal_share() == 0);
  CHECK(about.slowest == 0);

  piece = example();
  piece.ticks_per_beat = 0;
  about = aria::piece_statistics(piece);
  CHECK(about.notes == 5);
  CHECK(about.seconds == 0);
  CHECK_FALSE(about.notes_per_second());
  CHECK(about.beats_per_minute == 0);
}

TEST_CASE("the composer comes from the metadata", "[midi]") {
  auto piece = example();
  CHECK(aria::piece_statistics(piece).composer.empty());
  piece.metadata = {{"genre", "x"}, {"composer", "satie"}};
  CHECK(aria::piece_statistics(piece).composer == "satie");
}
