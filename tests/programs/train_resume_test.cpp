// A run that is killed, stopped and gone on with in every way ends as if nothing had happened, to the bit.
#include "train_workplace.hpp"

using test::check_checkpoints, test::check_done, test::check_failed, test::check_same_run, test::mentions,
    test::pretrain, test::ProgramRun, test::resume, test::TrainWorkplace, test::Words;

namespace {

const Words kWorkers = {"0", "3", "1", "2"};

std::string last_checkpoint(const TrainWorkplace& place, const std::string& project) {
  return project + "/checkpoints/" + place.checkpoints(project).back();
}

// Kills the run, and every run that goes on with it, when so many rows more are there, until one comes to its end.
unsigned run_with_kills(const TrainWorkplace& place, const Words& first, const std::vector<std::size_t>& more_rows) {
  Words words = first;
  for (unsigned kills = 0;; ++kills) {
    REQUIRE(kills < 40);
    const std::size_t rows = place.rows("killed/loss.csv") + more_rows[kills % more_rows.size()];
    const ProgramRun run = place.interrupt(words, SIGKILL, [&] { return place.rows("killed/loss.csv") >= rows; });
    CAPTURE(kills, run.complaints);
    if (run.signal == 0) {
      REQUIRE(run.status == 0);
      return kills;
    }
    REQUIRE(run.signal == SIGKILL);
    check_checkpoints(place, "killed", "whole");
    words = resume(last_checkpoint(place, "killed"), {"--workers", kWorkers[kills % kWorkers.size()]});
  }
}

void check_kills_at_rows(const TrainWorkplace& place, const Words& settings, const std::vector<std::size_t>& more_rows,
                         const Words& workers_of_others) {
  const auto with = [&](const Words& more) {
    Words words = settings;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  check_done(place.train(pretrain("whole", with({"--workers", "2"}))));
  CHECK(run_with_kills(place, pretrain("killed", with({"--workers", "1"})), more_rows) >= 2);
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");

  // A few threads more or less that prepare batches make no difference.
  for (const std::string& workers : workers_of_others) {
    CAPTURE(workers);
    const std::string project = "workers" + workers;
    check_done(place.train(pretrain(project, with({"--workers", workers}))));
    check_same_run(place, project, "whole");
    check_checkpoints(place, project, "whole");
  }
}

}  // namespace

TEST_CASE("aria-train: killed behind any row and gone on with, fp32") {
  const TrainWorkplace place;
  check_kills_at_rows(place, {}, {5, 9, 2, 6}, {"0", "3"});
}

TEST_CASE("aria-train: killed behind any row and gone on with, bf16") {
  const TrainWorkplace place;
  check_kills_at_rows(place, {"--precision", "bf16"}, {6, 7}, {"0"});
}

TEST_CASE("aria-train: killed and gone on with, gradients clipped and added up, two threads") {
  const TrainWorkplace place;
  const Words settings = {"--bs",      "1", "--accumulate", "2", "--clip",   "0.5",
                          "--threads", "2", "--seed",       "7", "--epochs", "1"};
  check_done(place.train(pretrain("whole", settings)));
  CHECK(run_with_kills(place, pretrain("killed", settings), {5, 4}) >= 1);
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");
}

TEST_CASE("aria-train: killed while a checkpoint is being written") {
  const TrainWorkplace place;
  // A large vocabulary: writing takes a while.
  place.add_data("lazy_", "lazy", 10, 2);
  const Words settings = {"--epochs", "1", "--spc", "1", "--workers", "2"};
  check_done(place.train(pretrain("whole", settings, "lazy_")));
  REQUIRE(place.checkpoints("whole").size() == 5);
  const std::string first = "killed/checkpoints/epoch1_step1";
  unsigned hits = 0;
  const auto kill_in_it = [&](const Words& words, const std::string& newest, unsigned milliseconds) {
    test::RunningProgram program = place.start(words);
    const auto is_there = [&] { return place.has("killed/checkpoints/" + newest); };
    const bool runs =
        program.wait_until(is_there) && program.wait_until([&] { return place.has_unfinished("killed"); });
    if (runs) std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    program.send(SIGKILL);
    const ProgramRun run = program.finish();
    CAPTURE(newest, milliseconds, run.complaints);
    CHECK((run.signal == SIGKILL || run.status == 0));
    hits += place.has_unfinished("killed");
    check_checkpoints(place, "killed", "whole");
  };
  {  // for the first time
    kill_in_it(pretrain("killed", settings, "lazy_"), "epoch1_step1", 0);
    for (const std::string newest : {"epoch1_step2", "epoch1_step3"}) {
      const Words words = {"resume", last_checkpoint(place, "killed"), "--spc", "1"};
      kill_in_it(words, newest, newest == "epoch1_step2" ? 10 : 20);
    }
  }
  {  // in the place of an older one
    place.remove("killed");
    place.copy("whole", "killed");
    for (const unsigned milliseconds : {0U, 8U, 16U, 30U}) {
      kill_in_it({"resume", first, "--spc", "1"}, "epoch1_step1", milliseconds);
    }
  }
  CHECK(hits >= 1);
  check_done(place.train({"resume", first, "--spc", "1"}));
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");
  CHECK_FALSE(place.has_unfinished("killed"));
}

TEST_CASE("aria-train: killed before or after system calls at the end of an epoch") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole", {"--epochs", "1", "--workers", "0"})));
  place.copy("whole", "killed");
  // From here on a step, the validation, the tables, the drawing, and a checkpoint in place of an older one.
  const Words words = resume("killed/checkpoints/epoch1_step9", {"--workers", "0"});
  const ProgramRun traced = place.train(words, {.count_stops = true});
  if (traced.stops < 100) {
    WARN("system calls cannot be traced here");
    return;
  }
  check_done(traced);
  unsigned killed = 0;
  for (const std::uint64_t back : {1U, 7U, 20U, 36U, 60U, 100U}) {
    CAPTURE(back, traced.stops);
    const ProgramRun run = place.train(words, {.kill_at_stop = traced.stops - back});
    killed += run.signal == SIGKILL;
    check_checkpoints(place, "killed", "whole");
  }
  CHECK(killed >= 3);
  check_done(place.train(words));
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");
}

