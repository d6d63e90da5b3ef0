// aria tokenized-dataset: what it refuses, what it writes, and that it writes all of it or nothing.
#include <algorithm>
#include <set>

#include <aria/config/default_config.hpp>
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
using Tokens = std::vector<aria::TokenId>;

// A place with music.jsonl, a MidiDataset of `count` pieces of 60 notes, and nothing else.
struct Music : Workplace {
  explicit Music(unsigned count = 5) {
    add_music(count);
    REQUIRE(aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
  }

  // Runs `aria tokenized-dataset` with these words and the paths behind them.
  ProgramRun tokenize(Words words, const std::string& out = "out.jsonl", test::RunOptions options = {}) const {
    words.insert(words.begin(), "tokenized-dataset");
    words.insert(words.end(), {"music.jsonl", out});
    return aria(words, std::move(options));
  }

  // The same, where it has to work; the text of the file.
  std::string tokenized(Words words, const std::string& out = "out.jsonl") const {
    words.insert(words.begin(), "--overwrite");
    const ProgramRun run = tokenize(words, out);
    CAPTURE(words, run.complaints);
    REQUIRE(run.status == 0);
    CHECK(run.complaints.empty());
    return text(out);
  }

  std::vector<Tokens> sequences(const std::string& name = "out.jsonl") const {
    const aria::TokenizedDataset<aria::LazyTokenizer> data((*this / name).string(), aria::LazyTokenizer());
    std::vector<Tokens> all;
    for (std::size_t i = 0; i < data.size(); ++i) all.push_back(data.tokens(i));
    return all;
  }
};

std::uint64_t header_number(const std::string& text, std::string_view key) {
  const aria::JsonDocument header(lines_of(text).front());
  return header.root()[key].whole_number();
}

std::string changed(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string default_config() { return std::string(aria::kDefaultConfig); }

}  // namespace

TEST_CASE("tokenized-dataset: a wrong command line is refused with status 2") {
  const Music place;
  const Names before = place.outputs();
  struct Case {
    Words words;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, "load-path is missing"},
      {{"music.jsonl"}, "save-path is missing"},
      {{"music.jsonl", "out.jsonl", "third"}, "third"},
      {{"--no-such-option", "music.jsonl", "out.jsonl"}, "no-such-option"},
      {{"-x", "music.jsonl", "out.jsonl"}, "x"},
      {{"--max-seq-len", "0", "music.jsonl", "out.jsonl"}, "max-seq-len"},
      {{"--max-seq-len", "-5", "music.jsonl", "out.jsonl"}, "max-seq-len"},
      {{"--max-seq-len", "many", "music.jsonl", "out.jsonl"}, "max-seq-len"},
      {{"--max-seq-len", "64.5", "music.jsonl", "out.jsonl"}, "max-seq-len"},
      {{"--max-seq-len", "", "music.jsonl", "out.jsonl"}, "max-seq-len"},
      {{"--max-seq-len", "16777217", "music.jsonl", "out.jsonl"}, "16777216"},
      {{"--max-seq-len", "18446744073709551616", "music.jsonl", "out.jsonl"}, "max-seq-len"},
      {{"--stride-len", "0", "music.jsonl", "out.jsonl"}, "stride"},
      {{"--stride-len", "2049", "music.jsonl", "out.jsonl"}, "stride"},
      {{"--max-seq-len", "64", "--stride-len", "65", "music.jsonl", "out.jsonl"}, "stride"},
      {{"--max-seq-len", "64", "--stride-len", "0", "music.jsonl", "out.jsonl"}, "stride"},
      {{"--diminish-jitter", "50", "music.jsonl", "out.jsonl"}, "diminish-jitter"},
      {{"--diminish-jitter", "-1", "music.jsonl", "out.jsonl"}, "diminish-jitter"},
      {{"--seed", "-1", "music.jsonl", "out.jsonl"}, "seed"},
      {{"--seed", "18446744073709551616", "music.jsonl", "out.jsonl"}, "seed"},
      {{"--workers", "0", "music.jsonl", "out.jsonl"}, "workers"},
      {{"--workers", "two", "music.jsonl", "out.jsonl"}, "workers"},
      {{"--tokenizer", "no-such", "music.jsonl", "out.jsonl"}, "no-such"},
      {{"music.jsonl", "music.jsonl"}, "music.jsonl"},
      {{"music.jsonl", "./DIR/../music.jsonl"}, "music.jsonl"},
      {{"-s", "music_shuffled.jsonl", "music.jsonl"}, "music_shuffled.jsonl"},
      {{"music.jsonl", "out.jsonl", "--seed"}, "seed"},
  };
  for (const Case& wrong : cases) {
    Words words = wrong.words;
    words.insert(words.begin(), "tokenized-dataset");
    const ProgramRun run = place.aria(words);
    CAPTURE(words, run.output, run.complaints);
    CHECK(run.status == 2);
    CHECK(mentions(run.complaints, wrong.message));
    CHECK(run.output.empty());
    CHECK(place.outputs() == before);
  }
}

