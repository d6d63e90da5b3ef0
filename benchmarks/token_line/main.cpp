// TokenizedDataset line -> ids and back, against memcpy of the same lines.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/tokenizer.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

constexpr std::size_t kLength = 2048;
constexpr std::size_t kPadding = aria::TokenLineReader::kPadding;

using Tokens = std::vector<aria::TokenId>;

// The tokens of a piece in sequences of equal length, the last one filled up.
void cut(const Tokens& tokens, aria::TokenId pad, std::vector<Tokens>& sequences) {
  for (std::size_t begin = 0; begin < tokens.size(); begin += kLength) {
    const std::size_t end = std::min(begin + kLength, tokens.size());
    Tokens& sequence = sequences.emplace_back(tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                                              tokens.begin() + static_cast<std::ptrdiff_t>(end));
    sequence.resize(kLength, pad);
  }
}

std::vector<Tokens> sequences_of(const std::string& folder, const aria::LazyTokenizer& tokenizer) {
  std::vector<Tokens> sequences;
  for (const auto& file : benchmark::load_corpus(folder)) {
    try {
      const auto piece = aria::MidiDict::from_midi(std::as_bytes(std::span(file.bytes.data(), file.bytes.size())));
      cut(tokenizer.tokenize(piece), tokenizer.vocabulary().pad(), sequences);
    } catch (const aria::Error&) {
      continue;
    }
  }
  if (sequences.empty()) throw std::runtime_error("no MIDI files in " + folder);
  return sequences;
}

// All lines in one piece of memory, as in a file.
struct Lines {
  std::string text = std::string(kPadding, ' ');
  std::vector<std::size_t> ends{kPadding};

  void add(std::string_view line) {
    text += line;
    ends.push_back(text.size());
  }
  std::size_t size() const { return ends.size() - 1; }
  std::size_t bytes() const { return ends.back() - kPadding; }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(text).substr(ends[i], ends[i + 1] - ends[i]);
  }
};

Lines lines_of(const std::vector<Tokens>& sequences, const aria::Vocabulary& vocabulary) {
  Lines lines;
  aria::ByteBuffer line;
  for (const Tokens& sequence : sequences) {
    line.clear();
    aria::write_token_line(vocabulary, sequence, line);
    lines.add(line.view());
  }
  lines.text.append(kPadding, ' ');
  return lines;
}

void check(const Lines& lines, const std::vector<Tokens>& sequences, const aria::Vocabulary& vocabulary) {
  aria::TokenLineReader reader(vocabulary);
  Tokens tokens;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    reader.read(lines[i], tokens);
    if (tokens != sequences[i]) throw std::runtime_error("a line does not come back as it was");
  }
}

void run(const std::string& folder) {
  const aria::LazyTokenizer tokenizer;
  const aria::Vocabulary& vocabulary = tokenizer.vocabulary();
  const std::vector<Tokens> sequences = sequences_of(folder, tokenizer);
  const Lines lines = lines_of(sequences, vocabulary);
  check(lines, sequences, vocabulary);
  std::printf("%zu lines of %zu tokens, %zu bytes\n", lines.size(), kLength, lines.bytes());

  std::string copy(lines.bytes(), ' ');
  const auto copy_all = [&] {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::memcpy(copy.data(), lines[i].data(), lines[i].size());
      benchmark::keep(copy);
    }
  };
  aria::TokenLineReader reader(vocabulary);
  Tokens tokens;
  const auto read_all = [&] {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      reader.read(lines[i], tokens);
      benchmark::keep(tokens);
    }
  };
  aria::ByteBuffer written;
  const auto write_all = [&] {
    for (const Tokens& sequence : sequences) {
      written.clear();
      aria::write_token_line(vocabulary, sequence, written);
      benchmark::keep(written);
    }
  };
  benchmark::print("line -> ids", lines.bytes(), benchmark::compare(31, read_all, copy_all), 0.08, 0.30);
  benchmark::print("ids -> line", lines.bytes(), benchmark::compare(31, write_all, copy_all), 0.20, 0.40);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
