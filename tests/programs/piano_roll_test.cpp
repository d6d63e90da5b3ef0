// aria piano-roll: drawings of MIDI files and of parts of data sets; inputs, parts and outputs that cannot be.
#include <string>
#include <vector>

#include "support/xml.hpp"
#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

// DIR with three MIDI files, music.jsonl with their pieces, tokens.jsonl with their sequences.
void make_inputs(const Workplace& place) {
  place.add_music(3);
  REQUIRE(place.aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
  REQUIRE(place.aria({"tokenized-dataset", "--max-seq-len", "64", "--stride-len", "64", "music.jsonl", "tokens.jsonl"})
              .status == 0);
}

// Runs `aria piano-roll --overwrite WORDS out.svg`, which has to work, and returns the drawing.
std::string drawing(const Workplace& place, std::vector<std::string> words) {
  words.insert(words.begin(), {"piano-roll", "--overwrite"});
  words.push_back("out.svg");
  const ProgramRun run = place.aria(words);
  CAPTURE(words, run.complaints);
  REQUIRE(run.status == 0);
  CHECK(mentions(run.output, "wrote out.svg: "));
  CHECK(run.complaints == "");
  std::string svg = place.text("out.svg");
  CHECK(test::xml_fault(svg) == "");
  return svg;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::size_t titles_of(const std::string& svg) { return count_of(svg, ", velocity "); }

}  // namespace

TEST_CASE("piano-roll: a MIDI file") {
  const Workplace place;
  place.add_music(1);
  const std::string svg = drawing(place, {"DIR/0.mid"});
  CHECK(titles_of(svg) == 60);
  CHECK(mentions(svg, ">0.mid<"));
  CHECK(mentions(svg, ">60 notes in 0:30<"));
  CHECK(mentions(svg, "bars of 4 beats"));
  place.add("no-ending", test::music(0));
  CHECK(titles_of(drawing(place, {"DIR/no-ending"})) == 60);
}

TEST_CASE("piano-roll: pieces of a MidiDataset and sequences of a TokenizedDataset") {
  const Workplace place;
  make_inputs(place);
  const std::string first = drawing(place, {"music.jsonl"});
  CHECK(first == drawing(place, {"--piece", "0", "music.jsonl"}));
  CHECK(titles_of(first) == 60);
  CHECK(mentions(first, ">music.jsonl, piece 0<"));
  const std::string last = drawing(place, {"--piece", "2", "music.jsonl"});
  CHECK(titles_of(last) == 60);
  CHECK(mentions(last, ">music.jsonl, piece 2<"));
  // Music of its own: the bits of its number.
  CHECK_FALSE(mentions(first, "C#4,"));
  CHECK(count_of(last, "C#4,") == 4);

  const std::string sequence = drawing(place, {"tokens.jsonl"});
  CHECK(sequence == drawing(place, {"--sequence", "0", "tokens.jsonl"}));
  CHECK(mentions(sequence, ">tokens.jsonl, sequence 0<"));
  CHECK(titles_of(sequence) > 10);
  CHECK(titles_of(sequence) < 30);  // two tokens a note and more
  CHECK(mentions(drawing(place, {"--sequence", "1", "tokens.jsonl"}), ">tokens.jsonl, sequence 1<"));
}

TEST_CASE("piano-roll: options") {
  const Workplace place;
  place.add_music(1);
  const std::string svg =
      drawing(place, {"--beats", "3", "--bars", "2", "--width", "700", "--from", "10", "--to", "20.5", "DIR/0.mid"});
  CHECK(mentions(svg, "bars of 3 beats"));
  CHECK(mentions(svg, " width=\"700\""));
  CHECK(mentions(svg, "From 0:10 to 0:20.50."));
  CHECK(titles_of(svg) == 21);
  CHECK(mentions(svg, ">7<"));  // beats 20 to 40 are in bars 7 to 14
  CHECK_FALSE(mentions(svg, ">6<"));
  CHECK(mentions(svg, ">14<"));
  CHECK_FALSE(mentions(svg, ">15<"));
  CHECK(mentions(drawing(place, {"--from", "100", "DIR/0.mid"}), "no notes in this part"));

  const ProgramRun help = place.aria({"piano-roll", "--help"});
  CHECK(help.status == 0);
  CHECK(mentions(help.output, "Example:\n  aria piano-roll "));
  for (const char* name : {"--piece", "--sequence", "--beats", "--bars", "--from", "--to", "--width", "--overwrite"}) {
    CHECK(mentions(help.output, name));
  }
}

TEST_CASE("piano-roll: wrong options are usage errors") {
  const Workplace place;
  make_inputs(place);
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"DIR/0.mid"},
      {"DIR/0.mid", "out.svg", "more"},
      {"--beats", "0", "DIR/0.mid", "out.svg"},
      {"--beats", "65", "DIR/0.mid", "out.svg"},
      {"--beats", "x", "DIR/0.mid", "out.svg"},
      {"--bars", "0", "DIR/0.mid", "out.svg"},
      {"--width", "10", "DIR/0.mid", "out.svg"},
      {"--from=-1", "DIR/0.mid", "out.svg"},
      {"--from", "nan", "DIR/0.mid", "out.svg"},
      {"--to", "0", "DIR/0.mid", "out.svg"},
      {"--from", "5", "--to", "4", "DIR/0.mid", "out.svg"},
      {"--piece", "0", "DIR/0.mid", "out.svg"},
      {"--sequence", "0", "DIR/0.mid", "out.svg"},
      {"--sequence", "0", "music.jsonl", "out.svg"},
      {"--piece", "0", "tokens.jsonl", "out.svg"},
      {"--piece", "-1", "music.jsonl", "out.svg"},
      {"--no-such-option", "DIR/0.mid", "out.svg"},
      {"DIR/0.mid", "DIR/0.mid"},
      {"--overwrite", "DIR/0.mid", "DIR/../DIR/0.mid"},
  };
  for (std::vector<std::string> words : wrong) {
    words.insert(words.begin(), "piano-roll");
    const ProgramRun run = place.aria(words);
    CAPTURE(words, run.complaints);
    CHECK(run.status == 2);
    CHECK(mentions(run.complaints, "Try --help"));
  }
  CHECK_FALSE(place.has("out.svg"));
  CHECK(fs::file_size(place / "DIR/0.mid") == test::music(0).size());
}