TEST_CASE("tokenized-dataset: --help shows an example, on standard output, with status 0") {
  const Workplace place;
  for (const std::string command : {"tokenized-dataset", "tokenized_dataset"}) {
    for (const std::string help : {"--help", "-h", "-help"}) {
      const ProgramRun run = place.aria({command, help});
      CHECK(run.status == 0);
      CHECK(mentions(run.output, "Example"));
      CHECK(run.complaints.empty());
    }
  }
}

TEST_CASE("tokenized-dataset: one dash before long names, underscores for dashes") {
  const Music place;
  REQUIRE(place.tokenize({"-s", "--max-seq-len", "64", "--stride-len", "32", "--seed", "5"}, "a.jsonl").status == 0);
  const std::vector<Words> spellings = {
      {"tokenized_dataset", "-s", "-max_seq_len", "64", "-stride_len", "32", "-seed", "5", "music.jsonl", "b.jsonl"},
      {"tokenized_dataset", "music.jsonl", "b.jsonl", "--shuffle", "--max_seq_len=64", "-stride-len=32", "-seed=5"},
      {"tokenized-dataset", "-shuffle", "--stride_len", "32", "-max-seq-len=64", "--seed=5", "--", "music.jsonl",
       "b.jsonl"},
  };
  for (const Words& words : spellings) {
    const ProgramRun run = place.aria(words);
    CAPTURE(words, run.complaints);
    REQUIRE(run.status == 0);
    for (const std::string part : {"", "_shuffled"}) {
      CHECK(place.text("b" + part + ".jsonl") == place.text("a" + part + ".jsonl"));
      fs::remove(place / ("b" + part + ".jsonl"));
    }
  }
}

TEST_CASE("tokenized-dataset: lengths come from the configuration, and the command line goes before it") {
  const Music place;
  const auto lengths = [&](const Words& words) {
    const std::string text = place.tokenized(words);
    CHECK(place.sequences().front().size() == header_number(text, "max_seq_len"));
    return std::pair(header_number(text, "max_seq_len"), header_number(text, "stride_len"));
  };
  using Lengths = std::pair<std::uint64_t, std::uint64_t>;
  CHECK(lengths({}) == Lengths(2048, 1024));
  CHECK(lengths({"--max-seq-len", "4096"}) == Lengths(4096, 1024));
  CHECK(lengths({"--max-seq-len", "64"}) == Lengths(64, 64));
  CHECK(lengths({"--stride-len", "2048"}) == Lengths(2048, 2048));
  CHECK(lengths({"--stride-len", "1"}) == Lengths(2048, 1));

  const std::string own = changed(changed(default_config(), R"("max_seq_len": 2048)", R"("max_seq_len": 100)"),
                                  R"("stride_len": 1024)", R"("stride_len": 50)");
  test::write_text(place / "own.json", own);
  CHECK(lengths({"--config", "own.json"}) == Lengths(100, 50));
  CHECK(lengths({"--config", "own.json", "--max-seq-len", "70"}) == Lengths(70, 50));
  CHECK(lengths({"--config", "own.json", "--stride-len", "100"}) == Lengths(100, 100));
  test::write_text(place / "default.json", default_config());
  CHECK(place.tokenized({"--config", "default.json"}, "configured.jsonl") == place.tokenized({}));
}

