// Continuing a piece of music with any tokenizer: what a model is given of it, which tokens it may answer with, and the
// music that comes of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <aria/midi/messages.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/sampling/generation.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

namespace detail {

// Under these texts a tokenizer may have tokens that say that the music ends here, or soon.
inline constexpr std::string_view kEndText = R"("<E>")", kDiminishText = R"("<D>")";

}  // namespace detail

/// The first tokens of a piece, `most` at most, as a model sees them, and without those that say that the piece ends:
/// it is to go on. Throws as the tokenizer does.
template <Tokenizer T>
std::vector<TokenId> prompt_of(const T& tokenizer, const MidiDict& piece, std::size_t most) {
  std::vector<TokenId> tokens;
  tokenizer.tokenize(piece, RandomStream(0), tokens);
  for (const std::string_view text : {detail::kEndText, detail::kDiminishText}) {
    if (const auto token = tokenizer.vocabulary().find(text)) std::erase(tokens, *token);
  }
  tokens.resize(std::min(tokens.size(), most));
  encode(tokenizer.vocabulary(), std::span<TokenId>(tokens));
  return tokens;
}

/// A plan for music of at most so many tokens behind the prompt. It ends with the end token "<E>"; a forced end begins
/// with the token "<D>" that has music diminish, where there is one, and leaves notes their durations; other special
/// tokens, padding among them, are never chosen. Keeps a reference to the tokenizer.
template <Tokenizer T>
GenerationPlan continuation_plan(const T& tokenizer, std::size_t max_new_tokens, bool force_end = false) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  GenerationPlan plan;
  plan.max_new_tokens = max_new_tokens;
  plan.end = vocabulary.find(detail::kEndText);
  plan.ending = vocabulary.find(detail::kDiminishText);
  if (!plan.ending) plan.ending = plan.end;
  plan.force_end = force_end;
  plan.may_not_be_replaced = [&tokenizer](TokenId token) {
    if constexpr (TypedTokenizer<T>) {
      return tokenizer.view(token).kind == TokenKind::duration;
    } else {
      return tokenizer.role(token) == TokenRole::continuation;
    }
  };
  for (TokenId token = 0; token < vocabulary.size(); ++token) {
    const bool wanted = token == plan.end || token == plan.ending;
    if (tokenizer.role(token) == TokenRole::special && !wanted) plan.never.push_back(token);
  }
  return plan;
}

/// A piece whose first notes were given and whose others are new.
struct ContinuedPiece {
  MidiDict piece;
  std::size_t given_notes = 0;
  SkippedTokens skipped{};  ///< what the piece could not be made of
};

/// The music of a prompt with what follows it.
template <Tokenizer T>
ContinuedPiece continued_piece(const T& tokenizer, std::span<const TokenId> sequence, std::size_t prompt_tokens) {
  ContinuedPiece continued;
  continued.piece = tokenizer.detokenize(sequence, &continued.skipped);
  const MidiDict prompt = tokenizer.detokenize(sequence.first(std::min(prompt_tokens, sequence.size())), nullptr);
  // Where notes end is said behind them, so the last ones of a prompt may be longer in the whole.
  const auto same = [](const NoteMsg& a, const NoteMsg& b) {
    return a.start() == b.start() && a.pitch() == b.pitch() && a.channel() == b.channel();
  };
  const auto& given = prompt.notes;
  const auto& all = continued.piece.notes;
  const auto end = std::mismatch(given.begin(), given.end(), all.begin(), all.end(), same).first;
  continued.given_notes = static_cast<std::size_t>(end - given.begin());
  return continued;
}

}  // namespace aria
