// What the command line alone shows to be wrong is exit status 2 and writes nothing; the originals' spellings work.
#include "workplace.hpp"

using test::mentions;
using test::Workplace;

TEST_CASE("midi-dataset: a wrong command line is refused with status 2") {
  const Workplace place;
  place.add_music(3);
  struct Case {
    std::vector<std::string> words;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"midi-dataset"}, "dir is missing"},
      {{"midi-dataset", "DIR"}, "save-path is missing"},
      {{"midi-dataset", "DIR", "out.jsonl", "third"}, "third"},
      {{"midi-dataset", "--no-such-option", "DIR", "out.jsonl"}, "no-such-option"},
      {{"midi-dataset", "--recursiv", "DIR", "out.jsonl"}, "recursiv"},
      {{"midi-dataset", "-x", "DIR", "out.jsonl"}, "x"},
      {{"midi-dataset", "--split", "0", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "--split", "1", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "--split", "1.5", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "--split=-0.5", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "--split", "nan", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "--split", "half", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "--split", "0.5x", "DIR", "out.jsonl"}, "split"},
      {{"midi-dataset", "DIR", "out.jsonl", "--split"}, "split"},
      {{"midi-dataset", "--seed", "-1", "DIR", "out.jsonl"}, "seed"},
      {{"midi-dataset", "--seed", "18446744073709551616", "DIR", "out.jsonl"}, "seed"},
      {{"midi-dataset", "--workers", "0", "DIR", "out.jsonl"}, "workers"},
      {{"midi-dataset", "--workers", "two", "DIR", "out.jsonl"}, "workers"},
      {{"midi-dataset", "--workers", "1000000", "DIR", "out.jsonl"}, "workers"},
      {{"midi-dataset", "--report", "out.jsonl", "DIR", "out.jsonl"}, "out.jsonl"},
      {{"midi-dataset", "--report", "./DIR/../out.jsonl", "DIR", "out.jsonl"}, "out.jsonl"},
      {{"midi-dataset", "--split", "0.5", "--report", "out_train.jsonl", "DIR", "out.jsonl"}, "out_train.jsonl"},
      {{"midi-dataset", "--split", "0.5", "--report", "out_val.jsonl", "DIR", "out.jsonl"}, "out_val.jsonl"},
      {{"no-such-command"}, "no-such-command"},
      {{"--no-such-option"}, "no-such-option"},
  };
  for (const Case& wrong : cases) {
    const test::ProgramRun run = place.aria(wrong.words);
    CAPTURE(wrong.words, run.output, run.complaints);
    CHECK(run.status == 2);
    CHECK(mentions(run.complaints, wrong.message));
    CHECK(run.output.empty());
    CHECK(place.outputs().empty());
  }
}

TEST_CASE("aria without a command says what there is, with status 2") {
  const test::ProgramRun run = Workplace().aria({});
  CHECK(run.status == 2);
  CHECK(mentions(run.output + run.complaints, "midi-dataset"));
}

TEST_CASE("--help shows an example, on standard output, with status 0") {
  const Workplace place;
  for (const std::string command : {"midi-dataset", "midi_dataset", "inspect"}) {
    for (const std::string help : {"--help", "-h", "-help"}) {
      const test::ProgramRun run = place.aria({command, help});
      CAPTURE(command, help);
      CHECK(run.status == 0);
      CHECK(mentions(run.output, "Example"));
      CHECK(run.complaints.empty());
    }
  }
  CHECK(mentions(place.aria({"--help"}).output, "inspect"));
}

TEST_CASE("midi-dataset: one dash before long names, underscores in the command's name") {
  const Workplace place;
  place.add_music(12);
  place.add("deep/er/12.mid", test::music(12));
  REQUIRE(place.aria({"midi-dataset", "--recursive", "--split", "0.5", "--report", "a.tsv", "DIR", "a.jsonl"}).status ==
          0);
  const std::vector<std::vector<std::string>> spellings = {
      {"midi_dataset", "-r", "--split", "0.5", "--report", "b.tsv", "DIR", "b.jsonl"},
      {"midi_dataset", "-recursive", "-split", "0.5", "-report", "b.tsv", "DIR", "b.jsonl"},
      {"midi-dataset", "DIR", "b.jsonl", "-r", "-split=0.5", "-report=b.tsv"},
      {"midi-dataset", "-r", "--split=0.5", "--report=b.tsv", "--", "DIR", "b.jsonl"},
  };
  for (const auto& words : spellings) {
    const test::ProgramRun run = place.aria(words);
    CAPTURE(words, run.complaints);
    REQUIRE(run.status == 0);
    CHECK(place.text("b.tsv") == place.text("a.tsv"));
    for (const std::string part : {"", "_train", "_val"}) {
      CHECK(place.text("b" + part + ".jsonl") == place.text("a" + part + ".jsonl"));
      std::filesystem::remove(place / ("b" + part + ".jsonl"));
    }
    std::filesystem::remove(place / "b.tsv");
  }
}

TEST_CASE("midi-dataset: a summary on standard output, which has to be writable") {
  const Workplace place;
  place.add_music(3);
  place.add("bad.mid", "no MIDI");
  const test::ProgramRun run = place.aria({"midi-dataset", "DIR", "out.jsonl"});
  CHECK(run.status == 0);
  CHECK(mentions(run.output, "kept 3 of 4 MIDI files: 1 could not be read"));
  CHECK(run.complaints.empty());  // no progress bar without a terminal

  if (!std::filesystem::exists("/dev/full")) return;
  const test::ProgramRun full =
      place.aria({"midi-dataset", "--overwrite", "DIR", "out.jsonl"}, {.output = "/dev/full"});
  CHECK(full.status == 1);
  CHECK(mentions(full.complaints, "standard output"));
}
