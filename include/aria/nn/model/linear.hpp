// Linear layers, which in sampling see one row at a time.
#pragma once

#include <cstdint>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

inline bool is_single_row(const torch::Tensor& x) {
  return x.numel() == x.size(-1) && x.is_cpu() && x.scalar_type() == torch::kFloat && !at::GradMode::is_enabled() &&
         !AutocastState::of(torch::kCPU).enabled;
}

}  // namespace detail

/// x weight^T + bias, as torch::linear; `x` is (..., in), `weight` (out, in), `bias` (out) or undefined. A single row
/// on a processor is multiplied as a vector: products of matrices rearrange the weights first, which takes longer than
/// the product.
inline torch::Tensor apply_linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias = {}) {
  if (!detail::is_single_row(x)) return torch::linear(x, weight, bias);
  const torch::Tensor row = x.flatten();
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  return (bias.defined() ? torch::addmv(bias, weight, row) : torch::mv(weight, row)).view(sizes);
}
inline torch::Tensor apply_linear(const torch::Tensor& x, const torch::nn::Linear& layer) {
  return apply_linear(x, layer->weight, layer->bias);
}

}  // namespace aria::nn
