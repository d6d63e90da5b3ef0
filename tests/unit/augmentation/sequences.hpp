// What the tests of augmentations share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/random_tokens.hpp"

namespace test {

using Tokens = std::vector<aria::TokenId>;

inline const aria::LazyTokenizer& lazy() {
  static const aria::LazyTokenizer tokenizer;
  return tokenizer;
}

/// Draws what it is told to, and counts the draws: whole numbers, or always the same fraction of what is possible.
class ToldRandom {
 public:
  explicit ToldRandom(std::initializer_list<std::uint32_t> numbers) : numbers_(numbers) {}
  explicit ToldRandom(double fraction) : fraction_(fraction) {}

  std::uint32_t below(std::uint32_t count) {
    ++draws;
    if (numbers_.empty()) return static_cast<std::uint32_t>(fraction_ * count);
    const std::uint32_t number = numbers_.front();
    numbers_.pop_front();
    REQUIRE(number < count);
    return number;
  }
  double uniform() {
    ++draws;
    return fraction_;
  }

  std::size_t draws = 0;

 private:
  std::deque<std::uint32_t> numbers_;
  double fraction_ = 0;
};

static_assert(aria::RandomSource<ToldRandom>);

/// The tokens of texts as to_string writes them. Any text of the vocabulary must be one.
inline Tokens tokens_of(std::initializer_list<std::string_view> texts) {
  Tokens tokens;
  for (const std::string_view text : texts) {
    const auto token = lazy().vocabulary().find(text);
    INFO(text);
    REQUIRE(token);
    tokens.push_back(*token);
  }
  return tokens;
}

/// Texts of tokens, one behind the other.
inline std::string text_of(const Tokens& tokens) {
  std::string text;
  for (const aria::TokenId token : tokens) {
    if (!text.empty()) text += ' ';
    text += lazy().vocabulary().text(token);
  }
  return text;
}

/// The tokens after the augmentation.
template <class Augmentation, class Random>
Tokens after(const Augmentation& augment, Tokens tokens, Random random) {
  augment(tokens, random);
  return tokens;
}

/// Music of random content as the tokenizer writes it, sometimes cut off or filled up with padding.
inline Tokens random_music(std::uint64_t seed) {
  Dice dice(seed);
  Tokens tokens;
  do {
    try {
      lazy().tokenize(random_piece(dice.below(~0ULL)), aria::RandomStream(seed), tokens);
    } catch (const aria::Error& error) {
      REQUIRE(error.code() == aria::ErrorCode::empty_result);
    }
  } while (tokens.empty());
  if (dice.one_in(2)) tokens.resize(1 + dice.below(2 * tokens.size()), lazy().vocabulary().pad());
  return tokens;
}

/// Music, what is nearly music, or any numbers.
inline Tokens random_sequence(std::uint64_t seed) {
  static const RandomTokens random_tokens(lazy().vocabulary());
  Dice dice(seed);
  return dice.one_in(3) ? random_music(seed) : random_tokens(dice);
}

inline aria::TokenView view_of(aria::TokenId token) { return lazy().view(token); }

inline bool is(aria::TokenId token, aria::TokenKind kind) { return view_of(token).kind == kind; }

template <class Make>
void check_refused(Make&& make) {
  CHECK(error_of([&] { make(); }).code() == aria::ErrorCode::invalid_argument);
}

}  // namespace test
