// Outputs appear whole or not at all, whatever stands in their way.
#include <sys/stat.h>

#include <chrono>

#include <aria/support/random.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

using Names = std::vector<std::string>;
using Words = std::vector<std::string>;

constexpr const char* kHeader = "path\toutcome\treason\n";

// The run has failed: status 1, and a message that names the place.
void check_failed(const ProgramRun& run, const std::string& place) {
  CAPTURE(run.complaints);
  CHECK(run.status == 1);
  CHECK(run.output.empty());
  CHECK(mentions(run.complaints, place));
}

}  // namespace

TEST_CASE("midi-dataset: a directory that does not exist, or is none") {
  const Workplace place;
  place.add_music(1);
  for (const std::string dir : {"no/such/dir", "DIR/0.mid", ""}) {
    check_failed(place.aria({"midi-dataset", dir, "out.jsonl"}), dir);
    check_failed(place.aria({"midi-dataset", "--split", "0.5", "--report", "r.tsv", dir, "out.jsonl"}), dir);
    CHECK(place.outputs().empty());
  }
}

TEST_CASE("midi-dataset: a directory without MIDI, where only the report is written, and has just its header") {
  const Workplace place;
  place.add("notes.txt", "no MIDI");
  place.add("deep/0.mid", test::music(0));
  check_failed(place.aria({"midi-dataset", "DIR", "out.jsonl"}), "DIR: holds no MIDI files");
  CHECK(place.outputs().empty());
  check_failed(place.aria({"midi-dataset", "--split", "0.5", "--report", "r.tsv", "DIR", "out.jsonl"}), "DIR");
  CHECK(place.outputs() == Names{"r.tsv"});
  CHECK(place.text("r.tsv") == kHeader);
}

TEST_CASE("midi-dataset: nothing kept, where only the report is written") {
  const Workplace place;
  place.add("bad.mid", "no MIDI");
  place.add("short.mid", test::music(0, 4));
  check_failed(place.aria({"midi-dataset", "--report", "r.tsv", "--split", "0.5", "DIR", "out.jsonl"}),
               "none of the 2 MIDI files");
  CHECK(place.outputs() == Names{"r.tsv"});
  const auto rows = place.report("r.tsv");
  CHECK(rows.at("bad.mid").first == "load_error");
  CHECK(rows.at("short.mid") == std::pair<std::string, std::string>{"failed_tests", "min_length 2"});
}

TEST_CASE("midi-dataset: an output that exists stays as it is without --overwrite") {
  const Workplace place;
  place.add_music(5);
  const Words words = {"midi-dataset", "--split", "0.5", "--report", "r.tsv", "DIR", "out.jsonl"};
  for (const std::string name : {"out.jsonl", "out_train.jsonl", "out_val.jsonl", "r.tsv"}) {
    test::write_text(place / name, "old");
    check_failed(place.aria(words), name + ": exists already");
    CHECK(place.outputs() == Names{name});
    CHECK(place.text(name) == "old");

    Words overwriting = words;
    overwriting.insert(overwriting.begin() + 1, "--overwrite");
    CHECK(place.aria(overwriting).status == 0);
    CHECK(place.outputs() == Names{"out.jsonl", "out_train.jsonl", "out_val.jsonl", "r.tsv"});
    CHECK(place.text(name) != "old");
    for (const std::string& output : place.outputs()) fs::remove(place / output);
  }
}

TEST_CASE("midi-dataset: an output that cannot be one") {
  const Workplace place;
  place.add_music(2);
  fs::create_directory(place / "folder");
  for (const std::string path : {"missing/out.jsonl", "DIR/0.mid/out.jsonl", "folder", "folder/", "missing/"}) {
    for (const std::string report : {"", "r.tsv"}) {
      check_failed(place.aria({"midi-dataset", "--overwrite", "--report=" + report, "DIR", path}), path);
    }
    check_failed(place.aria({"midi-dataset", "--overwrite", "--report", path, "DIR", "out.jsonl"}), path);
  }
  CHECK(place.outputs() == Names{"folder"});
  CHECK(fs::is_empty(place / "folder"));
}

TEST_CASE("midi-dataset: what is no regular file is not replaced") {
  const Workplace place;
  place.add_music(2);
  REQUIRE(::mkfifo((place / "pipe").c_str(), 0600) == 0);
  check_failed(place.aria({"midi-dataset", "--overwrite", "DIR", "pipe"}), "pipe");
  CHECK(fs::is_fifo(place / "pipe"));
  CHECK(place.outputs() == Names{"pipe"});
}

