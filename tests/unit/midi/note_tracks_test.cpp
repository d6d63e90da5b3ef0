#include <aria/midi/note_tracks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/midi/midi_reader.hpp>
#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_file.hpp"
#include "support/slow_reader.hpp"
#include "support/smf.hpp"

namespace {

using aria::MidiDict;
using aria::NoteTracks;
using Tracks = std::vector<std::uint16_t>;

NoteTracks tracks_of(std::span<const std::byte> file) { return aria::note_tracks(file, MidiDict::from_midi(file)); }
NoteTracks tracks_of(const std::string& file) { return tracks_of(test::bytes_of(file)); }

// Tick, channel, pitch, velocity.
using NoteOn = std::tuple<std::int64_t, unsigned, unsigned, unsigned>;

// How often each note-on stands in each track.
std::vector<std::map<NoteOn, std::size_t>> note_ons(std::span<const std::byte> file) {
  std::vector<std::map<NoteOn, std::size_t>> tracks;
  for (const aria::TrackView track : aria::MidiFileView(file)) {
    auto& counts = tracks.emplace_back();
    for (const aria::Event& event : track) {
      if (event.kind() != aria::status::note_on || event.data2 == 0) continue;
      ++counts[{event.tick.count, event.channel(), event.data1, event.data2}];
    }
  }
  return tracks;
}

// The tracks of all notes by pairing them slowly and sorting them stably.
Tracks slow_tracks(std::span<const std::byte> file) {
  std::vector<std::pair<std::int64_t, std::uint16_t>> notes;
  std::uint16_t number = 0;
  for (const aria::TrackView track : aria::MidiFileView(file)) {
    test::SlowPairing pairing;
    MidiDict others;
    for (const aria::Event& event : track) test::slow_event(event, pairing, others);
    for (const aria::NoteMsg& note : pairing.closed()) notes.emplace_back(note.start().count, number);
    ++number;
  }
  std::stable_sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Tracks tracks;
  for (const auto& note : notes) tracks.push_back(note.second);
  return tracks;
}

// Every note takes a note-on out of the track in which it is said to stand.
void check_tracks(std::span<const std::byte> file, const MidiDict& piece) {
  const NoteTracks found = aria::note_tracks(file, piece);
  auto left = note_ons(file);
  REQUIRE(found.tracks.size() == piece.notes.size());
  CHECK(found.names.size() == left.size());
  std::size_t missing = 0;
  for (std::size_t i = 0; i < piece.notes.size(); ++i) {
    const aria::NoteMsg& note = piece.notes[i];
    REQUIRE(found.tracks[i] < left.size());
    std::size_t& count = left[found.tracks[i]][{note.start().count, note.channel(), note.pitch(), note.velocity()}];
    count == 0 ? ++missing : --count;
  }
  CHECK(missing == 0);
  CHECK(found.tracks == slow_tracks(file));
}

// Returns how many notes were looked at. Files that are refused are refused here, too, at the same place.
std::size_t check_file(std::span<const std::byte> file) {
  MidiDict piece;
  try {
    piece = MidiDict::from_midi(file);
  } catch (const aria::Error& reason) {
    if (reason.message() == "has no tracks") return 0;
    const aria::Error error = test::error_of([&] { aria::note_tracks(file, {}); });
    CHECK(std::string(error.what()) == reason.what());
    return 0;
  }
  check_tracks(file, piece);
  return piece.notes.size();
}

std::size_t check_folder(const std::filesystem::path& folder) {
  std::size_t notes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".mid" && entry.path().extension() != ".midi") continue;
    INFO(entry.path().string());
    const std::string file = test::read_text(entry.path());
    notes += check_file(test::bytes_of(file));
  }
  return notes;
}

}  // namespace

TEST_CASE("a note stands in the track of its note-on, counted from 0", "[midi]") {
  // Track 0 has no notes. Notes start at ticks 0 (track 2), 16 (track 1), 32 (track 2).
  const std::string file =
      test::smf({"00 ff5103 07a120", "10 903c40 20 803c00", "00 914040 10 814000 10 914140 10 814100"});
  CHECK(tracks_of(file).tracks == Tracks{2, 1, 2});
}

TEST_CASE("tracks that share a channel keep their notes apart", "[midi]") {
  // Both on channel 0. The note of track 0 starts within that of track 1, which ends within it; a MidiDict shows
  // nothing of this.
  const std::string file = test::smf({"10 903c40 40 803c00", "00 903c41 20 803c00 40 903e41 10 803e00"});
  const MidiDict piece = MidiDict::from_midi(test::bytes_of(file));
  REQUIRE(piece.notes.size() == 3);
  CHECK(piece.notes[0].velocity() == 0x41);
  CHECK(tracks_of(file).tracks == Tracks{1, 0, 1});
}

TEST_CASE("of equal notes in two tracks each track has one", "[midi]") {
  const std::string same = "00 903c40 20 803c00 00 904040 20 804000";
  CHECK(tracks_of(test::smf({same, same})).tracks == Tracks{0, 1, 0, 1});
  CHECK(tracks_of(test::smf({"", same, same, "00 903c40 20 803c00"})).tracks == Tracks{1, 2, 3, 1, 2});
  // Of the notes at tick 0 the one that is closed first comes first, but only within its track.
  CHECK(tracks_of(test::smf({"00 903c40 40 803c00", "00 903c40 10 803c00"})).tracks == Tracks{0, 1});
}

