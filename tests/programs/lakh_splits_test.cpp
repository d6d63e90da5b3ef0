// lakh-splits: sixteen files of sequences -> train.txt, valid.txt and test.txt, whatever happens on the way.
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>

#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/support/file.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

using Words = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

const std::string kDigits = "0123456789abcdef";

std::string source_name(char split) { return std::string("tokenized-events-") + split + ".txt"; }

// DIR as tokenize-lakh leaves it; one split is empty, one ends without a line feed.
Files fill(const Workplace& place, unsigned lines = 12) {
  Files sources;
  for (const char split : kDigits) {
    std::string text;
    for (unsigned i = 0; split != '4' && i < lines + static_cast<unsigned>(split) % 5; ++i) {
      text += "55026 " + std::string(1, split) + ' ' + std::to_string(i) + '\n';
    }
    if (split == 'b' || split == 'd') text.pop_back();
    place.add(source_name(split), text);
    sources[source_name(split)] = text;
  }
  return sources;
}

// The three files that come of the sources, without the program's help.
Files split(const Files& sources, const std::string& valid, const std::string& test, std::uint64_t seed) {
  Files files;
  std::vector<std::pair<std::uint64_t, std::string>> train;
  for (const char split : kDigits) {
    const std::string& text = sources.at(source_name(split));
    const bool for_valid = mentions(valid, std::string(1, split)), for_test = mentions(test, std::string(1, split));
    if (for_valid || for_test) {
      std::string& out = files[for_valid ? "valid.txt" : "test.txt"];
      if (!out.empty() && out.back() != '\n') out += '\n';
      out += text;
      continue;
    }
    for (const std::string& line : test::lines_of(text)) {
      train.emplace_back(aria::shuffle_key(seed, train.size()), line);
    }
  }
  std::sort(train.begin(), train.end());
  for (const auto& [key, line] : train) files["train.txt"] += line + '\n';
  return files;
}

// All files in a folder, hidden ones, too.
Files files_in(const fs::path& folder) {
  Files files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = test::read_text(entry.path());
  }
  return files;
}

}  // namespace

TEST_CASE("lakh-splits: two splits in order, the others shuffled") {
  const Workplace place;
  const Files sources = fill(place);
  struct Case {
    Words options;
    std::string valid = "e", test = "f";
    std::uint64_t seed = 0;
  };
  std::vector<std::string> trains;
  for (const Case& how :
       {Case{{}}, Case{{"--seed", "7"}, "e", "f", 7}, Case{{"--valid", "edb4", "--test=0"}, "4bde", "0"},
        Case{{"--memory", "1M", "--workers", "3", "--valid", "f", "--test", "e"}, "f", "e"}}) {
    CAPTURE(how.options);
    fs::remove_all(place / "new");
    Words words = {"lakh-splits", "DIR", "new/out"};
    words.insert(words.end(), how.options.begin(), how.options.end());
    const ProgramRun run = place.aria(words);
    CAPTURE(run.complaints, run.output);
    REQUIRE(run.status == 0);
    const Files expected = split(sources, how.valid, how.test, how.seed);
    CHECK(files_in(place / "new/out") == expected);
    CHECK(files_in(place.dir()) == sources);
    CHECK(mentions(run.output, "train.txt: " + std::to_string(test::lines_of(expected.at("train.txt")).size()) +
                                   " sequences, " + std::to_string(expected.at("train.txt").size()) + " bytes\n"));
    CHECK(mentions(run.output, "valid.txt: " + std::to_string(expected.at("valid.txt").size()) + " bytes\n"));
    trains.push_back(expected.at("train.txt"));
  }
  CHECK(trains[0] == trains[3]);
  CHECK(trains[0] != trains[1]);
}

TEST_CASE("lakh-splits --move frees the sources") {
  const Workplace place;
  const Files sources = fill(place);
  place.add("tokenized-events-g.txt", "mine");
  const ProgramRun run = place.aria({"lakh-splits", "--move", "DIR", "DIR"});  // they may also go beside them
  CAPTURE(run.complaints, run.output);
  REQUIRE(run.status == 0);
  Files expected = split(sources, "e", "f", 0);
  expected["tokenized-events-g.txt"] = "mine";
  CHECK(files_in(place.dir()) == expected);
  std::size_t bytes = 0;
  for (const auto& [name, text] : sources) bytes += text.size();
  CHECK(mentions(run.output, "removed " + std::to_string(bytes) + " bytes"));
}

TEST_CASE("lakh-splits: existing outputs stay without --overwrite") {
  const Workplace place;
  const Files sources = fill(place);
  for (const std::string name : {"valid.txt", "test.txt", "train.txt"}) {
    fs::remove_all(place / "out");
    test::write_text(place / "out" / name, "old");
    const ProgramRun refused = place.aria({"lakh-splits", "--move", "DIR", "out"});
    CHECK(refused.status == 1);
    CHECK(mentions(refused.complaints, name + ": exists already"));
    CHECK(files_in(place / "out") == Files{{name, "old"}});
    CHECK(files_in(place.dir()) == sources);
    CHECK(place.aria({"lakh-splits", "--overwrite", "DIR", "out"}).status == 0);
    CHECK(files_in(place / "out") == split(sources, "e", "f", 0));
  }
}

