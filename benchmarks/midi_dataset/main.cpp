// `aria midi-dataset` as a whole process with two workers: a folder in memory -> a data set in memory; against `cp` of
// the data set, and against the original Python program, which was measured at 0.50 MB of MIDI a second on one core.
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
  const benchmark::MemoryFolder memory;
  const fs::path& folder = memory.path;
  fs::copy(corpus, folder / "midi", fs::copy_options::recursive);
  const std::string data = folder / "data.jsonl";
  const std::string copy = folder / "copy.jsonl";
  const auto build = [&] {
    benchmark::run_process({ARIA_PROGRAM, "midi-dataset", "-r", "--workers", "2", folder / "midi", data});
  };

  build();
  const std::size_t midi_bytes = benchmark::total_bytes(benchmark::load_corpus(folder / "midi"));
  const std::size_t data_bytes = fs::file_size(data);
  std::vector<double> build_times, copy_times, ratios;
  for (int round = 0; round < 21; ++round) {
    fs::remove(copy);
    const double copy_time = benchmark::seconds([&] { benchmark::run_process({"cp", data, copy}); });
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
