// A folder with small data sets and a small model, and aria-train at work in it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/run_program.hpp"
#include "text.hpp"

namespace test {

using Words = std::vector<std::string>;

/// All that is in a folder: path below it -> bytes.
using Snapshot = std::map<std::string, std::string>;

inline Snapshot snapshot_of(const std::filesystem::path& folder) {
  Snapshot files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    files[name] = entry.is_directory() ? "a folder" : read_text(entry.path());
  }
  return files;
}

/// A program that runs beside the test, which looks at its files and sends it signals.
class RunningProgram {
 public:
  RunningProgram(const std::string& program, const Words& arguments, const RunOptions& options)
      : output_(std::tmpfile()), complaints_(std::tmpfile()) {
    REQUIRE((output_ && complaints_));
    std::vector<const char*> words{program.c_str()};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) detail::become(words, options, ::fileno(output_.get()), ::fileno(complaints_.get()));
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram() {
    if (has_ended_) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, &status_, 0);
  }

  bool has_ended() {
    if (!has_ended_) has_ended_ = ::waitpid(child_, &status_, WNOHANG) == child_;
    return has_ended_;
  }

  /// Waits until `seen` becomes true or the program has ended; whether it still runs.
  bool wait_until(const std::function<bool()>& seen) {
    while (!has_ended() && !seen()) std::this_thread::sleep_for(std::chrono::microseconds(100));
    return !has_ended();
  }

  /// Processes that it has started, in the order of their starts.
  std::vector<pid_t> children() const {
    std::ifstream file("/proc/" + std::to_string(child_) + "/task/" + std::to_string(child_) + "/children");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
    std::sort(pids.begin(), pids.end());
    return pids;
  }

  void send(int signal) {
    if (!has_ended()) ::kill(child_, signal);
  }

  /// Waits for its end.
  ProgramRun finish() {
    if (!has_ended_) REQUIRE(::waitpid(child_, &status_, 0) == child_);
    has_ended_ = true;
    ProgramRun run;
    if (WIFEXITED(status_)) run.status = WEXITSTATUS(status_);
    if (WIFSIGNALED(status_)) run.signal = WTERMSIG(status_);
    run.output = detail::contents_of(output_.get());
    run.complaints = detail::contents_of(complaints_.get());
    return run;
  }

 private:
  detail::TemporaryFile output_, complaints_;
  pid_t child_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
};

/// Holds train.jsonl and val.jsonl, of the tokenizer with the smallest vocabulary, and model.json. Paths of the command
/// line are relative to this place.
class TrainWorkplace {
 public:
  static constexpr std::size_t kTrain = 24, kValidation = 6, kLength = 64;

  TrainWorkplace() {
    must(ARIA_COMPOSE, {"music"});
    must(ARIA_PROGRAM, {"midi-dataset", "--workers", "1", "--split", "0.9", "music", "music.jsonl"});
    add_data("", "performance");
    add_model("model.json", 32);
  }