TEST_CASE("piano-roll: a part that is not there") {
  const Workplace place;
  make_inputs(place);
  ProgramRun run = place.aria({"piano-roll", "--piece", "3", "music.jsonl", "out.svg"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "music.jsonl: has 3 pieces, there is no number 3"));
  run = place.aria({"piano-roll", "--sequence", "18446744073709551615", "tokens.jsonl", "out.svg"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "tokens.jsonl: has "));
  CHECK(mentions(run.complaints, " sequences, there is no number 18446744073709551615"));
  test::write_text(place / "empty.jsonl", "");
  run = place.aria({"piano-roll", "empty.jsonl", "out.svg"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "empty.jsonl: has 0 pieces"));
  CHECK_FALSE(place.has("out.svg"));
}

TEST_CASE("piano-roll: inputs that hold no music name themselves") {
  const Workplace place;
  test::write_text(place / "empty.mid", "");
  test::write_text(place / "bytes", std::string("\xff\xfe\x00\x01", 4));
  test::write_text(place / "broken.jsonl", "{\"meta_msgs\": [\n");
  test::write_text(place / "tokens.jsonl", "{\"tokenizer_config\": {}}\n[]\n");
  for (const std::string path :
       {"missing", "missing/file", "empty.mid", "bytes", "broken.jsonl", "tokens.jsonl", "DIR"}) {
    const ProgramRun run = place.aria({"piano-roll", path, "out.svg"});
    CAPTURE(path, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path + ": "));
    CHECK_FALSE(place.has("out.svg"));
  }
  CHECK(mentions(place.aria({"piano-roll", "broken.jsonl", "out.svg"}).complaints, "broken.jsonl: line 1: "));
}

TEST_CASE("piano-roll: a file without notes is drawn, too") {
  const Workplace place;
  place.add("silent.mid", test::smf({""}));
  const std::string svg = drawing(place, {"DIR/silent.mid"});
  CHECK(mentions(svg, ">no notes<"));
}

TEST_CASE("piano-roll: outputs that are there, or cannot be") {
  const Workplace place;
  place.add_music(1);
  test::write_text(place / "old.svg", "old");
  for (const std::string path : {"old.svg", "missing/out.svg", "DIR"}) {
    const ProgramRun run = place.aria({"piano-roll", "DIR/0.mid", path});
    CAPTURE(path);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path + ": "));
  }
  CHECK(place.text("old.svg") == "old");
  CHECK(place.aria({"piano-roll", "DIR/0.mid", "out.svg"}, {.file_size_limit = 1000}).status == 1);
  CHECK(place.aria({"piano-roll", "--overwrite", "DIR/missing.mid", "old.svg"}).status == 1);
  CHECK(place.text("old.svg") == "old");
  CHECK(place.outputs() == std::vector<std::string>{"old.svg"});
  CHECK(place.aria({"piano-roll", "--overwrite", "DIR/0.mid", "old.svg"}).status == 0);
  CHECK(mentions(place.text("old.svg"), "<svg"));
}
