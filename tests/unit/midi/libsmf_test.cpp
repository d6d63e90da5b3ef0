#include <aria/midi/libsmf.hpp>
#include <aria/midi/tempo_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_file.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::Event;
using namespace std::string_literals;
using namespace std::string_view_literals;

// An event with a payload of its own.
struct OwnEvent {
  std::int64_t tick = 0;
  unsigned status = 0, data1 = 0, data2 = 0;
  std::string payload{};
  friend bool operator==(const OwnEvent&, const OwnEvent&) = default;

  Event view() const {
    return {{tick},
            static_cast<std::uint8_t>(status),
            static_cast<std::uint8_t>(data1),
            static_cast<std::uint8_t>(data2),
            test::bytes_of(payload)};
  }
};

template <class Track>
std::vector<OwnEvent> events_of(const Track& track) {
  std::vector<OwnEvent> events;
  for (const Event& event : track) {
    const auto* const payload = reinterpret_cast<const char*>(event.payload.data());
    events.push_back({event.tick.count, event.status, event.data1, event.data2, {payload, event.payload.size()}});
  }
  return events;
}

template <class File>
std::vector<std::vector<OwnEvent>> tracks_of(const File& file) {
  std::vector<std::vector<OwnEvent>> tracks;
  for (const auto& track : file) tracks.push_back(events_of(track));
  return tracks;
}

// The events after a way through libsmf.
std::vector<OwnEvent> through_smf(const std::vector<OwnEvent>& events) {
  const aria::SmfPointer smf = aria::new_smf(480);
  aria::SmfTrackWriter writer(*smf);
  for (const OwnEvent& event : events) writer.write(event.view());
  return tracks_of(aria::SmfView(*smf)).at(0);
}

// A file of one track.
std::string file_of(std::string_view track, std::string_view format_and_division = "\0\0\0\1\1\xe0"sv) {
  std::string file = "MThd\0\0\0\6"s + std::string(format_and_division) + "MTrk\0\0\0"s;
  file += static_cast<char>(track.size());
  return file.append(track);
}

// What libsmf logs while the object exists: the adapter must not make it complain.
class LibsmfLog {
 public:
  LibsmfLog() : former_(g_log_set_default_handler(count, this)) {}
  LibsmfLog(const LibsmfLog&) = delete;
  LibsmfLog& operator=(const LibsmfLog&) = delete;
  ~LibsmfLog() { g_log_set_default_handler(former_, nullptr); }
  int lines() const { return lines_; }

 private:
  static void count(const gchar*, GLogLevelFlags, const gchar*, gpointer log) {
    ++static_cast<LibsmfLog*>(log)->lines_;
  }
  GLogFunc former_;
  int lines_ = 0;
};

// An smf_t with one event that an application has made.
aria::SmfPointer smf_with(std::string bytes) {
  aria::SmfPointer smf = aria::new_smf(480);
  smf_track_t* const track = smf_track_new();
  smf_add_track(smf.get(), track);
  smf_track_add_event_pulses(track, smf_event_new_from_pointer(bytes.data(), static_cast<int>(bytes.size())), 0);
  return smf;
}

}  // namespace

TEST_CASE("events are the same after a way through libsmf", "[midi][libsmf]") {
  const LibsmfLog log;
  const std::vector<OwnEvent> events = {
      {0, 0xff, 0x03, 0, "Piano"},
      {0, 0xff, 0x51, 0, "\x07\xa1\x20"},
      {0, 0xff, 0x58, 0, "\x04\x02\x18\x08"},
      {0, 0xff, 0x01, 0, ""},
      {0, 0xff, 0x01, 0, std::string(127, 'a')},
      {0, 0xff, 0x01, 0, std::string(128, 'b')},
      {0, 0xff, 0x01, 0, std::string(20'000, 'c')},
      {0, 0xc3, 40, 0},
      {0, 0xd3, 99, 0},
      {5, 0x93, 60, 64},
      {5, 0x93, 64, 0},
      {9, 0x83, 60, 127},
      {9, 0xa3, 60, 1},
      {300'000'000, 0xb3, 64, 127},
      {300'000'000, 0xe3, 0, 64},
      {300'000'001, 0xf0, 0, 0, "\x7e\x7f\x09\x01\xf7"},
      {300'000'001, 0xf0, 0, 0, ""},
      {300'000'001, 0xf7, 0, 0, "\xf8"},
      {300'000'002, 0xf7, 0, 0, "\xf2\x01\x02"},
      {2'147'483'647, 0xff, 0x2f, 0, ""},
  };
  CHECK(through_smf(events) == events);
  CHECK(log.lines() == 0);
}

TEST_CASE("libsmf is spared what it takes no notice of", "[midi][libsmf]") {
  const LibsmfLog log;
  const std::vector<OwnEvent> short_tempo = {{0, 0xff, 0x51, 0, "\x07\xa1"}, {1, 0x90, 60, 64}};
  const std::vector<OwnEvent> no_tempo = {{0, 0xff, 0x51, 0, std::string(3, '\0')}, {1, 0x90, 60, 64}};
  const std::vector<OwnEvent> short_signature = {{0, 0xff, 0x58, 0, "\4\2\x18"}, {1, 0x90, 60, 64}};
  const std::vector<OwnEvent> rest = {{1, 0x90, 60, 64}};
  CHECK(through_smf(short_tempo) == rest);
  CHECK(through_smf(no_tempo) == rest);
  CHECK(through_smf(short_signature) == rest);
  CHECK(log.lines() == 0);

  const std::vector<OwnEvent> two_ends = {{0, 0xff, 0x2f}, {1, 0x90, 60, 64}, {2, 0xff, 0x2f}};
  CHECK(through_smf(two_ends) == std::vector<OwnEvent>{{1, 0x90, 60, 64}, {2, 0xff, 0x2f}});
}

TEST_CASE("a file becomes an smf_t with all its events, and the same file again", "[midi][libsmf]") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 30)));
  CAPTURE(seed);
  const LibsmfLog log;
  const std::vector<std::byte> file = test::random_midi_file(seed);
  const aria::SmfPointer smf = aria::to_smf(file);
  CHECK(tracks_of(aria::SmfView(*smf)) == tracks_of(aria::MidiFileView(file)));
  CHECK(aria::to_midi(*smf) == file);

  const aria::MidiDict piece = test::random_piece(seed, {.overlapping_notes = true});
  CHECK(aria::to_midi_dict(*aria::to_smf(piece)) == piece);
  CHECK(log.lines() == 0);
}

