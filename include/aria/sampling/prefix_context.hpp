// Logits of whole sequences, of which a model computes only what has changed since the last time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <aria/sampling/language_model.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// A batch of sequences of one length that are mostly those of the time before with some tokens more. What they have in
/// common with these is not computed again, as far as the model can go back; the logits are the same as if all of it
/// were.
///
///     PrefixContext context(model);
///     context.fill_logits(rows, logits);  // of what follows behind each of the rows
///
/// Where only some tokens may follow, a model that has `append(context, tokens, logits, first, end)` computes the
/// logits of ids `first` to `end` - 1 alone, and leaves the others as they are.
template <LanguageModel Model>
class PrefixContext {
 public:
  explicit PrefixContext(Model& model) : model_(model) {}

  /// Replaces `logits` by those of what follows, row after row. The rows are not empty.
  void fill_logits(const std::vector<std::vector<TokenId>>& rows, std::vector<float>& logits) {
    fill_logits(rows, logits, 0, model_.vocabulary_size());
  }

  /// The same; only those of ids `first` to `end` - 1 are asked for, the others may be anything.
  void fill_logits(const std::vector<std::vector<TokenId>>& rows, std::vector<float>& logits, std::size_t first,
                   std::size_t end) {
    const std::size_t length = rows.front().size();
    go_back(rows, common(rows));
    tokens_.clear();
    for (const auto& row : rows) {
      tokens_.insert(tokens_.end(), row.begin() + static_cast<std::ptrdiff_t>(length_), row.end());
    }
    logits.resize(rows.size() * model_.vocabulary_size());
    append(std::span<const TokenId>(tokens_), std::span<float>(logits), first, end);
    seen_ = rows;
    length_ = length;
  }

  /// Keeps only these rows, in this order.
  void keep_rows(std::span<const std::size_t> rows) {
    if (!context_) return;
    if constexpr (requires { model_.keep_rows(*context_, rows); }) {
      model_.keep_rows(*context_, rows);
      std::vector<std::vector<TokenId>> kept;
      for (const std::size_t row : rows) kept.push_back(std::move(seen_[row]));
      seen_ = std::move(kept);
    } else {
      context_.reset();
    }
  }

 private:
  using Context = decltype(std::declval<Model&>().begin(1));

  void append(std::span<const TokenId> tokens, std::span<float> logits, std::size_t first, std::size_t end) {
    if constexpr (requires { model_.append(*context_, tokens, logits, first, end); }) {
      model_.append(*context_, tokens, logits, first, end);
    } else {
      model_.append(*context_, tokens, logits);
    }
  }

  // How many tokens of all rows are those of before; one at least is left to be computed.
  std::size_t common(const std::vector<std::vector<TokenId>>& rows) const {
    if (!context_ || rows.size() != seen_.size()) return 0;
    std::size_t count = std::min(length_, rows.front().size() - 1);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto end = seen_[i].begin() + static_cast<std::ptrdiff_t>(count);
      count = static_cast<std::size_t>(std::mismatch(seen_[i].begin(), end, rows[i].begin()).first - seen_[i].begin());
    }
    return count;
  }

  void go_back(const std::vector<std::vector<TokenId>>& rows, std::size_t length) {
    if (length > 0 && length == length_) return;
    if constexpr (requires { model_.truncate(*context_, length); }) {
      if (length > 0) {
        model_.truncate(*context_, length);
        length_ = length;
        return;
      }
    }
    context_.emplace(model_.begin(rows.size()));
    length_ = 0;
  }

  Model& model_;
  std::optional<Context> context_;
  std::vector<std::vector<TokenId>> seen_;
  std::size_t length_ = 0;  // of these
  std::vector<TokenId> tokens_;
};

}  // namespace aria
