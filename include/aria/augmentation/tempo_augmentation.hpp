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
/// no longer fits falls off there. In the standard reading no other wait is lost. The original forgets the
/// waits at the end of a sequence where they are several, or one that is as long as the longest token or longer; so
/// does the reference reading, with padding in their place.
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
  template <CheckedTypedTokenizer T>
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
    const Times times = grid_->stretched(low + above_low);
    const std::size_t done = stretch(tokens.data(), tokens.size(), tokens.data(), times);
    if (done < tokens.size()) stretch_and_merge(tokens, done, times);
  }

 private:
  using Times = detail::StretchedTimes;

  // Stretches `count` tokens to `out`, which may be where they are, but for what follows on the first wait that is more
  // or less than one token together with its neighbours. Returns the place of that wait. Most sequences have none.
  // Without a branch but that, as no processor foresees what comes next.
  static std::size_t stretch(const TokenId* tokens, std::size_t count, TokenId* out, const Times& times) {
    std::uint32_t wait_before = 0;
    TokenId before = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const TokenId token = tokens[i];
      const Times::Entry entry = times[token];
      if ((entry.wait & ((wait_before & Times::kWait) | Times::kTooLong)) != 0) {
        if (wait_before == 0) return i;
        out[i - 1] = before;
        return i - 1;
      }
      out[i] = token + entry.change;
      wait_before = entry.wait;
      before = token;
    }
    return count;
  }

  // The rest of the tokens, from such a wait on.
  void stretch_and_merge(std::vector<TokenId>& tokens, std::size_t begin, const Times& times) const {
    std::vector<TokenId> stretched(2 * (tokens.size() - begin));  // a wait becomes less than twice as long
    std::size_t written = 0;
    for (std::size_t i = begin; i < tokens.size();) {
      const std::size_t first = i;
      std::uint64_t steps = 0;
      for (; i < tokens.size() && times[tokens[i]].wait != 0; ++i) steps += times[tokens[i]].steps();
      const bool forgotten = i == tokens.size() && (i - first > 1 || steps >= grid_->waits().last());
      if (forgotten && reading_ == Reading::reference) break;
      written += write_wait(steps, stretched.data() + written);
      const std::size_t more = stretch(tokens.data() + i, tokens.size() - i, stretched.data() + written, times);
      written += more;
      i += more;
    }
    stretched.resize(written);
    stretched.resize(tokens.size() - begin, pad_);
    std::copy(stretched.begin(), stretched.end(), tokens.begin() + static_cast<std::ptrdiff_t>(begin));
  }

  // Returns how many tokens it takes.
  std::size_t write_wait(std::uint64_t steps, TokenId* out) const {
    const detail::TimeScale& waits = grid_->waits();
    std::size_t written = 0;
    for (; steps > waits.last(); steps -= waits.last()) out[written++] = waits.token(waits.last());
    out[written++] = waits.token(steps);
    return written;
  }

  double range_;
  Reading reading_;
  TokenId pad_;
  std::shared_ptr<const detail::TimeGrid> grid_;
};

}  // namespace aria
