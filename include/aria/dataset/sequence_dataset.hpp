// What all data sets of token sequences share: samples for training, read at random and transformed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/transform.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// What a model learns from one sequence: after source[0] to source[i] comes target[i]. Both have the same length; the
/// last target is padding. Ids of the source are below the size of the vocabulary, since a model knows no others. Where
/// padding stands outside of the vocabulary, the source has 0 in its place, to which nothing but padding attends, and
/// the target has padding, from which nothing is learnt.
struct Sample {
  std::vector<TokenId> source;
  std::vector<TokenId> target;
};

/// Which random numbers a transform draws: they belong to (seed, epoch, number of the sequence).
struct EpochDraw {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};

/// Sequences of tokens of one tokenizer, read at random from a file that several threads may share. What kind of file
/// that is says TokenizedDataset or LineDataset. A File has size(), max_seq_len(), equal_lengths(), padding(), path(),
/// line(i), reader(vocabulary) and read(i, reader, tokens), as TokenLinesFile describes them.
template <class File, CheckedTokenizer T>
class SequenceDataset {
 public:
  std::size_t size() const noexcept { return file_.size(); }
  std::size_t max_seq_len() const noexcept { return file_.max_seq_len(); }
  const T& tokenizer() const noexcept { return tokenizer_; }
  const File& file() const noexcept { return file_; }

  /// What is done to the tokens of a sequence before it is handed out: one transform, or several in order.
  void set_transform(Transform transform) { transform_ = std::move(transform); }
  void set_transform(std::vector<Transform> transforms) { transform_ = in_order(std::move(transforms)); }

  bool has_transform() const noexcept { return static_cast<bool>(transform_); }

  using Draw = EpochDraw;

  /// Sequence `i`, transformed. Throws as `read` of the file does.
  Sample get(std::size_t i, Draw draw = {}) const {
    Sample sample;
    get(i, draw, sample);
    return sample;
  }

  /// The same into memory that is used again.
  void get(std::size_t i, Draw draw, Sample& out) const {
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    const auto known = static_cast<TokenId>(vocabulary.size());
    tokens(i, draw, out.source);
    encode(vocabulary, out.source);
    out.target.resize(out.source.size());
    if (out.source.empty()) return;
    std::copy(out.source.begin() + 1, out.source.end(), out.target.begin());
    out.target.back() = vocabulary.pad();
    for (TokenId& token : out.source) token = token < known ? token : 0;
  }

  /// The tokens of sequence `i`, transformed, those outside of the vocabulary as they are: what detokenize likes best.
  void tokens(std::size_t i, Draw draw, std::vector<TokenId>& out) const {
    auto reader = file_.reader(tokenizer_.vocabulary());
    file_.read(i, reader, out);
    if (!transform_) return;
    RandomStream random(draw.seed, draw.epoch, i);
    transform_(out, random);
  }
  std::vector<TokenId> tokens(std::size_t i, Draw draw = {}) const {
    std::vector<TokenId> out;
    tokens(i, draw, out);
    return out;
  }

 protected:
  SequenceDataset(File file, T tokenizer) : file_(std::move(file)), tokenizer_(std::move(tokenizer)) {}

 private:
  File file_;
  T tokenizer_;
  Transform transform_;
};

}  // namespace aria
