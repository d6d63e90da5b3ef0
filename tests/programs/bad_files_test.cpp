// Files that are made to break a reader: each gets an outcome, in bounded memory, and no build stops.
#include <sys/stat.h>

#include <aria/dataset/midi_dataset_build.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// What the program promises: 256 MiB plus 32 bytes a file, mapped pages included.
void check_memory(const ProgramRun& run, std::uint64_t files) {
  if (test::kSanitized) return;
  CAPTURE(run.peak_bytes / kMiB);
  CHECK(run.peak_bytes < 256 * kMiB + 32 * files);
}

// Builds from what is in DIR and a good file, in both readings; the outcomes of the standard one.
auto outcomes_beside_music(const Workplace& place) {
  place.add("good.mid", test::music(1));
  std::map<std::string, std::pair<std::string, std::string>> outcomes;
  for (const std::string reading : {"--reference", "--recursive"}) {
    const ProgramRun run = place.aria({"midi-dataset", "--overwrite", "--recursive", reading, "--workers", "2",
                                       "--report", "r.tsv", "DIR", "out.jsonl"});
    CAPTURE(reading, run.complaints);
    REQUIRE(run.status == 0);
    outcomes = place.report("r.tsv");
    check_memory(run, outcomes.size());
    CHECK(outcomes.at("good.mid").first == "kept");
    for (const auto& [path, outcome] : outcomes) {
      CAPTURE(path, outcome.second);
      CHECK((outcome.first == "kept" || outcome.second != "-"));  // a reason for all that is left out
    }
  }
  return outcomes;
}

}  // namespace

TEST_CASE("midi-dataset: 4 GiB of zeros, 4 GiB behind a header, and as much as is read at most") {
  const Workplace place;
  const std::string track = "MTrk" + test::big_endian(0xfffffff0, 4);
  const std::uint64_t limit = aria::MidiDatasetOptions().max_file_bytes;
  place.add_sparse("header.mid", test::header(1, 1, 480) + track, 4096 * kMiB);
  place.add_sparse("zeros.mid", "", 4096 * kMiB);
  place.add_sparse("zeros at the limit.mid", "", limit);
  place.add_sparse("header at the limit.mid", test::header(1, 1, 480) + track, limit);
  place.add_sparse("music.mid", test::music(2), 4096 * kMiB);
  place.add_sparse("music at the limit.mid", test::music(3), limit);
  const auto outcomes = outcomes_beside_music(place);
  for (const char* name : {"header.mid", "zeros.mid", "music.mid"}) {
    CHECK(outcomes.at(name).first == "load_error");
    CHECK(mentions(outcomes.at(name).second, "4294967296 bytes"));
  }
  CHECK(outcomes.at("zeros at the limit.mid").first == "load_error");
  CHECK(outcomes.at("header at the limit.mid").first == "load_error");
  CHECK(outcomes.at("music at the limit.mid").first == "kept");  // zeros behind the last track are no harm
}

TEST_CASE("midi-dataset: 4 GiB of zeros alone are an empty result") {
  const Workplace place;
  place.add_sparse("zeros.mid", "", 4096 * kMiB);
  const ProgramRun run = place.aria({"midi-dataset", "DIR", "out.jsonl"});
  CHECK(run.status == 1);
  CHECK(place.outputs().empty());
  check_memory(run, 1);
}

TEST_CASE("midi-dataset: headers that claim too much") {
  const Workplace place;
  place.add("65535 tracks.mid", test::header(1, 65535, 480) + test::melody(2, 60));
  place.add("65535 and nothing.mid", test::header(1, 65535, 480));
  place.add("32767 tracks.mid", test::header(1, 32767, 480) + test::melody(3, 60));
  std::string tracks;
  for (int i = 0; i < 32766; ++i) tracks += test::midi_track("");
  place.add("32767 real tracks.mid", test::header(1, 32767, 480) + tracks + test::melody(4, 60));
  place.add("long track.mid", test::header(1, 1, 480) + "MTrk\xff\xff\xff\xff" + test::note(60, 480));
  const auto outcomes = outcomes_beside_music(place);
  CHECK(outcomes.size() == 6);
  CHECK(outcomes.at("65535 and nothing.mid").first == "load_error");
  CHECK(outcomes.at("32767 tracks.mid").first == "kept");
  CHECK(mentions(outcomes.at("32767 tracks.mid").second, "truncated at byte"));
  CHECK(outcomes.at("32767 real tracks.mid") == std::pair<std::string, std::string>{"kept", "-"});
}

