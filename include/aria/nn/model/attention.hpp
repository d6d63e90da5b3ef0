// Causal attention: every position looks at itself and at those before it.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <tuple>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/cpu_attention.hpp>
#include <aria/nn/model/dropout.hpp>
#include <aria/nn/model/rotary.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// What self-attention may have beside queries, keys and values.
struct AttentionOptions {
  RotaryTable::Angles angles{};   ///< rotary positions of queries and keys, (length, head_size) each; none: undefined
  std::optional<double> scale{};  ///< of the products of queries and keys; 1 / sqrt(head_size) unless given
  double dropout = 0;             ///< this share of the weights is dropped
};

namespace detail {

// libtorch's own, fused where it has that for the device.
inline torch::Tensor torch_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                     double dropout, double scale) {
  const double usual = 1 / std::sqrt(static_cast<double>(q.size(-1)));
  const torch::Tensor scaled = scale == usual ? q : q * (scale / usual);
#if ARIA_TORCH_AT_LEAST(2, 0)
  return at::scaled_dot_product_attention(scaled, k, v, {}, dropout, true);
#else
  return std::get<0>(at::_scaled_dot_product_attention(scaled, k, v, {}, dropout, false, true));
#endif
}

}  // namespace detail

/// softmax(scale * q k^T) v with a causal mask, for each head: `qkv` is (batch, length, 3, heads, head_size), the
/// result (batch, length, heads * head_size).
///
///     const auto y = causal_self_attention(linear(x).view({batch, length, 3, heads, size}), {.dropout = 0.1});
inline torch::Tensor causal_self_attention(const torch::Tensor& qkv, const AttentionOptions& options = {}) {
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(qkv.size(4))));
  const auto& angles = options.angles;
  if (detail::has_fast_kernels(qkv)) {
    const std::int64_t key = options.dropout > 0 ? static_cast<std::int64_t>(draw_dropout_key()) : 0;
    return detail::CpuAttention::apply(qkv, angles, scale, options.dropout, key);
  }
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);  // (batch, heads, length, head_size)
  const bool turns = angles.cos.defined();
  const torch::Tensor q = turns ? rotate(parts[0], angles) : parts[0], k = turns ? rotate(parts[1], angles) : parts[1];
  return detail::torch_attention(q, k, parts[2], options.dropout, scale).transpose(1, 2).flatten(2);
}

}  // namespace aria::nn