TEST_CASE("tokenized-dataset --config: settings of the tokenizer stand in the first line and take effect") {
  const Music place;
  const std::string own =
      changed(default_config(), R"("velocity_quantization": {"step": 15})", R"("velocity_quantization": {"step": 40})");
  test::write_text(place / "own.json", own);
  const std::string text = place.tokenized({"--config", "own.json"});
  const aria::JsonDocument header(lines_of(text).front());
  CHECK(header.root()["tokenizer_config"]["velocity_quantization"]["step"].whole_number() == 40);
  CHECK(mentions(text, R"(["piano", 60, 80])"));
  CHECK(mentions(place.tokenized({}), R"(["piano", 60, 75])"));

  // A file of one is not opened with the other.
  place.tokenized({"--config", "own.json"});
  const aria::Error error = test::error_of([&] { place.sequences(); });
  CHECK(mentions(error.what(), "out.jsonl: line 1: "));
  CHECK(mentions(error.what(), "velocity_quantization.step is 40 and not 15"));
}

TEST_CASE("tokenized-dataset --config: errors name the file and the key, and nothing is written") {
  const Music place;
  struct Case {
    std::string text, message;
  };
  const std::vector<Case> cases = {
      {"", "JSON"},
      {"not JSON", "JSON"},
      {"{}", "data"},
      {changed(default_config(), R"("max_seq_len": 2048)", R"("max_seq_len": "2048")"), "dataset_gen_args.max_seq_len"},
      {changed(default_config(), R"("stride_len": 1024)", R"("stride": 1024)"), "dataset_gen_args.stride_len"},
      {changed(default_config(), R"("stride_len": 1024)", R"("stride_len": 0)"), "stride"},
      {changed(default_config(), R"("stride_len": 1024)", R"("stride_len": 4096)"), "stride"},
      {changed(default_config(), R"("lazy")", R"("busy")"), "tokenizer.lazy"},
      {changed(default_config(), R"("drum_velocity": 60)", R"("drum_velocity": 128)"), "tokenizer.lazy.drum_velocity"},
      {changed(default_config(), R"("step": 15)", R"("step": 0)"), "velocity_quantization.step"},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "config.json", wrong.text);
    const ProgramRun run = place.tokenize({"-s", "--config", "config.json"});
    CAPTURE(wrong.message, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "config.json: "));
    CHECK(mentions(run.complaints, wrong.message));
    CHECK(place.outputs() == Names{"config.json", "music.jsonl"});
  }
  for (const std::string path : {"missing.json", "DIR"}) {
    const ProgramRun run = place.tokenize({"--config", path});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path + ": "));
  }
}

TEST_CASE("tokenized-dataset -s: the same lines in an order that the seed decides") {
  const Music place(40);
  std::set<std::string> orders;
  for (const std::string seed : {"0", "1", "18446744073709551615"}) {
    const Words words = {"-s", "--max-seq-len", "64", "--diminish-jitter", "0", "--seed", seed};
    auto lines = lines_of(place.tokenized(words, "x.tar.jsonl"));
    const std::string text = place.text("x.tar_shuffled.jsonl");
    auto shuffled = lines_of(text);
    CHECK(shuffled.front() == lines.front());
    CHECK(shuffled != lines);
    CHECK(orders.insert(text).second);
    std::sort(lines.begin(), lines.end());
    std::sort(shuffled.begin(), shuffled.end());
    CHECK(shuffled == lines);
    place.tokenized(words, "x.tar.jsonl");
    CHECK(place.text("x.tar_shuffled.jsonl") == text);
  }
  CHECK(place.outputs() == Names{"music.jsonl", "x.tar.jsonl", "x.tar_shuffled.jsonl"});
}

