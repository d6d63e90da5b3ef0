#include <aria/anticipation/compound_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_file.hpp"
#include "support/slow_compound.hpp"
#include "support/smf.hpp"

namespace {

using aria::ErrorCode;
using aria::Reading;
using aria::anticipation::CompoundEvent;
using aria::anticipation::CompoundLosses;
using aria::anticipation::CompoundReader;
using CompoundEvents = std::vector<CompoundEvent>;

template <Reading reading = Reading::standard>
CompoundEvents read(std::string_view file, CompoundLosses* losses = nullptr) {
  CompoundReader<reading> reader;
  const auto notes = reader.read(std::as_bytes(std::span(file.data(), file.size())), losses);
  return {notes.begin(), notes.end()};
}
CompoundEvents read_as_reference(std::string_view file) { return read<Reading::reference>(file); }

std::span<const std::byte> bytes_of(std::string_view file) {
  return std::as_bytes(std::span(file.data(), file.size()));
}

// time, duration, pitch, instrument, velocity
CompoundEvent note(std::int64_t time, std::int64_t duration, unsigned pitch = 60, unsigned instrument = 0,
                   unsigned velocity = 64) {
  return {{time},
          {duration},
          static_cast<std::uint8_t>(pitch),
          static_cast<std::uint8_t>(instrument),
          static_cast<std::uint8_t>(velocity)};
}

std::string of_format(std::string file, int format) {
  file[9] = static_cast<char>(format);
  return file;
}

int smpte(int frames, int ticks) { return (256 - frames) * 256 + ticks; }

// The bytes of a variable-length quantity, as digits.
std::string quantity(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (unsigned more = 0; more == 0 || value != 0; value >>= 7, more = 0x80) {
    const auto byte = static_cast<unsigned>(value & 0x7f) | more;
    digits = std::string{kDigits[byte >> 4], kDigits[byte & 15]} + digits;
  }
  return digits + ' ';
}

// Some divisions, SMPTE and none among them.
int random_division(test::Dice& dice) {
  static constexpr int kDivisions[] = {0, 1, 2, 24, 96, 100, 480, 960, 0x7fff};
  if (dice.one_in(3)) return smpte(static_cast<int>(1 + dice.small(128)), static_cast<int>(dice.small(256)));
  return dice.one_in(3) ? static_cast<int>(1 + dice.small(0x7fff)) : kDivisions[dice.small(9)];
}

// Few pitches and channels, so that notes overlap; velocities of 0; programs and tempos between them. Delta times below
// 2^`bits`.
std::string random_music(std::uint64_t seed, unsigned bits) {
  test::Dice dice(seed);
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  const unsigned tracks = 1 + dice.small(4), channels = 1 + dice.small(16);
  std::string file = test::header(1, static_cast<int>(tracks), random_division(dice));
  for (unsigned track = 0; track < tracks; ++track) {
    std::string events;
    for (unsigned i = dice.small(150); i > 0; --i) {
      const bool at_once = dice.one_in(3);
      events += test::hex(quantity(at_once ? 0 : dice.below(std::uint64_t{1} << dice.small(bits + 1))));
      const unsigned channel = dice.one_in(6) ? 9 : dice.small(channels);
      if (dice.one_in(8)) {
        events += {byte(0xc0 + channel), byte(dice.small(128))};
      } else if (dice.one_in(10)) {
        events += test::hex("ff5103") + test::big_endian(dice.below(1U << dice.small(25)), 3);
      } else {
        const unsigned status = dice.one_in(3) ? 0x80 : 0x90;
        events += {byte(status + channel), byte(60 + dice.small(3)), byte(dice.one_in(3) ? 0 : dice.small(128))};
      }
    }
    file += test::chunk("MTrk", events + test::kEndOfTrack);
  }
  return file;
}

}  // namespace

TEST_CASE("a note has its onset, duration, pitch, instrument and velocity", "[anticipation]") {
  // 96 ticks of a beat of half a second are 100 ms.
  const std::string file = test::smf({"00 c005 60 903c40 60 803c40 00 91 3d41 8140 913d00"});
  const CompoundEvents expected = {note(10, 10, 60, 5), note(20, 20, 61, 0, 65)};
  CHECK(read(file) == expected);
  CHECK(read_as_reference(file) == expected);
}

TEST_CASE("halves of bins go to the even one", "[anticipation]") {
  // A division of 100 makes a tick half a bin.
  const std::string file = test::smf({"01 903c40 01 903c00 00 903d40 01 903d00 02 903e40 03 903e00"}, 100);
  // Onsets at 0.5, 1 and 2.5; lengths of 0.5, 0.5 and 1.5.
  CHECK(read(file) == CompoundEvents{note(0, 0), note(1, 0, 61), note(2, 2, 62)});
}

