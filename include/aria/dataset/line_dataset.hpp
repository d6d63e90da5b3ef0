// A LineDataset: the training sequences of a file of token lines, read at random.
#pragma once

#include <string>
#include <utility>

#include <aria/dataset/sequence_dataset.hpp>
#include <aria/dataset/token_lines_file.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// The sequences of a file as the Lakh recipe writes it, for the tokenizer whose ids these are.
///
///     aria::LineDataset data("train.txt", aria::anticipation::ArrivalTokenizer());
///     const aria::Sample sample = data.get(17, {.seed = 0, .epoch = 3});
///
/// Sequences have no padding. Transforms may put some in, and ids outside of the vocabulary: see Sample.
template <CheckedTokenizer T>
class LineDataset : public SequenceDataset<TokenLinesFile, T> {
 public:
  /// Throws as TokenLinesFile does. There is no header that names the tokenizer: instead, the first sequence is read,
  /// which throws as TokenLinesFile::read does where it has other ids.
  LineDataset(std::string path, T tokenizer)
      : SequenceDataset<TokenLinesFile, T>(TokenLinesFile(std::move(path)), std::move(tokenizer)) {
    this->tokens(0);
  }
};

}  // namespace aria
