// aria inspect on TokenizedDatasets: what it says, what it draws, and what is wrong with a file.
#include <cstdint>
#include <string>
#include <vector>

#include <aria/midi.hpp>

#include "support/xml.hpp"
#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

// Makes data.jsonl, a TokenizedDataset of three pieces, and returns its lines. Further arguments go to the build.
std::vector<std::string> make_data(const Workplace& place, const std::vector<std::string>& further = {}) {
  place.add_music(3);
  REQUIRE(place.aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
  std::vector<std::string> words = {"tokenized-dataset", "--max-seq-len", "64", "--stride-len", "64"};
  words.insert(words.end(), further.begin(), further.end());
  words.insert(words.end(), {"music.jsonl", "data.jsonl"});
  const ProgramRun run = place.aria(words);
  CAPTURE(run.complaints);
  REQUIRE(run.status == 0);
  auto lines = test::lines_of(place.text("data.jsonl"));
  REQUIRE(lines.size() > 3);
  return lines;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// A text where every row of blanks is one blank: tables by their words.
std::string words_of(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return out;
}

// The header of a data set of unpadded sequences of up to 16 tokens, and these lines.
void write_short(const Workplace& place, std::string header, const std::string& lines) {
  header = replaced(header, "\"max_seq_len\": 64", "\"max_seq_len\": 16");
  header = replaced(header, "\"stride_len\": 64", "\"stride_len\": 8");
  header = replaced(header, "\"padding\": true", "\"padding\": false");
  test::write_text(place / "short.jsonl", header + '\n' + lines);
}

}  // namespace

TEST_CASE("inspect tokens: a data set that can be counted by hand") {
  const Workplace place;
  const std::string header = make_data(place).front();
  write_short(
      place, header,
      R"([["prefix", "instrument", "piano"], ["prefix", "instrument", "drum"], "<S>", ["piano", 60, 45], ["dur", 100], ["wait", 250], ["drum", 36], "<U>", "<P>", "<P>"]
[["piano", 60, 45], ["dur", 300], ["drum", 34], ["piano", 72, 90], ["dur", 100], "<E>"]
)");
  const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "short.jsonl"});
  CAPTURE(run.output, run.complaints);
  REQUIRE(run.status == 0);
  const std::string words = words_of(run.output);
  for (const char* wanted : {
           "short.jsonl: a TokenizedDataset\n",
           "tokenizer lazy\n",
           "max_seq_len 16\n",
           "stride_len 8\n",
           "sequences 2, not padded\n",
           "tokens 16\n",
           "padding 2 (12.5 %)\n",
           "unknown 2 (14.3 %)\n",  // <U>, and drum 34, of 14
           "vocabulary 12 (0.1 %) of ",
           "tokens a sequence 6 6 6 8 8\n",
           "pitch C4 C4 C4 C5 C5\n",
           "velocity 45 45 45 90 90\n",
           "duration 100 ms 100 ms 100 ms 300 ms 300 ms\n",
           "wait 250 ms 250 ms 250 ms 250 ms 250 ms\n",
           "special 3 21.4 %\n",
           "duration 3 21.4 %\n",
           "note 3 21.4 %\n",
           "drum 2 14.3 %\n",
           "instrument 2 14.3 %\n",
           "wait 1 7.1 %\n",
           "piano 3 60.0 %\n",
           "drums 2 40.0 %\n",
           "[\"dur\", 100] 2 14.3 %\n",
           "[\"piano\", 60, 45] 2 14.3 %\n",
           "\nfirst sequence\n [\"prefix\", \"instrument\", \"piano\"] ",
           " [\"drum\", 36] \"<U>\" \"<P>\" \"<P>\"\n",
       }) {
    CAPTURE(wanted, words);
    CHECK(mentions(words, wanted));
  }
  CHECK_FALSE(mentions(words, "\"<P>\" 2 "));  // padding is none of the frequent tokens
  const std::string svg = place.text("out.svg");
  CHECK(test::xml_fault(svg) == "");
  for (const char* title : {"short.jsonl", "2 sequences", "Lengths", "Kinds of tokens", "Instruments", "Pitches",
                            "Durations", "Waits", "Velocities", "Most frequent tokens", "dur 100", "drums"}) {
    CAPTURE(title);
    CHECK(mentions(svg, std::string(">") + title));
  }
}

TEST_CASE("inspect tokens: what the programs make, with either tokenizer") {
  for (const std::string tokenizer : {"lazy", "performance"}) {
    const Workplace place;
    const std::vector<std::string> lines = make_data(place, {"--tokenizer", tokenizer});
    const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "data.jsonl"});
    CAPTURE(tokenizer, run.output, run.complaints);
    CHECK(run.status == 0);
    const std::string words = words_of(run.output);
    CHECK(mentions(words, "tokenizer " + tokenizer + "\n"));
    CHECK(mentions(words, "sequences " + std::to_string(lines.size() - 1) + ", padded\n"));
    CHECK(mentions(words, "tokens " + std::to_string(64 * (lines.size() - 1)) + "\n"));
    CHECK(mentions(words, "unknown 0\n"));
    CHECK(mentions(words, tokenizer == "lazy" ? "\nduration 500 ms" : "\nnote off "));
    CHECK(test::xml_fault(place.text("out.svg")) == "");
  }
}

