#include <aria/anticipation/instrument_tracks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/interarrival_reader.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/compound_through_midi.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/smf.hpp"

namespace {

using aria::ErrorCode;
using aria::Reading;
using aria::TokenId;
using aria::anticipation::CompoundEvent;
using aria::anticipation::kInterarrival;
using aria::anticipation::kUnknownDuration;
using test::CompoundEvents;
using Bytes = std::vector<std::byte>;
using Tokens = std::vector<TokenId>;

CompoundEvent note(std::int64_t time, std::int64_t duration, unsigned pitch = 60, unsigned instrument = 0,
                   unsigned velocity = 64) {
  return {{time},
          {duration},
          static_cast<std::uint8_t>(pitch),
          static_cast<std::uint8_t>(instrument),
          static_cast<std::uint8_t>(velocity)};
}

Bytes bytes_of(const std::string& text) {
  Bytes bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

template <Reading reading = Reading::standard>
CompoundEvents read(const Bytes& file) {
  aria::anticipation::CompoundReader<reading> reader;
  const auto notes = reader.read(file);
  return {notes.begin(), notes.end()};
}

Tokens read_tokens(const Bytes& file) {
  Tokens tokens;
  aria::anticipation::InterarrivalReader<>().read(file, tokens);
  return tokens;
}

Bytes midi_of_tokens(const Tokens& tokens, Reading reading = Reading::standard) {
  return test::bytes_of([&](auto sink) { aria::anticipation::interarrival_to_midi(tokens, sink, reading); });
}

// A note of each of the instruments, one behind the other.
CompoundEvents scale(const std::vector<unsigned>& instruments) {
  CompoundEvents notes;
  for (const unsigned instrument : instruments) {
    notes.push_back(note(10 * std::ssize(notes), 5, 60, instrument));
  }
  return notes;
}
std::vector<unsigned> instruments(unsigned count) {
  std::vector<unsigned> all;
  for (unsigned i = 0; i < count; ++i) all.push_back(i);
  return all;
}

// Up to so many melodic instruments, and drums; notes that overlap and fall together.
CompoundEvents random_notes(std::uint64_t seed, unsigned melodic) {
  test::Dice dice(seed);
  CompoundEvents notes;
  for (unsigned i = dice.small(200) + 1; i > 0; --i) {
    const unsigned instrument = dice.one_in(4) ? 128 : (3 + 7 * dice.small(melodic)) % 128;
    const auto length = dice.one_in(6) ? 0 : dice.one_in(9) ? -1 : static_cast<std::int64_t>(dice.below(200));
    notes.push_back(
        note(static_cast<std::int64_t>(dice.below(1000)), length, 60 + dice.small(4), instrument, 1 + dice.small(127)));
  }
  return notes;
}

std::set<int> channels_of(const Bytes& file) {
  std::set<int> channels;
  for (const aria::TrackView track : aria::MidiFileView(file)) {
    for (const aria::Event& event : track) {
      if (event.is_channel()) channels.insert(event.channel());
    }
  }
  return channels;
}
unsigned ports_in(const Bytes& file) {
  unsigned ports = 0;
  for (const aria::TrackView track : aria::MidiFileView(file)) {
    for (const aria::Event& event : track) ports += event.is_meta(aria::meta_type::port) ? 1U : 0U;
  }
  return ports;
}

}  // namespace

TEST_CASE("every instrument has a track, in the order of the first notes", "[anticipation]") {
  const CompoundEvents notes = {note(1, 2, 60, 5), note(1, 1, 36, 128), note(2, 10, 62, 5, 65)};
  // 50 ticks a beat; program, then notes with running status, and note-offs behind note-ons at the same time.
  const std::string file = test::smf({"00 c005 01 903c40 01 3e41 01 3c00 09 3e00", "00 c900 01 992440 01 2400"}, 50);
  CHECK(test::midi_of(notes) == bytes_of(file));
  const std::string reference =
      test::smf({"00 c005 01 903c40 01 3e41 01 803c40 09 3e40", "00 c900 01 992440 01 892440"}, 50);
  CHECK(test::midi_of(notes, Reading::reference) == bytes_of(reference));
}

TEST_CASE("notes and MIDI and back is the identity for what MIDI can hold", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{100}));
  const CompoundEvents notes = random_notes(seed, 1 + static_cast<unsigned>(seed % 15));
  REQUIRE(test::midi_can_hold(notes));
  const CompoundEvents expected = test::compound_through_midi(notes);
  CHECK(read(test::midi_of(notes)) == expected);
  CHECK(read(test::midi_of(expected)) == expected);
}

// Of notes of one instrument and pitch that do not overlap, nothing changes but the order of those that begin together.
TEST_CASE("notes that do not overlap keep their lengths through MIDI", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{50}));
  test::Dice dice(seed);
  CompoundEvents notes;
  for (int i = 0; i < 100; ++i) {
    notes.push_back(note(10 * i, 1 + dice.small(10), 50 + dice.small(2), 2 + dice.small(3), 1 + dice.small(127)));
  }
  CHECK(read(test::midi_of(notes)) == notes);
  CHECK(read<Reading::reference>(test::midi_of(notes, Reading::reference)) == notes);
}

