// What the standard reading does better than the reference: a test for each rule, with the reference beside it.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/smf.hpp"

namespace {

using aria::NoteMsg;
using aria::Reading;
using aria::Ticks;
using test::hex;

// A note of pitch 60 from tick 0 to 100, and one of pitch 62 from 100 to 200.
constexpr std::string_view kTwoNotes = "00 90 3c 40  64 80 3c 00  00 90 3e 40  64 80 3e 00";

std::string and_two_notes(std::string_view events) { return std::string(events).append(kTwoNotes); }

struct Read {
  aria::MidiDict piece;
  aria::MidiLosses losses;
};

Read read(const std::string& bytes, Reading reading = Reading::standard) {
  Read result;
  result.piece = aria::MidiDict::from_midi(test::bytes_of(bytes), "", {.reading = reading}, &result.losses);
  return result;
}

std::vector<NoteMsg> notes_of(const std::string& bytes) { return read(bytes).piece.notes; }

void check_reference_refuses(const std::string& bytes) {
  CHECK_THROWS_AS(read(bytes, Reading::reference), aria::Error);
}

const NoteMsg kFirst({0}, {100}, 60, 64, 0);
const NoteMsg kSecond({100}, {200}, 62, 64, 0);

}  // namespace

TEST_CASE("A1: RIFF wrapping is taken off", "[standard]") {
  const std::string file = test::smf({kTwoNotes});
  const auto little_endian = [](std::size_t n) {
    std::string text = test::big_endian(n, 4);
    return std::string(text.rbegin(), text.rend());
  };
  const std::string info = "LIST" + little_endian(3) + "abc" + '\0';  // chunks are padded to even lengths
  const std::string data = "data" + little_endian(file.size()) + file;
  const std::string riff = "RIFF" + little_endian(4 + info.size() + data.size()) + "RMID" + info + data;
  CHECK(notes_of(riff) == std::vector{kFirst, kSecond});
  check_reference_refuses(riff);
  // Bytes behind the data chunk are not part of the file; a data chunk that claims too much is cut at the end.
  CHECK(notes_of(riff + "JUNK") == std::vector{kFirst, kSecond});
  CHECK(read(riff.substr(0, riff.size() - 6)).losses.truncated_at == riff.size() - 6);
  CHECK(test::error_of([&] { notes_of("RIFF" + little_endian(4) + "RMID"); }).code() == aria::ErrorCode::invalid_midi);
}

TEST_CASE("A2: alien chunks are skipped", "[standard]") {
  const std::string bytes = test::header(1, 1, 480) + test::chunk("XFIH", "anything") +
                            test::chunk("MTrk", hex(kTwoNotes) + test::kEndOfTrack);
  const Read result = read(bytes);
  CHECK(result.piece.notes == std::vector{kFirst, kSecond});
  CHECK_FALSE(result.losses.truncated_at);
  check_reference_refuses(bytes);
}

TEST_CASE("A2: missing tracks and cut-off chunks keep every whole event", "[standard]") {
  const std::string whole = test::smf({kTwoNotes});
  SECTION("a track that is announced is missing") {
    std::string bytes = whole;
    bytes[11] = 3;
    CHECK(notes_of(bytes) == std::vector{kFirst, kSecond});
    CHECK(read(bytes).losses.truncated_at == bytes.size());
    check_reference_refuses(bytes);
  }
  SECTION("the file ends at any byte of the last chunk") {
    for (std::size_t size = 22; size < whole.size(); ++size) {
      const std::string bytes = whole.substr(0, size);
      INFO(size);
      const Read result = read(bytes);
      CHECK(result.losses.truncated_at == size);
      // The offs are the events that end at bytes 30 and 38.
      CHECK(result.piece.notes.size() == (size >= 38) + std::size_t{size >= 30});
      check_reference_refuses(bytes);
    }
  }
  SECTION("an event reaches beyond its chunk") {
    const std::string track = hex(kTwoNotes);
    const std::string bytes = test::header(1, 2, 480) + test::chunk("MTrk", track.substr(0, track.size() - 1)) +
                              test::chunk("MTrk", track + test::kEndOfTrack);
    const Read result = read(bytes);
    CHECK(result.piece.notes == std::vector{kFirst, kFirst, kSecond});
    CHECK(result.losses.truncated_at == 22 + track.size() - 1);
    check_reference_refuses(bytes);
  }
}

