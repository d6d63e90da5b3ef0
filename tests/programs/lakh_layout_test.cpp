// lakh-layout: any tree of MIDI files as the sixteen folders of the Lakh pipeline.
#include <sys/stat.h>

#include <aria/support/md5.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

std::string place_of(const std::string& bytes) {
  aria::Md5 md5;
  md5.update(bytes);
  const std::string name = md5.hex();
  return name.substr(0, 1) + '/' + name + ".mid";
}

// Everything below a folder: relative path -> text; folders end in a slash.
std::map<std::string, std::string> contents_of(const fs::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory()) {
      contents[name + '/'];
    } else {
      contents[name] = test::read_text(entry.path());
    }
  }
  return contents;
}

std::map<std::string, std::string> layout_of(const std::vector<std::string>& files) {
  std::map<std::string, std::string> layout;
  for (const char split : std::string("0123456789abcdef")) layout[std::string(1, split) + '/'];
  for (const std::string& bytes : files) layout[place_of(bytes)] = bytes;
  return layout;
}

std::uint64_t inode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("lakh-layout: every content once, as a hard link of the first file that has it") {
  const Workplace place;
  std::vector<std::string> files;
  for (unsigned i = 0; i < 60; ++i) {
    files.push_back("contents " + std::to_string(i) + std::string(i * 1000, 'x'));
    place.add("f" + std::to_string(i % 7) + "/" + std::to_string(i) + (i % 2 ? ".mid" : ".KAR"), files.back());
  }
  files.push_back("");
  place.add("empty.mid", "");
  place.add("a/first.mid", "contents 0");
  place.add("z/last.mid", "contents 0");
  place.add("notes.txt", "no MIDI");
  place.add(".hidden.mid", "hidden");
  fs::create_symlink("../f1/1.mid", place.dir() / "a/link.mid");
  fs::create_symlink("nowhere", place.dir() / "dangling.mid");

  for (const std::string workers : {"1", "4"}) {
    const ProgramRun run =
        place.aria({"lakh-layout", "--workers", workers, "--report", "r.tsv", "DIR", "deep/out" + workers});
    CAPTURE(run.complaints, run.output);
    REQUIRE(run.status == 0);
    CHECK(contents_of(place / ("deep/out" + workers)) == layout_of(files));
    CHECK(inode_of(place / ("deep/out" + workers) / place_of("contents 0")) == inode_of(place.dir() / "a/first.mid"));
    CHECK(inode_of(place / ("deep/out" + workers) / place_of(files[1])) == inode_of(place.dir() / "f1/1.mid"));
    CHECK(mentions(run.output, "laid out 61 of 65 MIDI files: 3 had the contents of another, 1 could not be read\n"));
    std::size_t linked = 0;
    for (const std::string& bytes : files) linked += bytes.size();
    CHECK(mentions(run.output, "linked " + std::to_string(linked) + " bytes, copied 0 bytes"));

    const auto report = place.report("r.tsv");
    using Row = std::pair<std::string, std::string>;
    CHECK(report.size() == 65);
    CHECK(report.at("a/first.mid") == Row{"kept", "-"});
    CHECK(report.at("f0/0.KAR") == Row{"duplicate", "same contents as " + place_of("contents 0")});
    CHECK(report.at("z/last.mid").first == "duplicate");
    CHECK(report.at("f1/1.mid").first == "duplicate");  // the link to it comes first
    CHECK(report.at("dangling.mid") == Row{"load_error", "cannot open: No such file or directory"});
  }
}

