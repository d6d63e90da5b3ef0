// Top-p sampling: the most probable tokens whose probabilities add up to a share of all (Holtzman et al.: "The curious
// case of neural text degeneration", 2020), found without sorting the vocabulary.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// Which tokens are left to choose from: those of a weight above `least`, and of those that have just that weight the
/// first ones, up to the id `last`.
struct Nucleus {
  float least = 0;
  TokenId last = 0;
  double mass = 0;  ///< the sum of their weights

  bool has(TokenId token, float weight) const noexcept { return weight > least || (weight == least && token <= last); }
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
    const float most = *std::max_element(logits.begin(), logits.end());
    const auto factor = static_cast<float>(1 / temperature);
    weights_.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) weights_[i] = std::exp((logits[i] - most) * factor);
  }

  /// Weights as they are: any numbers of at least 0.
  void set_weights(std::span<const float> weights) { weights_.assign(weights.begin(), weights.end()); }

  std::span<const float> weights() const noexcept { return weights_; }

  /// The tokens that are left with `top_p` in (0, 1]: in the order of falling weights, and of equal ones in that of
  /// their ids, each whose predecessors weigh no more than that share of all.
  Nucleus nucleus(double top_p) {
    sums_.fill(0);
    double all = 0;
    for (const float weight : weights_) {
      sums_[bucket_of(weight)] += weight;
      all += weight;
    }
    const double share = top_p * all;
    double before = 0;  // what the buckets above weigh
    std::size_t bucket = kBuckets - 1;
    while (bucket > 0 && before + sums_[bucket] <= share) before += sums_[bucket--];
    return within(bucket, before, share);
  }

  /// One of the tokens that are left, each as likely as its weight among them. `random` gives numbers in [0, 1).
  template <RandomSource Random>
  TokenId draw(const Nucleus& nucleus, Random& random) const {
    double rest = random.uniform() * nucleus.mass;
    TokenId chosen = nucleus.last;
    for (TokenId token = 0; token < weights_.size(); ++token) {
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
  // Weights of at least 0 are ordered as their bits are: exponent and three bits behind it make a bucket.
  static constexpr unsigned kShift = 20;
  static constexpr std::size_t kBuckets = std::size_t{1} << (31 - kShift);

  static std::size_t bucket_of(float weight) noexcept {
    return std::bit_cast<std::uint32_t>(weight) >> kShift & (kBuckets - 1);
  }

  // The nucleus ends within this bucket, before which weights of `before` are taken.
  Nucleus within(std::size_t bucket, double before, double share) {
    border_.clear();
    for (TokenId token = 0; token < weights_.size(); ++token) {
      if (bucket_of(weights_[token]) == bucket) border_.push_back(token);
    }
    std::stable_sort(border_.begin(), border_.end(),
                     [this](TokenId a, TokenId b) { return weights_[a] > weights_[b]; });
    // Everything above the bucket; and of it, at least the first one, unless it holds nothing but zeros.
    const auto above = static_cast<std::uint32_t>((bucket + 1) << kShift);
    Nucleus nucleus{.least = std::bit_cast<float>(above - 1), .last = 0, .mass = before};
    for (const TokenId token : border_) {
      if (nucleus.mass > share || weights_[token] == 0) break;
      nucleus.least = weights_[token];
      nucleus.last = token;
      nucleus.mass += weights_[token];
    }
    return nucleus;
  }

  std::vector<float> weights_;
  std::array<double, kBuckets> sums_{};
  std::vector<TokenId> border_;
};

/// The most probable token, the first one of several.
inline TokenId most_probable(std::span<const float> logits) {
  return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace aria
