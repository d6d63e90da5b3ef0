// Augmentations of sequences of 2048 tokens: how many a second, on one core. The original reads, augments and encodes
// 343 of them a second.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/augmentation.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/midi.hpp>
#include <aria/tokenizer.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

using Tokens = std::vector<aria::TokenId>;

constexpr std::size_t kLength = 2048;

std::vector<Tokens> sequences_of(const aria::LazyTokenizer& tokenizer, const std::string& folder) {
  std::vector<Tokens> sequences;
  aria::WindowCutter windows(tokenizer, {.max_seq_len = kLength, .stride_len = kLength / 2});
  const auto take = [&](std::span<const aria::TokenId> window) {
    sequences.emplace_back(window.begin(), window.end());
  };
  for (const auto& file : benchmark::load_corpus(folder)) {
    try {
      const std::span<const char> bytes(file.bytes.data(), file.bytes.size());
      windows.cut(tokenizer.tokenize(aria::MidiDict::from_midi(std::as_bytes(bytes))), take);
    } catch (const aria::Error&) {
      continue;
    }
  }
  if (sequences.empty()) throw std::runtime_error("no MIDI files in " + folder);
  return sequences;
}

void measure(const char* what, const std::vector<Tokens>& sequences, const aria::Transform& augment) {
  constexpr int kRounds = 21;
  std::vector<double> rounds;
  Tokens tokens;
  for (int round = 0; round < kRounds; ++round) {
    rounds.push_back(benchmark::seconds([&] {
      for (std::size_t i = 0; i < sequences.size(); ++i) {
        tokens = sequences[i];
        aria::RandomStream random(0, static_cast<std::uint64_t>(round), i);
        augment(tokens, random);
        benchmark::keep(tokens);
      }
    }));
  }
  const double each = benchmark::median(rounds) / static_cast<double>(sequences.size());
  std::printf("%-30s %9.0f sequences/s   %5.2f ns a token\n", what, 1 / each, each * 1e9 / kLength);
}

void run(const std::string& folder) {
  const aria::LazyTokenizer tokenizer;
  const std::vector<Tokens> sequences = sequences_of(tokenizer, folder);
  std::printf("%zu sequences of %zu tokens\n", sequences.size(), kLength);
  measure("copy, which all contain", sequences, [](Tokens&, aria::RandomStream&) {});
  measure("chord mix-up", sequences, aria::ChordMixup(tokenizer));
  measure("velocity", sequences, aria::VelocityAugmentation(tokenizer, 1));
  measure("pitch", sequences, aria::PitchAugmentation(tokenizer, 5));
  measure("tempo", sequences, aria::TempoAugmentation(tokenizer, 0.2));
  measure("all four", sequences, aria::default_augmentations(tokenizer));
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