TEST_CASE("midi-dataset: a full disk leaves what was there") {
  const Workplace place;
  place.add_music(40);
  REQUIRE(place.aria({"midi-dataset", "--split", "0.5", "--report", "whole.tsv", "DIR", "whole.jsonl"}).status == 0);
  const std::uint64_t size = fs::file_size(place / "whole.jsonl");
  const std::uint64_t part = fs::file_size(place / "whole_train.jsonl");
  REQUIRE(part < size);
  const Names before = place.outputs();

  for (const std::uint64_t limit : {std::uint64_t{1000}, part - 1, part, size - 1}) {
    CAPTURE(limit, size);
    check_failed(place.aria({"midi-dataset", "DIR", "out.jsonl"}, {.file_size_limit = limit}), "out.jsonl");
    check_failed(place.aria({"midi-dataset", "--split", "0.5", "--report", "r.tsv", "DIR", "out.jsonl"},
                            {.file_size_limit = limit}),
                 "out");
    CHECK(place.outputs() == before);
    check_failed(
        place.aria({"midi-dataset", "--overwrite", "--split", "0.9", "DIR", "whole.jsonl"}, {.file_size_limit = limit}),
        "whole");
    CHECK(place.outputs() == before);
    CHECK(fs::file_size(place / "whole.jsonl") == size);
    CHECK(fs::file_size(place / "whole_train.jsonl") == part);
  }
  CHECK(place.aria({"midi-dataset", "DIR", "out.jsonl"}, {.file_size_limit = size}).status == 0);
  CHECK(place.text("out.jsonl") == place.text("whole.jsonl"));
}

namespace {

// A command line, what its outputs hold when it has run to its end, and what they held before.
struct Killing {
  const Workplace& place;
  Words words;
  Names names;
  std::string old{};  // content of all outputs before; empty: they are not there
  std::map<std::string, std::string> whole{};
  unsigned finished = 0, killed = 0;

  void prepare() {
    reset();
    REQUIRE(place.aria(words).status == 0);
    for (const std::string& name : names) whole[name] = place.text(name);
  }

  void reset() const {
    for (const std::string& name : place.outputs()) fs::remove(place / name);
    if (old.empty()) return;
    for (const std::string& name : names) test::write_text(place / name, old);
  }

  ProgramRun run(const test::RunOptions& options) {
    reset();
    ProgramRun run = place.aria(words, options);
    CAPTURE(words, run.complaints);
    const bool done = run.signal == 0;
    ++(done ? finished : killed);
    CHECK((done ? run.status == 0 : run.signal == SIGKILL));
    for (const std::string& name : names) {
      const std::string found = place.has(name) ? place.text(name) : "";
      if (found != whole.at(name)) {
        CAPTURE(name);
        CHECK_FALSE(done);
        CHECK(found == old);
      }
    }
    for (const std::string& name : place.outputs()) {
      CAPTURE(name);
      CHECK((name.front() == '.' || whole.count(name) != 0));  // what a kill may leave behind is hidden
    }
    return run;
  }
};

std::vector<Killing> killings(const Workplace& place, const std::string& workers) {
  const Names three = {"out.jsonl", "out_train.jsonl", "out_val.jsonl"};
  return {{place, {"midi-dataset", "--workers", workers, "DIR", "out.jsonl"}, {"out.jsonl"}},
          {place, {"midi-dataset", "--workers", workers, "--split", "0.5", "DIR", "out.jsonl"}, three},
          {place,
           {"midi-dataset", "--workers", workers, "--overwrite", "--split", "0.5", "DIR", "out.jsonl"},
           three,
           "what was there before\n"}};
}

}  // namespace

TEST_CASE("midi-dataset: killed before or after any system call, a path holds the old file or the whole new one") {
  const Workplace place;
  place.add_music(4);
  for (Killing& killing : killings(place, "1")) {
    killing.prepare();
    const std::uint64_t stops = killing.run({.count_stops = true}).stops;
    if (stops < 20) {
      WARN("system calls cannot be traced here");
      return;
    }
    // Files change in the last calls; before them the program only loads and reads.
    const std::uint64_t step = test::kSanitized ? 29 : 7, last = stops < 80 ? 0 : stops - 80;
    for (std::uint64_t stop = 0; stop < last; stop += step) killing.run({.kill_at_stop = stop});
    for (std::uint64_t stop = last; stop < stops; ++stop) killing.run({.kill_at_stop = stop});
    CHECK(killing.killed >= 20);
  }
}

TEST_CASE("midi-dataset: killed at random moments, a path holds the old file or the whole new one") {
  using Clock = std::chrono::steady_clock;
  const Workplace place;
  place.add_music(test::kSanitized ? 60 : 300);
  std::uint64_t drawn = 0;
  for (Killing& killing : killings(place, "2")) {
    killing.prepare();
    const Clock::time_point start = Clock::now();
    killing.run({});
    const std::chrono::duration<double, std::micro> whole_run = Clock::now() - start;
    for (int round = 0; round < 25; ++round) {
      const double share = round % 2 == 0 ? aria::uniform(1, drawn) : 0.7 + 0.4 * aria::uniform(1, drawn);
      ++drawn;
      killing.run({.kill_after = std::chrono::microseconds(static_cast<std::int64_t>(whole_run.count() * share))});
    }
    CHECK(killing.killed > 0);
  }
}
