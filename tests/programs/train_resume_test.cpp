// A run that is killed, stopped and gone on with in every way ends as if nothing had happened, to the bit.
#include <set>

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
    const ProgramRun run =
        place.interrupt(words, SIGKILL, [&] { return place.rows("killed/loss.csv") >= rows; });
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

void check_kills_at_rows(const TrainWorkplace& place, const Words& settings) {
  const auto with = [&](const Words& more) {
    Words words = settings;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  check_done(place.train(pretrain("whole", with({"--workers", "2"}))));
  CHECK(run_with_kills(place, pretrain("killed", with({"--workers", "1"})), {5, 2, 4, 1, 6}) >= 3);
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");

  // A few threads more or less that prepare batches make no difference.
  for (const std::string workers : {"0", "1", "3"}) {
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
  check_kills_at_rows(place, {});
}

TEST_CASE("aria-train: killed behind any row and gone on with, bf16") {
  const TrainWorkplace place;
  check_kills_at_rows(place, {"--precision", "bf16"});
}

TEST_CASE("aria-train: killed and gone on with, gradients clipped and added up, two threads") {
  const TrainWorkplace place;
  const Words settings = {"--bs", "1", "--accumulate", "2", "--clip", "0.5", "--threads", "2", "--seed", "7"};
  check_done(place.train(pretrain("whole", settings)));
  CHECK(run_with_kills(place, pretrain("killed", settings), {8, 5}) >= 2);
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");
}

TEST_CASE("aria-train: killed while a checkpoint is being written") {
  const TrainWorkplace place;
  // The largest vocabulary: writing takes a while.
  place.add_data("arrival_", "arrival", 8, 2);
  const auto words = [](const std::string& project) {
    return pretrain(project, {"--epochs", "2", "--spc", "1"}, "arrival_");
  };
  check_done(place.train(words("whole")));
  const auto size = std::filesystem::file_size(place / "whole/checkpoints/epoch1/optimizer.safetensors");
  unsigned hits = 0;
  std::set<std::string> found;  // what the hidden folders held
  Words next = words("killed");
  for (unsigned round = 0;; ++round) {
    REQUIRE(round < 40);
    test::RunningProgram program = place.start(next);
    // The second that is seen, so that each round gets on; where in it differs.
    const auto count = [&] { return place.checkpoints("killed").size(); };
    const bool has_project = place.has("killed/checkpoints");
    const std::size_t before = has_project ? count() : 0;
    bool running = program.wait_until([&] {
      return place.has("killed/checkpoints") && (count() > before || place.checkpoints("killed").size() == 8);
    });
    running = running && program.wait_until([&] { return place.has_unfinished("killed"); });
    if (running) std::this_thread::sleep_for(std::chrono::milliseconds(12 * (round % 6)));
    program.send(SIGKILL);
    const ProgramRun run = program.finish();
    CAPTURE(round, run.complaints);
    if (run.signal == 0) {
      check_done(run);
      break;
    }
    REQUIRE(run.signal == SIGKILL);
    for (const std::string& name : place.names_in("killed/checkpoints")) {
      if (name.front() != '.') continue;
      ++hits;
      for (const std::string& file : place.names_in("killed/checkpoints/" + name)) found.insert(file);
    }
    check_checkpoints(place, "killed", "whole");
    next = {"resume", last_checkpoint(place, "killed"), "--spc", "1"};
  }
  CAPTURE(hits, found, size);
  CHECK(hits >= 1);
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");
  for (const std::string& name : place.names_in("killed/checkpoints")) CHECK(name.front() != '.');
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
  for (const std::uint64_t back : {1, 7, 14, 19, 26, 33, 45, 60, 90, 130}) {
    CAPTURE(back, traced.stops);
    const ProgramRun run = place.train(words, {.kill_at_stop = traced.stops - back});
    killed += run.signal == SIGKILL;
    check_checkpoints(place, "killed", "whole");
    CHECK(place.checkpoints("killed") == place.checkpoints("whole"));
  }
  CHECK(killed >= 5);
  check_done(place.train(words));
  check_same_run(place, "killed", "whole");
  check_checkpoints(place, "killed", "whole");
}

TEST_CASE("aria-train: a run goes on from any of its checkpoints") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole")));
  const test::Snapshot whole = place.snapshot("whole");
  const auto from = [&](const std::string& checkpoint, const Words& more = {}) {
    CAPTURE(checkpoint);
    place.remove("again");
    place.copy("whole", "again");
    const ProgramRun run = place.train(resume(checkpoint, more));
    check_done(run);
    CHECK(mentions(run.output, "Resuming from " + checkpoint));
    check_same_run(place, "again", "whole");
    check_checkpoints(place, "again", "whole");
    CHECK(place.text("again/loss.svg") == test::replaced(test::replaced(whole.at("loss.svg"), "whole", "again"),
                                                         ">whole<", ">again<"));
    // What was in the log stays there.
    CHECK(place.text("again/logs.txt").starts_with(whole.at("logs.txt")));
  };
  SECTION("of the middle of an epoch") { from("again/checkpoints/epoch1_step3"); }
  SECTION("of the end of one") { from("again/checkpoints/epoch1"); }
  SECTION("of the last step, from which only validation is left") {
    check_done(place.train(pretrain("whole11", {"--spc", "11"})));
    place.copy("whole11/checkpoints/epoch2_step11", "whole/checkpoints/epoch2_step11");
    from("again/checkpoints/epoch2_step11");
  }
  SECTION("with an absolute path") { from((place / "again/checkpoints/epoch2_step6").string()); }
  SECTION("with the slash at the end that the shell puts there") { from("again/checkpoints/epoch2_step6/"); }
  SECTION("from within it") {
    place.copy("whole", "again");
    test::RunOptions options;
    const ProgramRun run = test::run_program(ARIA_TRAIN_PROGRAM, resume("."),
                                             {.folder = (place / "again/checkpoints/epoch2_step6").string()});
    check_done(run);
    check_same_run(place, "again", "whole");
  }
  SECTION("rows behind the checkpoint are cut off") {
    place.copy("whole", "again");
    const auto add = [&](const std::string& name, const std::string& rows) {
      place.write(name, place.text(name) + rows);
    };
    add("again/loss.csv", "3,0,1.25\n3,1,1.");
    add("again/epoch.csv", "3,1.0,2.0\n");
    check_done(place.train(resume("again/checkpoints/epoch2_step9")));
    check_same_run(place, "again", "whole");
  }
  SECTION("from a project whose folder has moved, with data that have moved") {
    place.copy("whole", "again");
    std::filesystem::create_directory(place / "elsewhere");
    std::filesystem::rename(place / "again", place / "elsewhere/again");
    std::filesystem::rename(place / "train.jsonl", place / "elsewhere/train.jsonl");
    check_failed(place.train(resume("elsewhere/again/checkpoints/epoch2_step6")), {"train.jsonl"});
    const ProgramRun run =
        place.train({"resume", "model.json", "pt", "elsewhere/train.jsonl", "val.jsonl", "--cdir",
                     "elsewhere/again/checkpoints/epoch2_step6", "--spc", "3"});
    check_done(run);
    check_same_run(place, "elsewhere/again", "whole");
    // The next one finds them there.
    check_done(place.train(resume("elsewhere/again/checkpoints/epoch2_step9")));
  }
}

TEST_CASE("aria-train: a project directory stands for the last checkpoint of its run") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole")));
  SECTION("which is the newest there") {
    place.copy("whole", "again");
    place.remove("again/checkpoints/epoch2");
    place.write("again/checkpoints/.unfinished-epoch2/model.safetensors", "half");
    place.write("again/checkpoints/notes.txt", "mine");
    const ProgramRun run = place.train(resume("again"));
    check_done(run);
    CHECK(mentions(run.output, "Resuming from again/checkpoints/epoch2_step9"));
    place.remove("again/checkpoints/notes.txt");
    check_same_run(place, "again", "whole");
    CHECK_FALSE(place.has_unfinished("again"));
  }
  SECTION("with a slash behind it") {
    place.copy("whole", "again");
    place.remove("again/checkpoints/epoch2");
    check_done(place.train(resume("again/")));
    check_same_run(place, "again", "whole");
  }
  SECTION("also where the run went on from an earlier one and has not come to the others again") {
    place.copy("whole", "again");
    const ProgramRun killed = place.interrupt(resume("again/checkpoints/epoch1_step3"), SIGKILL,
                                              [&] { return place.rows("again/loss.csv") == 9; });
    REQUIRE(killed.signal == SIGKILL);
    check_done(place.train(resume("again")));
    check_same_run(place, "again", "whole");
  }
  SECTION("also where it went on from an earlier one to another number of epochs") {
    place.copy("whole", "again");
    place.copy("whole", "other");
    const Words longer = {"--epochs", "3"};
    check_done(place.train(resume("other/checkpoints/epoch1_step3", longer)));
    // Killed behind the row of a checkpoint that only the old run has.
    const ProgramRun killed =
        place.interrupt({"resume", "again/checkpoints/epoch1_step3", "--epochs", "3", "--spc", "100"}, SIGKILL,
                        [&] { return place.rows("again/loss.csv") == 17; });
    REQUIRE(killed.signal == SIGKILL);
    REQUIRE(place.rows("again/loss.csv") < 19);
    check_done(place.train(resume("again")));
    CHECK(place.text("again/loss.csv") == place.text("other/loss.csv"));
    CHECK(place.text("again/epoch.csv") == place.text("other/epoch.csv"));
  }
}

