// aria detokenize: a sequence as a MIDI file, with and without augmentation; sequences and files that are not there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aria/augmentation.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/midi.hpp>
#include <aria/tokenizer.hpp>

#include "workplace.hpp"

using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

// Chords of several lengths on two instruments and drums.
aria::MidiDict chords() {
  aria::MidiDict piece;
  piece.ticks_per_beat = 500;  // a tick a millisecond
  piece.tempos = {{aria::Ticks{0}, 500'000}};
  piece.instruments = {{aria::Ticks{0}, 0, 0}, {aria::Ticks{0}, 1, 40}};
  for (unsigned i = 0; i < 60; ++i) {
    const auto at = [i](std::int64_t offset) { return aria::Ticks{500 * std::int64_t{i} + offset}; };
    piece.notes.emplace_back(at(0), at(400), 48 + i % 12, 60U, 0U);
    piece.notes.emplace_back(at(0), at(450), 60 + i % 7, 75U, 1U);
    piece.notes.emplace_back(at(0), at(480), 72 + i % 5, 90U, 0U);
    piece.notes.emplace_back(at(0), at(10), 36U, 60U, 9U);
  }
  return piece;
}

// Makes data.jsonl, a TokenizedDataset; further arguments go to its build.
void make_data(const Workplace& place, const std::vector<std::string>& further = {}) {
  const auto bytes = chords().to_midi();
  place.add("chords.mid", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  REQUIRE(place.aria({"midi-dataset", "DIR", "music.jsonl"}).status == 0);
  std::vector<std::string> words = {"tokenized-dataset", "--max-seq-len", "128", "--stride-len", "64"};
  words.insert(words.end(), further.begin(), further.end());
  words.insert(words.end(), {"music.jsonl", "data.jsonl"});
  const ProgramRun run = place.aria(words);
  CAPTURE(run.complaints);
  REQUIRE(run.status == 0);
}

// Runs `aria detokenize WORDS data.jsonl 1 out.mid`, which has to work, and reads out.mid.
aria::MidiDict detokenized(const Workplace& place, std::vector<std::string> words = {}) {
  words.insert(words.begin(), {"detokenize", "--overwrite"});
  words.insert(words.end(), {"data.jsonl", "1", "out.mid"});
  const ProgramRun run = place.aria(words);
  CAPTURE(words, run.complaints);
  REQUIRE(run.status == 0);
  return aria::MidiDict::from_midi((place / "out.mid").string());
}

// What an augmentation may not change, or must change by the same amount for all notes.
struct Shape {
  std::vector<std::int64_t> starts, lengths;
  std::vector<int> pitches, velocities;

  // Of the notes that drums do not play, in an order of their own.
  explicit Shape(const aria::MidiDict& piece) {
    std::vector<aria::NoteMsg> notes;
    for (const auto& note : piece.notes) {
      if (note.channel() != aria::kDrumChannel) notes.push_back(note);
    }
    std::sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) {
      return std::pair(a.start(), a.pitch()) < std::pair(b.start(), b.pitch());
    });
    for (const auto& note : notes) {
      starts.push_back(note.start().count);
      lengths.push_back((note.end() - note.start()).count);
      pitches.push_back(note.pitch());
      velocities.push_back(note.velocity());
    }
  }
};

// By how much all numbers of `b` lie above those of `a`; the test fails where they differ in that.
int shift_of(const std::vector<int>& a, const std::vector<int>& b) {
  REQUIRE(!a.empty());
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(b[i] - a[i] == b[0] - a[0]);
  return b[0] - a[0];
}

std::vector<std::string> with_seed(std::vector<std::string> words, unsigned seed) {
  words.insert(words.end(), {"--seed", std::to_string(seed)});
  return words;
}

}  // namespace

