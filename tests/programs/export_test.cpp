// aria export: ids for other trainers as its users meet it: what it refuses, what it writes, and NumPy's word for it.
#include <aria/config/json_view.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/tokenizer.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::lines_of;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

using Names = std::vector<std::string>;
using Words = std::vector<std::string>;

// A place with train.jsonl, a TokenizedDataset of sequences of 64 tokens, and nothing else.
struct Sequences : Workplace {
  explicit Sequences(const std::string& tokenizer = "lazy", unsigned pieces = 5) {
    add_music(pieces);
    REQUIRE(aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
    REQUIRE(aria({"tokenized-dataset", "--tokenizer", tokenizer, "--max-seq-len", "64", "music.jsonl", "train.jsonl"})
                .status == 0);
    fs::remove(*this / "music.jsonl");
  }

  ProgramRun exported(const Words& options, const std::string& out, test::RunOptions how = {}) const {
    Words words = {"export"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"train.jsonl", out});
    return aria(words, std::move(how));
  }

  // The ids of all sequences as the library hands them out, as 16 bits each.
  std::string ids(bool padding) const {
    const aria::TokenizedDataset<aria::LazyTokenizer> data((*this / "train.jsonl").string(), aria::LazyTokenizer());
    std::string bytes;
    for (std::size_t i = 0; i < data.size(); ++i) {
      for (const aria::TokenId id : data.get(i).source) {
        if (!padding && id == data.tokenizer().vocabulary().pad()) continue;
        bytes += {static_cast<char>(id & 0xff), static_cast<char>(id >> 8)};
      }
    }
    return bytes;
  }
};

}  // namespace

TEST_CASE("export: a wrong command line is refused with status 2") {
  const Sequences place;
  struct Case {
    Words words;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"export"}, "dataset is missing"},
      {{"export", "train.jsonl"}, "out is missing"},
      {{"export", "train.jsonl", "out.bin", "third"}, "third"},
      {{"export", "--no-such-option", "train.jsonl", "out.bin"}, "no-such-option"},
      {{"export", "train.jsonl", "out"}, "--format"},
      {{"export", "train.jsonl", "out.txt"}, "--format"},
      {{"export", "--format", "csv", "train.jsonl", "out.bin"}, "--format must be bin, llmc or npy"},
      {{"export", "--format", "", "train.jsonl", "out.bin"}, "--format"},
      {{"export", "--workers", "0", "train.jsonl", "out.bin"}, "workers"},
      {{"export", "--workers", "x", "train.jsonl", "out.bin"}, "workers"},
      {{"export", "--format", "bin", "train.jsonl", "train.jsonl"}, "train.jsonl"},
      {{"export", "out.bin.json", "out.bin"}, "out.bin.json"},
  };
  for (const Case& wrong : cases) {
    const ProgramRun run = place.aria(wrong.words);
    CAPTURE(wrong.words, run.output, run.complaints);
    CHECK(run.status == 2);
    CHECK(mentions(run.complaints, wrong.message));
    CHECK(run.output.empty());
    CHECK(place.outputs() == Names{"train.jsonl"});
  }
}

TEST_CASE("export: --help shows how to read every format") {
  const ProgramRun run = Workplace().aria({"export", "--help"});
  CHECK(run.status == 0);
  for (const char* text : {"Example", "np.memmap", "dtype=np.uint16", "offset=1024", "np.load"}) {
    CHECK(mentions(run.output, text));
  }
}