TEST_CASE("A5: only channel messages set running status, nothing clears it", "[standard]") {
  CHECK(notes_of(test::smf({"00 90 3c 40  64 3c 00  00 ff 01 01 61  00 3e 40  64 3e 00"})).size() == 2);  // meta
  CHECK(notes_of(test::smf({"00 90 3c 40  64 3c 00  00 f0 02 43 f7  00 3e 40  64 3e 00"})).size() == 2);  // sysex
  CHECK(notes_of(test::smf({"00 90 3c 40  64 3c 00  00 f8  00 3e 40  64 3e 00"})).size() == 2);           // real time
  CHECK(notes_of(test::smf({"00 90 3c 40  64 3c 00  00 f3 05  00 3e 40  64 3e 00"})).size() == 2);        // song select
  check_reference_refuses(test::smf({"00 90 3c 40  64 3c 00  00 f8  00 3e 40  64 3e 00"}));
  const auto error = test::error_of([] { notes_of(test::smf({"00 f0 01 f7  00 3e 40"})); });
  CHECK(error.code() == aria::ErrorCode::invalid_midi);
  CHECK(error.place().byte == 27);
}

TEST_CASE("A7: a data byte above 127 in a channel message is an error that names the byte", "[standard]") {
  const auto error = test::error_of([] { notes_of(test::smf({"", "00 90 3c 40  64 90 3e c0"})); });
  CHECK(error.code() == aria::ErrorCode::invalid_midi);
  CHECK(error.place().byte == 41);
  CHECK(error.place().track == 1);
  CHECK(test::error_of([] { notes_of(test::smf({"00 90 bc 40"})); }).place().byte == 24);
  CHECK(test::error_of([] { notes_of(test::smf({"00 c0 81"})); }).place().byte == 24);
}

TEST_CASE("A8: a data byte above 127 in a sysex is skipped over", "[standard]") {
  const std::string bytes = test::smf({and_two_notes("00 f0 03 43 90 f7"), "00 f7 02 ff 80"});
  CHECK(notes_of(bytes) == std::vector{kFirst, kSecond});
  check_reference_refuses(bytes);
}

TEST_CASE("A9: no delta time is lost", "[standard]") {
  // A meta event of the unknown type 0x60, 50 ticks after the start.
  const std::string bytes = test::smf({and_two_notes("32 ff 60 00")});
  CHECK(notes_of(bytes).front().start() == Ticks{50});
  CHECK(read(bytes, Reading::reference).piece.notes.front().start() == Ticks{0});
}

TEST_CASE("A9: a message is limited by its chunk only", "[standard]") {
  const std::string text(1'000'001, 'x');
  const std::string bytes = test::header(0, 1, 480) +
                            test::chunk("MTrk", hex("00 ff 01 bd 84 41") + text + hex(kTwoNotes) + test::kEndOfTrack);
  const Read result = read(bytes);
  CHECK(result.piece.notes == std::vector{kFirst, kSecond});
  CHECK(result.piece.meta[0].text == text);
  check_reference_refuses(bytes);
}

TEST_CASE("A10: a meta event that cannot be decoded is ignored", "[standard]") {
  for (const std::string_view meta : {"00 ff 51 02 07 a1", "00 ff 59 02 08 00", "00 ff 58 04 04 1d 18 08",
                                      "00 ff 20 00", "00 ff 54 05 80 00 00 00 00", "00 ff 00 01 05"}) {
    INFO(meta);
    const std::string bytes = test::smf({and_two_notes(meta)});
    CHECK(notes_of(bytes) == std::vector{kFirst, kSecond});
    check_reference_refuses(bytes);
  }
  CHECK(read(test::smf({"00 ff 51 02 07 a1"})).losses.ignored_meta_events == 1);
}

TEST_CASE("D1: notes never closed and notes of length 0 are dropped and counted", "[standard]") {
  const Read result = read(test::smf({"00 90 3c 40  00 90 3e 40  00 80 3e 00  00 90 40 40  64 80 40 00"}));
  CHECK(result.piece.notes == std::vector{NoteMsg({0}, {100}, 64, 64, 0)});
  CHECK(result.losses.unclosed_notes == 1);
  CHECK(result.losses.zero_length_notes == 1);
}

TEST_CASE("D1: a note-off closes all open notes of its key that started before it", "[standard]") {
  // Two note-ons at ticks 0 and 10, one off at tick 20; a third note-on at tick 20 before the off stays open until 30.
  const Read result = read(test::smf({"00 90 3c 40  0a 90 3c 41  0a 90 3c 42  00 80 3c 00  0a 80 3c 00"}));
  CHECK(result.piece.notes ==
        std::vector{NoteMsg({0}, {20}, 60, 64, 0), NoteMsg({10}, {20}, 60, 65, 0), NoteMsg({20}, {30}, 60, 66, 0)});
}

