// MidiDict -> token ids on one core, in the standard reading, against the original; beside it, for orientation, adding
// up the bytes of the same notes one by one.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/tokenizer.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

// What EleutherAI's Aria (commit 1e400b6, CPython 3.11) makes of this corpus on one core: TokenizerLazy().tokenize and
// encode of MidiDicts in memory.
constexpr double kOriginalTokensPerSecond = 183'000;
constexpr double kAtLeast = 150, kAim = 500;  // times the original

// The pieces of the corpus that give tokens.
std::vector<aria::MidiDict> load_pieces(const std::string& folder, const aria::LazyTokenizer& tokenizer) {
  std::vector<aria::MidiDict> pieces;
  for (const auto& file : benchmark::load_corpus(folder)) {
    try {
      auto piece = aria::MidiDict::from_midi(std::as_bytes(std::span(file.bytes.data(), file.bytes.size())), file.name);
      tokenizer.tokenize(piece);
      pieces.push_back(std::move(piece));
    } catch (const aria::Error&) {
      continue;
    }
  }
  if (pieces.empty()) throw std::runtime_error("no music in " + folder);
  return pieces;
}

void run(const std::string& folder) {
  const aria::LazyTokenizer tokenizer;
  const std::vector<aria::MidiDict> pieces = load_pieces(folder, tokenizer);
  std::size_t notes = 0;
  for (const aria::MidiDict& piece : pieces) notes += piece.notes.size();

  std::size_t tokens = 0;
  std::vector<aria::TokenId> ids;
  const auto tokenize_all = [&] {
    tokens = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      tokenizer.tokenize(pieces[i], aria::RandomStream(0, i), ids);
      aria::encode(tokenizer.vocabulary(), ids);
      tokens += ids.size();
      benchmark::keep(ids);
    }
  };
  const auto sum_all = [&] {
    for (const aria::MidiDict& piece : pieces) {
      benchmark::keep(benchmark::sum_one_by_one(reinterpret_cast<const char*>(piece.notes.data()),
                                                piece.notes.size() * sizeof(aria::NoteMsg)));
    }
  };
  const auto result = benchmark::compare(61, tokenize_all, sum_all);
  const double rate = static_cast<double>(tokens) / result.work_seconds;
  std::printf("%zu pieces, %zu notes, %zu tokens\n", pieces.size(), notes, tokens);
  std::printf("MidiDict -> ids   %.1f M tokens/s, %.2f ns a token, %.0f times the original (at least %.0f, aim %.0f)\n",
              rate / 1e6, 1e9 / rate, rate / kOriginalTokensPerSecond, kAtLeast, kAim);
  std::printf("                  %.2f times as fast as adding up the bytes of the notes\n", result.ratio);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
