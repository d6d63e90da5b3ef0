// aria-train resume goes on only with the run that a checkpoint belongs to, and says what is different.
#include "train_workplace.hpp"

using test::check_done, test::check_failed, test::check_same_run, test::mentions, test::pretrain, test::ProgramRun,
    test::resume, test::Snapshot, test::TrainWorkplace, test::Words;

namespace {

const std::string kCheckpoint = "run/checkpoints/epoch1_step6";

// A run that has ended, and `resume` words that it must refuse without touching anything.
struct Refusing {
  TrainWorkplace place;

  Refusing() { check_done(place.train(pretrain("run"))); }

  void check(const Words& words, const Words& parts, int status = 1) const {
    const Snapshot before = place.snapshot("run");
    const ProgramRun run = place.train(words);
    CAPTURE(words);
    check_failed(run, parts, status);
    CHECK(run.output.empty());
    CHECK((place.snapshot("run") == before));
  }

  // That of a data set, as the checkpoint knows it.
  std::string hash(bool of_validation) const {
    const std::string state = place.text(kCheckpoint + "/state.json"), key = "\"hash\": \"";
    const std::size_t at = state.find(key, state.find(of_validation ? "\"validation\": {" : "\"train\": {"));
    REQUIRE(at != std::string::npos);
    return state.substr(at + key.size(), 32);
  }
};

Words long_form(const Words& more = {}, const std::string& model = "model.json", const std::string& mode = "pt",
                const std::string& train = "train.jsonl", const std::string& validation = "val.jsonl") {
  Words words = {"resume", model, mode, train, validation, "--cdir", kCheckpoint, "--spc", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("aria-train resume: a data set of which one byte has changed") {
  const Refusing refusing;
  const TrainWorkplace& place = refusing.place;
  for (const std::string name : {"train.jsonl", "val.jsonl"}) {
    CAPTURE(name);
    const std::string text = place.text(name);
    const std::string other = test::replaced(text, "[\"on\", 6", "[\"on\", 7");
    REQUIRE(other.size() == text.size());
    place.write(name, other);
    const std::string known = refusing.hash(name == "val.jsonl");
    REQUIRE(known.size() == 32);
    refusing.check(name == "val.jsonl" ? long_form() : resume(kCheckpoint), {name, known, "another file"});
    place.write(name, text);
  }
  check_done(place.train(resume(kCheckpoint)));
}

TEST_CASE("aria-train resume: a data set with more or fewer sequences") {
  const Refusing refusing;
  const TrainWorkplace& place = refusing.place;
  place.add_data("more_", "performance", 25, 7);
  place.add_data("less_", "performance", 23, 5);
  refusing.check(long_form({}, "model.json", "pt", "less_train.jsonl"), {"less_train.jsonl", "23", "24"});
  refusing.check(long_form({}, "model.json", "pt", "train.jsonl", "more_val.jsonl"), {"more_val.jsonl", "7", "6"});
  place.write("train.jsonl", place.text("more_train.jsonl"));
  refusing.check(resume(kCheckpoint), {"train.jsonl", "25", "24"});
  place.remove("train.jsonl");
  refusing.check(resume(kCheckpoint), {"train.jsonl"});
}

TEST_CASE("aria-train resume: words of the longer form that are not those of the run") {
  const Refusing refusing;
  const TrainWorkplace& place = refusing.place;
  place.add_model("other.json", 48);
  refusing.check(long_form({}, "other.json"), {"model", "other.json", "model.json"});
  refusing.check(long_form({}, "nothing"), {"nothing", "small2048"});
  refusing.check(long_form({}, "model.json", "ft"), {"mode", "finetune", "pretrain"});
  refusing.check(long_form({"--rstep", "6"}), {"--rstep", "6", "7"});
  refusing.check(long_form({"--bs", "3"}), {"--bs", "3", "2"});
  refusing.check(long_form({"--pdir", "other"}), {"--pdir", "run, and the command line says other"});
  refusing.check(resume(kCheckpoint, {"--bs", "3"}), {"--bs", "3", "2"});

  // The model's file has changed since.
  const std::string model = place.text("model.json");
  place.write("model.json", test::replaced(model, "\"drop_p\": 0.1", "\"drop_p\": 0.2"));
  refusing.check(long_form(), {"model", "0.1", "0.2"});
  place.remove("model.json");
  refusing.check(long_form(), {"model.json"});
}

TEST_CASE("aria-train resume: command lines that are wrong in themselves") {
  const Refusing refusing;
  refusing.check({"resume", "a", "b"}, {"CHECKPOINT_DIR"}, 2);
  refusing.check({"resume", "model.json", "pt", "train.jsonl", "val.jsonl"}, {"--cdir"}, 2);
  refusing.check(long_form({}, "model.json", "xy"), {"pt", "ft", "xy"}, 2);
  refusing.check(resume(kCheckpoint, {"--cdir", kCheckpoint}), {"--cdir"}, 2);
  refusing.check(resume(kCheckpoint, {"--lr", "1"}), {"lr"}, 2);
  for (const std::string option : {"--rstep=-1", "--epochs=0", "--keep="}) {
    refusing.check({"resume", kCheckpoint, option}, {option.substr(0, option.find('='))}, 2);
  }
  refusing.check(resume("nothing"), {"nothing"});
  refusing.check(resume("train.jsonl"), {"train.jsonl"});
}

TEST_CASE("aria-train resume: no words at all") {
  check_failed(test::run_program(ARIA_TRAIN_PROGRAM, {"resume"}), {"CHECKPOINT_DIR"}, 2);
}

TEST_CASE("aria-train resume: the longer form with all that is right is the short one") {
  const Refusing refusing;
  const TrainWorkplace& place = refusing.place;
  place.copy("run", "whole");
  const auto check = [&](const Words& words) {
    CAPTURE(words);
    check_done(place.train(words));
    check_same_run(place, "run", "whole");
    test::check_checkpoints(place, "run", "whole");
  };
  // As the original writes it.
  check({"resume", "model.json", "pt", "train.jsonl", "val.jsonl", "-cdir", kCheckpoint, "-rstep", "7", "-bs", "2",
         "-epochs", "2", "-workers", "2", "-pdir", "run", "-spc", "3"});
  // The same model from another file.
  place.copy("model.json", "renamed.json");
  check(long_form({}, "renamed.json"));
}

TEST_CASE("aria-train resume: the project directory of the longer form may be written in any way") {
  const Refusing refusing;
  check_done(refusing.place.train(long_form({"--pdir", "./run"})));
  check_done(refusing.place.train(long_form({"--pdir", "run/"})));
}

TEST_CASE("aria-train resume: a run that has finished, and one that gets more epochs") {
  const Refusing refusing;
  const TrainWorkplace& place = refusing.place;
  refusing.check(resume("run"), {"nothing left", "epoch 2 of 2", "--epochs"});
  refusing.check(resume("run/checkpoints/epoch2", {"--epochs", "2"}), {"nothing left"});
  refusing.check(resume("run/checkpoints/epoch2_step6", {"--epochs", "1"}), {"nothing left"});
  const std::string losses = place.text("run/loss.csv"), epochs = place.text("run/epoch.csv");
  const ProgramRun run = place.train(resume("run", {"--epochs", "3"}));
  check_done(run);
  CHECK(mentions(run.output, "stretched from 2 to 3 epochs"));
  CHECK(mentions(run.output, "no longer the same run"));
  CHECK(mentions(place.text("run/logs.txt"), "no longer the same run"));
  CHECK(place.rows("run/loss.csv") == 36);
  CHECK(place.rows("run/epoch.csv") == 3);
  CHECK(place.text("run/loss.csv").starts_with(losses));
  CHECK(place.text("run/epoch.csv").starts_with(epochs));
  CHECK(place.has("run/checkpoints/epoch3/state.json"));
  refusing.check(resume("run"), {"nothing left", "epoch 3 of 3"});
}

TEST_CASE("aria-train resume: tables with fewer rows than the checkpoint knows of") {
  const Refusing refusing;
  const TrainWorkplace& place = refusing.place;
  const std::string losses = place.text("run/loss.csv"), epochs = place.text("run/epoch.csv");
  place.write("run/loss.csv", losses.substr(0, losses.find("\n1,6,") + 3));
  refusing.check(resume(kCheckpoint), {"loss.csv", "rows"});
  place.write("run/loss.csv", losses);
  place.write("run/epoch.csv", epochs.substr(0, epochs.find('\n') + 1));
  place.write("run/loss.csv", losses.substr(0, losses.find("\n2,0,") + 1));
  refusing.check(resume("run/checkpoints/epoch1"), {"epoch.csv", "rows"});
}

TEST_CASE("aria-train resume: no table is touched where another one has too few rows") {
  const Refusing refusing;
  const std::string epochs = refusing.place.text("run/epoch.csv");
  refusing.place.write("run/epoch.csv", epochs.substr(0, epochs.find('\n') + 1));
  refusing.check(resume("run/checkpoints/epoch1"), {"epoch.csv", "rows"});
}

TEST_CASE("aria-train resume: a run without a checkpoint") {
  const Refusing refusing;
  std::filesystem::create_directories(refusing.place / "young/checkpoints/.unfinished-epoch1");
  refusing.check(resume("young"), {"young/checkpoints", "no checkpoint yet"});
  refusing.place.copy(kCheckpoint, "alone");
  refusing.check(resume("alone"), {"no project directory"});
  // Nothing of a project appears around it.
  CHECK_FALSE(refusing.place.has("logs.txt"));
}