namespace {

// A run that has ended, whose copies are cut short.
struct Ended {
  TrainWorkplace place;

  Ended() {
    check_done(place.train(pretrain("whole")));
    copy();
  }

  void copy() const {
    place.remove("again");
    place.copy("whole", "again");
  }
  void check_same(const std::string& project = "again") const {
    check_same_run(place, project, "whole");
    check_checkpoints(place, project, "whole");
  }

  // Goes on from the checkpoint, to what came of the whole run.
  void check_from(const std::string& checkpoint) const {
    CAPTURE(checkpoint);
    copy();
    const ProgramRun run = place.train(resume(checkpoint));
    check_done(run);
    CHECK(mentions(run.output, "Resuming from again/checkpoints/epoch"));
    check_same();
    // The same drawing, under another title; and what was in the log stays there.
    const auto drawing = [](const std::string& svg) { return svg.substr(svg.find("24 steps; training loss")); };
    CHECK(drawing(place.text("again/loss.svg")) == drawing(place.text("whole/loss.svg")));
    CHECK(place.text("again/logs.txt").starts_with(place.text("whole/logs.txt")));
  }

  // Goes on from an earlier checkpoint and is killed when these rows are there, and before the run is further.
  void kill_at(const Words& words, std::size_t first, std::size_t end) const {
    const auto rows = [&] { return place.rows("again/loss.csv"); };
    for (unsigned attempt = 0; attempt < 30; ++attempt) {
      copy();
      test::RunningProgram program = place.start(words);
      program.wait_until([&] { return rows() < first; });
      program.wait_until([&] { return rows() >= first; });
      program.send(SIGKILL);
      if (program.finish().signal == SIGKILL && rows() >= first && rows() < end) return;
    }
    FAIL("the run is too fast to be killed in time");
  }
};

}  // namespace