TEST_CASE("a tempo change acts from its tick on, also between and at notes", "[anticipation]") {
  // From 0.5 s a beat to 1 s a beat at tick 480, in another track.
  const std::string tempo = "8360 ff5103 0f4240";
  const std::string file = test::smf({tempo, "8170 903c40 8360 903c00 8170 903d40 8360 903d00"});
  // The first note lasts a quarter of a second, and half of one at the new tempo.
  CHECK(read(file) == CompoundEvents{note(25, 75), note(150, 100, 61)});
  // At the tick of a note, in either order of tracks, and twice.
  for (const std::string& at_once :
       {test::smf({tempo, "8360 903c40 8360 903c00"}), test::smf({"8360 903c40 8360 903c00", tempo}),
        test::smf({"8360 ff5103 000001 " + std::string("00 ff5103 0f4240"), "8360 903c40 8360 903c00"})}) {
    CHECK(read(at_once) == CompoundEvents{note(50, 100)});
  }
  // A tempo of 0 lets no time pass.
  CHECK(read(test::smf({"60 ff5103 000000", "60 903c40 8360 903c00"})) == CompoundEvents{note(10, 0)});
}

TEST_CASE("with a division of SMPTE, ticks have a length of their own", "[anticipation]") {
  const std::initializer_list<std::string_view> tracks = {"00 ff5103 0f4240 64 903c40 64 903c00"};
  // 100 ticks at 25 frames of 40 ticks: 1000 ticks a second.
  CHECK(read(test::smf(tracks, smpte(25, 40))) == CompoundEvents{note(10, 10)});
  CHECK(read(test::smf(tracks, smpte(24, 1))) == CompoundEvents{note(417, 417)});
  CHECK(read(test::smf(tracks, smpte(30, 80))) == CompoundEvents{note(4, 4)});
  CHECK(read(test::smf(tracks, smpte(25, 0))) == CompoundEvents{note(0, 0)});
  CHECK(test::error_of([&] { read_as_reference(test::smf(tracks, smpte(25, 40))); }).code() == ErrorCode::invalid_midi);
}