TEST_CASE("export: the extension or --format says what is written, and a summary how much") {
  const Sequences place;
  const std::string ids = place.ids(true), without_padding = place.ids(false);
  REQUIRE(without_padding.size() < ids.size());
  const auto check = [&](const Words& options, const std::string& out, const std::string& expected) {
    const ProgramRun run = place.exported(options, out);
    CAPTURE(options, out, run.complaints);
    CHECK(run.status == 0);
    CHECK(run.complaints.empty());
    const std::string text = place.text(out);
    const std::size_t header = text.size() - expected.size();
    CHECK((text.substr(header) == expected));
    const std::string count = std::to_string(expected.size() / 2);
    CHECK(mentions(run.output, count + " tokens of " + std::to_string(ids.size() / 128) + " sequences"));
    CHECK(mentions(run.output, "wrote " + out));
    const aria::JsonDocument about(place.text(out + ".json"));
    CHECK(about.root()["tokens"].whole_number() == expected.size() / 2);
    CHECK(about.root()["header_bytes"].whole_number() == header);
    CHECK(about.root()["tokenizer_name"].text() == "lazy");
    fs::remove(place / out);
    fs::remove(place / (out + ".json"));
    return header;
  };
  CHECK(check({}, "a.bin", ids) == 0);
  CHECK(check({}, "a.npy", ids) == 128);
  CHECK(check({"--format", "bin"}, "a.npy", ids) == 0);
  CHECK(check({"--format", "npy"}, "a", ids) == 128);
  CHECK(check({"-format", "llmc"}, "a.bin", ids) == 1024);
  CHECK(check({"--no-padding"}, "a.bin", without_padding) == 0);
  CHECK(check({"--no_padding"}, "a.npy", without_padding) == 128);
  CHECK(check({"--no-padding", "--format=llmc"}, "a.bin", without_padding) == 1024);
}

TEST_CASE("export: NumPy reads what is written, where it is there") {
  const Sequences place;
  for (const Words& words : {Words{"a.bin"}, {"a.npy"}, {"l.bin", "--format", "llmc"}, {"f.npy", "--no-padding"}}) {
    REQUIRE(place.exported({words.begin() + 1, words.end()}, words.front()).status == 0);
  }
  const auto python = [&](const std::string& code) {
    return test::run_program("/bin/sh", {"-c", "exec python3 -c \"$0\"", code}, {.folder = (place / "").string()});
  };
  if (python("import numpy").status != 0) return;
  const ProgramRun run = python(R"(
import json
import numpy as np
flat = np.memmap("a.bin", dtype=np.uint16, mode="r")
square = np.load("a.npy", mmap_mode="r")
about = json.load(open("a.npy.json"))
assert list(square.shape) == about["shape"] and square.shape[1] == 64, square.shape
assert square.dtype == np.uint16 and (square.reshape(-1) == flat).all()
header = np.fromfile("l.bin", dtype=np.int32, count=256)
assert list(header[:4]) == [20240520, 1, flat.size, 0], header
assert (np.memmap("l.bin", dtype=np.uint16, mode="r", offset=1024) == flat).all()
music = np.load("f.npy")
assert music.ndim == 1 and (music == flat[flat != about["padding_id"]]).all()
)");
  CAPTURE(run.complaints);
  CHECK(run.status == 0);
}

TEST_CASE("export: a data set of any tokenizer that the program knows, and of no other") {
  const Sequences place("performance");
  CHECK(place.exported({}, "a.npy").status == 0);
  CHECK(mentions(place.text("a.npy.json"), R"("tokenizer_name": "performance")"));

  // What is wrong is told where it is, whatever the tokenizer.
  const std::string text = place.text("train.jsonl");
  const auto lines = lines_of(text);
  test::write_text(place / "train.jsonl", lines[0] + '\n' + lines[1] + "\n[]\n");
  CHECK(mentions(place.exported({}, "b.bin").complaints, "train.jsonl: line 3: has 0 tokens"));
  CHECK(mentions(place.exported({}, "a.npy").complaints, "a.npy: exists already"));

  const std::size_t at = text.find("performance");
  test::write_text(place / "train.jsonl", std::string(text).replace(at, 11, "nobody's"));
  const ProgramRun run = place.exported({}, "b.bin");
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "train.jsonl: line 1: was made by the tokenizer \"nobody's\""));
  CHECK(place.outputs() == Names{"a.npy", "a.npy.json", "train.jsonl"});
}

