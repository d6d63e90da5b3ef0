// Files of lines of ids, as the Lakh recipe writes them, for the commands that look at data sets and hand them on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/midi.hpp>

#include "support/xml.hpp"
#include "workplace.hpp"

namespace fs = std::filesystem;
using test::lines_of;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

using Words = std::vector<std::string>;

// Two sequences of the arrival encoding, of four events each.
//   piano C4 at 0 for 0.5 s, bass drum at 0.5 s for 0, a rest at 1 s, bass E2 at 1.5 s for 1 s
//   control: piano D4 at 2 s for 0.2 s; piano C4 at 0 for 0.1 s; separator; piano E4 at 0.3 s for 0.1 s
const std::string kArrival =
    "55026 0 10050 11060 50 10000 27420 100 10000 27512 150 10100 15264\n"
    "55027 27713 37533 38575 0 10010 11060 55025 55025 55025 30 10010 11064\n";

// Of the interarrival encoding: an end of a note that began before, piano C4 for 0.5 s, E4 that does not end.
const std::string kInterarrival =
    "17570 25 1060 50 17572 25 1064 100\n"
    "34024 1060 50 17572 34024 1128 25 17640\n";

struct Lines : Workplace {
  Lines() {
    test::write_text(*this / "train.txt", kArrival);
    test::write_text(*this / "inter.txt", kInterarrival);
  }
};

// Start and length in milliseconds, pitch, and whether it is a drum.
using Note = std::tuple<double, double, unsigned, bool>;

std::vector<Note> notes_of(const fs::path& path) {
  const aria::MidiDict piece = aria::MidiDict::from_midi(path.string());
  REQUIRE(piece.ticks_per_beat == 50);
  std::vector<Note> notes;
  for (const aria::NoteMsg& note : piece.notes) {  // a tick is 10 ms
    notes.emplace_back(10 * note.start().count, 10 * (note.end() - note.start()).count, note.pitch(),
                       note.channel() == aria::kDrumChannel);
  }
  return notes;
}