TEST_CASE("tokenized-dataset: the same bytes for any number of workers") {
  const Music place(120);
  for (const Words& how :
       {Words{"--max-seq-len", "64"}, {"--stride-len", "77", "--max-seq-len", "100"}, {"--reference"}}) {
    std::map<std::string, std::string> first;
    for (const std::string workers : {"1", "2", "5"}) {
      Words words = how;
      words.insert(words.end(), {"-s", "--overwrite", "--workers", workers});
      const ProgramRun run = place.tokenize(words);
      REQUIRE(run.status == 0);
      std::map<std::string, std::string> outputs = {{"summary", run.output}};
      for (const std::string& name : place.outputs()) outputs[name] = place.text(name);
      REQUIRE(outputs.size() == 4);
      if (first.empty()) first = outputs;
      CHECK((outputs == first));
    }
  }
}

TEST_CASE("tokenized-dataset: a summary on standard output, which has to be writable") {
  const Music place(3);
  const ProgramRun run = place.tokenize({"--max-seq-len", "64", "-s"});
  const auto sequences = place.sequences();
  CHECK(run.status == 0);
  CHECK(mentions(run.output, "of 3 pieces, 0 skipped"));
  CHECK(mentions(run.output, "wrote out.jsonl: " + std::to_string(sequences.size()) + " sequences"));
  CHECK(mentions(run.output, "out_shuffled.jsonl"));
  CHECK(run.complaints.empty());
  if (!fs::exists("/dev/full")) return;
  const ProgramRun full = place.tokenize({"--overwrite"}, "out.jsonl", {.output = "/dev/full"});
  CHECK(full.status == 1);
  CHECK(mentions(full.complaints, "standard output"));
}

