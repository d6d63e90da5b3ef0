// Top-p sampling: the most probable tokens whose probabilities add up to a share of all (Holtzman et al.: "The curious
// case of neural text degeneration", 2020), found without sorting the vocabulary.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aria/support/random.hpp>
#include <aria/support/row_kernels.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// Which tokens are left to choose from: those of a weight above `least`, and of those that have just that weight the
/// first ones, up to the id `last`.
struct Nucleus {
  float least = 0;
  TokenId last = 0;
  double mass = 0;  ///< the sum of their weights

  bool has(TokenId token, float weight) const noexcept {
    return weight > 0 && (weight > least || (weight == least && token <= last));
  }
};

/// Turns logits into weights, and finds and draws from a nucleus. Its memory is used again.
///
///     NucleusSampler sampler;
///     sampler.weigh(logits, 0.85);
///     const Nucleus nucleus = sampler.nucleus(0.9);
///     const TokenId token = sampler.draw(nucleus, random);
class NucleusSampler {
 public:
  /// Weights e^(logit / temperature), scaled so that the greatest is 1; a logit of minus infinity weighs nothing.
  /// `temperature` is above 0. Logits must not be empty, and at least one must be a number.
  void weigh(std::span<const float> logits, double temperature) {
    weights_.assign(logits.begin(), logits.end());
    const auto count = static_cast<std::int64_t>(weights_.size());
    const auto factor = static_cast<float>(std::min<double>(1 / temperature, std::numeric_limits<float>::max()));
    const float most = kernels::max_of(weights_.data(), count);
    for (float& weight : weights_) weight -= most;  // before it is multiplied, which could take it out of range
    all_ = 0;
    for (std::int64_t begin = 0; begin < count; begin += kBlock) {
      all_ += kernels::exponentials(weights_.data() + begin, std::min(kBlock, count - begin), factor, 0);
    }
  }

  /// Weights as they are: any numbers of at least 0.
  void set_weights(std::span<const float> weights) {
    weights_.assign(weights.begin(), weights.end());
    all_ = 0;
    for (const float weight : weights) all_ += weight;
  }

  std::span<const float> weights() const noexcept { return weights_; }

  /// Whether there is anything to choose from: not where logits were no numbers, or all of them minus infinity.
  bool is_usable() const noexcept { return std::isfinite(all_) && all_ > 0; }

  /// The tokens that are left with `top_p` in (0, 1]: in the order of falling weights, and of equal ones in that of
  /// their ids, each whose predecessors weigh no more than that share of all.
  Nucleus nucleus(double top_p) {
    const double share = top_p * all_;
    Nucleus nucleus{.mass = 0};
    std::uint32_t first = 0;  // the lowest bits that a weight within the border can have
    for (const Digit digit : kDigits) {
      const bool is_first = digit.shift == kDigits.front().shift;
      const std::uint32_t bucket = border_bucket(digit, is_first ? weights_ : border_weights_, share, nucleus.mass);
      if (is_first) {
        find_candidates(bucket << digit.shift);
        border_ = candidates_;
      }
      keep_border(digit, bucket);
      first += bucket << digit.shift;
      // Everything above the bucket.
      nucleus.least = std::bit_cast<float>(first + (std::uint32_t{1} << digit.shift) - 1);
    }
    // What is left at the border has one weight; at least the first one is taken, unless that is none.
    for (const TokenId token : border_) {
      if (nucleus.mass > share || first == 0) break;
      nucleus.least = weights_[token];
      nucleus.last = token;
      nucleus.mass += weights_[token];
    }
    return nucleus;
  }

  /// One of the tokens that are left, each as likely as its weight among them. `nucleus` is the last one that was
  /// found; `random` gives numbers in [0, 1).
  template <RandomSource Random>
  TokenId draw(const Nucleus& nucleus, Random& random) const {
    double rest = random.uniform() * nucleus.mass;
    TokenId chosen = nucleus.last;
    for (const TokenId token : candidates_) {
      if (!nucleus.has(token, weights_[token])) continue;
      chosen = token;  // the last one, where rounding leaves something over
      rest -= weights_[token];
      if (rest < 0) break;
    }
    return chosen;
  }

  /// The tokens that are left, the heaviest first.
  std::vector<TokenId> sorted(const Nucleus& nucleus) const {
    std::vector<TokenId> tokens;
    for (TokenId token = 0; token < weights_.size(); ++token) {
      if (nucleus.has(token, weights_[token])) tokens.push_back(token);
    }
    std::stable_sort(tokens.begin(), tokens.end(), [this](TokenId a, TokenId b) { return weights_[a] > weights_[b]; });
    return tokens;
  }

 private:
  // Weights of at least 0 are ordered as their bits are: these are looked at digit by digit, the highest first, as in
  // a radix sort of which only the bucket at the border is followed.
  struct Digit {
    unsigned shift, bits;

    std::uint32_t of(float weight) const noexcept {
      return std::bit_cast<std::uint32_t>(weight) >> shift & ((std::uint32_t{1} << bits) - 1);
    }
  };
  static constexpr std::array kDigits = {Digit{20, 11}, Digit{9, 11}, Digit{0, 9}};

  // The bucket within which the nucleus ends; `before` becomes what those above it weigh, too. Two sums a bucket: where
  // many weights are alike, each addition would wait for the one before.
  std::uint32_t border_bucket(Digit digit, std::span<const float> weights, double share, double& before) {
    sums_.fill({});
    for (std::size_t i = 0; i < weights.size(); ++i) sums_[digit.of(weights[i])][i & 1] += weights[i];
    std::uint32_t bucket = (std::uint32_t{1} << digit.bits) - 1;
    for (; bucket > 0; --bucket) {
      const double with = before + (sums_[bucket][0] + sums_[bucket][1]);
      if (with > share) break;
      before = with;
    }
    return bucket;
  }

  // Only tokens of this bucket are left at the border.
  void keep_border(Digit digit, std::uint32_t bucket) {
    std::erase_if(border_, [&](TokenId token) { return digit.of(weights_[token]) != bucket; });
    border_weights_.clear();
    for (const TokenId token : border_) border_weights_.push_back(weights_[token]);
  }

  // All tokens whose weights have at least these bits: most of a vocabulary is left out.
  void find_candidates(std::uint32_t least) {
    candidates_.resize(weights_.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      candidates_[count] = static_cast<TokenId>(i);
      count += std::bit_cast<std::uint32_t>(weights_[i]) >= least ? 1 : 0;
    }
    candidates_.resize(count);
  }

  static constexpr std::int64_t kBlock = 512;  // weights that are added up in fp32

  std::vector<float> weights_;
  double all_ = 0;                   // their sum
  std::vector<TokenId> candidates_;  // those of the last nucleus and some more, by their ids
  std::array<std::array<double, 2>, 1 << 11> sums_{};
  std::vector<TokenId> border_;
  std::vector<float> border_weights_;
};

/// The most probable token, the first one of several.
inline TokenId most_probable(std::span<const float> logits) {
  return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace aria
