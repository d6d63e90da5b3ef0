// libsmf as a second opinion: it must find the events in a file that our reader finds, but for its named faults.
#include <aria/midi/event_writer.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/midi_reader.hpp>
#include <aria/midi/midi_writer.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/libsmf_opinion.hpp"
#include "support/random_file.hpp"
#include "support/random_piece.hpp"

namespace {

namespace fs = std::filesystem;

// How many data bytes follow the status of a message that is neither meta nor sysex.
std::size_t data_bytes(unsigned status) {
  if (status < 0xf0) return (status & 0xe0) == aria::status::program_change ? 1 : 2;
  return status == 0xf2 ? 2 : status == 0xf1 || status == 0xf3 ? 1 : 0;
}

bool has_payload(const aria::Event& event) { return event.is_meta() || event.is_sysex(); }

// Our event as libsmf keeps it, put together without the adapter. A meta event has up to 128 bytes: see libsmf_fault.
test::SmfEvent as_libsmf(const aria::Event& event) {
  std::string bytes;
  const auto put = [&bytes](std::size_t byte) { bytes += static_cast<char>(byte); };
  put(event.status);
  if (event.is_meta()) {
    put(event.data1);
    if (event.payload.size() == 128) put(0x81);
    put(event.payload.size() & 0x7f);
  } else if (!event.is_sysex()) {
    const std::size_t count = data_bytes(event.status);
    if (count > 0) put(event.data1);
    if (count > 1) put(event.data2);
  }
  bytes.append(reinterpret_cast<const char*>(event.payload.data()), event.payload.size());
  return {event.tick.count, bytes};
}

// Where an event lies in the bytes of its track, and how it is written there.
struct EventForm {
  std::size_t delta_size = 0;
  bool running_status = false;
  std::size_t end = 0;
};

EventForm form_of(const aria::Event& event, std::span<const std::byte> track, std::size_t begin) {
  std::size_t at = begin;
  while (track[at++] >= std::byte{0x80}) continue;
  EventForm form{.delta_size = at - begin, .running_status = track[at] < std::byte{0x80}};
  form.end = has_payload(event) ? static_cast<std::size_t>(event.payload.data() - track.data()) + event.payload.size()
                                : at + (form.running_status ? 0 : 1) + data_bytes(event.status);
  return form;
}

// What libsmf 1.3 is known to do wrong at an event, after which it finds no more events of the track, or wrong ones.
// Nothing where it has no excuse.
std::optional<std::string> libsmf_fault(const aria::Event& event, const EventForm& form,
                                        const std::optional<aria::Event>& previous) {
  if (form.delta_size > 4) return "a delta time of more than four bytes ends the track";
  if (event.is_meta() && event.payload.size() > 128) return "the length of a meta event is taken for one byte";
  if (form.running_status && previous && !previous->is_channel()) return "what is no channel message keeps its status";
  return std::nullopt;
}

// One file as both see it.
struct Comparison {
  std::size_t events = 0;          // that were equal
  std::set<std::string> limits{};  // what kept us from comparing everything
  std::string difference{};        // the first one that has no excuse
  bool whole() const { return limits.empty() && difference.empty(); }
};

void compare_track(const aria::TrackView& track, const std::vector<test::SmfEvent>& theirs, Comparison& result) {
  const std::span<const std::byte> bytes = track.chunk().bytes;
  std::optional<aria::Event> previous;
  std::size_t position = 0, i = 0;
  for (const aria::Event& event : track) {
    const EventForm form = form_of(event, bytes, position);
    if (const auto fault = libsmf_fault(event, form, previous)) {
      result.limits.insert(*fault);
      return;
    }
    if (i == theirs.size() || theirs[i] != as_libsmf(event)) {
      result.difference = "byte " + std::to_string(track.chunk().offset + position);
      return;
    }
    ++i;
    ++result.events;
    position = form.end;
    previous = event;
    if (event.is_meta(aria::meta_type::end_of_track)) break;  // libsmf looks no further
  }
  const bool ended = previous && previous->is_meta(aria::meta_type::end_of_track);
  if (!ended) {  // libsmf goes on into what follows the track, or puts an end there
    result.limits.insert("the track has no end");
  } else if (i != theirs.size()) {
    result.difference = "libsmf has more events in the track at byte " + std::to_string(track.chunk().offset);
  }
}

Comparison compare(std::span<const std::byte> bytes, const test::SmfTracks& theirs) {
  Comparison result;
  aria::MidiFileView file(bytes);
  bool same_tracks = true;
  if (file.header().tracks < 0) {
    result.limits.insert("libsmf takes the number of tracks as unsigned");
    same_tracks = false;
  }
  std::size_t t = 0, chunk = 14;
  try {
    for (const aria::TrackView track : file) {
      if (track.chunk().offset != chunk + 8) {
        result.limits.insert("libsmf counts what is no track as one, or never gets past it");
        same_tracks = false;
      }
      chunk = track.chunk().offset + track.chunk().bytes.size();
      if (t < theirs.size()) compare_track(track, theirs[t], result);
      ++t;
      if (!result.difference.empty()) return result;
    }
  } catch (const aria::Error&) {
    result.limits.insert("our reading refuses the file");
    same_tracks = false;
  }
  if (same_tracks && t != theirs.size()) result.difference = "the number of tracks";
  return result;
}

std::vector<fs::path> midi_files(const fs::path& set) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(set / "midi")) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  return paths;
}