std::string words_of(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return out;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("token lines: detokenize writes a track for every instrument, controls among them") {
  const Lines place;
  ProgramRun run = place.aria({"detokenize", "train.txt", "0", "a.mid"});
  CAPTURE(run.output, run.complaints);
  REQUIRE(run.status == 0);
  CHECK(run.output == "wrote a.mid: 3 notes, 2.5 s\n");
  CHECK(place.text("a.mid").substr(8, 4) == std::string("\0\1\0\3", 4));  // format 1, three tracks
  CHECK(notes_of(place / "a.mid") ==
        std::vector<Note>{{0, 500, 60, false}, {500, 10, 36, true}, {1500, 1000, 40, false}});
  const aria::MidiDict piece = aria::MidiDict::from_midi((place / "a.mid").string());
  CHECK(std::any_of(piece.instruments.begin(), piece.instruments.end(),
                    [](const auto& instrument) { return instrument.program() == 33; }));

  run = place.aria({"detokenize", "train.txt", "1", "b.mid"});
  REQUIRE(run.status == 0);
  CHECK(run.output == "wrote b.mid: 3 notes, 2.6 s\n");
  // What follows a separator begins where what stands before has ended: at 2.2 s.
  CHECK(notes_of(place / "b.mid") ==
        std::vector<Note>{{0, 100, 60, false}, {2000, 200, 62, false}, {2500, 100, 64, false}});
}

TEST_CASE("token lines: detokenize ends notes that have no end, and --reference does not") {
  const Lines place;
  REQUIRE(place.aria({"detokenize", "inter.txt", "0", "a.mid"}).status == 0);
  CHECK(notes_of(place / "a.mid") == std::vector<Note>{{250, 500, 60, false}, {1000, 1000, 64, false}});
  REQUIRE(place.aria({"detokenize", "--reference", "inter.txt", "0", "b.mid"}).status == 0);
  CHECK(notes_of(place / "b.mid") == std::vector<Note>{{250, 500, 60, false}});
  CHECK(place.text("b.mid").size() < place.text("a.mid").size() + 16);
}

TEST_CASE("token lines: ids that make no sense are left out and counted") {
  const Lines place;
  test::write_text(place / "odd.txt", "55026 11060 0 10050 11060 10050 12 27512 30 10010\n");
  const ProgramRun run = place.aria({"detokenize", "odd.txt", "0", "a.mid"});
  CAPTURE(run.output, run.complaints);
  REQUIRE(run.status == 0);
  CHECK(mentions(run.output, "skipped: 6 misplaced tokens\n"));
  CHECK(mentions(run.output, "wrote a.mid: 1 note, 0.5 s\n"));
  // No note at all is a file, too.
  test::write_text(place / "none.txt", "55026 0 10000 27512\n");
  REQUIRE(place.aria({"detokenize", "none.txt", "0", "none.mid"}).status == 0);
  CHECK(aria::MidiDict::from_midi((place / "none.mid").string()).notes.empty());
}

TEST_CASE("token lines: the encoding is seen, or said") {
  const Lines place;
  const auto encoding = [&](const std::string& line, const Words& options = {}) {
    test::write_text(place / "a.txt", line + '\n');
    Words words = {"inspect", "a.txt"};
    words.insert(words.end(), options.begin(), options.end());
    const ProgramRun run = place.aria(words);
    CAPTURE(line, run.complaints);
    REQUIRE(run.status == 0);
    return lines_of(run.output).front();
  };
  const std::string arrival = "a.txt: lines of ids, arrival encoding",
                    interarrival = "a.txt: lines of ids, interarrival encoding";
  CHECK(encoding("55026 0 10050 11060") == arrival);
  CHECK(encoding("55027 27513 37523 38573") == arrival);
  CHECK(encoding("0 10050 11060") == arrival);      // whole events without a flag
  CHECK(encoding("27513 37523 38573") == arrival);  // controls
  CHECK(encoding("55025 55025 55025") == arrival);  // no id of the other one
  CHECK(encoding("17572 17572 17572 17572 55020") == arrival);
  CHECK(encoding("34024 1060 50 17572") == interarrival);
  CHECK(encoding("50 17572 25 1060") == interarrival);
  CHECK(encoding("0 10050 11060", {"--encoding", "interarrival"}) == interarrival);
  CHECK(encoding("34024 1060 50 17572", {"--encoding=arrival"}) == arrival);

  struct Case {
    Words words;
    int status;
    std::string message;
  };
  place.add_music(1);
  test::write_text(place / "tokens.jsonl", "{\"tokenizer_config\": {}}\n");
  const std::vector<Case> cases = {
      {{"inspect", "--encoding", "lazy", "train.txt"}, 2, "--encoding must be arrival or interarrival"},
      {{"export", "--encoding", "", "train.txt", "a.bin"}, 2, "--encoding must be"},
      {{"detokenize", "--encoding", "arrival", "tokens.jsonl", "0", "a.mid"}, 2, "--encoding: the input"},
      {{"inspect", "--encoding", "arrival", "DIR/0.mid"}, 2, "--encoding: the input"},
      {{"piano-roll", "--encoding", "arrival", "DIR/0.mid", "a.svg"}, 2, "--encoding: the input"},
      {{"piano-roll", "--piece", "0", "train.txt", "a.svg"}, 2, "--sequence"},
      {{"inspect", "--encoding", "interarrival", "train.txt"},
       1,
       "train.txt: line 1, byte 0: \"55026\" is no id of the vocabulary, which has 34025"},
      {{"detokenize", "--pitch", "3", "train.txt", "0", "a.mid"}, 1, "tokenizer arrival do not allow any augmentation"},
      {{"detokenize", "train.txt", "2", "a.mid"}, 1, "train.txt: has 2 sequences, there is no number 2"},
  };
  for (const Case& wrong : cases) {
    const ProgramRun run = place.aria(wrong.words);
    CAPTURE(wrong.words, run.complaints);
    CHECK(run.status == wrong.status);
    CHECK(mentions(run.complaints, wrong.message));
  }
  CHECK(place.outputs() == Words{"a.txt", "inter.txt", "tokens.jsonl", "train.txt"});
}

TEST_CASE("token lines: inspect counts what can be counted by hand") {
  const Lines place;
  const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "train.txt"});
  CAPTURE(run.output, run.complaints);
  REQUIRE(run.status == 0);
  const std::string words = words_of(run.output);
  for (const char* wanted : {
           "sequences 2\n",
           "ids a sequence 13\n",
           "notes 5\n",
           "controls 1 (16.7 %) of notes and controls\n",
           "with controls 1 (50.0 %) of the sequences\n",
           "anticipate 1 (50.0 %) of the sequences have this flag\n",
           "of 55,028 ids occur\n",
           "notes a sequence 2 2 2 3 3\n",
           "controls a sequence 0 0 0 1 1\n",
           "time to the last onset 1.5 s 1.5 s 1.5 s 2.3 s 2.3 s\n",
           "time between onsets 500 ms 500 ms 500 ms 1000 ms 1000 ms\n",
           "duration 0 ms 0 ms 100 ms 1000 ms 1000 ms\n",
           "pitch E2 E2 C4 E4 E4\n",
           "\ntime 6 23.1 %\n",
           "\nduration 6 23.1 %\n",
           "\nnote 5 19.2 %\n",
           "\nrest 1 3.8 %\n",
           "\ncontrol time 1 3.8 %\n",
           "\ncontrol duration 1 3.8 %\n",
           "\ncontrol note 1 3.8 %\n",
           "\nseparator 3 11.5 %\n",
           "\nautoregress 1 3.8 %\n",
           "\nanticipate 1 3.8 %\n",
           "instrument notes\npiano 3 60.0 %\nbass 1 20.0 %\ndrums 1 20.0 %\n",
           "instrument controls\npiano 1 100.0 %\n",
           "first sequence: autoregress,",
           "\n0 0 50 0 60\n1 50 0 128 36\n2 100 REST\n3 150 100 33 40\n",
           "wrote out.svg\n",
       }) {
    CAPTURE(wanted);
    CHECK(mentions(words, wanted));
  }
  const std::string svg = place.text("out.svg");
  CHECK(test::xml_fault(svg) == "");
  for (const char* title : {"Kinds of ids", "Instruments of controls", "Durations", "time between onsets", "Lengths"}) {
    CHECK(mentions(svg, title));
  }
}

