// aria-sample continues pieces of music: what it writes, what it keeps, and what it refuses.
#include <aria/midi.hpp>
#include <aria/support/random.hpp>

#include "train_workplace.hpp"

using test::check_done, test::check_failed, test::lines_of, test::mentions, test::pretrain, test::ProgramRun,
    test::TrainWorkplace, test::Words;

namespace {

const std::string kPiece = "music/ah_vous_dirai_je.mid";

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A workplace with a model that has seen a little.
struct Studio : TrainWorkplace {
  Studio() { check_done(train(pretrain("run", {"--epochs", "1"}))); }

  ProgramRun continue_piece(const Words& more, const std::string& checkpoint = "run") const {
    return sample(with({"model.json", checkpoint, kPiece}, more));
  }
  aria::MidiDict piece(const std::string& name) const { return aria::MidiDict::from_midi((*this / name).string()); }
};

// A melody that never repeats itself within a few notes, so that what comes next can be known.
aria::MidiDict melody(std::size_t notes) {
  aria::MidiDict piece;
  piece.tempos = {{aria::Ticks{0}, 500'000}};
  piece.instruments.emplace_back(aria::Ticks{0}, 0U, 0U);
  aria::RandomStream random(11);
  aria::Ticks now{0};
  for (std::size_t i = 0; i < notes; ++i) {
    const aria::Ticks length{240 * (1 + static_cast<std::int64_t>(random.below(3)))};
    piece.notes.emplace_back(now, now + length, 48 + random.below(30), 60 + 20 * random.below(3), 0U);
    now = now + length;
  }
  return piece;
}

}  // namespace

TEST_CASE("aria-sample: a model that knows one piece by heart gives it back note for note") {
  const TrainWorkplace place;
  place.write("one_model.json", R"({"d_model": 64, "n_heads": 4, "n_layers": 2, "ff_mult": 4, "drop_p": 0.0,
    "attention_drop_p": 0.0, "max_seq_len": 256, "grad_checkpoint": false})");
  std::filesystem::create_directory(place / "one");
  aria::write_midi(melody(40), (place / "one/melody.mid").string());
  const auto aria_command = [&](const Words& words) {
    check_done(test::run_program(ARIA_PROGRAM, words, {.folder = place.path()}));
  };
  aria_command({"midi-dataset", "one", "one.jsonl"});
  aria_command(
      {"tokenized-dataset", "--tokenizer", "performance", "--max-seq-len", "256", "one.jsonl", "tokens.jsonl"});
  const auto lines = lines_of(place.text("tokens.jsonl"));
  REQUIRE(lines.size() == 2);  // the whole piece is one sequence
  std::string text = lines[0] + '\n';
  for (int i = 0; i < 8; ++i) text += lines[1] + '\n';
  place.write("train_one.jsonl", text);
  check_done(
      place.train({"pretrain", "one_model.json", "train_one.jsonl", "tokens.jsonl", "--epochs", "120", "--bs", "4",
                   "--no-augment", "--lr", "3e-3", "--warmup", "20", "--pdir", "run", "--spc", "1000", "--keep", "1"}));
  check_done(place.sample(
      {"one_model.json", "run", "one/melody.mid", "--var", "1", "--trunc", "12", "--temperature", "0", "--cfg", "1"}));
  aria_command({"detokenize", "tokens.jsonl", "0", "wanted.mid"});
  const auto wanted = aria::MidiDict::from_midi((place / "wanted.mid").string());
  const auto found = aria::MidiDict::from_midi((place / "samples/res_1.mid").string());
  CHECK(wanted.notes.size() == 40);
  CHECK(found.notes == wanted.notes);
}

TEST_CASE("aria-sample: variations keep the prompt, differ from each other and obey the seed") {
  const Studio studio;
  const Words words = {"--var", "3", "--trunc", "20", "--length", "30", "--seed", "5"};
  const ProgramRun run = studio.continue_piece(words);
  check_done(run);
  CHECK(mentions(run.output, "90 tokens in "));
  CHECK(mentions(run.output, " tokens/s"));
  CHECK(mentions(run.output, "wrote samples/res_3.mid: 20 tokens given, "));
  CHECK(mentions(run.output, "To look at: samples/res_1.svg"));
  CHECK(studio.names_in("samples") ==
        std::vector<std::string>{"res_1.mid", "res_1.svg", "res_2.mid", "res_2.svg", "res_3.mid", "res_3.svg"});
  CHECK(studio.text("samples/res_1.mid") != studio.text("samples/res_2.mid"));
  for (const std::string number : {"1", "2", "3"}) {
    const std::string svg = studio.text("samples/res_" + number + ".svg");
    CHECK(mentions(svg, "ah_vous_dirai_je.mid, continuation " + number));
    CHECK(mentions(svg, ">prompt<"));
    // The first notes of the piece are there as they were.
    const auto notes = studio.piece("samples/res_" + number + ".mid").notes;
    const auto original = studio.piece(kPiece).notes;
    REQUIRE(notes.size() >= 2);
    const auto pitches = [](const auto& all) {
      const unsigned first = all[0].pitch(), second = all[1].pitch();
      return std::pair(std::min(first, second), std::max(first, second));
    };
    CHECK(pitches(notes) == pitches(original));
  }
  check_done(studio.continue_piece(with(words, {"--out", "again"})));
  check_done(studio.continue_piece(with(words, {"--out", "other", "--seed", "6"})));
  for (const std::string file : {"/res_1.mid", "/res_2.mid", "/res_3.mid"}) {
    CHECK((studio.text("samples" + file) == studio.text("again" + file)));
    CHECK((studio.text("samples" + file) != studio.text("other" + file)));
  }
}

TEST_CASE("aria-sample: the spellings of the original, a checkpoint, and weights alone") {
  const Studio studio;
  const Words words = {"-var", "2", "-trunc", "20", "-l", "10", "-e"};
  // The context of the model has no room for a forced end.
  check_failed(studio.continue_piece(words), {"a forced end needs room for more than 130 tokens", "there are 10"});
  const Words plain = {"-var", "2", "-trunc", "20", "-l", "10"};
  check_done(studio.continue_piece(plain));
  check_done(studio.continue_piece(with(plain, {"--out", "checkpoint"}), "run/checkpoints/epoch1"));
  check_done(studio.continue_piece(with(plain, {"--out", "weights", "--tokenizer", "performance"}),
                                   "run/checkpoints/epoch1/model.safetensors"));
  CHECK((studio.text("samples/res_2.mid") == studio.text("checkpoint/res_2.mid")));
  CHECK((studio.text("samples/res_2.mid") == studio.text("weights/res_2.mid")));
}

TEST_CASE("aria-sample: results that are there are not replaced unless that is asked for") {
  const Studio studio;
  const Words words = {"--trunc", "20", "--length", "5"};
  check_done(studio.continue_piece(words));
  const auto before = studio.snapshot("samples");
  check_failed(studio.continue_piece(with(words, {"--seed", "9"})), {"samples/res_1.mid", "--overwrite", "--out DIR"});
  CHECK((studio.snapshot("samples") == before));
  check_done(studio.continue_piece(with(words, {"--seed", "9", "--overwrite"})));
}

TEST_CASE("aria-sample: what it cannot do is said with both values, and nothing is written") {
  const Studio studio;
  studio.write("deep.json", R"({"d_model": 32, "n_heads": 2, "n_layers": 3, "ff_mult": 2, "drop_p": 0.1,
    "max_seq_len": 64, "grad_checkpoint": false})");
  std::filesystem::create_directory(studio / "none");
  aria::MidiDict silence;
  silence.tempos = {{aria::Ticks{0}, 500'000}};
  aria::write_midi(silence, (studio / "silence.mid").string());
  const auto refused = [&](const Words& words, const Words& parts, int status) {
    CAPTURE(words);
    check_failed(studio.sample(words), parts, status);
    CHECK_FALSE(studio.has("samples"));
  };
  const Words good = {"model.json", "run", kPiece};
  refused(with(good, {"--trunc", "64"}), {"--trunc", "64 tokens", "and is 64"}, 2);
  refused(with(good, {"--trunc", "100"}), {"--trunc", "model.json", "64 tokens", "and is 100"}, 2);
  refused(with(good, {"--temperature", "-0.5"}), {"temperature must be at least 0", "-0.5"}, 2);
  refused(with(good, {"--top-p", "0"}), {"top-p must be above 0 and at most 1", "is 0"}, 2);
  refused(with(good, {"--top-p", "1.5"}), {"top-p", "1.5"}, 2);
  refused(with(good, {"--var", "0"}), {"--var must lie between 1 and", "and is 0"}, 2);
  refused({"model.json", "run", "silence.mid"}, {"silence.mid", "has no notes"}, 1);
  refused({"model.json", "run", "nothing.mid"}, {"nothing.mid"}, 1);
  refused({"deep.json", "run", kPiece}, {"run/checkpoints/epoch1", "n_layers is 2 and not 3"}, 1);
  refused({"model.json", "none", kPiece}, {"none"}, 1);
  // Weights that do not say of which tokenizer they are: those of the lazy one have another vocabulary.
  refused({"model.json", "run/checkpoints/epoch1/model.safetensors", kPiece},
          {"model.safetensors", "tok_embeddings", "has shape", "and the model's is [12595, 32]"}, 1);
  refused(with(good, {"--cfg", "inf"}), {"guidance must be a number"}, 2);
  refused(with(good, {"--tokenizer", "lazy"}), {"--tokenizer", "the checkpoint says that its tokenizer is performance"},
          2);
  refused(with(good, {"--device", "cuda"}), {"cuda"}, 1);
}

TEST_CASE("aria-sample: a checkpoint whose vocabulary is not that of its tokenizer") {
  const Studio studio;
  const std::string path = "run/checkpoints/epoch1/state.json", state = studio.text(path);
  const std::string key = "\"vocabulary\": ";
  const std::size_t at = state.find(key) + key.size();
  studio.write(path, state.substr(0, at) + "77" + state.substr(state.find(',', at)));
  check_failed(studio.continue_piece({}, "run/checkpoints/epoch1"), {"knows 77 tokens", "performance has 392"});
}

TEST_CASE("aria-sample: sound needs a program, and says which") {
  const Studio studio;
  test::RunOptions options;
  options.environment = {{"PATH", "/nowhere"}};
  const ProgramRun run = studio.sample({"model.json", "run", kPiece, "--audio"}, options);
  check_failed(run, {"fluidsynth is not installed", "apt-get install"});
  CHECK_FALSE(studio.has("samples"));
}