TEST_CASE("aria-train: a run goes on from any of its checkpoints") {
  const Ended ended;
  const TrainWorkplace& place = ended.place;
  ended.check_from("again/checkpoints/epoch1_step3");
  ended.check_from("again/checkpoints/epoch1");
  ended.check_from((place / "again/checkpoints/epoch2_step9").string());

  // Rows behind the checkpoint are cut off, also one that is not whole.
  ended.copy();
  const auto add = [&](const std::string& name, const std::string& rows) {
    place.write(name, place.text(name) + rows);
  };
  add("again/loss.csv", "3,0,1.25\n3,1,1.");
  add("again/epoch.csv", "3,1.0,2.0\n");
  check_done(place.train(resume("again/checkpoints/epoch2_step9")));
  ended.check_same();

  // From the last step of all only validation is left.
  check_done(place.train(pretrain("other", {"--spc", "11"})));
  place.copy("other/checkpoints/epoch2_step11", "whole/checkpoints/epoch2_step11");
  ended.check_from("again/checkpoints/epoch2_step11");
}

TEST_CASE("aria-train: a checkpoint is named with the slash at its end that shells put there") {
  const Ended ended;
  ended.check_from("again/checkpoints/epoch2_step6/");
}

TEST_CASE("aria-train: a checkpoint is named from within it") {
  const Ended ended;
  check_done(test::run_program(ARIA_TRAIN_PROGRAM, resume("."),
                               {.folder = (ended.place / "again/checkpoints/epoch2_step6").string()}));
  ended.check_same();
}

TEST_CASE("aria-train: a run goes on where project and data have moved") {
  const Ended ended;
  const TrainWorkplace& place = ended.place;
  std::filesystem::create_directory(place / "elsewhere");
  std::filesystem::rename(place / "again", place / "elsewhere/again");
  std::filesystem::rename(place / "train.jsonl", place / "elsewhere/train.jsonl");
  check_failed(place.train(resume("elsewhere/again/checkpoints/epoch2_step6")), {"train.jsonl"});
  check_done(place.train({"resume", "model.json", "pt", "elsewhere/train.jsonl", "val.jsonl", "--cdir",
                          "elsewhere/again/checkpoints/epoch2_step6", "--spc", "3"}));
  check_same_run(place, "elsewhere/again", "whole");
}

TEST_CASE("aria-train: a project directory stands for the last checkpoint of its run") {
  const Ended ended;
  const TrainWorkplace& place = ended.place;
  place.remove("again/checkpoints/epoch2");
  place.write("again/checkpoints/.unfinished-epoch2/model.safetensors", "half");
  place.write("again/checkpoints/notes.txt", "mine");
  const ProgramRun run = place.train(resume("again"));
  check_done(run);
  CHECK(mentions(run.output, "Resuming from again/checkpoints/epoch2_step9"));
  CHECK(place.text("again/checkpoints/notes.txt") == "mine");
  place.remove("again/checkpoints/notes.txt");
  CHECK_FALSE(place.has_unfinished("again"));
  ended.check_same();

  place.remove("again/checkpoints/epoch2");
  check_done(place.train(resume("again/")));
  ended.check_same();
}

TEST_CASE("aria-train: a run that went back to an earlier checkpoint goes on from its own last one") {
  const Ended ended;
  ended.kill_at(resume("again/checkpoints/epoch1_step3"), 8, 12);
  check_done(ended.place.train(resume("again")));
  ended.check_same();
}

TEST_CASE("aria-train: a run that went back to another number of epochs goes on from its own last checkpoint") {
  const Ended ended;
  const TrainWorkplace& place = ended.place;
  const auto check = [&](std::size_t first, std::size_t end) {
    CAPTURE(first);
    ended.kill_at({"resume", "again/checkpoints/epoch1_step3", "--epochs", "3", "--spc", "100"}, first, end);
    check_done(place.train({"resume", "again"}));
    CHECK(place.text("again/loss.csv") == place.text("other/loss.csv"));
    CHECK(place.text("again/epoch.csv") == place.text("other/epoch.csv"));
  };
  place.copy("whole", "other");
  check_done(place.train(resume("other/checkpoints/epoch1_step3", {"--epochs", "3"})));
  check(17, 23);
  // The last one of the run before has fewer rows than are there now: it must not be taken for one of this run.
  place.remove("whole/checkpoints/epoch2");
  place.remove("whole/checkpoints/epoch2_step9");
  place.remove("whole/checkpoints/epoch2_step6");
  check(17, 24);
}

