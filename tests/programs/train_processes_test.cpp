// Several processes train as one does; one that is lost ends the others, and the run goes on from its checkpoint.
#include <cmath>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "train_workplace.hpp"

using test::check_checkpoints, test::check_done, test::check_failed, test::check_same_run, test::lines_of,
    test::mentions, test::pretrain, test::ProgramRun, test::resume, test::RunningProgram, test::TrainWorkplace,
    test::Words;

namespace {

// The last column of a table.
std::vector<double> losses(const TrainWorkplace& place, const std::string& table) {
  std::vector<double> numbers;
  for (const std::string& line : lines_of(place.text(table))) {
    if (!line.starts_with("epoch")) numbers.push_back(std::stod(line.substr(line.rfind(',') + 1)));
  }
  return numbers;
}

// The same losses as one process, as far as fp32 adds up the same numbers in another order.
void check_close(const TrainWorkplace& place, const std::string& project, const std::string& reference,
                 std::size_t steps) {
  CAPTURE(project);
  const auto found = losses(place, project + "/loss.csv"), wanted = losses(place, reference + "/loss.csv");
  REQUIRE(wanted.size() == steps);
  REQUIRE(found.size() == steps);
  for (std::size_t i = 0; i < steps; ++i) {
    CAPTURE(i);
    CHECK(found[i] == Approx(wanted[i]).epsilon(1e-5));
  }
  CHECK(wanted.back() < wanted.front() - 0.1);  // it has learnt something
  const auto epochs = losses(place, project + "/epoch.csv"), others = losses(place, reference + "/epoch.csv");
  REQUIRE(epochs.size() == others.size());
  for (std::size_t i = 0; i < epochs.size(); ++i) CHECK(epochs[i] == Approx(others[i]).epsilon(1e-5));
}

// A model without dropout, and data in which long sequences and short ones take turns: in the order of the file one
// process of two gets all the padding.
void prepare_comparison(const TrainWorkplace& place, std::size_t sequences) {
  place.write("plain.json", R"({"d_model": 32, "n_heads": 2, "n_layers": 2, "ff_mult": 2, "drop_p": 0.0,
    "attention_drop_p": 0.0, "max_seq_len": 64, "grad_checkpoint": false})");
  auto lines = lines_of(place.text("all_train.jsonl"));
  const std::string header = lines.front();
  lines.erase(lines.begin());
  REQUIRE(lines.size() >= 2 * sequences);
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::string text = header + '\n';
  for (std::size_t i = 0; i < sequences; ++i) {
    text += (i % 2 == 0 ? lines[lines.size() - 1 - i / 2] : lines[i / 2]) + '\n';
  }
  place.write("uneven.jsonl", text);
}

Words plain_run(const std::string& project, const Words& more) {
  Words words = {"pretrain",     "plain.json",   "uneven.jsonl", "val.jsonl", "--threads", "1", "--epochs", "2",
                 "--no-augment", "--no-shuffle", "--lr",         "1e-2",      "--warmup",  "5", "--pdir",   project};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Two processes by the environment, as launchers set it; each with words of its own.
struct TwoByHand {
  std::unique_ptr<RunningProgram> first, second;

  TwoByHand(const TrainWorkplace& place, const Words& words, const Words& other_words) {
    const std::string port = std::to_string(20'000 + ::getpid() % 20'000);
    const auto start = [&](const std::string& rank, const Words& mine) {
      test::RunOptions options;
      options.environment = {{"RANK", rank}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", port}};
      return std::make_unique<RunningProgram>(ARIA_TRAIN_PROGRAM, mine, [&] {
        options.folder = place.path();
        return options;
      }());
    };
    first = start("0", words);
    second = start("1", other_words);
  }
};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool is_running(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t state = text.rfind(") ");
  return state != std::string::npos && text[state + 2] != 'Z';
}

// A process of a run with two is lost by this signal; the others end, and the run goes on as if nothing had happened.
void check_loss_of(std::size_t rank, int signal, const Words& parts) {
  const TrainWorkplace place;
  const Words settings = {"--nproc", "2", "--bs", "1", "--rank-timeout", "3"};
  check_done(place.train(pretrain("whole", settings)));
  RunningProgram program = place.start(pretrain("lost", settings));
  REQUIRE(program.wait_until([&] { return place.rows("lost/loss.csv") >= 7; }));
  const auto pids = program.children();
  REQUIRE(pids.size() == 2);
  const auto start = std::chrono::steady_clock::now();
  ::kill(pids[rank], signal);
  check_failed(program.finish(), parts);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::minutes(1));  // a promise, and far from what it takes
  for (const pid_t pid : pids) CHECK_FALSE(is_running(pid));
  check_checkpoints(place, "lost", "whole");
  check_done(place.train(resume("lost", {"--nproc", "2"})));
  check_same_run(place, "lost", "whole");
  check_checkpoints(place, "lost", "whole");
}

}  // namespace

