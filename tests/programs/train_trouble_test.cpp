// Trouble in the middle of a run: no room on the disk, a loss that is no number.
#include "train_workplace.hpp"

using test::check_done, test::check_failed, test::check_same_run, test::mentions, test::pretrain, test::ProgramRun,
    test::resume, test::Snapshot, test::TrainWorkplace, test::Words;

namespace {

std::uint64_t size_of(const TrainWorkplace& place, const std::string& file) {
  return std::filesystem::file_size(place / file);
}

}  // namespace

TEST_CASE("aria-train: a checkpoint that has no room") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole")));
  place.copy("whole", "run");
  const std::string first = "run/checkpoints/epoch1_step3";
  const Snapshot checkpoint = place.snapshot(first);
  const auto is_left_alone = [&] {
    return place.checkpoints("run") == Words{"epoch1_step3"} && place.snapshot(first) == checkpoint;
  };
  const std::uint64_t weights = size_of(place, first + "/model.safetensors");
  const std::uint64_t optimizer = size_of(place, first + "/optimizer.safetensors");
  REQUIRE(weights + 1000 < optimizer);

  // Not even the first file of it has room, or all but the last byte of the second.
  for (const std::uint64_t limit : {weights - 1, optimizer - 1}) {
    CAPTURE(limit);
    ProgramRun run = place.train(resume(first), {.file_size_limit = limit});
    // The last one is the result: without it the run has failed.
    check_failed(run, {"epoch2"});
    for (const std::string name : {"epoch1_step6", "epoch1_step9", "epoch1", "epoch2_step3"}) {
      CHECK(mentions(run.output, "No checkpoint " + name + ", the run goes on without it."));
    }
    CHECK(mentions(place.text("run/logs.txt"), "[WARNING] EPOCH 1/2: No checkpoint epoch1_step6"));
    CHECK(mentions(place.text("run/logs.txt"), "[ERROR] "));
    CHECK(is_left_alone());
    CHECK(place.text("run/loss.csv") == place.text("whole/loss.csv"));
    CHECK(place.text("run/epoch.csv") == place.text("whole/epoch.csv"));

    run = place.train(resume(first, {"--if-disk-full", "stop"}), {.file_size_limit = limit});
    check_failed(run, {"epoch1_step6"});
    CHECK(is_left_alone());
    CHECK(place.rows("run/loss.csv") == 7);
  }
  // With room again all is well.
  check_done(place.train(resume(first), {.file_size_limit = optimizer}));
  check_same_run(place, "run", "whole");
  test::check_checkpoints(place, "run", "whole");
}

TEST_CASE("aria-train: a stop that finds no room for its checkpoint") {
  const TrainWorkplace place;
  test::RunningProgram program =
      place.start(pretrain("run", {"--epochs", "1000", "--spc", "100000"}), {.file_size_limit = 100000});
  REQUIRE(program.wait_until([&] { return place.rows("run/loss.csv") >= 3; }));
  program.send(SIGTERM);
  const ProgramRun run = program.finish();
  // It must not say that the run can go on, nor that all is well: its steps are lost.
  CAPTURE(run.output, run.complaints);
  CHECK(run.status == 1);
  CHECK(mentions(run.output + run.complaints, "checkpoint"));
  CHECK_FALSE(mentions(run.output, "It goes on with: aria-train resume \n"));
}

TEST_CASE("aria-train: tables and logs that have no room") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole", {"--epochs", "1", "--no-augment"})));
  const std::uint64_t log = size_of(place, "whole/logs.txt");
  for (const std::uint64_t limit : {std::uint64_t{400}, log / 2}) {
    CAPTURE(limit);
    place.remove("run");
    const ProgramRun run = place.train(pretrain("run", {"--epochs", "1", "--no-augment"}), {.file_size_limit = limit});
    check_failed(run, {"run/", "cannot write"});
    CHECK(place.names_in("run/checkpoints").empty());
  }
  // A row of which only a part had room is cut off when the run goes on.
  place.remove("run");
  place.copy("whole", "run");
  const std::string text = place.text("run/loss.csv");
  place.write("run/loss.csv", text.substr(0, text.size() - 3));
  check_done(place.train(resume("run/checkpoints/epoch1_step9")));
  check_same_run(place, "run", "whole");
}

TEST_CASE("aria-train: a folder of checkpoints that is gone, or cannot be written to") {
  const TrainWorkplace place;
  test::RunningProgram program = place.start(pretrain("run", {"--epochs", "3000", "--spc", "100000"}));
  REQUIRE(program.wait_until([&] { return place.has("run/checkpoints/epoch2"); }));
  place.remove("run/checkpoints");
  program.send(SIGTERM);
  const ProgramRun run = program.finish();
  CAPTURE(run.output, run.complaints);
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "run/checkpoints"));
}

TEST_CASE("aria-train: a loss that is no number ends the run") {
  const TrainWorkplace place;
  const Words wild = {"--lr", "1e6", "--weight-decay", "1e6", "--warmup", "1", "--bs", "4", "--workers", "1"};
  SECTION("before any checkpoint") {
    const ProgramRun run = place.train(pretrain("run", wild));
    check_failed(run, {"epoch 1, step ", "sequences ", "train.jsonl", "no checkpoint yet", "--lr"});
    const std::size_t rows = place.rows("run/loss.csv");
    CHECK(mentions(run.complaints, "step " + std::to_string(rows) + ' '));
    CHECK(mentions(place.text("run/logs.txt"), "[ERROR] the loss of epoch 1"));
    CHECK(place.checkpoints("run").empty());
    CHECK_FALSE(mentions(place.text("run/loss.csv"), "nan"));
    CHECK_FALSE(mentions(run.complaints, "-nan"));  // the sign of what is no number says nothing
    // Its four sequences, in words that people can look up.
    const std::size_t at = run.complaints.find("sequences ") + 10;
    const std::string list = run.complaints.substr(at, run.complaints.find(" of train.jsonl") - at);
    CHECK(std::count(list.begin(), list.end(), ',') == 3);
  }
  SECTION("behind one, which is named and whole") {
    // The rate climbs so slowly that the first steps do no harm.
    const ProgramRun run = place.train(
        pretrain("run", {"--lr", "1e6", "--weight-decay", "1e6", "--warmup", "1000000", "--bs", "4", "--spc", "1"}));
    check_failed(run, {"the last good checkpoint is run/checkpoints/"});
    const auto checkpoints = place.checkpoints("run");
    REQUIRE_FALSE(checkpoints.empty());
    CHECK(mentions(run.complaints, "run/checkpoints/" + checkpoints.back()));
    // Going on from it meets the same loss.
    const ProgramRun again = place.train(resume("run"));
    CHECK(again.status == 1);
    CHECK(mentions(again.complaints, "the loss of epoch "));
  }
}

TEST_CASE("aria-train: a validation loss that is no number ends the run") {
  const TrainWorkplace place;
  const ProgramRun run = place.train(
      pretrain("run", {"--lr", "1e6", "--weight-decay", "1e6", "--warmup", "0", "--bs", "24", "--epochs", "1"}));
  check_failed(run, {"epoch 1"});
  // Weights that give no number are no result.
  CHECK(place.checkpoints("run").empty());
  CHECK_FALSE(mentions(place.text("run/epoch.csv"), "nan"));
}
