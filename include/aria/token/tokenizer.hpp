// The concept of a tokenizer: everything that data sets, export, training and sampling need to know of one.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/midi_dict.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// What detokenizing could make nothing of.
struct SkippedTokens {
  std::uint64_t unknown = 0;    ///< ids outside the vocabulary, and the unknown token
  std::uint64_t misplaced = 0;  ///< tokens where they make no sense: a note without a duration, a prefix in the music
  std::uint64_t silent = 0;     ///< notes of velocity or duration 0

  std::uint64_t total() const noexcept { return unknown + misplaced + silent; }
};

/// A tokenizer is a value that turns pieces of music into tokens and back. It is copied into data sets and used by
/// several threads at once; large tables are best held by a std::shared_ptr<const ...>. It has
///
/// - `name()`, and `config_json()`, a JSON object with everything that decides the vocabulary: both stand in the first
///   line of every data set and are compared when one is opened;
/// - `vocabulary()`, its tokens and their texts;
/// - `role(token)`, what part a token plays when sequences are cut into windows;
/// - `tokenize(piece, random, out)`, which replaces the contents of `out` and throws aria::Error where the piece gives
///   no tokens. Whatever it draws, it draws from `random`;
/// - `detokenize(tokens, skipped)`, which gives a MidiDict for any tokens, and adds what it left out to `*skipped`
///   unless that is null.
///
/// tests/support/performance_tokenizer.hpp is a complete one of a few dozen lines.
template <class T>
concept Tokenizer = std::copy_constructible<T> &&
    requires(const T& tokenizer, const MidiDict& piece, RandomStream random, std::vector<TokenId>& out,
             std::span<const TokenId> tokens, TokenId token, SkippedTokens* skipped) {
  { tokenizer.name() } -> std::convertible_to<std::string_view>;
  { tokenizer.config_json() } -> std::convertible_to<std::string>;
  { tokenizer.vocabulary() } -> std::same_as<const Vocabulary&>;
  { tokenizer.role(token) } -> std::same_as<TokenRole>;
  {tokenizer.tokenize(piece, random, out)};
  { tokenizer.detokenize(tokens, skipped) } -> std::same_as<MidiDict>;
};

/// A tokenizer whose tokens have a typed view, from which augmentations compute.
///
/// - `view(token)` says what a token means, for any number;
/// - `find(view)` is the token with that meaning, and `vocabulary().unknown()` where there is none;
/// - `velocity_step()` and `time_step()` (milliseconds) are the grids on which velocities and times lie,
/// `max_velocity()`
///   and `max_time()` (milliseconds) their last values.
template <class T>
concept TypedTokenizer = Tokenizer<T> && requires(const T& tokenizer, TokenId token, const TokenView& view) {
  { tokenizer.view(token) } -> std::same_as<TokenView>;
  { tokenizer.find(view) } -> std::same_as<TokenId>;
  { tokenizer.velocity_step() } -> std::convertible_to<int>;
  { tokenizer.max_velocity() } -> std::convertible_to<int>;
  { tokenizer.time_step() } -> std::convertible_to<std::int32_t>;
  { tokenizer.max_time() } -> std::convertible_to<std::int32_t>;
};

/// A typed tokenizer that says the length of a note right behind it, so that notes that start together may stand in any
/// order: `static constexpr bool kNotesHoldDurations = true`.
template <class T>
concept NoteTokenizer = TypedTokenizer<T> && T::kNotesHoldDurations;

/// `tokenizer.encode(tokens)` for any Tokenizer: what a model sees, in place.
inline void encode(const Vocabulary& vocabulary, std::span<TokenId> tokens) noexcept {
  for (TokenId& token : tokens) token = vocabulary.encode(token);
}

/// The tokens that texts stand for, and back: what the original's encode and decode do with lists of tokens. A text
/// that no token has becomes the unknown token.
template <Tokenizer T>
std::vector<TokenId> encode(const T& tokenizer, std::span<const std::string_view> texts) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> tokens;
  tokens.reserve(texts.size());
  for (const std::string_view text : texts) {
    tokens.push_back(vocabulary.encode(vocabulary.find(text).value_or(vocabulary.unknown())));
  }
  return tokens;
}

template <Tokenizer T>
std::vector<std::string_view> decode(const T& tokenizer, std::span<const TokenId> tokens) {
  std::vector<std::string_view> texts;
  texts.reserve(tokens.size());
  for (const TokenId token : tokens) texts.push_back(tokenizer.vocabulary().text(token));
  return texts;
}

}  // namespace aria
