// What sampling asks of a language model.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <aria/token/token.hpp>

namespace aria {

/// A model that says what comes next, for several sequences at once that all have the same length. It has
///
/// - `vocabulary_size()`, the number of its tokens, and `max_seq_len()`, the most tokens that a sequence may have;
/// - `begin(batch)`, a context of `batch` empty sequences;
/// - `append(context, tokens, logits)`, which puts the same number of tokens behind each sequence (`tokens` is row
/// after
///   row, batch * count of them) and writes the logits of what follows, batch * vocabulary_size() of them. A cache of
///   what was computed before is the context's own business.
///
/// Contexts are independent of each other: guidance has one with and one without the prompt.
template <class M>
concept LanguageModel = requires(M& model, std::size_t batch, std::span<const TokenId> tokens,
                                 std::span<float> logits) {
  { model.vocabulary_size() } -> std::convertible_to<std::size_t>;
  { model.max_seq_len() } -> std::convertible_to<std::size_t>;
  model.begin(batch);
  requires requires(decltype(model.begin(batch))& context) { model.append(context, tokens, logits); };
};

}  // namespace aria
