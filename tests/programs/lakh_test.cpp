// midi-preprocess, tokenize-lakh and lakh: what they say, what they leave behind, whatever happens on the way.
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/lakh_trees.hpp"
#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

using Words = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

const std::string kAllSplits = "0123456789abcdef";

// A tree with two pieces and a broken file for training, and one piece each for validation and test.
Files fill(const Workplace& place) {
  const Files files = {{"0/a.mid", test::lakh_piece(1, {.notes = 500, .instruments = 3})},
                       {"0/broken.mid", "MThd"},
                       {"3/b.mid", test::lakh_piece(2, {.notes = 800, .instruments = 2})},
                       {"e/c.mid", test::lakh_piece(3, {.notes = 450})},
                       {"f/d.mid", test::lakh_piece(4, {.notes = 400})}};
  test::write_files(files, place.dir());
  return files;
}

// All files of a tree, hidden ones, too, but the journal.
Files tree(const fs::path& folder) {
  Files files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_regular_file() && name != ".aria-state") files[name] = test::read_text(entry.path());
  }
  return files;
}

// The tree without what a step writes.
Files without(Files files, const std::string& part) {
  std::erase_if(files, [&](const auto& file) { return mentions(file.first, part); });
  return files;
}

std::string notes(unsigned count, std::uint64_t ticks) {
  std::string events;
  for (unsigned i = 0; i < count; ++i) events += test::note(60 + i % 5, ticks);
  return events;
}
std::string midi_file(const std::string& events) { return test::header(0, 1, 480) + test::midi_track(events); }

// An eighth of a second.
constexpr std::uint64_t kShort = 120;

std::string many_instruments() {
  std::string events;
  for (unsigned i = 0; i < 120; ++i) {
    events += test::quantity(0) + "\xc0" + static_cast<char>(i % 17) + test::note(60, kShort);
  }
  return midi_file(events);
}

// How often a program can be killed, or 0 where that cannot be told.
std::uint64_t stops_of(const Workplace& place, const Words& words) {
  const std::uint64_t stops = place.aria(words, {.count_stops = true}).stops;
  if (stops >= 20) return stops;
  WARN("system calls cannot be traced here");
  return 0;
}

// Kills the program at many places of its work. `reset` makes the beginning, `look` sees what is left, and may return
// words for the second run.
template <class Reset, class Look, class Done>
void kill_everywhere(const Workplace& place, const Words& words, Reset reset, Look look, Done done) {
  reset();
  const std::uint64_t stops = stops_of(place, words);
  if (stops == 0) return;
  unsigned killed = 0;
  // The program loads first.
  for (std::uint64_t stop = stops > 400 ? stops - 400 : 0; stop < stops; stop += test::kSanitized ? 23 : 5) {
    CAPTURE(stop);
    reset();
    const ProgramRun run = place.aria(words, {.kill_at_stop = stop});
    killed += run.signal == SIGKILL;
    look();
    if (run.signal == 0) continue;
    const ProgramRun second = place.aria(words);
    CAPTURE(second.complaints);
    // Killed behind its last step, it has nothing more to do, and finds its own outputs as any second run would.
    CHECK((second.status == 0 || mentions(second.complaints, "exists already")));
    done();
  }
  CHECK(killed > (test::kSanitized ? 5 : 20));
}

}  // namespace

