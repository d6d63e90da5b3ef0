// A batch: what a model gets and what it should say, as tensors.
#pragma once

#include <cstddef>
#include <vector>

#include <aria/nn/torch.hpp>

namespace aria::nn {

/// After source[b][0] to source[b][i] comes target[b][i]; both are (batch, length) of int64. Padding in the target is
/// no position to learn from.
struct Batch {
  torch::Tensor source;
  torch::Tensor target;
  std::vector<std::size_t> indices;  ///< the numbers of its sequences in the data set

  /// On another device; the copy may still be under way, in the order of that device's work.
  Batch to(const torch::Device& device) const {
    const bool later = !device.is_cpu();  // the processor would not wait for the data
    return {source.to(device, later), target.to(device, later), indices};
  }
};

}  // namespace aria::nn
