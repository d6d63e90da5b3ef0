// What every token becomes when it is moved by some steps: the tables that pitch and velocity augmentation look up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

namespace aria::detail {

// One table for every step from -range to range. Copies share them.
class StepTables {
 public:
  static constexpr int kMaxRange = 127;

  // `change(token, step)` for the tokens below `count`; those from there on stay as they are. Throws invalid_argument
  // for a range below 0 or above 127; `what` is its name in the message.
  template <class Change>
  StepTables(const char* what, int range, std::size_t count, Change change) : count_(count) {
    if (range < 0 || range > kMaxRange) {
      throw Error(ErrorCode::invalid_argument, std::string(what) + " must lie between 0 and " +
                                                   std::to_string(kMaxRange) + ", and is " + std::to_string(range));
    }
    steps_ = 2 * static_cast<std::uint32_t>(range) + 1;
    std::vector<TokenId> tables;
    tables.reserve(steps_ * count);
    for (int step = -range; step <= range; ++step) {
      for (std::size_t token = 0; token < count; ++token) {
        tables.push_back(change(static_cast<TokenId>(token), step));
      }
    }
    tables_ = std::make_shared<const std::vector<TokenId>>(std::move(tables));
  }

  // Draws one step for all of them.
  template <RandomSource Random>
  void apply(std::vector<TokenId>& tokens, Random& random) const {
    const TokenId* const table = tables_->data() + random.below(steps_) * count_;
    const std::size_t count = count_;
    for (TokenId& token : tokens) token = token < count ? table[token] : token;
  }

 private:
  std::size_t count_;
  std::uint32_t steps_ = 0;
  std::shared_ptr<const std::vector<TokenId>> tables_;
};

}  // namespace aria::detail
