#include <aria/midi/merged_events.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_file.hpp"
#include "support/slow_compound.hpp"
#include "support/smf.hpp"

namespace {

using aria::ErrorCode;
using aria::MergedEventReader;
using aria::MergedFile;
using aria::MergedKind;
using aria::Reading;
using aria::detail::ShortMergedEvent;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// One event, as a line of numbers.
using Line = std::vector<std::int64_t>;

struct Merged {
  std::vector<Line> events;      // but for the others
  std::set<std::int64_t> ticks;  // of all, the others, too
  std::vector<std::uint32_t> tempos;
  std::int64_t last_tick = 0;
  int tracks = 0, format = 0, division = 0;
  std::optional<std::uint64_t> truncated_at;
  bool is_short = false;
};

template <class Event>
void take(const MergedFile& file, const Event& event, Merged& merged) {
  const auto word = event.word();
  merged.ticks.insert(event.tick());
  Line line = {event.tick(), static_cast<std::int64_t>(word.kind())};
  switch (word.kind()) {
    case MergedKind::note:
      line.insert(line.end(), {word.channel(), word.pitch(), word.velocity()});
      break;
    case MergedKind::program:
      line.insert(line.end(), {word.channel(), word.program()});
      break;
    case MergedKind::tempo:
      REQUIRE(word.number() < file.tempos.size());
      line.push_back(file.tempos[word.number()]);
      break;
    case MergedKind::other:
      return;
  }
  merged.events.push_back(line);
}

template <Reading reading>
Merged read(MergedEventReader<reading>& reader, std::span<const std::byte> bytes) {
  return reader.read(bytes, [&](const MergedFile& file, auto events) {
    Merged merged;
    for (const auto& event : events) take(file, event, merged);
    merged.tempos.assign(file.tempos.begin(), file.tempos.end());
    merged.last_tick = file.last_tick;
    merged.tracks = file.tracks;
    merged.format = file.header.format;
    merged.division = file.header.division;
    merged.truncated_at = file.truncated_at;
    merged.is_short = std::is_same_v<typename decltype(events)::value_type, ShortMergedEvent>;
    return merged;
  });
}
template <Reading reading = Reading::standard>
Merged read(std::span<const std::byte> bytes) {
  MergedEventReader<reading> reader;
  return read(reader, bytes);
}

template <Reading reading>
Merged slow_read(std::span<const std::byte> bytes) {
  Merged merged;
  for (const aria::Event& event : test::slow_merge<reading>(bytes)) {
    const std::int64_t tick = event.tick.count;
    const bool counts =
        reading == Reading::reference || test::is_note(event) || test::is_program(event) || test::is_tempo(event);
    if (counts) merged.ticks.insert(tick);
    if (test::is_note(event)) {
      merged.events.push_back({tick, 0, event.channel(), event.data1, test::velocity_of(event)});
    } else if (test::is_program(event)) {
      merged.events.push_back({tick, 1, event.channel(), event.data1});
    } else if (test::is_tempo(event)) {
      merged.events.push_back({tick, 2, test::tempo_of(event)});
    }
  }
  return merged;
}

// Either as it should be, or refused for the same reason at the same byte.
template <Reading reading>
void check_as_slow(std::span<const std::byte> bytes) {
  Merged expected;
  try {
    expected = slow_read<reading>(bytes);
  } catch (const aria::Error& reason) {
    const aria::Error error = test::error_of([&] { read<reading>(bytes); });
    CHECK(error.message() == reason.message());
    CHECK(error.place().byte == reason.place().byte);
    return;
  }
  const Merged merged = read<reading>(bytes);
  CHECK(merged.events == expected.events);
  CHECK(merged.ticks == expected.ticks);
  if (expected.ticks.empty()) {
    CHECK(merged.last_tick == 0);
  } else {
    CHECK(merged.last_tick >= *expected.ticks.rbegin());
  }
}

aria::Error error_of(std::string_view file, bool reference = false) {
  return test::error_of([&] { reference ? read<Reading::reference>(bytes_of(file)) : read(bytes_of(file)); });
}

// The bytes of a variable-length quantity.
std::string quantity(std::uint64_t value) {
  std::string bytes(1, static_cast<char>(value & 0x7f));
  while (value >>= 7) bytes.insert(bytes.begin(), static_cast<char>(0x80 | (value & 0x7f)));
  return bytes;
}

std::string file_of(std::initializer_list<std::string> tracks, int division = 480) {
  std::string file = test::header(1, static_cast<int>(tracks.size()), division);
  for (const std::string& track : tracks) file += test::chunk("MTrk", track);
  return file;
}

}  // namespace