TEST_CASE("aria-train: Ctrl-C, or the end of a job, has a checkpoint written and the way to go on told") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole", {"--spc", "1000"})));
  for (const auto& [signal, rows] : std::map<int, std::size_t>{{SIGINT, 2}, {SIGTERM, 15}}) {
    CAPTURE(signal, rows);
    place.remove("again");
    const std::size_t enough = rows;
    ProgramRun run = place.interrupt(pretrain("again", {"--spc", "1000"}), signal,
                                     [&] { return place.rows("again/loss.csv") >= enough; });
    check_done(run);
    REQUIRE(place.rows("again/loss.csv") < 24);
    const std::string way = "It goes on with: aria-train resume ";
    REQUIRE(mentions(run.output, way));
    std::string checkpoint = run.output.substr(run.output.find(way) + way.size());
    REQUIRE(checkpoint.ends_with("\n"));
    checkpoint.pop_back();
    CHECK(checkpoint == last_checkpoint(place, "again"));
    run = place.train({"resume", checkpoint});
    check_done(run);
    CHECK(place.text("again/loss.csv") == place.text("whole/loss.csv"));
    CHECK(place.text("again/epoch.csv") == place.text("whole/epoch.csv"));
    place.remove(checkpoint);
    check_checkpoints(place, "again", "whole");
  }
}

TEST_CASE("aria-train: stopped in the last step of an epoch") {
  const TrainWorkplace place;
  const Words settings = {"--bs", "24", "--epochs", "4", "--spc", "1000"};
  check_done(place.train(pretrain("whole", settings)));
  Words words = pretrain("again", settings);
  for (unsigned stops = 0;; ++stops) {
    REQUIRE(stops < 5);
    const std::size_t rows = place.rows("again/loss.csv");
    const ProgramRun run = place.interrupt(words, SIGTERM, [&] { return place.rows("again/loss.csv") > rows; });
    check_done(run);
    if (!mentions(run.output, "Stopped.")) break;
    words = {"resume", last_checkpoint(place, "again")};
  }
  CHECK(place.text("again/loss.csv") == place.text("whole/loss.csv"));
  CHECK(place.text("again/epoch.csv") == place.text("whole/epoch.csv"));
  CHECK((place.text("again/checkpoints/epoch4/model.safetensors") ==
         place.text("whole/checkpoints/epoch4/model.safetensors")));
}

TEST_CASE("aria-train: a second Ctrl-C ends at once") {
  const TrainWorkplace place;
  place.add_data("arrival_", "arrival", 8, 2);
  test::RunningProgram program = place.start(pretrain("run", {"--epochs", "50", "--bs", "8"}, "arrival_"));
  REQUIRE(program.wait_until([&] { return place.rows("run/loss.csv") >= 1; }));
  program.send(SIGINT);
  program.wait_until([&] { return place.has_unfinished("run"); });
  program.send(SIGINT);
  const ProgramRun run = program.finish();
  CHECK((run.signal == SIGINT || run.status == 0));
}

TEST_CASE("aria-train: one run at a time in a project directory") {
  const TrainWorkplace place;
  test::RunningProgram program = place.start(pretrain("run", {"--epochs", "10000", "--spc", "1000"}));
  REQUIRE(program.wait_until([&] { return place.has("run/checkpoints/epoch1"); }));
  const std::size_t rows = place.rows("run/loss.csv");
  check_failed(place.train(resume("run/checkpoints/epoch1")), {"run", "in use"});
  CHECK(place.rows("run/loss.csv") >= rows);
  CHECK_FALSE(program.has_ended());
}