TEST_CASE("token lines: inspect counts interarrival ids") {
  const Lines place;
  const ProgramRun run = place.aria({"inspect", "--svg", "out.svg", "inter.txt"});
  CAPTURE(run.output, run.complaints);
  REQUIRE(run.status == 0);
  const std::string words = words_of(run.output);
  for (const char* wanted : {
           "sequences 2\n",
           "ids a sequence 8\n",
           "notes 4\n",
           "notes a sequence 2 2 2 2 2\n",
           "time to the last onset 0.5 s 0.5 s 0.5 s 1.0 s 1.0 s\n",
           "\ntime 250 ms 250 ms 250 ms 1000 ms 1000 ms\n",
           "\ntime 6 37.5 %\n",
           "\nnote-on 4 25.0 %\n",
           "\nnote-off 4 25.0 %\n",
           "\nseparator 2 12.5 %\n",
           "instrument notes\npiano 4 100.0 %\n",
           "off 0 58 wait 25 on 0 60 wait 50 off 0 60 wait 25 on 0 64 wait 100\n",
       }) {
    CAPTURE(wanted);
    CHECK(mentions(words, wanted));
  }
  CHECK_FALSE(mentions(words, "controls"));
  CHECK(test::xml_fault(place.text("out.svg")) == "");
}

TEST_CASE("token lines: piano-roll draws controls in another colour") {
  const Lines place;
  const std::string mark = aria::hex_color(aria::kMarkColor);
  REQUIRE(place.aria({"piano-roll", "train.txt", "a.svg"}).status == 0);
  CHECK(test::xml_fault(place.text("a.svg")) == "");
  CHECK(mentions(place.text("a.svg"), "train.txt, sequence 0"));
  CHECK_FALSE(mentions(place.text("a.svg"), mark));
  REQUIRE(place.aria({"piano-roll", "--sequence", "1", "train.txt", "b.svg"}).status == 0);
  const std::string svg = place.text("b.svg");
  CHECK(test::xml_fault(svg) == "");
  CHECK(mentions(svg, ">control 1<"));
  CHECK(occurrences(svg, mark) == 2);  // the legend and a group of notes
  CHECK(mentions(svg, "D4, piano, velocity 72, 0:02.00 for 0.2 s, control<"));
  CHECK(occurrences(svg, ", control<") == 1);
  REQUIRE(place.aria({"piano-roll", "inter.txt", "c.svg"}).status == 0);
  CHECK_FALSE(mentions(place.text("c.svg"), mark));
}