TEST_CASE("tokenized-dataset: the jitter of <D> comes from the seed and stays within its bounds") {
  const Workplace music;
  for (unsigned i = 0; i < 20; ++i) music.add(std::to_string(i) + ".mid", test::music(i, 100));
  REQUIRE(music.aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
  const Music place(1);
  fs::copy_file(music / "music.jsonl", place / "music.jsonl", fs::copy_options::overwrite_existing);
  const auto distances = [&](const Words& words) {
    place.tokenized(words);
    std::vector<std::ptrdiff_t> all;
    for (const Tokens& tokens : place.sequences()) {
      const auto at = [&](aria::TokenId token) { return std::find(tokens.begin(), tokens.end(), token); };
      all.push_back(at(aria::LazyVocabulary::kEnd) - at(aria::LazyVocabulary::kDiminish) - 1);
    }
    return all;
  };
  const auto within = [](const std::vector<std::ptrdiff_t>& all, std::ptrdiff_t jitter) {
    // One more where <D> would stand between a note and its duration.
    return std::all_of(all.begin(), all.end(), [&](auto d) { return d >= 100 - jitter && d <= 101 + jitter; });
  };
  const auto usual = distances({});
  CHECK(usual.size() == 20);
  CHECK(within(usual, 10));
  CHECK_FALSE(within(usual, 3));
  CHECK(distances({"--diminish-jitter", "10", "--seed", "0"}) == usual);
  CHECK(distances({"--seed", "1"}) != usual);
  CHECK(within(distances({"--diminish-jitter", "0"}), 0));
  const auto wide = distances({"--diminish-jitter", "49"});
  CHECK(within(wide, 49));
  CHECK_FALSE(within(wide, 10));
}

TEST_CASE("tokenized-dataset --reference: sequences are cut as the original does, which loses tokens") {
  const Music place(1);
  const auto count = [&](const Words& words) {
    place.tokenized(words);
    std::size_t tokens = 0;
    for (const Tokens& sequence : place.sequences()) {
      tokens += static_cast<std::size_t>(std::count_if(sequence.begin() + 1, sequence.end(), [](aria::TokenId token) {
        return token != aria::LazyVocabulary::kPad;
      }));
    }
    return tokens;
  };
  const std::size_t whole = count({"--diminish-jitter", "0"});
  const Words windows = {"--max-seq-len", "50", "--stride-len", "50", "--diminish-jitter", "0"};
  CHECK(count(windows) >= whole);
  Words reference = windows;
  reference.push_back("--reference");
  CHECK(count(reference) < whole);
}

TEST_CASE("tokenized-dataset --tokenizer: another tokenizer, whose name stands in the first line") {
  const Music place;
  const std::string text = place.tokenized({"--tokenizer", "performance", "--max-seq-len", "64"});
  CHECK(mentions(lines_of(text).front(), R"("tokenizer_name": "performance")"));
  CHECK(mentions(text, R"(["on", 60])"));
  CHECK(place.tokenized({"--tokenizer", "lazy"}) == place.tokenized({}));
}

TEST_CASE("tokenized-dataset: pieces without notes are skipped and counted") {
  const Music place(2);
  const std::string piece = lines_of(place.text("music.jsonl")).front();
  // The same on an instrument class that the tokenizer ignores, and without any note.
  const std::string noise = changed(piece, R"("data": 0)", R"("data": 120)");
  const std::size_t notes = piece.find(R"("note_msgs": [)");
  REQUIRE(notes != std::string::npos);
  const std::size_t end = piece.find("}]", piece.find(R"("end": 28800)", notes));
  REQUIRE(end != std::string::npos);
  const std::string silent = piece.substr(0, notes) + R"("note_msgs": [)" + piece.substr(end + 1);
  test::write_text(place / "music.jsonl", noise + '\n' + piece + '\n' + silent + '\n' + noise + '\n');
  const ProgramRun run = place.tokenize({});
  CAPTURE(run.output, run.complaints);
  CHECK(run.status == 0);
  CHECK(mentions(run.output, "of 1 pieces, 3 skipped"));
  CHECK(mentions(run.output, "skipped 2: has no notes left after ignoring instruments"));
  CHECK(mentions(run.output, "skipped 1: has no notes\n"));
  CHECK(place.sequences().size() == 1);

  test::write_text(place / "music.jsonl", noise + '\n' + silent + '\n');
  const ProgramRun none = place.tokenize({"-s"}, "none.jsonl");
  CHECK(none.status == 1);
  CHECK(mentions(none.complaints, "music.jsonl: none of the 2 pieces has tokens"));
  CHECK(place.outputs() == Names{"music.jsonl", "out.jsonl"});
}

TEST_CASE("tokenized-dataset: a line that is no piece is named, and nothing is written") {
  const Music place(3);
  const auto lines = lines_of(place.text("music.jsonl"));
  const std::string& good = lines.front();
  struct Case {
    std::string line, message;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"no JSON", ""},
      {"{}", "missing"},
      {R"(["<S>", "<E>"])", ""},
      {good.substr(0, good.size() / 2), ""},
      {good + good, "behind its end"},
      {std::string(20, '\0') + good, ""},
      {changed(good, R"("pitch": 6)", R"("pitch": 666)"), "note_msgs[0]: pitch"},
  };
  for (const Case& wrong : cases) {
    for (const std::string workers : {"1", "2"}) {
      test::write_text(place / "music.jsonl", lines[0] + '\n' + wrong.line + '\n' + lines[2] + '\n');
      const ProgramRun run = place.tokenize({"-s", "--workers", workers});
      CAPTURE(wrong.line.substr(0, 100), wrong.message, run.complaints);
      CHECK(run.status == 1);
      CHECK(mentions(run.complaints, "music.jsonl: line 2: "));
      CHECK(mentions(run.complaints, wrong.message));
      CHECK(run.output.empty());
      CHECK(place.outputs() == Names{"music.jsonl"});
    }
  }
}

