// aria inspect: what is wrong with a MidiDataset is named with its line; other inputs that hold nothing to inspect.
#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

// Makes data.jsonl of three pieces and returns its lines.
std::vector<std::string> three_lines(const Workplace& place) {
  place.add_music(3);
  REQUIRE(place.aria({"midi-dataset", "DIR", "data.jsonl"}).status == 0);
  auto lines = test::lines_of(place.text("data.jsonl"));
  REQUIRE(lines.size() == 3);
  return lines;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("inspect: a MidiDataset, a folder and a MIDI file") {
  const Workplace place;
  three_lines(place);
  for (const std::string path : {"data.jsonl", "DIR", "DIR/", "DIR/0.mid"}) {
    const ProgramRun run = place.aria({"inspect", "--overwrite", "--svg", "out.svg", path});
    CAPTURE(path, run.complaints);
    CHECK(run.status == 0);
    CHECK_FALSE(run.output.empty());
    CHECK(mentions(place.text("out.svg"), "</svg>"));
  }
}

TEST_CASE("inspect: a line that is wrong is named by its number, and nothing is written") {
  const Workplace place;
  const std::vector<std::string> lines = three_lines(place);
  const std::string& good = lines[1];
  struct Case {
    std::string line, message;
  };
  const std::vector<Case> cases = {
      {good.substr(0, good.size() / 2), ""},
      {good.substr(0, good.size() - 1), ""},
      {"", ""},
      {"no JSON", ""},
      {"[1, 2]", ""},
      {"{}", "missing"},
      {good + good, "behind its end"},
      {std::string(1000, '['), ""},
      {std::string(20, '\0') + good, ""},
      {replaced(good, "\"ticks_per_beat\"", "\"ticks\""), "ticks"},
      {replaced(good, "\"ticks_per_beat\": 480, ", ""), "ticks_per_beat"},
      {replaced(good, "\"ticks_per_beat\": 480", "\"ticks_per_beat\": \"480\""), "ticks_per_beat"},
      {replaced(good, "\"ticks_per_beat\": 480", "\"ticks_per_beat\": 1e99"), "ticks_per_beat"},
      {replaced(good, "\"pitch\": ", "\"pitsch\": "), "note_msgs[0]: pitch"},
      {replaced(good, "\"pitch\": 6", "\"pitch\": 66666666666666666666666"), "note_msgs[0]"},
      {replaced(good, "\"pitch\": 6", "\"pitch\": 1280"), "note_msgs[0]: pitch"},
      {replaced(good, "\"pitch\": 6", "\"pitch\": -6"), "note_msgs[0]: pitch"},
      {replaced(good, "\"end\": 480", "\"end\": -1"), "note_msgs[0]: end"},
      {replaced(good, "\"start\": 480, \"end\": 960", "\"start\": 480, \"end\": 479"),
       "note_msgs[1]: ends before it starts"},
      {replaced(good, "\"note_msgs\": [", "\"note_msgs\": [7, "), "note_msgs[0]"},
      {replaced(good, "\"meta_msgs\": []", "\"meta_msgs\": 5"), "meta_msgs"},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "bad.jsonl", lines[0] + '\n' + wrong.line + '\n' + lines[2] + '\n');
    const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "bad.jsonl"});
    CAPTURE(wrong.line.substr(0, 100), wrong.message, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "bad.jsonl: line 2: "));
    CHECK(mentions(run.complaints, wrong.message));
    CHECK_FALSE(place.has("out.svg"));
  }
}

TEST_CASE("inspect: a MidiDataset that is cut off anywhere in its last line") {
  const Workplace place;
  const std::vector<std::string> lines = three_lines(place);
  const std::string start = lines[0] + '\n' + lines[1] + '\n';
  for (std::size_t size = 1; size < lines[2].size(); size += 97) {
    test::write_text(place / "cut.jsonl", start + lines[2].substr(0, size));
    const ProgramRun run = place.aria({"inspect", "cut.jsonl"});
    CAPTURE(size, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "cut.jsonl: line 3: "));
  }
  test::write_text(place / "whole.jsonl", start + lines[2]);  // a line feed at the end is no part of the last line
  CHECK(place.aria({"inspect", "whole.jsonl"}).status == 0);
}

TEST_CASE("inspect: what holds nothing, is not there or is something else") {
  const Workplace place;
  test::write_text(place / "empty.jsonl", "");
  test::write_text(place / "empty.mid", "");
  test::write_text(place / "bytes", std::string("\xff\xfe\x00\x01", 4));
  fs::create_symlink("loop", place / "loop");
  for (const std::string path : {"missing", "missing/file", "empty.jsonl", "empty.mid", "bytes", "loop", "DIR"}) {
    const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", path});
    CAPTURE(path, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path));
    CHECK_FALSE(place.has("out.svg"));
  }
  CHECK(place.aria({"inspect"}).status == 2);
  CHECK(place.aria({"inspect", "DIR", "DIR"}).status == 2);
  CHECK(place.aria({"inspect", "--no-such-option", "DIR"}).status == 2);
}

TEST_CASE("inspect: outputs that are there, or cannot be") {
  const Workplace place;
  place.add_music(2);
  test::write_text(place / "old.svg", "old");
  for (const std::string path : {"old.svg", "missing/out.svg", "DIR"}) {
    const ProgramRun run = place.aria({"inspect", "--svg", path, "DIR"});
    CAPTURE(path);
    CHECK(run.status != 0);
    CHECK(mentions(run.complaints, path));
  }
  CHECK(place.text("old.svg") == "old");
  CHECK(place.aria({"inspect", "--svg", "out.svg", "DIR"}, {.file_size_limit = 1000}).status == 1);
  CHECK(place.outputs() == std::vector<std::string>{"old.svg"});
}

TEST_CASE("inspect: 4 GiB of zeros, as a MIDI file, in a folder and as a MidiDataset") {
  const Workplace place;
  place.add_sparse("zeros.mid", "", std::uint64_t{4} << 30);
  place.add("good.mid", test::music(1));
  test::write_text(place / "zeros.jsonl", "");
  fs::resize_file(place / "zeros.jsonl", std::uint64_t{4} << 30);
  for (const std::string path : {"DIR/zeros.mid", "DIR", "zeros.jsonl"}) {
    const ProgramRun run = place.aria({"inspect", path});
    CAPTURE(path, run.output, run.complaints, run.peak_bytes >> 20);
    CHECK(run.status == (path == "DIR" ? 0 : 1));
    if (!test::kSanitized) CHECK(run.peak_bytes < 256 << 20);
  }
}