TEST_CASE("detokenize: every sequence becomes the music of its tokens") {
  const Workplace place;
  make_data(place);
  const aria::TokenizedDataset data((place / "data.jsonl").string(), aria::LazyTokenizer());
  REQUIRE(data.size() > 2);
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::string out = std::to_string(i) + ".mid";
    const ProgramRun run = place.aria({"detokenize", "data.jsonl", std::to_string(i), out});
    CAPTURE(i, run.output, run.complaints);
    CHECK(run.status == 0);
    const aria::MidiDict piece = data.tokenizer().detokenize(data.tokens(i));
    REQUIRE(piece.notes.size() > 1);
    const auto bytes = piece.to_midi();
    CHECK(place.text(out) == std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    CHECK(mentions(run.output, "wrote " + out + ": " + std::to_string(piece.notes.size()) + " notes, "));
    CHECK(mentions(run.output, " s\n"));
    CHECK_FALSE(mentions(run.output, "augmented"));
  }
}

TEST_CASE("detokenize: each augmentation changes what it should, and by as much as it may") {
  const Workplace place;
  make_data(place);
  const Shape plain(detokenized(place));
  std::set<int> pitches, velocities;
  std::set<std::int64_t> ends;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const Shape pitch(detokenized(place, with_seed({"--pitch", "3"}, seed)));
    CHECK(pitch.starts == plain.starts);
    CHECK(pitch.lengths == plain.lengths);
    CHECK(pitch.velocities == plain.velocities);
    pitches.insert(shift_of(plain.pitches, pitch.pitches));

    const Shape velocity(detokenized(place, with_seed({"--velocity", "1"}, seed)));
    CHECK(velocity.starts == plain.starts);
    CHECK(velocity.lengths == plain.lengths);
    CHECK(velocity.pitches == plain.pitches);
    velocities.insert(shift_of(plain.velocities, velocity.velocities));

    const Shape tempo(detokenized(place, with_seed({"--tempo", "0.2"}, seed)));
    REQUIRE(tempo.starts.size() == plain.starts.size());
    ends.insert(tempo.starts.back());
    CHECK(static_cast<double>(tempo.starts.back()) >= 0.79 * static_cast<double>(plain.starts.back()));
    CHECK(static_cast<double>(tempo.starts.back()) <= 1.21 * static_cast<double>(plain.starts.back()));
  }
  CHECK(pitches.size() > 1);
  CHECK(*pitches.begin() >= -3);
  CHECK(*pitches.rbegin() <= 3);
  CHECK(velocities.size() > 1);
  for (const int shift : velocities) CHECK((shift == -15 || shift == 0 || shift == 15));
  CHECK(ends.size() > 1);

  const Shape nothing(detokenized(place, {"--pitch", "0", "--velocity", "0", "--tempo", "0"}));
  CHECK(nothing.starts == plain.starts);
  CHECK(nothing.lengths == plain.lengths);
  CHECK(nothing.pitches == plain.pitches);
  CHECK(nothing.velocities == plain.velocities);
}

TEST_CASE("detokenize: chord mix-up changes the order of notes, and nothing else") {
  const Workplace place;
  make_data(place);
  const std::string before = (detokenized(place), place.text("out.mid"));
  const aria::MidiDict plain = detokenized(place), mixed = detokenized(place, {"--chord-mixup"});
  CHECK(place.text("out.mid") != before);
  const Shape a(plain), b(mixed);
  CHECK(a.starts == b.starts);
  CHECK(a.lengths == b.lengths);
  CHECK(a.pitches == b.pitches);
  CHECK(a.velocities == b.velocities);
  CHECK(plain.notes.size() == mixed.notes.size());
}