TEST_CASE("a file with running status, a bare system message and no end becomes an smf_t", "[midi][libsmf]") {
  const std::string file = file_of("\0\x90\x3c\x40\x05\x3c\0\x01\xff\x01\1a\0\x3e\x40\0\xf3\x05\0\xf8"sv);
  CHECK(tracks_of(aria::SmfView(*aria::to_smf(test::bytes_of(file)))).at(0) ==
        std::vector<OwnEvent>{{0, 0x90, 60, 64},
                              {5, 0x90, 60, 0},
                              {6, 0xff, 1, 0, "a"},
                              {6, 0x90, 62, 64},
                              {6, 0xf7, 0, 0, "\xf3\x05"},
                              {6, 0xf7, 0, 0, "\xf8"}});
}

TEST_CASE("a new smf_t is ready for libsmf: rewound, timed, and saved as the same piece", "[midi][libsmf]") {
  const aria::MidiDict piece = test::random_piece(7);
  const aria::SmfPointer smf = aria::to_smf(piece);
  const double end = aria::TempoMap(piece.tempos, piece.ticks_per_beat)
                         .seconds(aria::Ticks{0}, aria::Ticks{smf_get_length_pulses(smf.get())});
  CHECK(smf_get_length_seconds(smf.get()) == Approx(end));

  const smf_event_t* const first = smf_get_next_event(smf.get());
  REQUIRE(first != nullptr);
  CHECK(first->event_number == 1);
  CHECK(aria::to_midi_dict(*smf) == piece);  // which leaves libsmf's position where it was
  CHECK(smf_get_next_event(smf.get())->event_number == 2);

  const test::TemporaryFolder folder;
  const std::string path = folder / "saved.mid";
  REQUIRE(smf_save(smf.get(), path.c_str()) == 0);
  CHECK(aria::MidiDict::from_midi(path) == piece);
}