TEST_CASE("events of all tracks come in the order of ticks, then of tracks, then of the file", "[midi]") {
  // Tick 0: tracks 0 and 1. Tick 96: track 1 twice, track 2.
  const std::string file = test::smf({"00 c005  81 40 903c40", "00 913d41 60 c106 00 813d7f", "60 ff5103 010203"});
  const Merged merged = read(bytes_of(file));
  CHECK(merged.events ==
        std::vector<Line>{
            {0, 1, 0, 5}, {0, 0, 1, 61, 65}, {96, 1, 1, 6}, {96, 0, 1, 61, 0}, {96, 2, 0x010203}, {192, 0, 0, 60, 64}});
  CHECK(merged.tempos == std::vector<std::uint32_t>{0x010203});
  CHECK(merged.tracks == 3);
  CHECK(merged.format == 1);
  CHECK(merged.division == 480);
  CHECK(merged.last_tick == 192);
  CHECK(merged.is_short);
  CHECK(!merged.truncated_at);
}

TEST_CASE("merged events of random files are those of their tracks, sorted", "[midi]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{200}));
  auto file = test::random_midi_file(seed);
  // Keys and times at random are no reason for the reference reading to refuse it.
  for (std::size_t i = 0; i + 4 < file.size(); ++i) {
    if (file[i] == std::byte{0xff} && file[i + 1] == std::byte{0x59}) file[i + 3] = file[i + 4] = {};
    if (file[i] == std::byte{0xff} && file[i + 1] == std::byte{0x58}) file[i + 4] = std::byte{2};
  }
  check_as_slow<Reading::standard>(file);
  check_as_slow<Reading::reference>(file);
}

TEST_CASE("merged events of files put together by hand are those of their tracks", "[midi]") {
  for (const auto& entry : std::filesystem::directory_iterator(test::data_folder() / "edge/midi")) {
    INFO(entry.path().string());
    const std::string file = test::read_text(entry.path());
    check_as_slow<Reading::standard>(bytes_of(file));
  }
}

TEST_CASE("only the reference reading sees that something else happens", "[midi]") {
  // A pedal, a text, a system message, a poly pressure, a channel pressure; an end of track counts for nothing.
  const std::string file = test::smf({"0a b0407f 0a ff0101 41 0a f0 01 f7 0a a03c40 0a d040 0a ff2f00"});
  CHECK(read(bytes_of(file)).ticks.empty());
  CHECK(read<Reading::reference>(bytes_of(file)).ticks == std::set<std::int64_t>{10, 20, 30, 40, 50});
}

TEST_CASE("a tempo too short for its type is none", "[midi]") {
  const std::string file = test::smf({"10 ff5102 0102 10 ff5104 01020304"});
  const Merged merged = read(bytes_of(file));
  CHECK(merged.events == std::vector<Line>{{32, 2, 0x010203}});
  CHECK(error_of(file, true).code() == ErrorCode::invalid_midi);
}

TEST_CASE("events beyond tick 2^40 take the long form, and are the same", "[midi]") {
  constexpr std::int64_t kLimit = std::int64_t{1} << 40;
  const std::string on = test::hex("903c40"), off = test::hex("903c00");
  for (const std::int64_t tick : {kLimit - 1, kLimit, kLimit + 5, aria::kTickLimit - 1}) {
    const std::string file = file_of({quantity(static_cast<std::uint64_t>(tick)) + on + quantity(0) + off,
                                      quantity(7) + on + quantity(static_cast<std::uint64_t>(tick) - 8) + off});
    INFO(tick);
    const Merged merged = read(bytes_of(file));
    CHECK(merged.is_short == (tick < kLimit));
    CHECK(merged.events ==
          std::vector<Line>{{7, 0, 0, 60, 64}, {tick - 1, 0, 0, 60, 0}, {tick, 0, 0, 60, 64}, {tick, 0, 0, 60, 0}});
    CHECK(merged.last_tick == tick);
    check_as_slow<Reading::standard>(bytes_of(file));
    check_as_slow<Reading::reference>(bytes_of(file));
  }
}