TEST_CASE("detokenize: --augment does all of it by the usual amounts, decided by seed and epoch") {
  const Workplace place;
  make_data(place);
  const auto bytes = [&](std::vector<std::string> words) {
    return (detokenized(place, std::move(words)), place.text("out.mid"));
  };
  const std::string augmented = bytes({"--augment", "--seed", "7", "--epoch", "2"});
  CHECK(augmented != bytes({}));
  CHECK(augmented == bytes({"--augment", "--seed", "7", "--epoch", "2"}));
  CHECK(augmented ==
        bytes({"--epoch", "2", "--chord-mixup", "--tempo", "0.2", "--pitch", "5", "--velocity", "1", "--seed", "7"}));
  CHECK(augmented != bytes({"--augment", "--seed", "8", "--epoch", "2"}));
  CHECK(augmented != bytes({"--augment", "--seed", "7", "--epoch", "3"}));
  CHECK(bytes({"--augment"}) == bytes({"--augment", "--seed", "0", "--epoch", "0"}));
  CHECK(augmented !=
        bytes({"--augment", "--pitch", "0", "--tempo", "0", "--velocity", "0", "--seed", "7", "--epoch", "2"}));

  aria::TokenizedDataset data((place / "data.jsonl").string(), aria::LazyTokenizer());
  data.set_transform(aria::default_augmentations(data.tokenizer()));
  const auto library = data.tokenizer().detokenize(data.tokens(1, {.seed = 7, .epoch = 2})).to_midi();
  CHECK(augmented == std::string(reinterpret_cast<const char*>(library.data()), library.size()));

  const ProgramRun run = place.aria({"detokenize", "--augment", "data.jsonl", "1", "new.mid"});
  CHECK(mentions(run.output, "augmented: chord mix-up, velocity, pitch, tempo\n"));
}

TEST_CASE("detokenize: a tokenizer whose notes do not hold their durations has no chords to mix") {
  const Workplace place;
  make_data(place, {"--tokenizer", "performance"});
  const ProgramRun plain = place.aria({"detokenize", "data.jsonl", "1", "plain.mid"});
  CAPTURE(plain.output, plain.complaints);
  CHECK(plain.status == 0);
  const ProgramRun augmented = place.aria({"detokenize", "--augment", "data.jsonl", "1", "augmented.mid"});
  CAPTURE(augmented.output, augmented.complaints);
  CHECK(augmented.status == 0);
  CHECK(mentions(augmented.output, "augmented: velocity, pitch, tempo\n"));
  CHECK(place.text("plain.mid") != place.text("augmented.mid"));

  const ProgramRun mixed = place.aria({"detokenize", "--chord-mixup", "data.jsonl", "1", "mixed.mid"});
  CAPTURE(mixed.complaints);
  CHECK(mixed.status == 1);
  CHECK(mentions(mixed.complaints, "data.jsonl: the tokens of the tokenizer performance do not allow --chord-mixup"));
  CHECK_FALSE(place.has("mixed.mid"));
}

TEST_CASE("detokenize: what tokens make no sense is said, and the last one is none for the original") {
  const Workplace place;
  make_data(place);
  std::string header = test::lines_of(place.text("data.jsonl")).front();
  const std::string padding = "\"padding\": true";
  REQUIRE(mentions(header, padding));
  header.replace(header.find(padding), padding.size(), "\"padding\": false");
  test::write_text(place / "data.jsonl", header + R"(
[]
[["prefix", "instrument", "piano"], ["prefix", "instrument", "drum"], "<U>", ["piano", 60, 45], ["piano", 61, 45], ["dur", 1000], ["dur", 100], ["piano", 62, 45], ["dur", 0], ["bass", 62, 45], ["dur", 10], ["wait", 500], ["drum", 36]]
)");
  const ProgramRun run = place.aria({"detokenize", "data.jsonl", "1", "out.mid"});
  CAPTURE(run.output, run.complaints);
  CHECK(run.status == 0);
  CHECK(mentions(run.output, "skipped: 1 unknown token, 3 misplaced tokens, 1 silent note\n"));
  CHECK(mentions(run.output, "wrote out.mid: 2 notes, 1.0 s\n"));
  CHECK(detokenized(place).notes.size() == 2);
  CHECK(detokenized(place, {"--reference"}).notes.size() == 1);  // without the drum, and notes of length 0 are none

  const ProgramRun empty = place.aria({"detokenize", "--augment", "data.jsonl", "0", "empty.mid"});
  CHECK(empty.status == 0);
  CHECK(mentions(empty.output, "wrote empty.mid: 0 notes, 0.0 s\n"));
  CHECK(aria::MidiDict::from_midi((place / "empty.mid").string()).notes.empty());
}