std::optional<aria::MidiDict> read_or_nothing(std::string_view bytes) {
  try {
    return aria::MidiDict::from_midi(test::bytes_of(bytes));
  } catch (const aria::Error&) {
    return std::nullopt;
  }
}

// libsmf has no SMPTE division and no delta times of five bytes.
bool libsmf_can_hold(const aria::MidiDict& piece) {
  static constexpr aria::Ticks kEnd{1 << 28};
  const auto before_end = [](const auto& message) { return tick_of(message) < kEnd; };
  return piece.ticks_per_beat > 0 && std::ranges::all_of(piece.tempos, before_end) &&
         std::ranges::all_of(piece.pedals, before_end) && std::ranges::all_of(piece.instruments, before_end) &&
         std::ranges::all_of(piece.notes, [](const aria::NoteMsg& note) { return note.end() < kEnd; });
}

// For files that we write: libsmf must load them and see all that is there.
void check_whole(std::span<const std::byte> file) {
  const auto theirs = test::libsmf_opinion(file);
  REQUIRE(theirs);
  const Comparison comparison = compare(file, *theirs);
  CHECK(comparison.difference == "");
  CHECK(comparison.limits == std::set<std::string>{});
}

}  // namespace

TEST_CASE("libsmf sees all events of the files that we write", "[midi][libsmf]") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 50)));
  CAPTURE(seed);
  SECTION("of pieces") {
    check_whole(test::random_piece(seed).to_midi());
    check_whole(test::random_piece(seed, {.max_notes = 20, .overlapping_notes = true}).to_midi());
  }
  SECTION("of events of every kind, in several tracks") { check_whole(test::random_midi_file(seed)); }
}

TEST_CASE("libsmf sees all events of the conformance data as we write them", "[midi][libsmf]") {
  const auto conformance = test::conformance_folder();
  if (!conformance) return;
  const auto [set, least] = GENERATE(table<std::string, int>({{"real", 257}, {"edge", 232}, {"fuzz", 85}}));
  int checked = 0;
  for (const fs::path& path : midi_files(*conformance / set)) {
    INFO(path);
    const auto piece = read_or_nothing(test::read_text(path));
    if (!piece || !libsmf_can_hold(*piece)) continue;
    check_whole(piece->to_midi());
    ++checked;
  }
  CHECK(checked >= least);
}

TEST_CASE("libsmf sees the same events in the files of the conformance data", "[midi][libsmf]") {
  const auto conformance = test::conformance_folder();
  if (!conformance) return;
  // How many files have been compared from the first to the last event when this was written, with Debian's libsmf
  // 1.3-4. Fewer are legitimate only where the data or libsmf have changed.
  const auto [set, whole_files] = GENERATE(table<std::string, int>({{"real", 254}, {"edge", 211}, {"fuzz", 49}}));
  std::map<std::string, int> counts;
  for (const fs::path& path : midi_files(*conformance / set)) {
    INFO(path);
    const std::string bytes = test::read_text(path);
    const auto theirs = test::libsmf_opinion(test::bytes_of(bytes));
    if (!theirs) {
      ++counts["libsmf does not survive it"];
      continue;
    }
    const Comparison comparison = compare(test::bytes_of(bytes), *theirs);
    CHECK(comparison.difference == "");
    for (const std::string& limit : comparison.limits) ++counts[limit];
    if (comparison.whole()) ++counts["whole"];
  }
  for (const auto& [what, count] : counts) UNSCOPED_INFO(set << ": " << what << ": " << count);
  CHECK(counts["whole"] >= whole_files);
}