TEST_CASE("lakh-splits: missing files are named, and what makes them") {
  const Workplace place;
  fill(place);
  fs::remove(place.dir() / "tokenized-events-3.txt");
  fs::remove(place.dir() / "tokenized-events-e.txt");
  const ProgramRun run = place.aria({"lakh-splits", "DIR", "out"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "DIR: has no tokenized-events-3.txt, tokenized-events-e.txt; `aria tokenize-lakh`"));
  CHECK(place.outputs().empty());
  CHECK(place.aria({"lakh-splits", "absent", "out"}).status == 1);
  CHECK(place.outputs().empty());
}

TEST_CASE("lakh-splits: command lines that are wrong") {
  const Workplace place;
  fill(place);
  for (const Words& options : {Words{"--valid", "x"},
                               {"--valid", "E"},
                               {"--valid", ""},
                               {"--valid", "f"},
                               {"--test", "e"},
                               {"--test", "ff"},
                               {"--valid", "01234567", "--test", "89abcdef"},
                               {"--memory", "1K"},
                               {"--memory", "big"},
                               {"--seed", "-1"},
                               {"--workers", "0"}}) {
    CAPTURE(options);
    Words words = {"lakh-splits", "DIR", "out"};
    words.insert(words.end(), options.begin(), options.end());
    CHECK(place.aria(words).status == 2);
  }
  CHECK(place.aria({"lakh-splits", "DIR"}).status == 2);
  CHECK(place.outputs().empty());
}

TEST_CASE("lakh-splits: a full disk leaves nothing half-written, and the sources") {
  const Workplace place;
  const Files sources = fill(place, 400);
  const Files expected = split(sources, "e", "f", 0);
  for (const std::uint64_t limit : {expected.at("train.txt").size() - 1, expected.at("valid.txt").size() - 1}) {
    const ProgramRun run = place.aria({"lakh-splits", "--move", "DIR", "out"}, {.file_size_limit = limit});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "out"));
    CHECK(files_in(place / "out").empty());
    CHECK(files_in(place.dir()) == sources);
  }
  CHECK(place.aria({"lakh-splits", "--move", "DIR", "out"}).status == 0);
  CHECK(files_in(place / "out") == expected);
}

TEST_CASE("lakh-splits: one program at a time in a folder") {
  const Workplace place;
  fill(place);
  fs::create_directory(place / "out");
  const aria::FileDescriptor file(::open((place / "out/.aria-state").c_str(), O_RDWR | O_CREAT, 0600));
  REQUIRE(::flock(file.get(), LOCK_EX) == 0);
  const ProgramRun run = place.aria({"lakh-splits", "DIR", "out"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "another program works in this folder"));
}

TEST_CASE("lakh-splits: killed anywhere and started again, it ends as if nothing had happened") {
  const Workplace place;
  const Files sources = fill(place);
  const Files expected = split(sources, "e", "f", 3);
  const auto reset = [&] {
    fs::remove_all(place / "out");
    for (const auto& [name, text] : sources) place.add(name, text);
  };
  for (const bool move : {true, false}) {
    Words words = {"lakh-splits", "--seed", "3", "--workers", "1", "DIR", "out"};
    if (move) words.insert(words.begin() + 1, "--move");
    reset();
    const std::uint64_t stops = place.aria(words, {.count_stops = true}).stops;
    if (stops < 20) {
      WARN("system calls cannot be traced here");
      return;
    }
    unsigned killed = 0, partly_there = 0, partly_gone = 0;
    // The program loads first.
    for (std::uint64_t stop = stops > 400 ? stops - 400 : 0; stop < stops; stop += test::kSanitized ? 17 : 3) {
      CAPTURE(move, stop);
      reset();
      const ProgramRun run = place.aria(words, {.kill_at_stop = stop});
      killed += run.signal == SIGKILL;
      unsigned there = 0;
      for (const auto& [name, text] : files_in(place / "out")) {
        if (name.front() == '.') continue;
        CHECK(text == expected.at(name));
        ++there;
      }
      const std::size_t left = files_in(place.dir()).size();
      CHECK((left == sources.size() || (move && there == 3)));
      partly_there += there == 1 || there == 2;
      partly_gone += left != 0 && left != sources.size();
      if (run.signal == 0) continue;

      if (there == 3 && !place.has("out/.aria-state")) continue;  // killed when all was done
      const ProgramRun again = place.aria(words);
      CAPTURE(again.complaints);
      CHECK(again.status == 0);
      CHECK(mentions(again.output, "train.txt: " + std::to_string(test::lines_of(expected.at("train.txt")).size())));
      CHECK(files_in(place / "out") == expected);
      CHECK(files_in(place.dir()) == (move ? Files() : sources));
    }
    CHECK(killed > 20);
    if (test::kSanitized) continue;  // fewer stops are tried
    CHECK(partly_there > 0);
    CHECK((!move || partly_gone > 0));
  }
}

TEST_CASE("lakh-splits: what changed after a kill is not taken for done") {
  const Workplace place;
  Files sources = fill(place);
  const Words words = {"lakh-splits", "--workers", "1", "DIR", "out"};
  const std::uint64_t stops = place.aria(words, {.count_stops = true}).stops;
  if (stops < 20) {
    WARN("system calls cannot be traced here");
    return;
  }
  // The last call that leaves all outputs and the journal behind.
  std::uint64_t stop = stops;
  do {
    fs::remove_all(place / "out");
    place.aria(words, {.kill_at_stop = --stop});
  } while (!place.has("out/.aria-state"));
  REQUIRE(files_in(place / "out").size() == 4);
  place.add(source_name('0'), sources[source_name('0')] = "55026 other\n");
  const ProgramRun run = place.aria(words);
  CAPTURE(run.complaints);
  CHECK(run.status == 0);
  CHECK(files_in(place / "out") == split(sources, "e", "f", 0));
}