TEST_CASE("lakh-layout: a second run makes only what is missing or wrong") {
  const Workplace place;
  for (unsigned i = 0; i < 20; ++i) place.add(std::to_string(i) + ".mid", "contents " + std::to_string(i));
  REQUIRE(place.aria({"lakh-layout", "DIR", "out"}).status == 0);
  const auto whole = contents_of(place / "out");
  const auto kept = fs::last_write_time(place / "out" / place_of("contents 3"));

  fs::remove(place / "out" / place_of("contents 0"));
  fs::remove(place / "out" / place_of("contents 1"));  // a copy of the right size with other bytes
  test::write_text(place / "out" / place_of("contents 1"), "contents x");
  fs::remove(place / "out" / place_of("contents 2"));
  test::write_text(place / "out" / place_of("contents 2"), "cont");
  fs::remove(place / "out" / place_of("contents 4"));
  test::write_text(place / "out" / place_of("contents 4"), "contents 4");  // a good copy
  const auto copy = inode_of(place / "out" / place_of("contents 4"));
  test::write_text(place / "out/notes.txt", "mine");
  place.add("new.mid", "new contents");

  const ProgramRun run = place.aria({"lakh-layout", "DIR", "out"});
  CAPTURE(run.complaints, run.output);
  REQUIRE(run.status == 0);
  CHECK(mentions(run.output, "laid out 21 of 21"));
  CHECK(mentions(run.output, "17 were there already\nlinked 22 bytes, copied 20 bytes to out"));
  auto expected = whole;
  expected["notes.txt"] = "mine";
  expected[place_of("new contents")] = "new contents";
  CHECK(contents_of(place / "out") == expected);
  CHECK(fs::last_write_time(place / "out" / place_of("contents 3")) == kept);
  CHECK(inode_of(place / "out" / place_of("contents 4")) == copy);
}

TEST_CASE("lakh-layout: to another disk, files are copied") {
  const Workplace place;
  const fs::path other = "/dev/shm/aria-test-layout-" + std::to_string(::getpid());
  std::error_code failed;
  fs::create_directory(other, failed);
  struct stat here {
  }, there{};
  if (failed || ::stat(place.dir().c_str(), &here) != 0 || ::stat(other.c_str(), &there) != 0 ||
      here.st_dev == there.st_dev) {
    fs::remove_all(other, failed);
    return;  // there is no other disk
  }
  std::vector<std::string> files;
  for (unsigned i = 0; i < 20; ++i) {
    files.push_back("contents " + std::to_string(i) + std::string(i * 50'000, 'x'));
    place.add(std::to_string(i) + ".mid", files.back());
  }
  for (const std::string expected : {"copied 9500210 bytes", "20 were there already\nlinked 0 bytes, copied 0 bytes"}) {
    const ProgramRun run = place.aria({"lakh-layout", "DIR", (other / "out").string()});
    CAPTURE(run.output, run.complaints);
    CHECK(run.status == 0);
    CHECK(mentions(run.output, expected));
    CHECK(contents_of(other / "out") == layout_of(files));
  }
  fs::remove_all(other, failed);
}

TEST_CASE("lakh-layout: a folder in the other one is refused") {
  const Workplace place;
  place.add("0/a.mid", "a");
  fs::create_directory(place.dir() / "0/deep");
  fs::create_directory_symlink("DIR/0", place / "link");
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"DIR", "DIR"},
                             {"DIR", "DIR/out"},
                             {"DIR", "DIR/0/../x/y"},
                             {"DIR/0", "DIR"},
                             {"DIR/0", "link"},
                             {"DIR/0/deep", "DIR"},
                             {"link", "DIR"},
                             {"link", "DIR/0/out"},
                             {".", "out"},
                             {"DIR/", "DIR/out/"},
                             {"./DIR", "DIR/"}}) {
    CAPTURE(words);
    const ProgramRun run = place.aria({"lakh-layout", words[0], words[1]});
    CHECK(run.status == 2);
    CHECK(mentions(run.complaints, "may not lie in"));
  }
  CHECK(place.outputs() == std::vector<std::string>{"link"});
  CHECK(contents_of(place.dir()).size() == 3);
  CHECK(place.aria({"lakh-layout", "DIR/0", "DIR/out"}).status == 0);  // beside it is fine
}

TEST_CASE("lakh-layout: nothing to lay out makes nothing but the report") {
  const Workplace place;
  for (const std::string source : {"DIR", "absent"}) {
    const ProgramRun run = place.aria({"lakh-layout", source, "out"});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, source));
    CHECK(place.outputs().empty());
  }
  fs::create_symlink("nowhere", place.dir() / "a.mid");
  const ProgramRun run = place.aria({"lakh-layout", "--report", "r.tsv", "DIR", "out"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "none of the 1 MIDI files could be read"));
  CHECK(place.outputs() == std::vector<std::string>{"r.tsv"});
  CHECK(place.report("r.tsv").at("a.mid").first == "load_error");
}

