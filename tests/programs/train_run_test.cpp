// What a run of aria-train writes and says.
#include <cstdlib>
#include <set>

#include "train_workplace.hpp"

using test::check_done, test::lines_of, test::mentions, test::pretrain, test::ProgramRun, test::TrainWorkplace,
    test::Words;

namespace {

// The cells of a table below its header.
std::vector<Words> table(const std::string& text) {
  std::vector<Words> rows;
  for (const std::string& line : lines_of(text)) {
    std::istringstream stream(line);
    Words& row = rows.emplace_back();
    for (std::string cell; std::getline(stream, cell, ',');) row.push_back(cell);
  }
  rows.erase(rows.begin());
  return rows;
}

double number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  CHECK(end == text.c_str() + text.size());
  return value;
}

bool all_are_there(const TrainWorkplace& place, const std::string& checkpoint) {
  return place.names_in(checkpoint) == Words{"model.safetensors", "optimizer.safetensors", "state.json"};
}

}  // namespace

TEST_CASE("aria-train: help, with an example of every command") {
  const auto run_it = [](const Words& words) { return test::run_program(ARIA_TRAIN_PROGRAM, words); };
  const ProgramRun all = run_it({"--help"});
  check_done(all);
  for (const std::string command : {"pretrain", "finetune", "resume"}) {
    CHECK(mentions(all.output, "\n  " + command + ' '));
    const ProgramRun run = run_it({command, "--help"});
    check_done(run);
    CHECK(mentions(run.output, "Example:\n  aria-train " + command + ' '));
    CHECK(mentions(run.output, "--workers N"));
    for (const std::string& line : lines_of(run.output)) {
      CAPTURE(command, line);
      CHECK(line.size() <= 100);
    }
  }
  test::check_failed(run_it({"pretend"}), {"pretend", "--help"}, 2);
}

TEST_CASE("aria-train: help tells one default of each option") {
  std::string words;
  for (const std::string& line : lines_of(test::run_program(ARIA_TRAIN_PROGRAM, {"pretrain", "--help"}).output)) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos) words += line.substr(begin) + ' ';
  }
  while (mentions(words, "  ")) words = test::replaced(words, "  ", " ");
  CHECK(mentions(words, "(default: 32) "));
  CHECK_FALSE(mentions(words, ") (default:"));
}

TEST_CASE("aria-train: the files of a run, and what it says") {
  const TrainWorkplace place;
  const ProgramRun run = place.train(pretrain("run", {"--workers", "2"}));
  check_done(run);
  CHECK(place.names_in("run") == Words{"checkpoints", "epoch.csv", "logs.txt", "loss.csv", "loss.svg"});
  CHECK(place.names_in("run/checkpoints") == Words{"epoch1", "epoch1_step3", "epoch1_step6", "epoch1_step9", "epoch2",
                                                   "epoch2_step3", "epoch2_step6", "epoch2_step9"});
  for (const std::string& name : place.names_in("run/checkpoints")) {
    CAPTURE(name);
    CHECK(all_are_there(place, "run/checkpoints/" + name));
  }

  {  // a row a step, and their mean a row an epoch
    CHECK(place.text("run/loss.csv").starts_with("epoch,step,loss\n"));
    CHECK(place.text("run/epoch.csv").starts_with("epoch,avg_train_loss,avg_val_loss\n"));
    const auto losses = table(place.text("run/loss.csv")), epochs = table(place.text("run/epoch.csv"));
    REQUIRE(losses.size() == 24);
    REQUIRE(epochs.size() == 2);
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      double sum = 0;
      for (std::size_t step = 0; step < 12; ++step) {
        const Words& row = losses[12 * epoch + step];
        REQUIRE(row.size() == 3);
        CHECK(row[0] == std::to_string(epoch + 1));
        CHECK(row[1] == std::to_string(step));
        sum += number(row[2]);
      }
      REQUIRE(epochs[epoch].size() == 3);
      CHECK(epochs[epoch][0] == std::to_string(epoch + 1));
      CHECK(number(epochs[epoch][1]) == Approx(sum / 12));
      CHECK(number(epochs[epoch][2]) > 0);
    }
    CHECK(number(epochs[1][1]) < number(epochs[0][1]));
    CHECK(number(epochs[1][2]) < number(epochs[0][2]));
  }
  {  // what is said on standard output stands in the log, too, and a line a step
    const std::string log = place.text("run/logs.txt");
    std::size_t said = 0;
    for (const std::string& line : lines_of(run.output)) {
      if (line.starts_with("wrote ") || line.starts_with("The losses, drawn: ")) continue;
      ++said;
      CAPTURE(line);
      CHECK(mentions(log, "] aria: [INFO] " + line + '\n'));
    }
    const auto lines = lines_of(log);
    CHECK(lines.size() == said + 24);
    CHECK(mentions(log, "aria: [DEBUG] EPOCH 2 STEP 11: lr="));
    for (const std::string word : {"model_name=model.json", "epochs=2", "batch_size=2", "precision=fp32", "device=cpu",
                                   "threads=1", "seed=0", "train.jsonl (24 sequences)", "val.jsonl (6 sequences)"}) {
      CAPTURE(word);
      CHECK(mentions(run.output, word));
    }
    CHECK(mentions(run.output, "EPOCH 1/2: Saved checkpoint - run/checkpoints/epoch1_step3\n"));
    CHECK(run.output.ends_with("wrote run/checkpoints/epoch2\nThe losses, drawn: run/loss.svg\n"));
    CHECK_FALSE(mentions(run.output, "warm-up"));
  }
  {  // the state of a checkpoint says where it stands
    const std::string state = place.text("run/checkpoints/epoch2_step6/state.json");
    CHECK(mentions(state, "\"epoch\": 2,\n    \"step\": 7,\n    \"total_steps\": 19\n"));
    CHECK(mentions(state, "\"loss_rows\": 19"));
    CHECK(mentions(state, (place / "train.jsonl").string()));
  }
}