TEST_CASE("midi-preprocess, tokenize-lakh, lakh-splits end with the files of lakh") {
  const Workplace place;
  const Files files = fill(place);
  const ProgramRun first = place.aria({"midi-preprocess", "--workers", "2", "--report", "first.tsv", "DIR"});
  CAPTURE(first.complaints);
  REQUIRE(first.status == 0);
  CHECK(first.output == "processed 4 of 5 MIDI files: 1 could not be read\n");
  const ProgramRun second = place.aria({"tokenize-lakh", "-k", "10", "--seed", "5", "--report", "second.tsv", "DIR"});
  CAPTURE(second.complaints);
  REQUIRE(second.status == 0);
  CHECK(mentions(second.output,
                 "4 pieces of 4 files: 0 were too short, 0 too long, 0 had too many instruments, 0 could"));
  CHECK(mentions(second.output, "there are no folders 12456789abcd: they count as empty\n"));
  CHECK(mentions(second.output, "wrote DIR/tokenized-events-<0..f>.txt\n"));
  REQUIRE(place.aria({"lakh-splits", "--seed", "5", "DIR", "splits"}).status == 0);

  const ProgramRun at_once =
      place.aria({"lakh", "-k", "10", "--seed", "5", "--memory", "4M", "--report", "lakh.tsv", "DIR", "out"});
  CAPTURE(at_once.complaints);
  REQUIRE(at_once.status == 0);
  const Files out = tree(place / "out");
  CHECK((out == tree(place / "splits")));
  REQUIRE(out.size() == 3);
  CHECK(at_once.output.starts_with("5 MIDI files, 1 MiB; this will take up to 212 MiB of memory, and on the disk "));
  CHECK(mentions(at_once.output, "4 pieces of 5 files: 0 were too short"));
  CHECK(mentions(at_once.output, "there are no folders 12456789abcd: they count as empty\n"));
  const auto lines = [&](const char* name) { return std::to_string(test::lines_of(out.at(name)).size()); };
  CHECK(mentions(at_once.output, "wrote out/train.txt: " + lines("train.txt") + " sequences, valid.txt: " +
                                     lines("valid.txt") + ", test.txt: " + lines("test.txt") + "\n"));

  const std::string header = "path\toutcome\treason\n";
  const std::string broken = place.report("first.tsv").at("0/broken.mid").second;
  CHECK(broken.size() > 5);
  const std::string midi_rows = "0/a.mid\tkept\t-\n0/broken.mid\tload_error\t" + broken +
                                "\n3/b.mid\tkept\t-\ne/c.mid\tkept\t-\nf/d.mid\tkept\t-\n";
  CHECK(place.text("first.tsv") == header + midi_rows);
  CHECK(place.text("lakh.tsv") == header + midi_rows);
  CHECK(place.text("second.tsv") == header +
                                        "0/a.mid.compound.txt\tkept\t-\n3/b.mid.compound.txt\tkept\t-\n"
                                        "e/c.mid.compound.txt\tkept\t-\nf/d.mid.compound.txt\tkept\t-\n");

  // Once more: nothing is left to do, and a report can be had again.
  const ProgramRun third = place.aria({"midi_preprocess", "--report", "first.tsv", "DIR"});
  CHECK(mentions(third.output, "\n5 were done already\n"));
  CHECK(place.text("first.tsv") == header + midi_rows);
  CHECK(mentions(place.aria({"tokenize_lakh", "-augment", "10", "--seed", "5", "DIR"}).output,
                 "the splits " + kAllSplits + " were done already\n"));
  const ProgramRun refused = place.aria({"lakh", "DIR", "out"});
  CHECK(refused.status == 1);
  CHECK(mentions(refused.complaints, "out/train.txt: exists already"));
  CHECK((tree(place / "out") == out));
  test::write_text(place / "mine.tsv", "mine");
  CHECK(place.aria({"midi-preprocess", "--report", "mine.tsv", "DIR"}).status == 1);
  CHECK(place.text("mine.tsv") == "mine");
}

TEST_CASE("lakh --by-hash: equal contents once, and a row for every file") {
  const Workplace place;
  const Files files = fill(place);
  place.add("0/a again.mid", files.at("0/a.mid"));
  place.add("deep/er/b again.MID", files.at("3/b.mid"));
  for (unsigned i = 0; i < 12; ++i) {
    place.add("more" + std::to_string(10 + i) + ".mid", test::lakh_piece(10 + i, {.notes = 400}));
  }
  fs::create_symlink("nowhere", place.dir() / "lost.mid");
  const ProgramRun run = place.aria({"lakh", "--by-hash", "--memory", "1M", "--report", "rows.tsv", "DIR", "out"});
  CAPTURE(run.complaints, run.output);
  REQUIRE(run.status == 0);
  CHECK(run.output.starts_with("20 MIDI files, "));
  CHECK(mentions(run.output,
                 "16 pieces of 18 files: 0 were too short, 0 too long, 0 had too many instruments, 2 could "));
  CHECK(mentions(run.output, "\n2 files had the contents of another\n"));
  const auto rows = test::read_table(place / "rows.tsv");
  REQUIRE(rows.size() == 20);
  CHECK(std::is_sorted(rows.begin(), rows.end(), [](auto a, auto b) { return a["path"] < b["path"]; }));
  const auto of = place.report("rows.tsv");
  CHECK(of.at("0/a.mid") == std::pair<std::string, std::string>("duplicate", "same contents as 0/a again.mid"));
  CHECK(of.at("deep/er/b again.MID") == std::pair<std::string, std::string>("duplicate", "same contents as 3/b.mid"));
  CHECK(of.at("lost.mid").first == "load_error");
  CHECK(of.at("0/broken.mid").first == "load_error");

  REQUIRE(place.aria({"lakh-layout", "DIR", "laid"}).status == 0);
  REQUIRE(place.aria({"lakh", "laid", "again"}).status == 0);
  CHECK((tree(place / "out") == tree(place / "again")));
}