TEST_CASE("detokenize: numbers, lines and files that are wrong") {
  const Workplace place;
  make_data(place);
  const std::vector<std::string> lines = test::lines_of(place.text("data.jsonl"));
  test::write_text(place / "bad.jsonl",
                   lines[0] + '\n' + lines[1] + '\n' + lines[2].substr(0, 50) + '\n' + lines[3] + '\n');
  test::write_text(place / "empty.jsonl", "");
  test::write_text(place / "old.mid", "old");
  const std::string size = std::to_string(lines.size() - 1);
  struct Case {
    std::vector<std::string> words;
    int status;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"data.jsonl", size, "out.mid"}, 1, "data.jsonl: has " + size + " sequences, there is no number " + size},
      {{"data.jsonl", "18446744073709551615", "out.mid"}, 1, "data.jsonl: has " + size + " sequences"},
      {{"data.jsonl", "18446744073709551616", "out.mid"}, 2, "N must be a whole number from 0, and is 1844"},
      {{"data.jsonl", "one", "out.mid"}, 2, "N must be a whole number from 0, and is one"},
      {{"data.jsonl", "1.5", "out.mid"}, 2, "N must be a whole number"},
      {{"data.jsonl", "", "out.mid"}, 2, "N must be a whole number"},
      {{"data.jsonl", "-1", "out.mid"}, 2, ""},
      {{"data.jsonl", "1"}, 2, "missing"},
      {{"data.jsonl", "1", "out.mid", "more.mid"}, 2, "more.mid"},
      {{"bad.jsonl", "1", "out.mid"}, 1, "bad.jsonl: line 3: "},
      {{"music.jsonl", "0", "out.mid"}, 1, "music.jsonl: line 1: "},
      {{"empty.jsonl", "0", "out.mid"}, 1, "empty.jsonl: line 1: is empty"},
      {{"none.jsonl", "0", "out.mid"}, 1, "none.jsonl: "},
      {{"DIR", "0", "out.mid"}, 1, "DIR: "},
      {{"data.jsonl", "1", "old.mid"}, 1, "old.mid: exists already"},
      {{"data.jsonl", "1", "none/out.mid"}, 1, "none"},
      {{"--overwrite", "data.jsonl", "1", "./data.jsonl"}, 2, "the same file is named twice"},
      {{"--pitch", "128", "data.jsonl", "1", "out.mid"}, 2, "--pitch must lie between 0 and 127"},
      {{"--velocity", "128", "data.jsonl", "1", "out.mid"}, 2, "--velocity must lie between 0 and 127"},
      {{"--velocity", "much", "data.jsonl", "1", "out.mid"}, 2, "--velocity must be a whole number"},
      {{"--tempo", "1", "data.jsonl", "1", "out.mid"}, 2, "--tempo must be at least 0 and below 1"},
      {{"--tempo", "nan", "data.jsonl", "1", "out.mid"}, 2, "--tempo must be at least 0 and below 1"},
      {{"--tempo=-0.1", "data.jsonl", "1", "out.mid"}, 2, "--tempo must be at least 0 and below 1"},
  };
  const auto outputs = place.outputs();
  for (const Case& wrong : cases) {
    std::vector<std::string> words = {"detokenize"};
    words.insert(words.end(), wrong.words.begin(), wrong.words.end());
    const ProgramRun run = place.aria(words);
    CAPTURE(wrong.words, run.output, run.complaints);
    CHECK(run.status == wrong.status);
    CHECK(mentions(run.complaints, wrong.message));
    CHECK(place.outputs() == outputs);
  }
  CHECK(place.text("old.mid") == "old");
  CHECK(place.aria({"detokenize", "bad.jsonl", "0", "out.mid"}).status == 0);  // another line is no matter
  CHECK(place.aria({"detokenize", "--overwrite", "data.jsonl", "1", "old.mid"}).status == 0);
  CHECK(place.text("old.mid").substr(0, 4) == "MThd");
}