TEST_CASE("an unknown duration becomes a quarter of a second", "[anticipation]") {
  const CompoundEvents notes = {note(0, 10, 61), note(3, kUnknownDuration.count)};
  CHECK(read(test::midi_of(notes)) == CompoundEvents{note(0, 10, 61), note(3, 25)});
  // In the original the end comes before the start, and ends nothing.
  CHECK(read<Reading::reference>(test::midi_of(notes, Reading::reference)) == notes);
}

TEST_CASE("fifteen instruments and drums have channels of their own, in any order", "[anticipation]") {
  for (const std::size_t place : {0, 1, 8, 9, 14, 15}) {
    auto all = instruments(15);
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(place), 128U);
    CompoundEvents notes = scale(all);
    for (const unsigned instrument : all) notes.push_back(note(1000, 5, 61, instrument));
    const Bytes file = test::midi_of(notes);
    CHECK(read(file) == notes);
    CHECK(channels_of(file).size() == 16);
    CHECK(ports_in(file) == 0);
  }
}

TEST_CASE("a sixteenth instrument goes to a second port, and is an error in the reference reading", "[anticipation]") {
  CHECK(ports_in(test::midi_of(scale(instruments(15)))) == 0);
  CHECK_NOTHROW(test::midi_of(scale(instruments(15)), Reading::reference));
  const CompoundEvents notes = scale(instruments(16));
  CHECK(ports_in(test::midi_of(notes)) == 1);
  const auto error = test::error_of([&] { test::midi_of(notes, Reading::reference); });
  CHECK(error.code() == ErrorCode::invalid_argument);
  // There, drums count as well, unless they come last.
  auto with_drums = instruments(15);
  with_drums.push_back(128);
  CHECK_NOTHROW(test::midi_of(scale(with_drums), Reading::reference));
  std::swap(with_drums.front(), with_drums.back());
  CHECK_THROWS_AS(test::midi_of(scale(with_drums), Reading::reference), aria::Error);
}

TEST_CASE("as many instruments as there are have tracks on several ports", "[anticipation]") {
  const CompoundEvents notes = scale(instruments(129));
  const Bytes file = test::midi_of(notes);
  CHECK(aria::MidiFileView(file).header().tracks == 129);
  CHECK(ports_in(file) == 128 - 15);
  std::vector<int> drum_tracks;
  int number = 0;
  for (const aria::TrackView track : aria::MidiFileView(file)) {
    unsigned port = 0, programs = 0;
    for (const aria::Event& event : track) {
      if (event.is_meta(aria::meta_type::port)) port = std::to_integer<unsigned>(event.payload[0]);
      if (event.is_channel() && event.channel() == 9) drum_tracks.push_back(number);
      if (event.kind() == aria::status::program_change) {
        ++programs;
        CHECK(event.data1 == (number == 128 ? 0 : number));
      }
    }
    CHECK(programs == 1);
    CHECK(port == (number == 128 ? 0U : static_cast<unsigned>(number) / 15));
    ++number;
  }
  CHECK(std::set<int>(drum_tracks.begin(), drum_tracks.end()) == std::set<int>{128});
}

TEST_CASE("interarrival tokens become MIDI and these tokens again", "[anticipation]") {
  const TokenId on = kInterarrival.note_on, off = kInterarrival.note_off, drum = 128 * 128 + 36;
  const Tokens tokens = {10, on + 60, 999, off + 60, on + 60, on + drum, 5, off + 60, off + drum};
  CHECK(read_tokens(midi_of_tokens(tokens)) == tokens);
  CHECK(midi_of_tokens(tokens) ==
        bytes_of(test::smf({"00 c000 0a 903c60 8767 3c00 00 3c60 05 3c00", "00 c900 8771 992460 05 2400"}, 50)));
}

TEST_CASE("separators are passed over, and so are note-offs of instruments that have not played", "[anticipation]") {
  const TokenId on = kInterarrival.note_on, off = kInterarrival.note_off;
  const Tokens tokens = {kInterarrival.separator, off + 60, 5, on + 60, off + 61, kInterarrival.separator, 5, off + 60};
  CHECK(read_tokens(midi_of_tokens(tokens)) == Tokens{5, on + 60, off + 61, 5, off + 60});
}

TEST_CASE("what is no interarrival token is refused", "[anticipation]") {
  for (const TokenId token : {kInterarrival.size, kInterarrival.size + 1, ~TokenId{0}}) {
    const auto error = test::error_of([&] { midi_of_tokens({1, token}); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.message() == std::to_string(token) + " is no token of the interarrival encoding");
  }
}

TEST_CASE("events, notes and MIDI and back is the identity for what they can hold", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{40}));
  CompoundEvents notes = test::compound_through_midi(random_notes(seed, 15)), again;
  Tokens events, events_again;
  aria::anticipation::compound_to_events(notes, events);
  aria::anticipation::events_to_compound(events, again);
  aria::anticipation::compound_to_events(read(test::midi_of(again)), events_again);
  CHECK(events_again == events);
}