TEST_CASE("token lines: export writes ids of 16 bits and says of which encoding they are") {
  const Lines place;
  for (const std::string name : {"train.txt", "inter.txt"}) {
    std::string ids;
    for (const std::string& line : lines_of(place.text(name))) {
      std::istringstream numbers(line);
      for (unsigned id = 0; numbers >> id;) ids += {static_cast<char>(id & 0xff), static_cast<char>(id >> 8)};
    }
    const ProgramRun run = place.aria({"export", "--overwrite", name, "a.bin"});
    CAPTURE(run.complaints);
    REQUIRE(run.status == 0);
    CHECK(place.text("a.bin") == ids);
    const aria::JsonDocument about(place.text("a.bin.json"));
    CHECK(about.root()["tokenizer_name"].text() == (name == "train.txt" ? "arrival" : "interarrival"));
    CHECK(about.root()["vocabulary_size"].whole_number() == (name == "train.txt" ? 55'028 : 34'025));
    CHECK(about.root()["padding"].text() == "none");
    CHECK(about.root()["padding_id"].to_json() == "null");
  }
}

TEST_CASE("token lines: what is wrong with a file is named with its line, and nothing is written") {
  const Lines place;
  const std::string good = "55026 0 10050 11060\n";
  struct Case {
    std::string text, message;
  };
  const std::vector<Case> cases = {
      {"5", "bad.txt: line 1: is cut off: the file does not end with a line feed"},
      {good + "55026 0 10050", "bad.txt: line 2: is cut off"},
      {good + "55026 0 10050\n", "bad.txt: line 2, byte 33: has 3 ids, and 4 are expected"},
      {good + good + "55026 0 10050 11060 0\n", "bad.txt: line 3, byte 61: has 5 ids, and 4 are expected"},
      {good + "55026 0 x 11060\n", "bad.txt: line 2, byte 28: \"x\" is no decimal number"},
      {good + "55026 0  11060\n", "bad.txt: line 2, byte 28: \"\" is no decimal number"},
      {good + "55026 0 10050 55028\n", "bad.txt: line 2, byte 34: \"55028\" is no id of the vocabulary"},
      {good + "\n", "bad.txt: line 2, byte 20: "},
      {"0, 1, 2, 3\n", "bad.txt: line 1, byte 0: \"0,\" is no decimal number"},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "bad.txt", wrong.text);
    const std::string last = std::to_string(std::max<std::size_t>(lines_of(wrong.text).size(), 1) - 1);
    for (const Words& words :
         {Words{"inspect", "--svg", "a.svg", "bad.txt"}, Words{"export", "bad.txt", "a.bin"},
          Words{"detokenize", "bad.txt", last, "a.mid"}, Words{"piano-roll", "--sequence", last, "bad.txt", "a.svg"}}) {
      const ProgramRun run = place.aria(words);
      CAPTURE(words, wrong.message, run.complaints);
      CHECK(run.status == 1);
      CHECK(mentions(run.complaints, wrong.message));
      CHECK(run.output.empty());
      CHECK(place.outputs() == Words{"bad.txt", "inter.txt", "train.txt"});
    }
  }
}

TEST_CASE("token lines: what the recipe writes has nothing that makes no sense") {
  const Workplace place;
  const std::string music = test::header(0, 1, 1920) + test::melody(7, 1200);  // eight notes a second
  for (const char folder : {'0', '7', 'e'}) place.add(std::string(1, folder) + "/music.mid", music);
  REQUIRE(place.aria({"midi-preprocess", "DIR"}).status == 0);
  REQUIRE(place.aria({"tokenize-lakh", "-k", "10", "DIR"}).status == 0);
  const auto sequences = lines_of(place.text("DIR/tokenized-events-0.txt"));
  REQUIRE(sequences.size() > 5);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const ProgramRun run =
        place.aria({"detokenize", "--overwrite", "DIR/tokenized-events-0.txt", std::to_string(i), "out.mid"});
    CAPTURE(i, run.output, run.complaints);
    CHECK(run.status == 0);
    CHECK_FALSE(mentions(run.output, "skipped"));
  }
  const ProgramRun run = place.aria({"inspect", "DIR/tokenized-events-0.txt"});
  CAPTURE(run.output);
  CHECK(run.status == 0);
  CHECK(mentions(words_of(run.output), "ids a sequence 1,024\n"));
  CHECK(mentions(words_of(run.output), "sequences " + std::to_string(sequences.size()) + '\n'));
}
