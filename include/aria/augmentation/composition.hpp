// Several augmentations as one.
#pragma once

#include <concepts>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// What changes tokens in place, with draws from a source of random numbers: PitchAugmentation and its like, a
/// Transform, or a lambda.
template <class T, class Random = RandomStream>
concept Augmentation = std::copy_constructible<T> &&
    requires(const T& augmentation, std::vector<TokenId>& tokens, Random& random) {
  {augmentation(tokens, random)};
};

/// Augmentations that are applied in order and share the random numbers. Made by `compose`.
template <Augmentation... Steps>
class Composition {
 public:
  explicit Composition(Steps... steps) : steps_(std::move(steps)...) {}

  /// Changes the tokens in place.
  template <RandomSource Random>
  void operator()(std::vector<TokenId>& tokens, Random& random) const {
    std::apply([&](const Steps&... steps) { (steps(tokens, random), ...); }, steps_);
  }

 private:
  std::tuple<Steps...> steps_;
};

/// One augmentation of several:
///
///     const auto augment = aria::compose(aria::PitchAugmentation(tokenizer, 5), aria::ChordMixup(tokenizer));
///     data.set_transform(augment);
template <Augmentation... Steps>
Composition<Steps...> compose(Steps... steps) {
  return Composition<Steps...>(std::move(steps)...);
}

}  // namespace aria