TEST_CASE("aria-train: Ctrl-C, or the end of a job, has a checkpoint written and the way to go on told") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("whole", {"--spc", "1000"})));
  for (const int signal : {SIGINT, SIGTERM}) {
    for (const std::size_t rows : {std::size_t{2}, std::size_t{15}}) {
      CAPTURE(signal, rows);
      place.remove("again");
      ProgramRun run = place.interrupt(pretrain("again", {"--spc", "1000"}), signal,
                                       [&] { return place.rows("again/loss.csv") >= rows; });
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
}

TEST_CASE("aria-train: stopped in the last step of an epoch") {
  const TrainWorkplace place;
  const Words settings = {"--bs", "24", "--epochs", "6", "--spc", "1000"};
  check_done(place.train(pretrain("whole", settings)));
  check_done(place.interrupt(pretrain("again", settings), SIGTERM,
                             [&] { return place.rows("again/loss.csv") >= 1; }));
  for (int i = 0; i < 3; ++i) {
    const std::size_t rows = place.rows("again/loss.csv");
    check_done(place.interrupt({"resume", "again"}, SIGTERM, [&] { return place.rows("again/loss.csv") > rows; }));
  }
  check_done(place.train({"resume", "again"}));
  CHECK(place.text("again/loss.csv") == place.text("whole/loss.csv"));
  CHECK(place.text("again/epoch.csv") == place.text("whole/epoch.csv"));
  CHECK((place.text("again/checkpoints/epoch6/model.safetensors") ==
         place.text("whole/checkpoints/epoch6/model.safetensors")));
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
  test::RunningProgram program = place.start(pretrain("run", {"--epochs", "10000", "--keep", "1", "--spc", "1000"}));
  REQUIRE(program.wait_until([&] { return place.has("run/checkpoints/epoch1"); }));
  place.copy("run/checkpoints/epoch1", "kept/checkpoints/epoch1");
  place.copy("kept/checkpoints/epoch1", "run/checkpoints/epoch9000");
  const std::size_t rows = place.rows("run/loss.csv");
  check_failed(place.train(resume("run/checkpoints/epoch9000")), {"run", "in use"});
  CHECK(place.rows("run/loss.csv") >= rows);
  CHECK_FALSE(program.has_ended());
}