TEST_CASE("tokenized-dataset: an input that is empty, something else, or not there") {
  const Music place(2);
  const std::string dataset = place.tokenized({});
  for (const auto& [text, message] : {std::pair<std::string, std::string>{"", "holds no pieces"},
                                      {"\n", "line 1"},
                                      {dataset, "line 1"},
                                      {std::string("\xff\xfe\0", 3), "line 1"},
                                      {test::music(1), "line 1"}}) {
    test::write_text(place / "music.jsonl", text);
    const ProgramRun run = place.tokenize({}, "new.jsonl");
    CAPTURE(text.substr(0, 50), run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "music.jsonl: "));
    CHECK(mentions(run.complaints, message));
    CHECK_FALSE(place.has("new.jsonl"));
  }
  for (const std::string path : {"missing.jsonl", "DIR", "music.jsonl/x"}) {
    const ProgramRun run = place.aria({"tokenized-dataset", path, "new.jsonl"});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path + ": "));
    CHECK_FALSE(place.has("new.jsonl"));
  }
}

TEST_CASE("tokenized-dataset: a length that does not hold the prefix is told with the line of the piece") {
  const Workplace music;
  std::string many;  // five instruments at once
  for (unsigned channel = 0; channel < 5; ++channel) {
    constexpr unsigned kPrograms[] = {0, 16, 24, 32, 40};
    many += '\0' + std::string{static_cast<char>(0xc0 | channel), static_cast<char>(kPrograms[channel])};
  }
  for (int beat = 0; beat < 60; ++beat) {
    std::string ends;
    for (unsigned channel = 0; channel < 5; ++channel) {
      const std::string note = test::note(60, 480, channel);
      many += note.substr(0, 4);
      ends += '\0' + note.substr(6);
    }
    many += test::quantity(480) + ends.substr(1);
  }
  music.add("a.mid", test::music(1));
  music.add("b.mid", test::header(0, 1, 480) + test::midi_track(many));
  REQUIRE(music.aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
  REQUIRE(lines_of(music.text("music.jsonl")).size() == 2);
  for (const std::string length : {"1", "5"}) {
    const ProgramRun run = music.aria({"tokenized-dataset", "-s", "--max-seq-len", length, "music.jsonl", "out.jsonl"});
    CAPTURE(length, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, length == "1" ? "music.jsonl: line 1: " : "music.jsonl: line 2: "));
    CHECK(mentions(run.complaints, "prefix"));
    CHECK(music.outputs() == Names{"music.jsonl"});
  }
  CHECK(music.aria({"tokenized-dataset", "--max-seq-len", "6", "music.jsonl", "out.jsonl"}).status == 0);
}

TEST_CASE("tokenized-dataset: an output that exists stays as it is without --overwrite") {
  const Music place;
  for (const std::string name : {"out.jsonl", "out_shuffled.jsonl"}) {
    test::write_text(place / name, "old");
    const ProgramRun run = place.tokenize({"-s"});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, name + ": exists already"));
    CHECK(place.outputs() == Names{"music.jsonl", name});
    CHECK(place.text(name) == "old");
    CHECK(place.tokenize({"-s", "--overwrite"}).status == 0);
    CHECK(place.text(name) != "old");
    fs::remove(place / "out.jsonl");
    fs::remove(place / "out_shuffled.jsonl");
  }
  test::write_text(place / "out_shuffled.jsonl", "old");
  CHECK(place.tokenize({}).status == 0);  // not asked for
  CHECK(place.text("out_shuffled.jsonl") == "old");
}

TEST_CASE("tokenized-dataset: nothing is left behind where the output cannot be written") {
  const Music place(40);
  const std::string whole = place.tokenized({"-s"}, "whole.jsonl");
  const Names before = place.outputs();
  for (const std::string path : {"missing/out.jsonl", "DIR", "DIR/0.mid/out.jsonl", "missing/"}) {
    const ProgramRun run = place.tokenize({"--overwrite"}, path);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path));
  }
  for (const std::uint64_t limit :
       {std::uint64_t{100}, std::uint64_t{whole.size() / 2}, std::uint64_t{whole.size() - 1}}) {
    for (const std::string path : {"out.jsonl", "whole.jsonl"}) {
      const ProgramRun run = place.tokenize({"-s", "--overwrite"}, path, {.file_size_limit = limit});
      CAPTURE(limit, path, run.complaints);
      CHECK(run.status == 1);
      CHECK(mentions(run.complaints, path));
      CHECK(place.outputs() == before);
      CHECK((place.text("whole.jsonl") == whole));
    }
  }
  CHECK(place.tokenize({"-s"}, "out.jsonl", {.file_size_limit = whole.size()}).status == 0);
  CHECK((place.text("out.jsonl") == whole));
}

