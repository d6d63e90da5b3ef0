// Which files under DIR are taken, in which order, and how the report spells their names.
#include "workplace.hpp"

namespace fs = std::filesystem;
using test::Workplace;

namespace {

using Names = std::vector<std::string>;

// The first column of the report, in its order.
Names paths_found(const Workplace& place, std::vector<std::string> options) {
  const std::vector<std::string> rest = {"--overwrite", "--report", "r.tsv", "DIR", "out.jsonl"};
  options.insert(options.begin(), "midi-dataset");
  options.insert(options.end(), rest.begin(), rest.end());
  const test::ProgramRun run = place.aria(options);
  CAPTURE(options, run.complaints);
  REQUIRE(run.status == 0);
  Names paths;
  for (const std::string& line : test::lines_of(place.text("r.tsv"))) paths.push_back(line.substr(0, line.find('\t')));
  paths.erase(paths.begin());
  return paths;
}

}  // namespace

TEST_CASE("midi-dataset: which files are MIDI files") {
  const Workplace place;
  unsigned number = 0;
  for (const char* name : {"a.mid", "b.MID", "c.midi", "d.Kar", "e.smf", "f.RMI", "g.txt", "h.mid.bak", "imid",
                           ".j.mid", ".mid", "k..mid", "deep/l.mid", ".hidden/m.mid"}) {
    place.add(name, test::music(number++));
  }
  fs::create_directories(place / "elsewhere/folder");
  test::write_text(place / "elsewhere/file", test::music(number++));
  test::write_text(place / "elsewhere/folder/n.mid", test::music(number++));
  fs::create_symlink("../elsewhere/file", place.dir() / "link_to_file.mid");
  fs::create_symlink("../elsewhere/folder", place.dir() / "link_to_folder");
  fs::create_symlink("../elsewhere/folder", place.dir() / "link_to_folder.mid");

  SECTION("standard: endings in any case, nothing hidden, no links to folders") {
    CHECK(paths_found(place, {}) ==
          Names{"a.mid", "b.MID", "c.midi", "d.Kar", "e.smf", "f.RMI", "k..mid", "link_to_file.mid"});
    CHECK(paths_found(place, {"-r"}) ==
          Names{"a.mid", "b.MID", "c.midi", "d.Kar", "deep/l.mid", "e.smf", "f.RMI", "k..mid", "link_to_file.mid"});
  }
  SECTION("reference: *.mid and *.midi, hidden ones too, and whatever has such a name") {
    CHECK(paths_found(place, {"--reference"}) ==
          Names{".j.mid", ".mid", "a.mid", "c.midi", "k..mid", "link_to_file.mid", "link_to_folder.mid"});
    CHECK(paths_found(place, {"--reference", "-r"}) == Names{".hidden/m.mid", ".j.mid", ".mid", "a.mid", "c.midi",
                                                             "deep/l.mid", "k..mid", "link_to_file.mid",
                                                             "link_to_folder.mid"});
    CHECK(place.report("r.tsv").at("link_to_folder.mid").first == "load_error");
    CHECK(place.report("r.tsv").at("link_to_file.mid").first == "kept");
  }
}

TEST_CASE("midi-dataset: files come in the order of the bytes of their paths") {
  const Workplace place;
  const Names sorted = {"A.mid",    "a-b.mid", "a.mid", "a/b.mid",     "a/c/d.mid",
                        "a/c0.mid", "a0.mid",  "b.mid", "\xc3\xa9.mid"};
  for (std::size_t i = 0; i < sorted.size(); ++i) place.add(sorted[i], test::music(static_cast<unsigned>(i)));
  CHECK(paths_found(place, {"-r"}) == sorted);
  CHECK(paths_found(place, {"-r", "--reference"}) == sorted);
}

TEST_CASE("midi-dataset --report: names that do not fit into a table are escaped") {
  const Workplace place;
  place.add("a\tb\nc\rd\\e.mid", test::music(0));
  place.add("\xff\xfe.mid", test::music(1));
  place.add("caf\xc3\xa9 \xf0\x9f\x8e\xb5 \"q\".mid", test::music(2));
  place.add("half \xc3.mid", test::music(3));
  place.add("overlong \xc0\xaf.mid", test::music(4));
  CHECK(paths_found(place, {}) == Names{R"(a\tb\nc\rd\\e.mid)", "caf\xc3\xa9 \xf0\x9f\x8e\xb5 \"q\".mid",
                                        R"(half \xc3.mid)", R"(overlong \xc0\xaf.mid)", R"(\xff\xfe.mid)"});
  CHECK(test::lines_of(place.text("r.tsv")).back() == "\\xff\\xfe.mid\tkept\t-");
}

TEST_CASE("midi-dataset: a DIR whose name begins with a dash, and one with a slash at its end") {
  const Workplace place;
  test::write_text(place / "-dir_a/0.mid", test::music(0));
  CHECK(place.aria({"midi-dataset", "--", "-dir_a", "a.jsonl"}).status == 0);
  CHECK(place.aria({"midi-dataset", "./-dir_a/", "b.jsonl"}).status == 0);
  CHECK(place.text("a.jsonl") == place.text("b.jsonl"));
}
