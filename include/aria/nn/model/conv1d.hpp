// GPT-2's linear layers, whose weights lie the other way round: (in, out).
#pragma once

#include <cstdint>
#include <vector>

#include <aria/nn/model/linear.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// x weight + bias, for `x` (..., in), `weight` (in, out) and `bias` (out). Kept as files have it, so that weights,
/// gradients and moments have the shapes and names of the layout of Hugging Face (transformers, Conv1D).
class Conv1d : public torch::nn::Module {
 public:
  /// New weights are N(0, deviation), biases 0.
  Conv1d(std::int64_t in, std::int64_t out, double deviation) {
    weight_ = register_parameter("weight", torch::empty({in, out}).normal_(0, deviation));
    bias_ = register_parameter("bias", torch::zeros({out}));
  }

  torch::Tensor forward(const torch::Tensor& x) const {
    if (detail::has_few_rows(x)) return apply_linear(x, weight_.t(), bias_);
    // A product of matrices that sees the weight itself: autocast keeps the casts of such.
    std::vector<std::int64_t> sizes = x.sizes().vec();
    sizes.back() = weight_.size(1);
    return torch::addmm(bias_, x.reshape({-1, x.size(-1)}), weight_).view(sizes);
  }

 private:
  torch::Tensor weight_, bias_;
};

}  // namespace aria::nn