TEST_CASE("notes without an end and of length 0 have no track", "[midi]") {
  const std::string file =
      test::smf({"00 903c40 00 803c00 00 904040 20 804000", "00 913c40 00 914040 20 814000", "00 923c40 20 823c00"});
  CHECK(tracks_of(file).tracks == Tracks{0, 1, 2});
}

TEST_CASE("chunks of other types are not counted as tracks", "[midi]") {
  const std::string note = test::hex("00 903c40 20 803c00") + test::kEndOfTrack;
  const std::string file = test::header(1, 2, 480) + test::chunk("XFIH", "abc") +
                           test::chunk("MTrk", test::kEndOfTrack) + test::chunk("ABCD", note) +
                           test::chunk("MTrk", note);
  CHECK(tracks_of(file).tracks == Tracks{1});
  // The number is the one that errors name.
  const std::string bad = test::header(1, 2, 480) + test::chunk("ABCD", "") + test::chunk("MTrk", note) +
                          test::chunk("MTrk", test::hex("00 903c80"));
  const aria::Error error = test::error_of([&] { aria::note_tracks(test::bytes_of(bad), {}); });
  CHECK(error.code() == aria::ErrorCode::invalid_midi);
  CHECK(error.place().track == 1);
  CHECK(error.place().byte == bad.size() - 1);
  CHECK(test::error_of([&] { MidiDict::from_midi(test::bytes_of(bad)); }).what() == std::string(error.what()));
}

TEST_CASE("a track has its first name, in UTF-8", "[midi]") {
  const std::string file = test::smf({"00 ff0305 5069616e6f 00 ff0304 42617373",  // Piano, Bass
                                      "00 903c40 00 ff0302 c3a9 20 803c00",       // UTF-8: e with an acute accent
                                      "00 ff0301 e9", "00 ff0401 41 00 ff0101 42", "00 ff0300 00 ff0301 43"});
  const NoteTracks found = tracks_of(file);
  CHECK(found.names == std::vector<std::string>{"Piano", "\xc3\xa9", "\xc3\xa9", "", ""});
  CHECK(found.tracks == Tracks{1});
}

TEST_CASE("the tracks of a file that ends too early are those that it has", "[midi]") {
  const std::string whole = test::smf({"00 ff0301 41 00 903c40 20 803c00", "00 903c40 20 803c00 20 903e40 20 803e00"});
  for (std::size_t size = 14; size < whole.size(); ++size) {
    INFO(size);
    check_file(test::bytes_of(whole).first(size));
  }
}

TEST_CASE("the notes of another file, or changed ones, are refused", "[midi]") {
  const std::string file = test::smf({"00 903c40 20 803c00", "00 913e40 20 813e00"});
  const MidiDict piece = MidiDict::from_midi(test::bytes_of(file));
  const auto code_for = [&](const MidiDict& changed) {
    return test::error_of([&] { aria::note_tracks(test::bytes_of(file), changed); }).code();
  };
  CHECK(aria::note_tracks(test::bytes_of(file), piece).tracks == Tracks{0, 1});
  MidiDict fewer = piece, more = piece, other = piece;
  fewer.notes.pop_back();
  more.notes.push_back(piece.notes.back());
  other.notes[1] = aria::NoteMsg(piece.notes[1], aria::Ticks{31});
  CHECK(code_for(fewer) == aria::ErrorCode::invalid_argument);
  CHECK(code_for(more) == aria::ErrorCode::invalid_argument);
  CHECK(code_for(other) == aria::ErrorCode::invalid_argument);
  CHECK(code_for({}) == aria::ErrorCode::invalid_argument);
}

TEST_CASE("notes of random files take their note-ons out of their tracks", "[midi]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO(seed);
    check_file(test::random_midi_file(seed));
  }
}

TEST_CASE("notes of random files with few keys take their note-ons out of their tracks", "[midi]") {
  // So few that most of them are struck in several tracks at once.
  std::size_t notes = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    INFO(seed);
    test::Dice dice(seed);
    const unsigned tracks = 1 + dice.small(5);
    std::string file = test::header(1, static_cast<int>(tracks), 96);
    for (unsigned track = 0; track < tracks; ++track) {
      std::string events;
      for (unsigned i = dice.small(200); i > 0; --i) {
        events += static_cast<char>(dice.small(2));
        events += static_cast<char>(0x90 + dice.small(2));
        events += static_cast<char>(60 + dice.small(2));
        events += static_cast<char>(dice.small(3));
      }
      file += test::chunk("MTrk", events);
    }
    notes += check_file(test::bytes_of(file));
  }
  CHECK(notes > 1000);
}

TEST_CASE("notes of the files of the test data take their note-ons out of their tracks", "[midi]") {
  CHECK(check_folder(test::data_folder()) > 1000);
  if (const auto folder = test::conformance_folder()) {
    CHECK(check_folder(*folder / "edge") > 1000);
    if (std::filesystem::exists(*folder / "real")) CHECK(check_folder(*folder / "real") > 1000);
  }
}
