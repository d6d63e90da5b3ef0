// `aria tokenized-dataset` as a whole process with two workers: a MidiDataset in memory -> a TokenizedDataset in
// memory, with the default lengths (2048 and 1024); against `cp` of the output, and against the original Python
// program, which was measured at 8.5 s on one core for the MidiDataset of the conformance data's real files.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"
#include "../support/process.hpp"

namespace {

namespace fs = std::filesystem;

void run(const std::string& corpus) {
  constexpr double kOriginalSeconds = 8.5;
  const benchmark::MemoryFolder memory;
  const std::string pieces = memory.path / "pieces.jsonl", data = memory.path / "data.jsonl";
  const std::string copy = memory.path / "copy.jsonl";
  benchmark::run_process({ARIA_PROGRAM, "midi-dataset", "-r", corpus, pieces});
  const auto build = [&] {
    benchmark::run_process({ARIA_PROGRAM, "tokenized-dataset", "--workers", "2", pieces, data});
  };

  build();
  std::vector<double> build_times, copy_times;
  for (int round = 0; round < 21; ++round) {
    fs::remove(copy);
    copy_times.push_back(benchmark::seconds([&] { benchmark::run_process({"cp", data, copy}); }));
    fs::remove(data);
    build_times.push_back(benchmark::seconds(build));
  }
  const double build_time = benchmark::median(build_times), copy_time = benchmark::median(copy_times);
  std::printf("%.1f MB of MidiDataset -> %.1f MB of TokenizedDataset\n",
              static_cast<double>(fs::file_size(pieces)) / 1e6, static_cast<double>(fs::file_size(data)) / 1e6);
  std::printf("aria tokenized-dataset   %.3f s, %.0f times the original on the real files (at least 100, aim 250)\n",
              build_time, kOriginalSeconds / build_time);
  std::printf("cp of the output         %.3f s; aria takes %.2f times as long\n", copy_time, build_time / copy_time);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
