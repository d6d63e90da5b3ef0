// A change of a token sequence that may draw random numbers: an augmentation, or several of them in order.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// Changes the tokens in place and leaves their number as it is. Called by several threads at once.
using Transform = std::function<void(std::vector<TokenId>& tokens, RandomStream& random)>;

/// All of them, applied in order; they share the random stream.
inline Transform in_order(std::vector<Transform> transforms) {
  return [transforms = std::move(transforms)](std::vector<TokenId>& tokens, RandomStream& random) {
    for (const Transform& transform : transforms) transform(tokens, random);
  };
}

}  // namespace aria
