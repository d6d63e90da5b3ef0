// Rotary positions: queries and keys are turned by angles that grow with their position, so that their product depends
// on the distance.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <aria/nn/torch.hpp>

namespace aria::nn {

/// The frequencies 10000^(-2i / head_size) of Su et al.: "RoFormer" (2021), rounded as Python's torch does:
/// (head_size / 2) numbers in fp32.
inline torch::Tensor rotary_frequencies(std::int64_t head_size) {
  return 1.0 / torch::pow(10000, torch::arange(0, head_size, 2).to(torch::kFloat) / static_cast<double>(head_size));
}

/// The cosines and sines of all positions up to the longest that was asked for. Dimension i of a head is paired with
/// dimension i + head_size / 2, as GPT-NeoX and EleutherAI's Aria do.
///
///     RotaryTable table(64);
///     const auto [cos, sin] = table.at(0, length, device);  // each (length, 64)
class RotaryTable {
 public:
  /// Room for `longest` positions is made at once where it is known.
  explicit RotaryTable(std::int64_t head_size, std::int64_t longest = 0) : head_size_(head_size), longest_(longest) {}

  struct Angles {
    torch::Tensor cos, sin;
  };

  /// Those of positions `first` to `first + count` - 1: two tensors (count, head_size) in fp32.
  Angles at(std::int64_t first, std::int64_t count, const torch::Device& device) {
    if (!all_.cos.defined() || all_.cos.size(0) < first + count || all_.cos.device() != device) {
      const c10::InferenceMode usable_in_training(false);
      const torch::NoGradGuard no_graph;
      const std::int64_t positions = std::max(longest_, first + count);
      const torch::Tensor turns =
          torch::outer(torch::arange(positions).to(torch::kFloat), rotary_frequencies(head_size_));
      const torch::Tensor angles = torch::cat({turns, turns}, -1);
      all_ = {angles.cos().to(device), angles.sin().to(device)};
    }
    return {all_.cos.narrow(0, first, count), all_.sin.narrow(0, first, count)};
  }

 private:
  std::int64_t head_size_, longest_;
  Angles all_;
};

/// Turns `x` (..., length, head_size) by the angles (length, head_size).
inline torch::Tensor rotate(const torch::Tensor& x, const RotaryTable::Angles& angles) {
  const auto halves = x.chunk(2, -1);
  return x * angles.cos + torch::cat({-halves[1], halves[0]}, -1) * angles.sin;
}

}  // namespace aria::nn