TEST_CASE("tokenize-lakh --reference prints what the original does") {
  const Workplace place;
  place.add("0/a.mid", midi_file(notes(700, kShort)));  // 2 sequences, and 19 events over
  place.add("0/b.mid", midi_file(notes(99, kShort)));   // too short
  // A note of 12 s: 11 rests, 2 sequences of 340 + 1 + 11 + 340 notes and rests and a separator.
  place.add("1/a.mid", midi_file(notes(340, kShort) + test::note(60, 11'520) + notes(340, kShort)));
  place.add("2/a.mid", midi_file(notes(700, 480)));     // sequences of 170 s
  place.add("e/a.mid", midi_file(notes(101, 38'400)));  // 4000 s
  place.add("f/a.mid", many_instruments());
  REQUIRE(place.aria({"midi-preprocess", "--reference", "DIR"}).status == 0);
  const std::string start =
      "  train split: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd']\n"
      "  validation split: ['e']\n"
      "  test split: ['f']\n"
      "Tokenization parameters:\n"
      "  anticipation interval = 5s\n"
      "  augment = 1x\n"
      "  max track length = 3600s\n"
      "  min track length = 10s\n"
      "  min track events = 100\n"
      "Tokenization complete.\n";
  const std::string pieces =
      "  => Discarded 2 event sequences\n"
      "      - 1 too short\n"
      "      - 1 too long\n"
      "      - 1 too many instruments\n";
  const ProgramRun arrival = place.aria({"tokenize-lakh", "--reference", "DIR"});
  CAPTURE(arrival.complaints);
  CHECK(arrival.output == "Tokenizing LakhMIDI\n  encoding type: arrival\n" + start +
                              "  => Processed 4 training sequences\n"
                              "  => Inserted 11 REST tokens (0.81% of events)\n" +
                              pieces +
                              "  => Discarded 2 training sequences\n"
                              "  => Truncated 1 duration times (0.07% of durations)\n"
                              "Remember to shuffle the training split!\n");
  // Three tokens a note, and a separator: 2101, 2044 and 2101 tokens.
  const ProgramRun interarrival = place.aria({"tokenize_lakh", "-i", "--reference", "DIR"});
  CHECK(interarrival.output == "Tokenizing LakhMIDI\n  encoding type: interarrival\n" + start +
                                   "  => Processed 5 training sequences\n"
                                   "  => Inserted 0 REST tokens (0.0% of events)\n" +
                                   pieces +
                                   "  => Discarded 0 training sequences\n"
                                   "  => Truncated 1 interarrival times (0.06% of interarrivals)\n"
                                   "Remember to shuffle the training split!\n");
  CHECK(mentions(place.aria({"tokenize-lakh", "--augment", "10", "--reference", "DIR"}).output, "  augment = 10x\n"));
}

TEST_CASE("midi-preprocess, tokenize-lakh, lakh: command lines that are wrong, and help") {
  const Workplace place;
  fill(place);
  for (const Words& command : {Words{"tokenize-lakh", "DIR"}, {"lakh", "DIR", "out"}}) {
    for (const Words& options : {Words{"-k", "3"},
                                 {"-k", "0"},
                                 {"-k", "15"},
                                 {"-k", "1010"},
                                 {"-k", "-10"},
                                 {"-k", "ten"},
                                 {"-i", "-k", "10"},
                                 {"--seed", "x"},
                                 {"--workers", "0"},
                                 {"--no-such-option"}}) {
      CAPTURE(command, options);
      Words words = command;
      words.insert(words.end(), options.begin(), options.end());
      CHECK(place.aria(words).status == 2);
    }
  }
  CHECK(place.aria({"lakh", "DIR"}).status == 2);
  CHECK(place.aria({"lakh", "DIR", "DIR"}).status == 2);
  CHECK(place.aria({"lakh", "--memory", "1K", "DIR", "out"}).status == 2);
  CHECK(place.aria({"tokenize-lakh"}).status == 2);
  CHECK(place.aria({"midi-preprocess"}).status == 2);
  for (const std::string command : {"midi-preprocess", "tokenize-lakh", "lakh"}) {
    const ProgramRun help = place.aria({command, "--help"});
    CHECK(help.status == 0);
    CHECK(mentions(help.output, "Example:\n  aria " + command + ' '));
    Words absent = {command, "absent"};
    if (command == "lakh") absent.push_back("out");
    const ProgramRun run = place.aria(absent);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "absent"));
  }
  // A folder without the sixteen ones: lakh-layout makes these.
  test::write_text(place / "flat/a.mid", "");
  for (const Words& words : {Words{"tokenize-lakh", "flat"}, {"lakh", "flat", "out"}}) {
    const ProgramRun run = place.aria(words);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "aria lakh-layout"));
  }
  CHECK(mentions(place.aria({"tokenize-lakh", "DIR"}).complaints, "aria midi-preprocess"));
  CHECK(place.outputs() == Words{"flat"});
}

TEST_CASE("midi-preprocess: killed anywhere and started again, it ends as if nothing had happened") {
  const Workplace place;
  fill(place);
  const Words words = {"midi-preprocess", "--workers", "1", "DIR"};
  REQUIRE(place.aria(words).status == 0);
  const Files expected = tree(place.dir()), sources = without(expected, ".compound.txt");
  REQUIRE(expected.size() == sources.size() + 4);
  unsigned some = 0;
  const auto reset = [&] {
    fs::remove_all(place.dir());
    test::write_files(sources, place.dir());
  };
  const auto look = [&] {
    const Files left = tree(place.dir());
    for (const auto& [name, text] : left) {
      REQUIRE(expected.contains(name));
      CHECK(text == expected.at(name));
    }
    some += left.size() > sources.size() && left.size() < expected.size();
  };
  kill_everywhere(place, words, reset, look, [&] { CHECK((tree(place.dir()) == expected)); });
  if (!test::kSanitized && stops_of(place, words) != 0) CHECK(some > 0);
}

TEST_CASE("tokenize-lakh: killed anywhere and started again, it ends as if nothing had happened") {
  const Workplace place;
  fill(place);
  const Words words = {"tokenize-lakh", "--workers", "1", "-k", "10", "DIR"};
  REQUIRE(place.aria({"midi-preprocess", "DIR"}).status == 0);
  const Files sources = tree(place.dir());
  REQUIRE(place.aria(words).status == 0);
  const Files expected = tree(place.dir());
  REQUIRE(expected.size() == sources.size() + 16);
  unsigned some = 0;
  const auto reset = [&] {
    for (const auto& [name, text] : expected) {
      if (!sources.contains(name)) fs::remove(place.dir() / name);
    }
    fs::remove(place.dir() / ".aria-state");
  };
  const auto look = [&] {
    const Files left = tree(place.dir());
    for (const auto& [name, text] : left) {
      REQUIRE(expected.contains(name));
      CHECK(text == expected.at(name));
    }
    some += left.size() > sources.size() && left.size() < expected.size();
  };
  kill_everywhere(place, words, reset, look, [&] { CHECK((tree(place.dir()) == expected)); });
  if (!test::kSanitized && stops_of(place, words) != 0) CHECK(some > 0);
}

TEST_CASE("lakh: killed anywhere and started again, it ends as if nothing had happened") {
  const Workplace place;
  fill(place);
  const Words words = {"lakh", "--workers", "1", "-k", "10", "--memory", "1M", "DIR", "out"};
  REQUIRE(place.aria(words).status == 0);
  const Files expected = tree(place / "out"), sources = tree(place.dir());
  const auto look = [&] {
    for (const auto& [name, text] : tree(place / "out")) {
      REQUIRE(expected.contains(name));
      CHECK(text == expected.at(name));
    }
    CHECK((tree(place.dir()) == sources));
  };
  kill_everywhere(
      place, words, [&] { fs::remove_all(place / "out"); }, look, [&] { CHECK((tree(place / "out") == expected)); });
}

TEST_CASE("midi-preprocess, tokenize-lakh, lakh: a full disk leaves nothing half-written") {
  const Workplace place;
  fill(place);
  // Every step with a limit that its largest output does not fit, and then without.
  const auto step = [&](const Words& words, const fs::path& folder, const std::string& part) {
    CAPTURE(words);
    const Files before = tree(folder);
    REQUIRE(place.aria(words).status == 0);
    const Files after = tree(folder);
    std::size_t largest = 0;
    for (const auto& [name, text] : after) {
      if (!before.contains(name)) largest = std::max(largest, text.size());
    }
    for (const auto& [name, text] : after) {
      if (!before.contains(name)) fs::remove(folder / name);
    }
    fs::remove(folder / ".aria-state");
    for (const char* workers : {"1", "4"}) {
      Words limited = words;
      limited.insert(limited.begin() + 1, {"--workers", workers});
      const ProgramRun full = place.aria(limited, {.file_size_limit = largest - 1});
      CHECK(full.status == 1);
      CHECK(mentions(full.complaints, part));
      for (const auto& [name, text] : tree(folder)) {
        REQUIRE(after.contains(name));
        CHECK(text == after.at(name));
      }
    }
    const ProgramRun again = place.aria(words);
    CAPTURE(again.complaints);
    CHECK(again.status == 0);
    CHECK((tree(folder) == after));
  };
  step({"midi-preprocess", "DIR"}, place.dir(), ".mid.compound.txt: cannot write");
  step({"tokenize-lakh", "-k", "10", "DIR"}, place.dir(), "DIR/tokenized-events-");
  step({"lakh", "-k", "10", "--memory", "1M", "DIR", "out"}, place / "out", "out");
}