TEST_CASE("tokenized-dataset: killed at any time, what is there is whole") {
  const Music place(10);
  const std::string whole = place.tokenized({"-s", "--workers", "1"}, "whole.jsonl");
  const std::string shuffled = place.text("whole_shuffled.jsonl");
  const Names before = place.outputs();
  const Words words = {"-s", "--workers", "1"};
  const std::uint64_t stops = place.tokenize(words, "out.jsonl", {.count_stops = true}).stops;
  if (stops == 0) return;  // tracing is not allowed here
  REQUIRE((place.text("out.jsonl") == whole));
  fs::remove(place / "out.jsonl");
  fs::remove(place / "out_shuffled.jsonl");
  bool met_nothing = false, met_all = false;
  for (std::uint64_t stop = 40; stop < stops; stop += 1 + (stops - stop) / 6) {
    place.tokenize(words, "out.jsonl", {.kill_at_stop = stop});
    for (const std::string& name : place.outputs()) {
      CAPTURE(stop, name);
      if (name == "out.jsonl") CHECK((place.text(name) == whole));
      if (name == "out_shuffled.jsonl") CHECK((place.text(name) == shuffled));
      if (name[0] != '.' && name.rfind("out", 0) != 0) CHECK(std::count(before.begin(), before.end(), name) == 1);
      if (name[0] == '.') fs::remove(place / name);  // only where the file system cannot hold files without names
    }
    met_nothing = met_nothing || !place.has("out.jsonl");
    met_all = met_all || place.has("out_shuffled.jsonl");
    fs::remove(place / "out.jsonl");
    fs::remove(place / "out_shuffled.jsonl");
  }
  CHECK(met_nothing);
  CHECK(met_all);
}

TEST_CASE("tokenized-dataset: sequences of one piece never lie on both sides of the split") {
  const Workplace place;
  for (unsigned pitch = 20; pitch < 100; ++pitch) {  // each piece on a pitch of its own
    std::string notes;
    for (unsigned i = 0; i < 60 + pitch % 3; ++i) notes += test::note(pitch, 480);
    place.add(std::to_string(pitch) + ".mid", test::header(0, 1, 480) + test::midi_track(notes));
  }
  REQUIRE(place.aria({"midi-dataset", "--split", "0.7", "DIR", "music.jsonl"}).status == 0);
  std::map<std::string, std::set<int>> pitches;
  const aria::LazyTokenizer tokenizer;
  for (const std::string side : {"train", "val"}) {
    const std::string out = side + ".jsonl";
    REQUIRE(
        place.aria({"tokenized-dataset", "--max-seq-len", "32", "--stride-len", "16", "music_" + side + ".jsonl", out})
            .status == 0);
    const aria::TokenizedDataset<aria::LazyTokenizer> data((place / out).string(), tokenizer);
    for (std::size_t i = 0; i < data.size(); ++i) {
      for (const aria::TokenId token : data.tokens(i)) {
        const aria::TokenView view = tokenizer.view(token);
        if (view.kind == aria::TokenKind::note) pitches[side].insert(view.pitch);
      }
    }
    CHECK(data.size() > 5 * pitches[side].size());
    CHECK(pitches[side].size() > 10);
  }
  for (const int pitch : pitches["train"]) CHECK(pitches["val"].count(pitch) == 0);
  CHECK(pitches["train"].size() + pitches["val"].size() == 80);
}