TEST_CASE("29 frames a second are drop frame: 30000 / 1001", "[anticipation]") {
  // 30,000 ticks of a frame each are 1001 s, at exactly 30 a second it would be 1000.
  const std::string file = test::smf({"81ea30 903c40 01 903c00"}, smpte(29, 1));
  CHECK(read(file) == CompoundEvents{note(100'100, 3)});
}

TEST_CASE("a division of 0 says nothing: all times are 0", "[anticipation]") {
  const std::string file = test::smf({"60 903c40 60 903c00", "00 ff5103 ffffff"}, 0);
  CHECK(read(file) == CompoundEvents{note(0, 0)});
  CHECK(test::error_of([&] { read_as_reference(file); }).code() == ErrorCode::invalid_midi);
  // Where no time passes, the original does not divide.
  CHECK(read_as_reference(test::smf({"00 903c40 00 903c00"}, 0)) == CompoundEvents{note(0, 0)});
}

TEST_CASE("a file of format 2 is read as one of format 1, and refused in the reference reading", "[anticipation]") {
  const std::string file = of_format(test::smf({"60 903c40 60 903c00", "60 913d40 60 913d00"}), 2);
  CHECK(read(file) == CompoundEvents{note(10, 10), note(10, 10, 61)});
  CHECK(test::error_of([&] { read_as_reference(file); }).code() == ErrorCode::invalid_midi);
}

TEST_CASE("a note keeps its instrument and gets its end where the program changes meanwhile", "[anticipation]") {
  const std::string file = test::smf({"00 c005 00 903c40 60 c006 60 903c00 00 903c40 60 903c00"});
  CHECK(read(file) == CompoundEvents{note(0, 20, 60, 5), note(20, 10, 60, 6)});
  CHECK(read_as_reference(file) == CompoundEvents{note(0, -1, 60, 5), note(20, 10, 60, 6)});
  // Back at the first program, the reference reading finds the note again, behind one of the other.
  const std::string back = test::smf({"00 c005 00 903c40 60 c006 00 903c41 60 c005 60 903c00 00 c006 60 903c00"});
  CHECK(read(back) == CompoundEvents{note(0, 30, 60, 5), note(10, 30, 60, 6, 65)});
  CHECK(read_as_reference(back) == read(back));
  // Ends out of the order of the onsets: the second one first.
  const std::string second =
      test::smf({"00 c005 00 903c40 60 c006 00 903c41 60 903c00 00 903c42 00 c005 60 903c00"
                 "00 c006 60 903c00"});
  CHECK(read_as_reference(second) ==
        CompoundEvents{note(0, 30, 60, 5), note(10, 10, 60, 6, 65), note(20, 20, 60, 6, 66)});
}

TEST_CASE("a program belongs to its channel, from whichever track it comes", "[anticipation]") {
  const std::string file = test::smf({"00 903c40 60 903c00 00 903c41 60 903c00", "60 c007 00 c108"});
  // At tick 96 the program of track 1 comes behind the note of track 0.
  CHECK(read(file) == CompoundEvents{note(0, 10, 60, 0), note(10, 10, 60, 0, 65)});
  const std::string ahead = test::smf({"60 c007 00 c108", "00 903c40 60 903c00 00 903c41 60 903c00"});
  CHECK(read(ahead) == CompoundEvents{note(0, 10, 60, 0), note(10, 10, 60, 7, 65)});
}

TEST_CASE("a note-off ends the oldest of the notes of its channel and pitch", "[anticipation]") {
  const std::string file = test::smf({"00 903c40 60 903c41 60 913c00 00 903d00 00 903c00 60 903c00 60 903c00"});
  CHECK(read(file) == CompoundEvents{note(0, 20), note(10, 20, 60, 0, 65)});
  CHECK(read_as_reference(file) == read(file));
  // Three of them, and new ones behind.
  const std::string three =
      test::smf({"00 903c40 01 903c41 01 903c42 01 903c00 01 903c43 01 903c00 01 903c00 01 903c00"}, 50);
  CHECK(read(three) == CompoundEvents{note(0, 3), note(1, 4, 60, 0, 65), note(2, 4, 60, 0, 66), note(4, 3, 60, 0, 67)});
}

TEST_CASE("channel 10 plays drums, whatever its program is", "[anticipation]") {
  const std::string file = test::smf({"00 c905 00 992440 60 c906 00 992400 00 c805 00 982440 00 982400"});
  CHECK(read(file) == CompoundEvents{note(0, 10, 36, 128), note(10, 0, 36, 5)});
  CHECK(read_as_reference(file) == read(file));
}

TEST_CASE("notes without an end are counted, and have no duration", "[anticipation]") {
  const std::string file = test::smf({"00 903c40 60 903c41 60 903c00 00 913c40"});
  CompoundLosses losses;
  CHECK(read(file, &losses) == CompoundEvents{note(0, 20), note(10, -1, 60, 0, 65), note(20, -1)});
  CHECK(losses.unclosed_notes == 2);
  CHECK(!losses.truncated_at);
  read(test::smf({"00 903c40 00 903c00"}), &losses);
  CHECK(losses.unclosed_notes == 0);
}

TEST_CASE("a note of length 0 stays", "[anticipation]") {
  CHECK(read(test::smf({"60 903c40 00 903c00"})) == CompoundEvents{note(10, 0)});
  CHECK(read_as_reference(test::smf({"60 903c40 00 903c00"})) == CompoundEvents{note(10, 0)});
}

TEST_CASE("a file without tracks is refused, one without notes is not", "[anticipation]") {
  CHECK(test::error_of([] { read(test::smf({})); }).code() == ErrorCode::invalid_midi);
  CHECK(read_as_reference(test::smf({})).empty());
  CHECK(read(test::smf({""})).empty());
}

TEST_CASE("a truncated file is read as far as it goes", "[anticipation]") {
  const std::string file = test::smf({"00 903c40 60 903c00 00 903d40", "00 913e40 60 913e00"});
  CompoundLosses losses;
  const std::string cut = file.substr(0, file.size() - 6);
  CHECK(read(cut, &losses) == CompoundEvents{note(0, 10), note(0, -1, 62), note(10, -1, 61)});
  CHECK(losses.unclosed_notes == 2);
  CHECK(losses.truncated_at == cut.size());
  CHECK(test::error_of([&] { read_as_reference(cut); }).code() == ErrorCode::invalid_midi);
}

TEST_CASE("times beyond 64 bits are exact as well", "[anticipation]") {
  // A beat of a tick, 16.8 s long: 2^47 ticks are 75 million years.
  const std::string far = quantity(std::uint64_t{1} << 47);
  const std::string file = test::smf({"00 ff5103 ffffff " + far + "903c40 01 903c00 00 903d40"}, 1);
  // 2^47 * (2^24 - 1) / 10^4, and a tick more, rounded each.
  CHECK(read(file) == CompoundEvents{note(236118310069733425, 1678), note(236118310069735103, -1, 61)});
  CHECK(read(file) == test::slow_compound(bytes_of(file)));
}

TEST_CASE("music at random is read as the slow reader does", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{300}));
  // From files with small ticks to those that need 128 bits.
  const std::string file = random_music(seed, seed % 3 == 0 ? 10 : seed % 3 == 1 ? 24 : 40);
  CompoundLosses losses;
  const auto notes = read(file, &losses);
  CHECK(notes == test::slow_compound(bytes_of(file)));
  const auto random = test::random_midi_file(seed);
  CompoundReader<> reader;
  const auto others = reader.read(random);
  CHECK(CompoundEvents(others.begin(), others.end()) == test::slow_compound(random));
}

TEST_CASE("music at random is read as the slow reader does, in the reference reading", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{300}));
  const std::string file = random_music(seed, seed % 2 == 0 ? 10 : 24);
  const int division = aria::MidiFileView(bytes_of(file)).header().division;
  if (division <= 0) return;
  CHECK(read_as_reference(file) == test::slow_compound_as_reference(bytes_of(file)));
}

