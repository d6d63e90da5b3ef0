// `aria midi-dataset` as a whole process with two workers: a folder in memory -> a data set in memory; against `cp` of
// the data set, and against the original Python program, which was measured at 0.50 MB of MIDI a second on one core.
#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

namespace fs = std::filesystem;

void run_process(std::initializer_list<std::string> words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || ::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("failed: " + *words.begin());
}

void run(const std::string& corpus) {
  const fs::path folder = fs::path("/dev/shm") / ("aria-benchmark-" + std::to_string(::getpid()));
  const struct Cleanup {
    fs::path folder;
    ~Cleanup() { fs::remove_all(folder); }
  } cleanup{folder};
  fs::create_directories(folder);
  fs::copy(corpus, folder / "midi", fs::copy_options::recursive);
  const std::string data = folder / "data.jsonl";
  const std::string copy = folder / "copy.jsonl";
  const auto build = [&] {
    run_process({ARIA_PROGRAM, "midi-dataset", "-r", "--workers", "2", folder / "midi", data});
  };

  build();
  const std::size_t midi_bytes = benchmark::total_bytes(benchmark::load_corpus(folder / "midi"));
  const std::size_t data_bytes = fs::file_size(data);
  std::vector<double> build_times, copy_times, ratios;
  for (int round = 0; round < 21; ++round) {
    fs::remove(copy);
    const double copy_time = benchmark::seconds([&] { run_process({"cp", data, copy}); });
    fs::remove(data);
    const double build_time = benchmark::seconds(build);
    build_times.push_back(build_time);
    copy_times.push_back(copy_time);
    ratios.push_back(build_time / copy_time);
  }
  const double build_time = benchmark::median(build_times);
  const double midi_rate = static_cast<double>(midi_bytes) / 1e6 / build_time;
  std::printf("%.2f MB of MIDI -> %.1f MB of JSON\n", static_cast<double>(midi_bytes) / 1e6,
              static_cast<double>(data_bytes) / 1e6);
  std::printf("aria midi-dataset   %.3f s, %.0f MB of MIDI/s, %.0f times the original (at least 150)\n", build_time,
              midi_rate, midi_rate / 0.50);
  std::printf("cp of the output    %.3f s; aria takes %.2f times as long (aim: within 3)\n",
              benchmark::median(copy_times), benchmark::median(ratios));
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