TEST_CASE("export: what is wrong with the data set is named with its line, and nothing is written") {
  const Sequences place;
  const auto lines = lines_of(place.text("train.jsonl"));
  const std::string good = lines[0] + '\n' + lines[1] + '\n';
  std::string first = lines[0];
  const std::size_t step = first.find("\"step\": 15");
  REQUIRE(step != std::string::npos);
  struct Case {
    std::string text, message;
  };
  const std::vector<Case> cases = {
      {"", "train.jsonl: line 1: is empty"},
      {lines[0], "train.jsonl: line 1: is cut off"},
      {lines[0] + '\n', "train.jsonl: holds no tokens"},
      {lines[1] + '\n', "train.jsonl: line 1: "},
      {"no JSON\n", "train.jsonl: line 1: is not JSON"},
      {std::string(first).replace(step, 10, "\"step\": 0") + '\n', "velocity_quantization.step"},
      {good + lines[2], "train.jsonl: line 3: is cut off"},
      {good + '\n', "train.jsonl: line 3: is no list"},
      {good + "[\"<S>\"]\n", "train.jsonl: line 3: has 1 tokens, and 64 are expected"},
      {good + "[\"<S>\", [\"piano\", 60, 46]]\n", "train.jsonl: line 3: token 1 is unknown: [\"piano\", 60, 46]"},
      {good + lines[2].substr(0, lines[2].size() - 1) + '\n', "train.jsonl: line 3: "},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "train.jsonl", wrong.text);
    for (const Words& options : {Words{}, {"--workers", "1"}, {"--no-padding", "--format", "npy"}}) {
      const ProgramRun run = place.exported(options, "a.bin");
      CAPTURE(wrong.message, run.complaints);
      CHECK(run.status == 1);
      CHECK(mentions(run.complaints, wrong.message));
      CHECK(run.output.empty());
      CHECK(place.outputs() == Names{"train.jsonl"});
    }
  }
  for (const std::string path : {"missing.jsonl", "DIR", "train.jsonl/x"}) {
    const ProgramRun run = place.aria({"export", path, "a.bin"});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path + ": "));
  }
}

TEST_CASE("export: 4 GiB of zeros are no data set") {
  const Sequences place;
  test::write_text(place / "train.jsonl", "");
  fs::resize_file(place / "train.jsonl", std::uint64_t{4} << 30);
  const ProgramRun run = place.exported({}, "a.bin");
  CAPTURE(run.complaints, run.peak_bytes >> 20);
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "train.jsonl: line 1: "));
  if (!test::kSanitized) CHECK(run.peak_bytes < 256 << 20);
}

TEST_CASE("export: both files appear or none, and none is replaced without --overwrite") {
  const Sequences place;
  REQUIRE(place.exported({}, "whole.bin").status == 0);
  const std::string whole = place.text("whole.bin"), about = place.text("whole.bin.json");
  for (const std::string name : {"a.bin", "a.bin.json"}) {
    const Names before = place.outputs();
    test::write_text(place / name, "old");
    const ProgramRun run = place.exported({}, "a.bin");
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, name + ": exists already"));
    CHECK(place.text(name) == "old");
    CHECK(place.outputs().size() == before.size() + 1);
    CHECK(place.exported({"--overwrite"}, "a.bin").status == 0);
    CHECK((place.text("a.bin") == whole));
    CHECK(place.text("a.bin.json") == about);
    fs::remove(place / "a.bin");
    fs::remove(place / "a.bin.json");
  }
  fs::create_directory(place / "b.bin.json");
  for (const std::string path : {"missing/a.bin", "DIR/0.mid/a.bin", "b.bin"}) {
    CHECK(place.exported({"--overwrite"}, path).status == 1);
    CHECK_FALSE(place.has(path));
  }
  for (const std::uint64_t limit : {std::uint64_t{100}, std::uint64_t{whole.size() - 1}}) {
    const ProgramRun run = place.exported({"--overwrite"}, "whole.bin", {.file_size_limit = limit});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "whole.bin"));
    CHECK((place.text("whole.bin") == whole));
    CHECK(place.text("whole.bin.json") == about);
  }
  CHECK(place.outputs() == Names{"b.bin.json", "train.jsonl", "whole.bin", "whole.bin.json"});
}

TEST_CASE("export: the same bytes for any number of workers") {
  const Sequences place("lazy", 400);
  for (const Words& how : {Words{}, {"--format", "npy", "--no-padding"}}) {
    std::string first;
    for (const std::string workers : {"1", "2", "5"}) {
      Words options = how;
      options.insert(options.end(), {"--overwrite", "--workers", workers});
      REQUIRE(place.exported(options, "a.bin").status == 0);
      const std::string all = place.text("a.bin") + place.text("a.bin.json");
      if (first.empty()) first = all;
      CHECK((all == first));
    }
  }
}