TEST_CASE("libsmf plays the tracks of a new smf_t together", "[midi][libsmf]") {
  std::array<aria::TrackWriter, 2> tracks;
  tracks[0].write({.tick = {9}, .status = 0x90, .data1 = 60, .data2 = 64});
  tracks[1].write({.tick = {5}, .status = 0x91, .data1 = 60, .data2 = 64});
  std::string file;
  aria::write_midi_file({.format = 1, .division = 480}, tracks, [&file](std::span<const std::byte> bytes) {
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  const aria::SmfPointer smf = aria::to_smf(test::bytes_of(file));
  CHECK(smf_get_next_event(smf.get())->time_pulses == 5);
}

TEST_CASE("an smf_t that an application made is read", "[midi][libsmf]") {
  const aria::SmfPointer smf = aria::new_smf(100);
  smf_track_t* const track = smf_track_new();
  smf_add_track(smf.get(), track);
  const std::string text(300, 'x');
  smf_track_add_event_pulses(track, smf_event_new_textual(1, text.c_str()), 0);
  smf_track_add_event_seconds(track, smf_event_new_from_bytes(0x91, 60, 64), 0.5);
  smf_track_add_event_seconds(track, smf_event_new_from_bytes(0xfa, -1, -1), 0.75);
  smf_track_add_event_seconds(track, smf_event_new_from_bytes(0x81, 60, 0), 1.0);
  CHECK(
      tracks_of(aria::SmfView(*smf)).at(0) ==
      std::vector<OwnEvent>{{0, 0xff, 1, 0, text}, {100, 0x91, 60, 64}, {150, 0xf7, 0, 0, "\xfa"}, {200, 0x81, 60, 0}});
  const aria::MidiDict piece = aria::to_midi_dict(*smf, "bach.mid");
  CHECK(piece.ticks_per_beat == 100);
  CHECK(piece.notes == std::vector<aria::NoteMsg>{{aria::Ticks{100}, aria::Ticks{200}, 60, 64, 1}});
  CHECK(piece.meta[0].text == text);
  CHECK(piece.metadata == std::vector<std::pair<std::string, std::string>>{{"composer", "bach"}});
}

TEST_CASE("the header of an smf_t", "[midi][libsmf]") {
  const auto header_of = [](const smf_t& smf) {
    const aria::MidiHeader header = aria::SmfView(smf).header();
    return std::array<int, 3>{header.format, header.tracks, header.division};
  };
  const aria::SmfPointer smf = aria::new_smf(96);
  CHECK(header_of(*smf) == std::array<int, 3>{0, 0, 96});
  aria::SmfTrackWriter one(*smf), two(*smf);
  CHECK(header_of(*smf) == std::array<int, 3>{1, 2, 96});
  smf->ppqn = 0;
  smf->frames_per_second = 25;
  smf->resolution = 40;
  CHECK(header_of(*smf) == std::array<int, 3>{1, 2, -25 * 256 + 40});
  smf->resolution = static_cast<signed char>(200);  // as libsmf's loader has it
  CHECK(header_of(*smf) == std::array<int, 3>{1, 2, -25 * 256 + 200});

  const std::string one_track_of_format_1 = file_of("\0\xff\x2f\0"sv, "\0\1\0\1\1\xe0"sv);
  CHECK(header_of(*aria::to_smf(test::bytes_of(one_track_of_format_1))) == std::array<int, 3>{1, 1, 480});
}

TEST_CASE("an smf_event_t that is no whole message is an error with its track", "[midi][libsmf]") {
  const std::string bytes = GENERATE(values<std::string>({
      "\x3c\x40",                              // no status
      "\x90\x3c", "\xc0\x01\x02",              // too short, too long
      "\x90\x3c\x80",                          // a data byte above 127
      "\xff\x01",                              // no length
      "\xff\x01\x03xy", "\xff\x01\x01xy",      // a wrong one
      "\xff\x01\x81",                          // half of one
      "\xff\x01\x81" + std::string(129, 'x'),  // as libsmf loads a meta event of more than 128 bytes
  }));
  const aria::SmfPointer smf = smf_with(bytes);
  const aria::Error error = test::error_of([&] { aria::to_midi_dict(*smf); });
  CHECK(error.code() == aria::ErrorCode::invalid_midi);
  CHECK(error.place().track == 0U);
}

TEST_CASE("what an smf_t cannot hold is an error", "[midi][libsmf]") {
  const auto code_of = [](auto&& work) { return test::error_of(work).code(); };
  using aria::ErrorCode;
  SECTION("divisions") {
    for (const int division : {0, -25 * 256 + 40, 0x8000}) {
      CHECK(code_of([&] { aria::new_smf(division); }) == ErrorCode::invalid_argument);
    }
  }
  SECTION("events") {
    const std::vector<std::vector<OwnEvent>> impossible = {
        {{std::int64_t{1} << 31, 0x90, 60, 64}},
        {{1, 0x90, 60, 64}, {0, 0x90, 62, 64}},
        {{0, 0x90, 128, 64}},
        {{0, 0x3c, 60, 64}},
        {{0, 0xf7, 0, 0, ""}},
        {{0, 0xf7, 0, 0, "\x01\x02\xf7"}},
        {{0, 0xf7, 0, 0, "\x90\x3c\x40"}},
        {{0, 0xf7, 0, 0, "\xff"}},
        {{0, 0xf7, 0, 0, "\xf8\xf8"}},
    };
    for (const auto& events : impossible) {
      CHECK(code_of([&] { through_smf(events); }) == ErrorCode::invalid_argument);
    }
  }
  SECTION("files") {
    const std::string end = "\0\xff\x2f\0"s;
    const std::string format_2 = file_of(end, "\0\2\0\1\1\xe0"sv), smpte = file_of(end, "\0\0\0\1\xe7\x28"sv);
    const std::string no_tracks = file_of(end, "\0\0\0\0\1\xe0"sv);
    CHECK(code_of([&] { aria::to_smf(test::bytes_of(format_2)); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { aria::to_smf(test::bytes_of(smpte)); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { aria::to_smf(test::bytes_of(no_tracks)); }) == ErrorCode::invalid_midi);
    CHECK(code_of([&] { aria::to_smf(test::bytes_of("no MIDI")); }) == ErrorCode::invalid_midi);
    CHECK(code_of([&] { aria::to_midi_dict(*aria::new_smf(480)); }) == ErrorCode::invalid_midi);
  }
}
