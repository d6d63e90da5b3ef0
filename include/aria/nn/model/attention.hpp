// Causal attention: every position looks at itself and at those before it.
#pragma once

#include <cmath>
#include <optional>
#include <tuple>

#include <aria/nn/torch.hpp>

namespace aria::nn {

/// softmax(scale * q k^T) v with a causal mask, for q, k, v of (batch, heads, length, head_size). `scale` is
/// 1 / sqrt(head_size) unless given. With `dropout` above 0 that share of the weights is dropped.
/// Uses libtorch's fused kernels where it has them.
inline torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                      double dropout = 0) {
#if ARIA_TORCH_AT_LEAST(2, 0)
  return at::scaled_dot_product_attention(q, k, v, {}, dropout, true);
#else
  return std::get<0>(at::_scaled_dot_product_attention(q, k, v, {}, dropout, false, true));
#endif
}

}  // namespace aria::nn