TEST_CASE("aria-train: two processes have the losses of one, with padding on one side and with --accumulate") {
  const TrainWorkplace place;
  place.add_all_train();
  prepare_comparison(place, 40);
  check_done(place.train(plain_run("one", {"--bs", "4"})));
  check_done(place.train(plain_run("two", {"--bs", "2", "--nproc", "2"})));
  check_close(place, "two", "one", 20);
  check_done(place.train(plain_run("parts", {"--bs", "1", "--accumulate", "2", "--nproc", "2"})));
  check_close(place, "parts", "one", 20);
  check_done(place.train(plain_run("clipped_one", {"--bs", "4", "--clip", "0.5"})));
  check_done(place.train(plain_run("clipped_two", {"--bs", "2", "--clip", "0.5", "--nproc", "2"})));
  check_close(place, "clipped_two", "clipped_one", 20);
}

TEST_CASE("aria-train: three processes on data that they cannot divide evenly have the losses of one") {
  const TrainWorkplace place;
  place.add_all_train();
  prepare_comparison(place, 35);  // five steps of six sequences, and five left over
  check_done(place.train(plain_run("one", {"--bs", "6", "--epochs", "4"})));
  const ProgramRun run = place.train(plain_run("three", {"--bs", "2", "--nproc", "3", "--epochs", "4"}));
  check_done(run);
  CHECK(mentions(run.output, "5 sequences left out"));
  check_close(place, "three", "one", 20);
}

TEST_CASE("aria-train: two processes that a launcher started do what --nproc 2 does") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("local", {"--nproc", "2", "--bs", "1"})));
  TwoByHand two(place, pretrain("by_hand", {"--bs", "1"}), pretrain("by_hand", {"--bs", "1"}));
  check_done(two.first->finish());
  const ProgramRun second = two.second->finish();
  check_done(second);
  CHECK(second.output.empty());  // the first one speaks
  check_same_run(place, "by_hand", "local");
  check_checkpoints(place, "by_hand", "local");
}

TEST_CASE("aria-train: two processes that are stopped go on as if they had not been") {
  const TrainWorkplace place;
  const Words settings = {"--nproc", "2", "--bs", "1", "--accumulate", "2", "--clip", "1"};
  check_done(place.train(with(pretrain("whole"), settings)));
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::string project = "stopped" + std::to_string(signal);
    const ProgramRun run = place.interrupt(with(pretrain(project), settings), signal,
                                           [&] { return place.rows(project + "/loss.csv") >= 3; });
    check_done(run);
    CHECK(mentions(run.output, "Stopped. It goes on with: aria-train resume " + project));
    REQUIRE(place.rows(project + "/loss.csv") < 12);
    check_done(place.train(resume(project, {"--nproc", "2", "--workers", "3"})));
    CHECK(place.text(project + "/loss.csv") == place.text("whole/loss.csv"));
    CHECK(place.text(project + "/epoch.csv") == place.text("whole/epoch.csv"));
    for (const std::string file : {"model", "optimizer"}) {
      const std::string path = "/checkpoints/epoch2/" + file + ".safetensors";
      CHECK((place.text(project + path) == place.text("whole" + path)));
    }
  }
}

TEST_CASE("aria-train: a signal that reaches the processes and the one that started them is one signal") {
  const TrainWorkplace place;
  RunningProgram program = place.start(pretrain("run", {"--nproc", "2", "--bs", "1", "--epochs", "500"}));
  REQUIRE(program.wait_until([&] { return place.rows("run/loss.csv") >= 3; }));
  for (const pid_t pid : program.children()) ::kill(pid, SIGTERM);
  program.send(SIGTERM);
  const ProgramRun run = program.finish();
  check_done(run);
  CHECK(mentions(run.output, "Stopped. It goes on with: aria-train resume run"));
}

TEST_CASE("aria-train: one process of a launcher may start others") {
  const TrainWorkplace place;
  test::RunOptions options;
  options.environment = {{"RANK", "0"}, {"WORLD_SIZE", "1"}};
  check_done(place.train(pretrain("inside", {"--nproc", "2", "--bs", "1", "--epochs", "1"}), options));
  check_done(place.train(pretrain("alone", {"--nproc", "2", "--bs", "1", "--epochs", "1"})));
  CHECK(place.text("inside/loss.csv") == place.text("alone/loss.csv"));
}

TEST_CASE("aria-train: the first of two processes is killed") { check_loss_of(0, SIGKILL, {"rank 0", "signal 9"}); }
TEST_CASE("aria-train: the second of two processes is killed") { check_loss_of(1, SIGKILL, {"rank 1", "signal 9"}); }
TEST_CASE("aria-train: the first of two processes hangs") {
  check_loss_of(0, SIGSTOP, {"rank 0 (pid ", "has shown no sign of life for 3 s", "aria-train resume"});
}
TEST_CASE("aria-train: the second of two processes hangs") {
  check_loss_of(1, SIGSTOP, {"rank 1 (pid ", "has shown no sign of life for 3 s", "aria-train resume"});
}