TEST_CASE("random files far behind their beginning take the long form", "[midi]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{30}));
  test::Dice dice(seed);
  std::string file = test::header(1, 4, 96);
  for (int track = 0; track < 4; ++track) {
    std::string events;
    for (unsigned i = dice.small(60); i > 0; --i) {
      events += quantity(dice.below(std::uint64_t{1} << dice.small(42)));
      events += static_cast<char>(0x90 + dice.small(16));
      events += static_cast<char>(dice.small(128));
      events += static_cast<char>(dice.small(3));
    }
    file += test::chunk("MTrk", events);
  }
  check_as_slow<Reading::standard>(bytes_of(file));
  check_as_slow<Reading::reference>(bytes_of(file));
}

TEST_CASE("more tempos than a short event can number take the long form", "[midi]") {
  constexpr std::size_t kMost = std::size_t{1} << 22;
  const std::string one = test::hex("00 ff5103 000001");
  std::string events;
  events.reserve((kMost + 2) * one.size());
  for (std::size_t i = 0; i <= kMost; ++i) events += one;
  events[events.size() - 1] = 5;  // the last one is another
  events += test::hex("01 903c40");
  for (const std::size_t tempos : {kMost + 1, kMost - 1}) {
    if (tempos < kMost) events.erase(0, 2 * one.size());
    const std::string file = file_of({events});
    MergedEventReader<> reader;
    reader.read(bytes_of(file), [&](const MergedFile& merged, auto all) {
      CHECK(std::is_same_v<typename decltype(all)::value_type, ShortMergedEvent> == (tempos < kMost));
      REQUIRE(all.size() == tempos + 1);
      const auto number = all[all.size() - 2].word().number();
      CHECK(number == tempos - 1);
      CHECK(merged.tempos[number] == 5);
      CHECK(all.back().word().kind() == MergedKind::note);
    });
  }
}

TEST_CASE("a truncated file is merged up to its end, or refused in the reference reading", "[midi]") {
  const std::string whole = test::smf({"00 c005 10 903c40 10 903c00", "00 913d41 60 813d7f"});
  const std::size_t header = 14;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    const std::string cut = whole.substr(0, size);
    if (size < header) {
      CHECK(error_of(cut).code() == ErrorCode::invalid_midi);
    } else {
      const Merged merged = read(bytes_of(cut));
      // The end of the last track may be missing.
      CHECK(merged.truncated_at.has_value());
      CHECK(*merged.truncated_at <= size);
      CHECK(merged.events == slow_read<Reading::standard>(bytes_of(cut)).events);
    }
    const aria::Error error = error_of(cut, true);
    CHECK(error.code() == ErrorCode::invalid_midi);
    CHECK(error.place().byte <= size);
  }
  CHECK(!read(bytes_of(whole)).truncated_at);
}

TEST_CASE("a file that cannot be merged is refused with its track and byte", "[midi]") {
  const std::string file = test::smf({"00 903c40", "00 c005 10 903c80"});
  for (const bool reference : {false, true}) {
    const aria::Error error = error_of(file, reference);
    CHECK(error.code() == ErrorCode::invalid_midi);
    CHECK(error.place().track == 1);
    REQUIRE(error.place().byte);
    const auto byte = static_cast<unsigned char>(file[*error.place().byte]);
    CHECK((byte == 0x80 || reference));
  }
  const aria::Error too_far = error_of(file_of({"", quantity(std::uint64_t{1} << 48) + test::hex("903c40")}));
  CHECK(too_far.code() == ErrorCode::invalid_midi);
  CHECK(too_far.place().track == 1);
  CHECK(error_of("").code() == ErrorCode::invalid_midi);
}

TEST_CASE("a file without tracks has none, and no events", "[midi]") {
  const Merged merged = read(bytes_of(test::smf({})));
  CHECK(merged.tracks == 0);
  CHECK(merged.events.empty());
  CHECK(merged.last_tick == 0);
}

TEST_CASE("a reader of merged events keeps nothing of the file before", "[midi]") {
  MergedEventReader<> reader;
  const std::string bad = test::smf({"00 ff5103 010203 00 903c80"});
  const std::string far = file_of({quantity(std::uint64_t{1} << 41) + test::hex("913c40")});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto file = test::random_midi_file(seed);
    if (seed % 3 == 0) CHECK_THROWS_AS(read(reader, bytes_of(bad)), aria::Error);
    if (seed % 4 == 0) CHECK(!read(reader, bytes_of(far)).is_short);
    const Merged merged = read(reader, file), fresh = read(std::span<const std::byte>(file));
    CHECK(merged.events == fresh.events);
    CHECK(merged.tempos == fresh.tempos);
    CHECK(merged.tracks == fresh.tracks);
    CHECK(merged.last_tick == fresh.last_tick);
  }
}
