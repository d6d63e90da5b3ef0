// A sequence played faster or slower by a random factor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aria/augmentation/time_grid.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// Multiplies all durations and waits by the same factor, drawn evenly from 1 - range to 1 + range, and rounds them to
/// the tokenizer's grid of times: export_tempo_aug of the original's TokenizerLazy (aria/tokenizer/tokenizer.py).
/// Durations end at the longest token. Waits that follow each other become one wait, written with as few tokens as it
/// takes.
///
/// The number of tokens stays: where waits take fewer of them, padding comes to the end, and where they take more, what
/// no longer fits falls off there. In the standard reading, every wait keeps its place otherwise. The original forgets
/// waits at the end of a sequence where they were several, or as long as the longest token; the reference reading puts
/// padding in their place, too.
///
///     const aria::TempoAugmentation augment(tokenizer, 0.2);
///     aria::RandomStream random(seed, epoch, index);
///     augment(tokens, random);  // at 1.2, ["wait", 4990] becomes ["wait", 4990], ["wait", 1000]
///
/// Times are never shortened to 0 by a range below 0.5. Several threads may use one. It keeps nothing of the tokenizer
/// but tables.
class TempoAugmentation {
 public:
  /// `range` from 0 to less than 1. Throws invalid_argument.
  template <TypedTokenizer T>
  TempoAugmentation(const T& tokenizer, double range, Reading reading = Reading::standard)
      : range_(range),
        reading_(reading),
        pad_(tokenizer.vocabulary().pad()),
        grid_(std::make_shared<const detail::TimeGrid>(tokenizer)) {
    if (!(range >= 0 && range < 1)) {
      throw Error(ErrorCode::invalid_argument,
                  "the range of tempos must lie between 0 and less than 1, and is " + std::to_string(range));
    }
  }

  /// Changes the tokens in place; their number stays.
  template <RandomSource Random>
  void operator()(std::vector<TokenId>& tokens, Random& random) const {
    const double low = 1 - range_, high = 1 + range_;
    // Rounded before the sum, which a processor would else take as one operation with another result.
    const volatile double above_low = (high - low) * random.uniform();
    const detail::StretchedTimes times = grid_->stretched(low + above_low);
    const std::size_t done = stretch(tokens, times);
    if (done < tokens.size()) stretch_and_merge(tokens, done, times);
  }

 private:
  using Times = detail::StretchedTimes;

  // Up to the first wait that is more or less than one token with one wait as its neighbour; returns its place. Most
  // sequences have none. Without a branch but that, as no processor foresees what comes next.
  static std::size_t stretch(std::vector<TokenId>& tokens, const Times& times) {
    std::uint32_t wait_before = 0;
    TokenId before = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const TokenId token = tokens[i];
      const Times::Entry entry = times[token];
      if ((entry.wait & ((wait_before & Times::kWait) | Times::kTooLong)) != 0) {
        if (wait_before == 0) return i;
        tokens[i - 1] = before;
        return i - 1;
      }
      tokens[i] = token + entry.change;
      wait_before = entry.wait;
      before = token;
    }
    return tokens.size();
  }

  void stretch_and_merge(std::vector<TokenId>& tokens, std::size_t begin, const Times& times) const {
    const std::vector<TokenId> old(tokens.begin() + static_cast<std::ptrdiff_t>(begin), tokens.end());
    std::size_t out = begin;
    for (std::size_t i = 0; i < old.size() && out < tokens.size();) {
      if (times[old[i]].wait == 0) {
        tokens[out++] = old[i] + times[old[i]].change;
        ++i;
        continue;
      }
      const std::size_t first = i;
      std::uint64_t steps = 0;
      for (; i < old.size() && times[old[i]].wait != 0; ++i) steps += times[old[i]].steps();
      const bool forgotten = i == old.size() && (i - first > 1 || steps >= grid_->waits().last());
      if (forgotten && reading_ == Reading::reference) break;
      out = write_wait(steps, tokens, out);
    }
    std::fill(tokens.begin() + static_cast<std::ptrdiff_t>(out), tokens.end(), pad_);
  }

  // As far as there is room; returns where the next token goes.
  std::size_t write_wait(std::uint64_t steps, std::vector<TokenId>& tokens, std::size_t out) const {
    const detail::TimeScale& waits = grid_->waits();
    for (; steps > waits.last() && out < tokens.size(); steps -= waits.last())
      tokens[out++] = waits.token(waits.last());
    if (out < tokens.size()) tokens[out++] = waits.token(steps);
    return out;
  }

  double range_;
  Reading reading_;
  TokenId pad_;
  std::shared_ptr<const detail::TimeGrid> grid_;
};

}  // namespace aria