TEST_CASE("aria-train: without a launcher that tells it, a process that is killed is missed, whichever it is") {
  for (const int rank : {0, 1}) {
    const TrainWorkplace place;
    const Words words = pretrain("lost", {"--bs", "1", "--rank-timeout", "3", "--epochs", "500"});
    TwoByHand two(place, words, words);
    RunningProgram& victim = rank == 0 ? *two.first : *two.second;
    RunningProgram& other = rank == 0 ? *two.second : *two.first;
    REQUIRE(other.wait_until([&] { return place.rows("lost/loss.csv") >= 3; }));
    victim.send(SIGKILL);
    check_failed(other.finish(), {"rank " + std::to_string(rank), "for ", " s"});
  }
}

TEST_CASE("aria-train: processes end with the one that started them") {
  const TrainWorkplace place;
  RunningProgram program = place.start(pretrain("run", {"--nproc", "2", "--bs", "1", "--epochs", "500"}));
  REQUIRE(program.wait_until([&] { return place.rows("run/loss.csv") >= 3; }));
  const auto pids = program.children();
  REQUIRE(pids.size() == 2);
  program.send(SIGKILL);
  CHECK(program.finish().signal == SIGKILL);
  for (const pid_t pid : pids) {
    for (int i = 0; i < 600 && is_running(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    CHECK_FALSE(is_running(pid));
  }
}

TEST_CASE("aria-train: processes with other options or other data than the first one are refused") {
  const TrainWorkplace place;
  {
    TwoByHand two(place, pretrain("a", {"--bs", "1"}), pretrain("a", {"--bs", "1", "--seed", "7"}));
    const Words parts = {"rank 1 was started with other options or data than rank 0",
                         "run.settings.seed is 7 and not 0"};
    check_failed(two.second->finish(), parts);
    check_failed(two.first->finish(), parts);
    CHECK_FALSE(place.has("a"));
  }
  {
    // What the first one finds wrong by itself is told as it is, and there is nothing to go on with.
    std::filesystem::create_directory(place / "b");
    place.write("b/file", "");
    TwoByHand two(place, pretrain("b", {"--bs", "1"}), pretrain("b", {"--bs", "1"}));
    const ProgramRun first = two.first->finish();
    check_failed(first, {"aria-train: b: is not empty"});
    CHECK_FALSE(mentions(first.complaints, "goes on from its last checkpoint"));
    check_failed(two.second->finish(), {"rank 0 has failed: b: is not empty"});
  }
  // As many sequences and bytes, but in another order.
  auto lines = lines_of(place.text("train.jsonl"));
  std::swap(lines[1], lines[2]);
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  place.write("swapped.jsonl", text);
  Words other = pretrain("a", {"--bs", "1"});
  other[2] = "swapped.jsonl";
  TwoByHand two(place, pretrain("a", {"--bs", "1"}), other);
  check_failed(two.second->finish(), {"rank 1 was started with other", "train.sample_hash is ", " and not "});
  check_failed(two.first->finish(), {"rank 1"});
}

TEST_CASE("aria-train: what is wrong for all processes is said once") {
  const TrainWorkplace place;
  place.write("broken.jsonl", place.text("train.jsonl") + "[\"<S>\", ");
  Words words = pretrain("run", {"--nproc", "2", "--bs", "1"});
  words[2] = "broken.jsonl";
  const ProgramRun run = place.train(words);
  check_failed(run, {"broken.jsonl"});
  CHECK(lines_of(run.complaints).size() <= 2);  // the error, and that of the other process which was told of it

  const ProgramRun missing =
      place.train({"pretrain", "model.json", "none.jsonl", "val.jsonl", "--epochs", "1", "--nproc", "2"});
  check_failed(missing, {"none.jsonl"});
}

TEST_CASE("aria-train: an environment that contradicts itself") {
  const TrainWorkplace place;
  const auto refused = [&](const std::vector<std::pair<std::string, std::string>>& environment, const Words& more,
                           const Words& parts, int status) {
    test::RunOptions options;
    options.environment = environment;
    check_failed(place.train(pretrain("run", more), options), parts, status);
    CHECK_FALSE(place.has("run"));
  };
  refused({{"RANK", "0"}, {"WORLD_SIZE", "2"}}, {}, {"WORLD_SIZE is 2", "MASTER_ADDR is not set"}, 1);
  refused({{"RANK", "2"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}}, {}, {"WORLD_SIZE is 2", "rank is 2"}, 1);
  refused({{"WORLD_SIZE", "2"}}, {}, {"RANK is not set"}, 1);
  refused({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}}, {"--nproc", "3"},
          {"--nproc 3", "started 2 already"}, 2);
  refused({}, {"--nproc", "0"}, {"--nproc must lie between 1 and"}, 2);
}

TEST_CASE("aria-train: a run goes on with as many processes as it had") {
  const TrainWorkplace place;
  check_done(place.train(pretrain("two", {"--nproc", "2", "--bs", "1", "--epochs", "1"})));
  check_failed(place.train(resume("two/checkpoints/epoch1_step6")),
               {"the run has 2 processes, and here are 1", "--nproc 2 starts them"});
  check_failed(place.train(resume("two/checkpoints/epoch1_step6", {"--nproc", "3"})),
               {"the run has 2 processes, and here are 3"});
}