TEST_CASE("inspect tokens: a line that is wrong is named by its number, and nothing is written") {
  const Workplace place;
  const std::vector<std::string> lines = make_data(place);
  const std::string& good = lines[2];
  struct Case {
    std::string line, message;
  };
  const std::vector<Case> cases = {
      {good.substr(0, good.size() / 2), ""},
      {good.substr(0, good.size() - 1), ""},
      {"", ""},
      {"no JSON", ""},
      {"{}", ""},
      {"[]", "has 0 tokens, and 64 are expected"},
      {R"(["<S>", "<E>"])", "has 2 tokens, and 64 are expected"},
      {good.substr(0, good.size() - 1) + R"(, "<P>"])", "has 65 tokens, and 64 are expected"},
      {replaced(good, "[\"piano\", 6", "[\"pianola\", 6"), "pianola"},
      {replaced(good, ", 75]", ", 76]"), "76"},
      {std::string(1000, '['), ""},
      {std::string(1000, '\0'), ""},
      {"\xff\xfe" + good, ""},
      {lines[0], ""},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "bad.jsonl", lines[0] + '\n' + lines[1] + '\n' + wrong.line + '\n' + lines[3] + '\n');
    const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "bad.jsonl"});
    CAPTURE(wrong.line.substr(0, 100), wrong.message, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "bad.jsonl: line 3: "));
    CHECK(mentions(run.complaints, wrong.message));
    CHECK_FALSE(place.has("out.svg"));
  }
}

TEST_CASE("inspect tokens: a wrong line of any tokenizer") {
  const Workplace place;
  std::vector<std::string> lines = make_data(place, {"--tokenizer", "performance"});
  lines[2] = replaced(lines[2], "[\"on\", 6", "[\"on\", 1006");
  test::write_text(place / "bad.jsonl", lines[0] + '\n' + lines[1] + '\n' + lines[2] + '\n');
  const ProgramRun run = place.aria({"inspect", "bad.jsonl"});
  CAPTURE(run.complaints);
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "bad.jsonl: line 3: "));
}

TEST_CASE("inspect tokens: a header that is wrong, a file that is cut off or holds no sequence") {
  const Workplace place;
  const std::vector<std::string> lines = make_data(place);
  const std::string& header = lines[0];
  struct Case {
    std::string text, message;
  };
  const std::vector<Case> cases = {
      {header + '\n', "holds no sequences"},
      {header, "line 1: is cut off"},
      {header + '\n' + lines[1], "line 2: is cut off"},
      {header.substr(0, header.size() - 1) + '\n' + lines[1] + '\n', "line 1: "},
      {replaced(header, "\"lazy\"", "\"eager\"") + '\n', "line 1: was made by the tokenizer \"eager\""},
      {replaced(header, "\"lazy\"", "7") + '\n', "line 1: tokenizer_name must be a text"},
      {replaced(header, "\"lazy\"", "\"performance\"") + '\n', "line 1: was made with other settings"},
      {replaced(header, "\"velocity_quantization\"", "\"quantization\"") + '\n', "line 1: "},
      {replaced(header, "\"max_seq_len\": 64", "\"max_seq_len\": 0") + '\n', "line 1: max_seq_len"},
      {R"({"tokenizer_config": {}})"
       "\n",
       "line 1: "},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "bad.jsonl", wrong.text);
    const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "bad.jsonl"});
    CAPTURE(wrong.text.substr(0, 100), wrong.message, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "bad.jsonl: " + wrong.message));
    CHECK_FALSE(place.has("out.svg"));
  }
}

TEST_CASE("inspect tokens: either data set is known by the keys of its first line") {
  const Workplace place;
  const std::string header = make_data(place).front();
  // Another order of keys, as other programs may write it.
  const std::size_t config = header.find("\"tokenizer_config\": "), name = header.find(", \"tokenizer_name\"");
  REQUIRE((config == 1 && name != std::string::npos));
  test::write_text(place / "turned.jsonl",
                   "{" + header.substr(name + 2, header.size() - name - 3) +
                       ", \"tokenizer_config\"\t :" + header.substr(config + 19, name - config - 19) + "}\n" +
                       place.text("data.jsonl").substr(header.size() + 1));
  const ProgramRun turned = place.aria({"inspect", "turned.jsonl"});
  CAPTURE(turned.complaints);
  CHECK(mentions(turned.output, "turned.jsonl: a TokenizedDataset\n"));

  // A piece with texts that look like the key.
  aria::MidiDict piece = aria::MidiDict::from_midi((place / "DIR/0.mid").string());
  for (const char* text : {"tokenizer_config", R"("tokenizer_config": {})"}) {
    piece.meta.add(aria::MetaMsg::Type::text, text);
  }
  test::write_text(place / "texts.jsonl", piece.to_json() + '\n');
  const ProgramRun texts = place.aria({"inspect", "texts.jsonl"});
  CAPTURE(texts.complaints);
  CHECK(mentions(texts.output, "texts.jsonl: a MidiDataset\n"));
}