TEST_CASE("aria-train: checkpoints, as often and as many as asked for") {
  const TrainWorkplace place;
  const auto names = [&](const Words& more) {
    place.remove("run");
    check_done(place.train(pretrain("run", more)));
    for (const std::string& name : place.names_in("run/checkpoints")) {
      CHECK(all_are_there(place, "run/checkpoints/" + name));
    }
    return place.names_in("run/checkpoints");
  };
  CHECK(names({"--spc", "100"}) == Words{"epoch1", "epoch2"});
  CHECK(names({"--spc", "8"}) == Words{"epoch1", "epoch1_step8", "epoch2", "epoch2_step8"});
  CHECK(names({"--spc", "8", "--keep", "3"}) == Words{"epoch1", "epoch2", "epoch2_step8"});
  CHECK(names({"--spc", "4", "--keep", "2"}) == Words{"epoch2", "epoch2_step8"});
}

TEST_CASE("aria-train: the spellings of the original") {
  const TrainWorkplace place;
  const Words rest = {"-lr", "1e-2", "-warmup", "5", "-threads", "1"};
  Words words = {"pretrain", "model.json", "train.jsonl", "val.jsonl", "-epochs", "2",    "-bs",
                 "2",        "-workers",   "1",           "-pdir",     "theirs",  "-spc", "3"};
  words.insert(words.end(), rest.begin(), rest.end());
  check_done(place.train(words));
  check_done(place.train(pretrain("ours")));
  test::check_same_run(place, "theirs", "ours");
  test::check_checkpoints(place, "theirs", "ours");
}

TEST_CASE("aria-train: without a project directory, experiments/N with the first N that is free") {
  const TrainWorkplace place;
  for (const std::string name : {"experiments/0", "experiments/1"}) {
    const ProgramRun run = place.train(pretrain("", {"--epochs", "1"}));
    check_done(run);
    CHECK(mentions(run.output, "Using project directory " + name + '\n'));
    CHECK(mentions(run.output, "wrote " + name + "/checkpoints/epoch1\n"));
    CHECK(place.has(name + "/checkpoints/epoch1/model.safetensors"));
  }
  CHECK(place.names_in("experiments") == Words{"0", "1"});
}

TEST_CASE("aria-train: a project directory may be there if it is empty, and be named in any way") {
  const TrainWorkplace place;
  std::filesystem::create_directory(place / "empty");
  check_done(place.train(pretrain("empty", {"--epochs", "1"})));
  for (const std::string& name : Words{"deep/in the tree", (place / "absolute").string()}) {
    CAPTURE(name);
    check_done(place.train(pretrain(name, {"--epochs", "1"})));
    CHECK(std::filesystem::exists(place / name / "checkpoints/epoch1/model.safetensors"));
  }
}

TEST_CASE("aria-train: a project directory with a slash at its end is told of without two of them") {
  const TrainWorkplace place;
  const ProgramRun run = place.train(pretrain("slash/", {"--epochs", "1"}));
  check_done(run);
  CHECK(mentions(run.output, "wrote slash/checkpoints/epoch1\n"));
  CHECK_FALSE(mentions(run.output, "//"));
}

TEST_CASE("aria-train: what is asked for has an effect") {
  const TrainWorkplace place;
  std::set<std::string> seen;
  for (const Words& more : std::vector<Words>{{},
                                              {"--seed", "1"},
                                              {"--no-augment"},
                                              {"--no-shuffle"},
                                              {"--precision", "bf16"},
                                              {"--end-ratio", "0.5", "--warmup", "2"},
                                              {"--weight-decay", "0.5"},
                                              {"--beta2", "0.5"},
                                              {"--clip", "0.1"}}) {
    place.remove("run");
    Words words = pretrain("run", more);
    const auto epochs = std::find(words.begin(), words.end(), "--epochs");
    *(epochs + 1) = "1";
    check_done(place.train(words));
    CAPTURE(more);
    CHECK(seen.insert(place.text("run/loss.csv")).second);
  }
}

TEST_CASE("aria-train: sequences that do not fill a step are counted, and a short run is told that it is one") {
  const TrainWorkplace place;
  const ProgramRun run = place.train(pretrain("run", {"--bs", "5", "--accumulate", "2", "--warmup", "4"}));
  check_done(run);
  CHECK(place.rows("run/loss.csv") == 4);
  CHECK(mentions(run.output, "EPOCH 1/2: 4 sequences left out"));
  CHECK(mentions(run.output, "The run has 4 steps, no more than its warm-up of 4"));
}

TEST_CASE("aria-train: standard output that cannot be written to") {
  const TrainWorkplace place;
  const ProgramRun run = place.train(pretrain("run", {"--epochs", "1"}), {.output = "/dev/full"});
  test::check_failed(run, {"standard output"});
  // The work of hours is not lost.
  CHECK(place.has("run/checkpoints/epoch1/model.safetensors"));
}