TEST_CASE("lakh-layout: a report replaces a report, and nothing else") {
  const Workplace place;
  place.add("a.mid", "a");
  for (int round = 0; round < 2; ++round) {
    CHECK(place.aria({"lakh-layout", "--report", "r.tsv", "DIR", "out"}).status == 0);
    CHECK(place.report("r.tsv").size() == 1);
  }
  test::write_text(place / "mine.txt", "path and more");
  const ProgramRun run = place.aria({"lakh-layout", "--report", "mine.txt", "DIR", "out"});
  CHECK(run.status == 1);
  CHECK(place.text("mine.txt") == "path and more");
}

TEST_CASE("lakh-layout: the reference takes .mid and .midi alone") {
  const Workplace place;
  for (const char* name : {"a.mid", "b.MID", "c.midi", "d.kar", ".e.mid"}) place.add(name, name);
  REQUIRE(place.aria({"lakh-layout", "--reference", "DIR", "out"}).status == 0);
  CHECK(contents_of(place / "out") == layout_of({"a.mid", "c.midi", ".e.mid"}));
}

TEST_CASE("lakh-layout: an output that cannot be made stops, an input that cannot be read does not") {
  const Workplace place;
  for (unsigned i = 0; i < 40; ++i) place.add(std::to_string(i) + ".mid", "contents " + std::to_string(i));
  place.add("secret.mid", "secret");
  fs::permissions(place.dir() / "secret.mid", fs::perms::none);
  fs::permissions(place / "", fs::perms::all);
  test::write_text(place / "file/3", "no folder");
  const ProgramRun stopped = place.aria({"lakh-layout", "DIR", "file"});
  CHECK(stopped.status == 1);
  CHECK(mentions(stopped.complaints, "file/3: cannot make the folder"));
  const ProgramRun run = place.aria({"lakh-layout", "DIR", "out"}, {.as_nobody = true});
  if (run.status == 126) return;  // the program itself lies where nobody may go
  CAPTURE(run.complaints);
  CHECK(run.status == 0);
  CHECK(mentions(run.output, "laid out 40 of 41 MIDI files: 0 had the contents of another, 1 could not be read"));
}

TEST_CASE("lakh-layout: a full disk stops it, and leaves what was there") {
  const Workplace place;
  const std::string bytes(5000, 'x');
  place.add("a.mid", bytes);
  const std::string output = "out/" + place_of(bytes);
  test::write_text(place / output, "wrong");  // so that a link is not enough
  const ProgramRun run = place.aria({"lakh-layout", "DIR", "out"}, {.file_size_limit = 4096});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, output + ": cannot write"));
  CHECK(place.text(output) == "wrong");
  CHECK(place.aria({"lakh-layout", "DIR", "out"}).status == 0);
  CHECK((place.text(output) == bytes));
}

TEST_CASE("lakh-layout: killed anywhere and started again, it ends as if nothing had happened") {
  const Workplace place;
  std::vector<std::string> files;
  for (unsigned i = 0; i < 12; ++i) {
    files.push_back("contents " + std::to_string(i));
    place.add(std::to_string(i) + ".mid", files.back());
  }
  const std::vector<std::string> words = {"lakh-layout", "--workers", "1", "DIR", "out"};
  const auto expected = layout_of(files);
  const std::uint64_t stops = place.aria(words, {.count_stops = true}).stops;
  if (stops < 20) {
    WARN("system calls cannot be traced here");
    return;
  }
  unsigned killed = 0;
  for (std::uint64_t stop = stops > 300 ? stops - 300 : 0; stop < stops; stop += test::kSanitized ? 37 : 5) {
    CAPTURE(stop);
    fs::remove_all(place / "out");
    const ProgramRun run = place.aria(words, {.kill_at_stop = stop});
    killed += run.signal == SIGKILL;
    if (place.has("out")) {
      for (const auto& [name, text] : contents_of(place / "out")) {
        CHECK((mentions(name, "/.") || (expected.count(name) != 0 && expected.at(name) == text)));
      }
    }
    CHECK(place.aria(words).status == 0);
    CHECK(contents_of(place / "out") == expected);
  }
  CHECK(killed > 3);
}
