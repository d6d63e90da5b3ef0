// The commands of the Lakh recipe as whole processes with two workers, on a tree in memory as `aria lakh-layout` makes
// it; against the original Python programs, which were measured on one core for the conformance data's real files in
// the same layout, in MB of MIDI a second.
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"
#include "../support/process.hpp"

namespace {

namespace fs = std::filesystem;

struct Tree {
  std::string path;
  double megabytes = 0;

  explicit Tree(const std::string& folder) : path(folder) {}

  void clean_events() const {
    for (const char split : std::string("0123456789abcdef")) fs::remove(path + "/tokenized-events-" + split + ".txt");
    fs::remove(path + "/.aria-state");
  }
  void clean() const {
    clean_events();
    std::vector<fs::path> texts;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".txt") texts.push_back(entry.path());
    }
    for (const auto& text : texts) fs::remove(text);
  }
};

// One line: `prepare` is not timed.
void measure(const char* name, double megabytes, double original, double at_least, double aim,
             const std::function<void()>& prepare, const std::function<void()>& work) {
  std::vector<double> times;
  for (int round = -1; round < 15; ++round) {
    prepare();
    const double time = benchmark::seconds(work);
    if (round >= 0) times.push_back(time);
  }
  const double time = benchmark::median(times);
  std::printf("%-24s %.3f s  %6.0f MB of MIDI/s  %5.0f times the original  (at least %.0f, aim %.0f)\n", name, time,
              megabytes / time, megabytes / time / original, at_least, aim);
}

void run(const std::string& corpus) {
  const benchmark::MemoryFolder memory;
  Tree tree(memory.path / "tree");
  benchmark::run_process({"cp", "-r", corpus, memory.path / "corpus"});
  benchmark::run_process({ARIA_PROGRAM, "lakh-layout", memory.path / "corpus", tree.path});
  for (const auto& entry : fs::recursive_directory_iterator(tree.path)) {
    if (entry.is_regular_file()) tree.megabytes += static_cast<double>(entry.file_size()) / 1e6;
  }
  std::printf("%.2f MB of MIDI\n", tree.megabytes);
  const std::string out = memory.path / "out";
  measure(
      "midi-preprocess", tree.megabytes, 0.28, 150, 500, [&] { tree.clean(); },
      [&] {
        benchmark::run_process({ARIA_PROGRAM, "midi-preprocess", "--workers", "2", tree.path});
      });
  const auto tokenize = [&](std::initializer_list<std::string> options) {
    std::vector<std::string> words = {ARIA_PROGRAM, "tokenize-lakh", "--workers", "2"};
    words.insert(words.end(), options);
    words.push_back(tree.path);
    benchmark::run_process(words);
  };
  const auto clean_events = [&] { tree.clean_events(); };
  measure("tokenize-lakh -k 1", tree.megabytes, 4.4, 40, 100, clean_events, [&] { tokenize({"-k", "1"}); });
  measure("tokenize-lakh -k 10", tree.megabytes, 0.28, 150, 400, clean_events, [&] { tokenize({"-k", "10"}); });
  measure("tokenize-lakh -i", tree.megabytes, 0.29, 150, 500, clean_events, [&] { tokenize({"-i"}); });
  measure(
      "lakh -k 1", tree.megabytes, 0.26, 200, 600, [&] { fs::remove_all(out); },
      [&] {
        benchmark::run_process({ARIA_PROGRAM, "lakh", "-k", "1", "--workers", "2", tree.path, out});
      });
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