  /// Holds nothing.
  struct Empty {};
  explicit TrainWorkplace(Empty) {}

  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }
  std::string path() const { return folder_.path().string(); }
  std::string text(const std::string& name) const { return read_text(folder_ / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }
  void write(const std::string& name, std::string_view text) const { write_text(folder_ / name, text); }
  void remove(const std::string& name) const { std::filesystem::remove_all(folder_ / name); }
  void copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy(folder_ / from, folder_ / to, std::filesystem::copy_options::recursive);
  }
  Snapshot snapshot(const std::string& name) const { return snapshot_of(folder_ / name); }

  /// The names in a folder, hidden ones too, sorted.
  std::vector<std::string> names_in(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// Writes <name>train.jsonl and <name>val.jsonl with so many sequences.
  void add_data(const std::string& name, const std::string& tokenizer, std::size_t train = kTrain,
                std::size_t validation = kValidation, std::size_t length = kLength) const {
    for (const std::string side : {"train", "val"}) {
      must(ARIA_PROGRAM, {"tokenized-dataset", "--overwrite", "--workers", "1", "--tokenizer", tokenizer,
                          "--max-seq-len", std::to_string(length), "music_" + side + ".jsonl", "all.jsonl"});
      cut("all.jsonl", name + side + ".jsonl", side == "train" ? train : validation);
    }
  }

  /// Writes all_train.jsonl with all sequences, whatever their lengths.
  void add_all_train() const {
    must(ARIA_PROGRAM, {"tokenized-dataset", "--overwrite", "--workers", "1", "--tokenizer", "performance",
                        "--max-seq-len", std::to_string(kLength), "music_train.jsonl", "all_train.jsonl"});
  }

  /// Copies a data set with its first sequences only.
  void cut(const std::string& from, const std::string& to, std::size_t sequences) const {
    std::ifstream in(folder_ / from);
    std::ofstream out(folder_ / to);
    std::string line;
    for (std::size_t i = 0; i < sequences + 1; ++i) {
      REQUIRE(std::getline(in, line));
      out << line << '\n';
    }
  }

  void add_model(const std::string& name, unsigned width, unsigned layers = 2, std::size_t length = kLength) const {
    write(name, R"({"d_model": )" + std::to_string(width) + R"(, "n_heads": 2, "n_layers": )" + std::to_string(layers) +
                    R"(, "ff_mult": 2, "drop_p": 0.1, "max_seq_len": )" + std::to_string(length) +
                    R"(, "grad_checkpoint": false})");
  }

  ProgramRun train(const Words& arguments, RunOptions options = {}) const {
    options.folder = path();
    return run_program(ARIA_TRAIN_PROGRAM, arguments, options);
  }

  /// The same beside the test.
  RunningProgram start(const Words& arguments, RunOptions options = {}) const {
    options.folder = path();
    return RunningProgram(ARIA_TRAIN_PROGRAM, arguments, options);
  }

  ProgramRun sample(const Words& arguments, RunOptions options = {}) const {
    options.folder = path();
    return run_program(ARIA_SAMPLE_PROGRAM, arguments, options);
  }
  ProgramRun eval(const Words& arguments, RunOptions options = {}) const {
    options.folder = path();
    return run_program(ARIA_EVAL_PROGRAM, arguments, options);
  }
  ProgramRun generate(const Words& arguments, RunOptions options = {}) const {
    options.folder = path();
    return run_program(ARIA_GENERATE_PROGRAM, arguments, options);
  }

  /// Sends a signal once `seen` is true, and waits for the end.
  ProgramRun interrupt(const Words& arguments, int signal, const std::function<bool()>& seen) const {
    RunningProgram program = start(arguments);
    program.wait_until(seen);
    program.send(signal);
    return program.finish();
  }

  /// Rows of a table below its header; a row that is not whole does not count.
  std::size_t rows(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return lines == 0 ? 0 : lines - 1;
  }

  /// Whether a checkpoint is being written.
  bool has_unfinished(const std::string& project) const {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / project / "checkpoints", error)) {
      if (entry.path().filename().string().starts_with(".unfinished-")) return true;
    }
    return false;
  }

  /// The whole checkpoints, in the order in which a run writes them.
  std::vector<std::string> checkpoints(const std::string& project) const {
    std::vector<std::pair<std::pair<unsigned, unsigned>, std::string>> found;
    for (const std::string& name : names_in(project + "/checkpoints")) {
      if (!name.starts_with("epoch")) continue;  // hidden, or superseded
      const std::size_t step = name.find("_step");
      found.push_back({{static_cast<unsigned>(std::stoul(name.substr(5))),
                        step == std::string::npos ? ~0U : static_cast<unsigned>(std::stoul(name.substr(step + 5)))},
                       name});
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (auto& [position, name] : found) names.push_back(std::move(name));
    return names;
  }

  /// Runs a program that must do its work.
  void must(const std::string& program, const Words& arguments) const {
    const ProgramRun run = run_program(program, arguments, {.folder = path()});
    INFO(run.complaints);
    REQUIRE(run.status == 0);
  }

 private:
  TemporaryFolder folder_;
};

/// The words of a small run: two epochs of twelve steps, a checkpoint every three, with dropout and augmentation, and
/// learning fast enough that every step shows.
inline Words pretrain(const std::string& project, const Words& more = {}, const std::string& data = "",
                      const std::string& model = "model.json") {
  Words words = {"pretrain", model, data + "train.jsonl", data + "val.jsonl", "--threads", "1"};
  const auto add = [&](const std::string& name, const std::string& value) {
    if (std::find(more.begin(), more.end(), name) != more.end()) return;
    words.push_back(name);
    words.push_back(value);
  };
  add("--epochs", "2");
  add("--bs", "2");
  add("--spc", "3");
  add("--lr", "1e-2");
  add("--warmup", "5");
  if (!project.empty()) add("--pdir", project);
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Its resumption.
inline Words resume(const std::string& checkpoint, const Words& more = {}) {
  Words words = {"resume", checkpoint, "--spc", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Replaces the first `from` at or behind `begin`, which must be there.
inline std::string replaced(std::string text, std::string_view from, std::string_view to, std::size_t begin = 0) {
  const std::size_t at = text.find(from, begin);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// The run has come to its end.
inline void check_done(const ProgramRun& run) {
  CAPTURE(run.output, run.complaints, run.signal);
  CHECK(run.status == 0);
  CHECK(run.complaints.empty());
}

/// The run has failed: that status, and a message with all of `parts`.
inline void check_failed(const ProgramRun& run, const Words& parts, int status = 1) {
  CAPTURE(run.output, run.complaints, run.signal);
  CHECK(run.status == status);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(mentions(run.complaints, part));
  }
}

/// Both folders hold the same tables, and all checkpoints that have the name of one of the other's are equal to it.
inline void check_same_run(const TrainWorkplace& place, const std::string& project, const std::string& reference) {
  CAPTURE(project);
  CHECK(place.text(project + "/loss.csv") == place.text(reference + "/loss.csv"));
  CHECK(place.text(project + "/epoch.csv") == place.text(reference + "/epoch.csv"));
  CHECK(place.checkpoints(project) == place.checkpoints(reference));
}

/// Every checkpoint that can be seen is whole, and the one that `reference`, which ran to its end, has there.
inline void check_checkpoints(const TrainWorkplace& place, const std::string& project, const std::string& reference) {
  for (const std::string& name : place.checkpoints(project)) {
    CAPTURE(project, name);
    REQUIRE(place.has(reference + "/checkpoints/" + name));
    for (const std::string file : {"/model.safetensors", "/optimizer.safetensors", "/state.json"}) {
      CAPTURE(file);
      const std::string path = "/checkpoints/" + name + file;
      REQUIRE(place.has(project + path));
      CHECK((place.text(project + path) == place.text(reference + path)));
    }
  }
}

}  // namespace test
