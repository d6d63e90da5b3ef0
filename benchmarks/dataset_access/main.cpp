// A TokenizedDataset in a file: opening it, against a search for line feeds in the mapped file; and reading sequences
// at random with the four augmentations, against the original Python, which was measured at 343 sequences of 2048
// tokens a second on one core.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include <aria/augmentation.hpp>
#include <aria/dataset.hpp>
#include <aria/tokenizer.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"
#include "../support/process.hpp"

namespace {

std::size_t count_lines(const std::string& path) {
  const aria::MappedFile file(path);
  const char* at = file.view().data();
  const char* const end = at + file.size();
  std::size_t lines = 0;
  while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
    at = static_cast<const char*>(found) + 1;
    ++lines;
  }
  return lines;
}

// Sequences a second over one epoch in random order.
template <class Data>
double read_rate(const Data& data) {
  constexpr std::size_t kReads = 4000;
  aria::Sample sample;
  std::uint64_t epoch = 0;
  std::vector<double> rates;
  for (int round = 0; round < 11; ++round, ++epoch) {
    aria::RandomStream random(1, epoch);
    const double time = benchmark::seconds([&] {
      for (std::size_t i = 0; i < kReads; ++i) {
        data.get(random.below(static_cast<std::uint32_t>(data.size())), {.seed = 0, .epoch = epoch}, sample);
        benchmark::keep(sample.target.back());
      }
    });
    rates.push_back(kReads / time);
  }
  return benchmark::median(rates);
}

void run(const std::string& corpus) {
  constexpr double kOriginalRate = 343;
  const benchmark::MemoryFolder memory;
  const std::string pieces = memory.path / "pieces.jsonl", path = memory.path / "data.jsonl";
  benchmark::run_process({ARIA_PROGRAM, "midi-dataset", "-r", corpus, pieces});
  benchmark::run_process({ARIA_PROGRAM, "tokenized-dataset", pieces, path});

  const aria::LazyTokenizer tokenizer;
  const auto open = [&] { benchmark::keep(aria::TokenizedDatasetFile(path).size()); };
  const auto search = [&] { benchmark::keep(count_lines(path)); };
  benchmark::print("opening a TokenizedDataset", std::filesystem::file_size(path), benchmark::compare(21, open, search),
                   0.5, 0.9);

  aria::TokenizedDataset data(path, tokenizer);
  std::printf("%zu sequences of %zu tokens\n", data.size(), data.max_seq_len());
  const double plain = read_rate(data);
  data.set_transform(aria::default_augmentations(tokenizer));
  const double augmented = read_rate(data);
  std::printf("random access                        %8.0f sequences/s\n", plain);
  std::printf(
      "random access, four augmentations    %8.0f sequences/s, %.0f times the original (at least 100, aim 300)\n",
      augmented, augmented / kOriginalRate);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
