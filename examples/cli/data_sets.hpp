// Data sets of sequences, whatever file they lie in.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/line_dataset.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/midi/reading.hpp>

#include "program.hpp"
#include "token_lines.hpp"
#include "tokenizers.hpp"

namespace data_sets {

/// Calls `use` with the TokenizedDataset or the LineDataset that a file holds. Throws UsageError where `encoding` is
/// said of a file that names its tokenizer, and as these and tokenizers::of_file do.
template <class Use>
auto open(const std::string& path, std::optional<aria::LakhEncoding> encoding, aria::Reading reading, Use use) {
  if (token_lines::is_file(path)) {
    return token_lines::with_tokenizer(path, encoding, [&](auto tokenizer) {
      aria::LineDataset data(path, std::move(tokenizer));
      return use(data);
    });
  }
  if (encoding) throw cli::UsageError("--encoding: the input holds no lines of ids");
  const auto use_tokenized = [&](auto tokenizer) {
    aria::TokenizedDataset data(path, std::move(tokenizer));
    return use(data);
  };
  return tokenizers::of_file(path, use_tokenized, reading);
}

}  // namespace data_sets
