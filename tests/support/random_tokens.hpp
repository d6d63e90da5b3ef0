// Token sequences of random content: some that are nearly music, some that are anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

#include "random_piece.hpp"

namespace test {

/// Draws sequences from the tokens of a lazy vocabulary, by their texts.
class RandomTokens {
 public:
  explicit RandomTokens(const aria::Vocabulary& vocabulary) : count_(vocabulary.token_count()) {
    for (aria::TokenId id = 0; id < count_; ++id) {
      const std::string_view text = vocabulary.text(id);
      const auto starts_with = [text](std::string_view start) { return text.substr(0, start.size()) == start; };
      (text.front() == '"'           ? special_
       : starts_with("[\"prefix\",") ? prefix_
       : starts_with("[\"drum\",")   ? drum_
       : starts_with("[\"dur\",")    ? duration_
       : starts_with("[\"wait\",")   ? wait_
                                     : note_)
          .push_back(id);
    }
  }

  /// At most `max_waits` waits follow each other where it is nearly music.
  std::vector<aria::TokenId> operator()(Dice& dice, unsigned max_waits = 40) const {
    std::vector<aria::TokenId> tokens;
    const bool wild = dice.one_in(4);
    for (unsigned i = dice.small(20); i > 0; --i) add(dice, prefix_, tokens);
    for (unsigned i = dice.small(200); i > 0; --i)
      wild ? add_anything(dice, tokens) : add_music(dice, max_waits, tokens);
    return tokens;
  }

 private:
  using Tokens = std::vector<aria::TokenId>;

  static void add(Dice& dice, const Tokens& from, Tokens& tokens) {
    tokens.push_back(from[dice.below(dice.one_in(2) ? from.size() : std::min<std::size_t>(from.size(), 40))]);
  }

  void add_music(Dice& dice, unsigned max_waits, Tokens& tokens) const {
    switch (dice.below(8)) {
      case 0:
        add(dice, drum_, tokens);
        break;
      case 1:
        if (dice.one_in(6)) add(dice, special_, tokens);
        if (dice.one_in(10)) add_anything(dice, tokens);
        break;
      case 2:
        tokens.push_back(wait_[dice.below(wait_.size())]);
        if (dice.one_in(4)) tokens.insert(tokens.end(), dice.small(max_waits), wait_.back());
        // Behind it a note, so that the waits are not more than that.
        [[fallthrough]];
      default:
        add(dice, note_, tokens);
        add(dice, duration_, tokens);
    }
  }

  void add_anything(Dice& dice, Tokens& tokens) const {
    const Tokens* const kinds[] = {&special_, &prefix_, &note_, &drum_, &duration_, &wait_};
    if (dice.one_in(10)) {
      tokens.push_back(static_cast<aria::TokenId>(dice.one_in(2) ? dice.below(~0ULL) : count_ + dice.below(3)));
    } else {
      add(dice, *kinds[dice.below(6)], tokens);
    }
  }

  std::size_t count_;
  Tokens special_, prefix_, note_, drum_, duration_, wait_;
};

}  // namespace test