TEST_CASE("midi-dataset: delta times of 2^28 and more") {
  const Workplace place;
  constexpr std::uint64_t kLong = 1 << 28;
  const auto file = [](std::uint64_t length, int notes) {
    std::string events;
    for (int i = 0; i < notes; ++i) events += test::note(60, length);
    return test::header(0, 1, 480) + test::midi_track(events);
  };
  place.add("one.mid", file(kLong, 1));
  place.add("1000.mid", file(kLong, 1000));
  place.add("2^62.mid", file(std::uint64_t{1} << 62, 3));
  place.add("endless.mid", test::header(0, 1, 480) + test::midi_track(std::string(100'000, '\xff')));
  place.add("endless delta.mid", test::header(0, 1, 480) + test::midi_track(std::string(100'000, '\x80')));
  // A good length for a tempo of 1 microsecond a beat.
  const std::string fast = std::string("\0\xff\x51\x03\0\0\1", 7) + test::note(60, kLong) + test::note(60, kLong);
  place.add("fast.mid", test::header(0, 1, 0x7fff) + test::midi_track(fast));
  const auto outcomes = outcomes_beside_music(place);
  CHECK(outcomes.size() == 7);
  CHECK(outcomes.at("one.mid").first == "failed_tests");
  CHECK(outcomes.at("2^62.mid").first == "load_error");
}

TEST_CASE("midi-dataset: a thousand tempo changes a beat") {
  const Workplace place;
  std::string tempos, notes;
  for (unsigned beat = 0; beat < 60; ++beat) {
    notes += test::note(60, 480);
    for (unsigned i = 0; i < 1000; ++i) {
      const bool next_tick = i % 2 == 0 && i < 960;
      tempos += std::string(1, next_tick ? '\1' : '\0') + "\xff\x51\x03" + test::big_endian(400'000 + 200 * i, 3);
    }
  }
  place.add("tempos.mid", test::header(1, 2, 480) + test::midi_track(tempos) + test::midi_track(notes));
  CHECK(outcomes_beside_music(place).at("tempos.mid") == std::pair<std::string, std::string>{"kept", "-"});
}

TEST_CASE("midi-dataset: links that go round, links to nothing, and what is no file") {
  const Workplace place;
  place.add("deep/one.mid", test::music(2));
  fs::create_symlink("b.mid", place.dir() / "a.mid");
  fs::create_symlink("a.mid", place.dir() / "b.mid");
  fs::create_symlink("self.mid", place.dir() / "self.mid");
  fs::create_symlink("nowhere", place.dir() / "nowhere.mid");
  fs::create_directory_symlink("..", place.dir() / "deep/up");
  fs::create_directory_symlink(".", place.dir() / "deep/round.mid");
  fs::create_directory(place.dir() / "folder.mid");
  REQUIRE(::mkfifo((place.dir() / "pipe.mid").c_str(), 0600) == 0);
  fs::create_symlink("pipe.mid", place.dir() / "to pipe.mid");
  fs::create_symlink("/dev/zero", place.dir() / "to device.mid");
  const auto outcomes = outcomes_beside_music(place);
  CHECK(outcomes.at("deep/one.mid").first == "kept");
  for (const char* name : {"a.mid", "b.mid", "self.mid", "nowhere.mid"}) CHECK(outcomes.at(name).first == "load_error");
  CHECK(outcomes.size() == 6);  // the others are no files
}

TEST_CASE("midi-dataset: a file and a folder that may not be read") {
  const Workplace place;
  place.add("good.mid", test::music(1));
  place.add("secret.mid", test::music(2));
  place.add("closed/one.mid", test::music(3));
  fs::permissions(place.dir() / "secret.mid", fs::perms::none);
  fs::permissions(place.dir() / "closed", fs::perms::none);
  fs::permissions(place / "", fs::perms::all);
  const ProgramRun run =
      place.aria({"midi-dataset", "-r", "--report", "r.tsv", "DIR", "out.jsonl"}, {.as_nobody = true});
  fs::permissions(place.dir() / "closed", fs::perms::owner_all);
  if (run.status == 126) return;  // the program itself lies where nobody may go
  CAPTURE(run.complaints);
  REQUIRE(run.status == 0);
  const auto outcomes = place.report("r.tsv");
  CHECK(outcomes.at("good.mid").first == "kept");
  CHECK(outcomes.at("secret.mid") ==
        std::pair<std::string, std::string>{"load_error", "cannot open: Permission denied"});
  CHECK(outcomes.at("closed/").first == "load_error");
  CHECK(mentions(outcomes.at("closed/").second, "Permission denied"));
}

TEST_CASE("midi-dataset: a file cut off anywhere has an outcome") {
  const Workplace place;
  const std::string whole = test::header(1, 2, 480) + test::melody(2, 2) + test::melody(3, 60);
  for (std::size_t size = 0; size < 110; ++size)
    place.add("cut" + std::to_string(size) + ".mid", whole.substr(0, size));
  for (std::size_t size = whole.size() - 40; size <= whole.size(); ++size) {
    place.add("cut" + std::to_string(size) + ".mid", whole.substr(0, size));
  }
  const auto outcomes = outcomes_beside_music(place);
  CHECK(outcomes.size() == 152);
  CHECK(outcomes.at("cut0.mid").first == "load_error");
  for (const std::size_t missing : {4, 3, 2, 1}) {  // of the end of the track
    CHECK(outcomes.at("cut" + std::to_string(whole.size() - missing) + ".mid").second != "-");
  }
}