TEST_CASE("any number of notes of another instrument may sound before the one that ends", "[anticipation]") {
  // As many note-offs of the second instrument as there are notes of the first one; then it has its turn again.
  constexpr int kNotes = 100'000;
  std::string track = test::hex("00c005 00903c40");
  for (int i = 1; i < kNotes; ++i) track += test::hex("003c40");
  track += test::hex("60c006 00903c41 003c00");
  for (int i = 1; i < kNotes; ++i) track += test::hex("003c00");
  track += test::hex("60c005 00903c00 003c00");
  const std::string file = test::header(1, 1, 480) + test::chunk("MTrk", track + test::kEndOfTrack);
  const CompoundEvents notes = read_as_reference(file);
  REQUIRE(notes.size() == kNotes + 1);
  CHECK(notes[0] == note(0, 20, 60, 5));
  CHECK(notes[1] == note(0, 20, 60, 5));
  CHECK(std::all_of(notes.begin() + 2, notes.end() - 1, [](const auto& each) { return each == note(0, -1, 60, 5); }));
  CHECK(notes.back() == note(10, 0, 60, 6, 65));
}

TEST_CASE("files put together by hand are read as the slow reader does", "[anticipation]") {
  CompoundReader<> reader;
  for (const auto& entry : std::filesystem::directory_iterator(test::data_folder() / "edge/midi")) {
    INFO(entry.path().string());
    const std::string file = test::read_text(entry.path());
    try {
      const auto notes = reader.read(bytes_of(file));
      CHECK(CompoundEvents(notes.begin(), notes.end()) == test::slow_compound(bytes_of(file)));
    } catch (const aria::Error& error) {
      CHECK(error.code() == ErrorCode::invalid_midi);
      CHECK((error.message() == "has no tracks" || error.place().byte));
    }
  }
}

TEST_CASE("other settings count time in other bins", "[anticipation]") {
  aria::anticipation::Settings settings;
  for (const std::uint32_t resolution : {1, 4, 31, 1000}) {
    settings.time_resolution = resolution;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const std::string file = random_music(seed, 16);
      CompoundReader<> reader(settings);
      const auto notes = reader.read(bytes_of(file));
      CHECK(CompoundEvents(notes.begin(), notes.end()) == test::slow_compound(bytes_of(file), settings));
    }
  }
}

TEST_CASE("a reader of compound events keeps nothing of the file before", "[anticipation]") {
  const std::string open = test::smf({"00 c005 00 c906 00 ff5103 000001 00 903c40 00 903d40"});
  const std::string bad = test::smf({"00 c005 00 903c40 00 903c80"});
  const auto check = [&]<Reading reading>(CompoundReader<reading> reader) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const std::string file = random_music(seed, seed % 3 == 0 ? 40 : 10);
      reader.read(bytes_of(open));
      CHECK_THROWS_AS(reader.read(bytes_of(bad)), aria::Error);
      for (int time = 0; time < 2; ++time) {
        try {
          const auto notes = reader.read(bytes_of(file));
          CHECK(CompoundEvents(notes.begin(), notes.end()) == read<reading>(file));
        } catch (const aria::Error&) {
          CHECK_THROWS_AS(read<reading>(file), aria::Error);
        }
      }
    }
  };
  check(CompoundReader<Reading::standard>());
  check(CompoundReader<Reading::reference>());
}
