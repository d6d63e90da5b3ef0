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

namespace detail {

// One concept a requirement, so that TokenizerCheck can say which one is not met.
template <class T>
concept HasName = requires(const T& tokenizer) {
  { tokenizer.name() } -> std::convertible_to<std::string_view>;
};
template <class T>
concept HasConfigJson = requires(const T& tokenizer) {
  { tokenizer.config_json() } -> std::convertible_to<std::string>;
};
template <class T>
concept HasVocabulary = requires(const T& tokenizer) {
  { tokenizer.vocabulary() } -> std::same_as<const Vocabulary&>;
};
template <class T>
concept HasRole = requires(const T& tokenizer, TokenId token) {
  { tokenizer.role(token) } -> std::same_as<TokenRole>;
};
template <class T>
concept HasTokenize = requires(const T& tokenizer, const MidiDict& piece, RandomStream random,
                               std::vector<TokenId>& out) {
  tokenizer.tokenize(piece, random, out);
};
template <class T>
concept HasDetokenize = requires(const T& tokenizer, std::span<const TokenId> tokens, SkippedTokens* skipped) {
  { tokenizer.detokenize(tokens, skipped) } -> std::same_as<MidiDict>;
};
template <class T>
concept HasView = requires(const T& tokenizer, TokenId token) {
  { tokenizer.view(token) } -> std::same_as<TokenView>;
};
template <class T>
concept HasFind = requires(const T& tokenizer, const TokenView& view) {
  { tokenizer.find(view) } -> std::same_as<TokenId>;
};
template <class T>
concept HasGrids = requires(const T& tokenizer) {
  { tokenizer.velocity_step() } -> std::convertible_to<int>;
  { tokenizer.max_velocity() } -> std::convertible_to<int>;
  { tokenizer.time_step() } -> std::convertible_to<std::int32_t>;
  { tokenizer.max_time() } -> std::convertible_to<std::int32_t>;
};
template <class T>
concept HoldsDurations = T::kNotesHoldDurations;

}  // namespace detail

/// A tokenizer is a value that turns pieces of music into tokens and back. It is copied into data sets and used by
/// several threads at once; large tables are best held by a std::shared_ptr<const ...>. It has
///
/// - `name()`, and `config_json()`, a JSON object with everything that decides the vocabulary: both stand in the first
///   line of every data set and are compared when one is opened;
/// - `vocabulary()`, its tokens and their texts;
/// - `role(token)`, what part a token plays when sequences are cut into windows, for any number;
/// - `tokenize(piece, random, out)`, which replaces the contents of `out` and throws aria::Error where the piece gives
///   no tokens. Whatever it draws, it draws from `random`;
/// - `detokenize(tokens, skipped)`, which gives a MidiDict for any tokens, and adds what it left out to `*skipped`
///   unless that is null.
///
/// examples/tokenizers/performance_tokenizer.hpp is a complete one, to begin from.
template <class T>
concept Tokenizer = detail::HasName<T> && detail::HasConfigJson<T> && detail::HasVocabulary<T> && detail::HasRole<T> &&
    detail::HasTokenize<T> && detail::HasDetokenize<T> && std::copy_constructible<T>;
// Copies come last: a class with a constructor for any tokenizer asks this of itself when it is copied, and must not
// get there again.

/// A tokenizer whose tokens have a typed view, from which augmentations compute.
///
/// - `view(token)` says what a token means, for any number;
/// - `find(view)` is the token with that meaning, and `vocabulary().unknown()` where there is none;
/// - `velocity_step()` and `time_step()` (milliseconds) are the grids on which velocities and times lie,
///   `max_velocity()` and `max_time()` (milliseconds) their last values.
template <class T>
concept TypedTokenizer = Tokenizer<T> && detail::HasView<T> && detail::HasFind<T> && detail::HasGrids<T>;

/// A typed tokenizer that says the length of a note right behind it, so that notes that start together may stand in any
/// order: `static constexpr bool kNotesHoldDurations = true`.
template <class T>
concept NoteTokenizer = TypedTokenizer<T> && detail::HoldsDurations<T>;

namespace detail {

// Compiles for tokenizers only; for anything else the compiler says in one line each what is missing.
template <class T>
struct TokenizerCheck {
  static_assert(std::copy_constructible<T>, "a tokenizer must be copyable");
  static_assert(HasName<T>, "a tokenizer needs `std::string_view name() const`");
  static_assert(HasConfigJson<T>, "a tokenizer needs `std::string config_json() const`");
  static_assert(HasVocabulary<T>, "a tokenizer needs `const aria::Vocabulary& vocabulary() const`");
  static_assert(HasRole<T>, "a tokenizer needs `aria::TokenRole role(aria::TokenId) const`");
  static_assert(HasTokenize<T>,
                "a tokenizer needs `void tokenize(const aria::MidiDict&, aria::RandomStream, "
                "std::vector<aria::TokenId>&) const`");
  static_assert(HasDetokenize<T>,
                "a tokenizer needs `aria::MidiDict detokenize(std::span<const aria::TokenId>, aria::SkippedTokens*) "
                "const`");
  static constexpr bool kDone = true;
};
template <class T>
struct TypedTokenizerCheck : TokenizerCheck<T> {
  static_assert(HasView<T>, "a typed tokenizer needs `aria::TokenView view(aria::TokenId) const`");
  static_assert(HasFind<T>, "a typed tokenizer needs `aria::TokenId find(const aria::TokenView&) const`");
  static_assert(HasGrids<T>,
                "a typed tokenizer needs `velocity_step() const`, `max_velocity() const`, `time_step() const` and "
                "`max_time() const`, all of them numbers");
};
template <class T>
struct NoteTokenizerCheck : TypedTokenizerCheck<T> {
  static_assert(HoldsDurations<T>,
                "the notes of this tokenizer must stay in their order: it has no `static constexpr bool "
                "kNotesHoldDurations = true`");
};

}  // namespace detail

/// The same three for whatever users hand a tokenizer to. Where the plain ones are only false, these stop the compiler
/// with a line that names the function that is missing. So they do not go with templates that are one of several to
/// choose from by their first argument.
///
///     static_assert(aria::CheckedTokenizer<MyTokenizer>);
///     // error: static assertion failed: a tokenizer needs `aria::TokenRole role(aria::TokenId) const`
template <class T>
concept CheckedTokenizer = detail::TokenizerCheck<T>::kDone;
template <class T>
concept CheckedTypedTokenizer = detail::TypedTokenizerCheck<T>::kDone;
template <class T>
concept CheckedNoteTokenizer = detail::NoteTokenizerCheck<T>::kDone;

/// `tokenizer.encode(tokens)` for any Tokenizer: what a model sees, in place.
inline void encode(const Vocabulary& vocabulary, std::span<TokenId> tokens) noexcept {
  const auto size = static_cast<TokenId>(vocabulary.size());  // by value, so that all are done at once
  const TokenId pad = vocabulary.pad(), unknown = vocabulary.unknown();
  for (TokenId& token : tokens) token = token < size || token == pad ? token : unknown;
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