TEST_CASE("D3: a file without tracks is an error with a clear text", "[standard]") {
  for (const std::string& bytes : {test::header(1, 0, 480), test::header(1, 0xffff, 480), test::header(1, 1, 480),
                                   test::header(1, 1, 480) + test::chunk("XXXX", "abc")}) {
    CHECK(test::error_of([&] { notes_of(bytes); }).message() == "has no tracks");
  }
}

TEST_CASE("D7: durations are exact and never negative", "[standard]") {
  // 120 beats a minute, from tick 480 on 60. A note behind the change is where the reference goes wrong.
  const std::string bytes = test::smf({"83 60 ff 51 03 0f 42 40  83 60 90 3c 40  83 60 80 3c 00"});
  const aria::MidiDict piece = read(bytes).piece;
  const NoteMsg& note = piece.notes.front();
  const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
  CHECK(time.milliseconds(note.start(), note.end()) == aria::Milliseconds{1000});
  CHECK(time.milliseconds({0}, note.end()) == aria::Milliseconds{2500});
  CHECK(aria::reference_milliseconds({0}, {240}, piece.tempos, 480) == aria::Milliseconds{0});
  CHECK(time.milliseconds({0}, {240}) == aria::Milliseconds{250});

  // 250 beats a minute until 480, then 25: the reference subtracts where the note starts behind the last change.
  const aria::MidiDict slow =
      read(test::smf({"00 ff 51 03 03 a9 80  83 60 ff 51 03 24 9f 00  83 60 90 3c 40  60 80 3c 00"})).piece;
  CHECK(aria::reference_milliseconds({960}, {1056}, slow.tempos, 480)->count != 480);
  CHECK(aria::TempoMap(slow.tempos, 480).milliseconds({960}, {1056}).count == 480);
}

TEST_CASE("D8: the length runs from the first start to the last end of any note", "[standard]") {
  // A long note at the start, a short one behind it: the reference measures to the end of the short one.
  const aria::MidiDict piece = read(test::smf({"00 90 3c 40  60 90 3e 40  60 80 3e 00  a7 00 80 3c 00"})).piece;
  CHECK(aria::sounding_length(piece, Reading::reference) == aria::Milliseconds{200});
  CHECK(aria::sounding_length(piece, Reading::standard) == aria::Milliseconds{5400});
}

TEST_CASE("D8: 0 milliseconds fail a test, they do not divide", "[standard]") {
  const aria::MidiDict piece = read(test::smf({and_two_notes("00 ff 51 03 00 00 00")})).piece;
  const auto& config = aria::DataConfig::defaults().tests;
  CHECK(aria::run_tests(piece, config, Reading::standard)[2].verdict == aria::Verdict::fail);
  CHECK(aria::run_tests(piece, config, Reading::reference)[2].verdict == aria::Verdict::raise);
}

TEST_CASE("what both readings keep: events behind an end of track, tracks that are not announced, texts as Latin-1") {
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    CHECK(read(test::smf({and_two_notes("00 ff 2f 00")}), reading).piece.notes.size() == 2);
    std::string bytes = test::smf({kTwoNotes, kTwoNotes});
    bytes[11] = 1;
    CHECK(read(bytes, reading).piece.notes.size() == 2);
    CHECK(read(test::smf({"00 ff 01 03 63 e9 a0"}), reading).piece.meta[0].text == "c\u00e9\u00a0");
  }
}

TEST_CASE("large numbers: positions go beyond 32 bits, and an impossible one is an error") {
  std::string track;
  for (int i = 0; i < 40; ++i) track += "ff ff ff 7f b0 07 40";  // 40 deltas of 2^28 - 1
  CHECK(notes_of(test::smf({and_two_notes(track)})).front().start() == Ticks{40 * ((1LL << 28) - 1)});
  CHECK(test::error_of([] { notes_of(test::smf({"ff ff ff ff ff ff ff 7f 90 3c 40"})); }).code() ==
        aria::ErrorCode::invalid_midi);
  CHECK(test::error_of([] { notes_of(test::smf({"ff ff ff ff ff ff ff ff ff ff ff ff 7f 90 3c 40"})); }).code() ==
        aria::ErrorCode::invalid_midi);
}
