// A sequence played louder or softer by a random number of steps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <aria/augmentation/step_tables.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// Moves the velocity of all notes by the same number of steps, drawn evenly from -range to range, and keeps it between
/// the first step and the last, so that none becomes 0: export_velocity_aug of the original's TokenizerLazy
/// (aria/tokenizer/tokenizer.py). Drums stay. Where velocities are tokens of their own, these are moved.
///
///     const aria::VelocityAugmentation augment(tokenizer, 1);
///     augment(tokens, random);  // ["piano", 60, 45] becomes ["piano", 60, 30], 45 or 60
///
/// Several threads may use one. It keeps nothing of the tokenizer but tables.
class VelocityAugmentation {
 public:
  /// `range` is in steps of the tokenizer's grid of velocities, 0 to 127. Throws invalid_argument.
  template <CheckedTypedTokenizer T>
  VelocityAugmentation(const T& tokenizer, int range)
      : tables_("the range of velocities", range, tokenizer.vocabulary().token_count(),
                [&, kind = kind_with_velocity(tokenizer)](TokenId token, int steps) {
                  return moved(tokenizer, kind, token, steps);
                }) {}

  /// Changes the tokens in place; their number stays.
  template <RandomSource Random>
  void operator()(std::vector<TokenId>& tokens, Random& random) const {
    tables_.apply(tokens, random);
  }

 private:
  template <TypedTokenizer T>
  static TokenKind kind_with_velocity(const T& tokenizer) {
    const std::size_t count = tokenizer.vocabulary().token_count();
    for (std::size_t token = 0; token < count; ++token) {
      if (tokenizer.view(static_cast<TokenId>(token)).kind == TokenKind::velocity) return TokenKind::velocity;
    }
    return TokenKind::note;
  }

  template <TypedTokenizer T>
  static TokenId moved(const T& tokenizer, TokenKind kind, TokenId token, int steps) {
    TokenView view = tokenizer.view(token);
    if (view.kind != kind) return token;
    const int step = tokenizer.velocity_step(), most = tokenizer.max_velocity();
    // Not std::clamp: in the original the last step counts before the first.
    const int velocity = std::min(std::max(view.velocity + steps * step, step), most);
    view.velocity = static_cast<std::uint8_t>(velocity);
    const TokenId found = tokenizer.find(view);
    return found == tokenizer.vocabulary().unknown() ? token : found;
  }

  detail::StepTables tables_;
};

}  // namespace aria
