// Causal attention: every position looks at itself and at those before it.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/cpu_attention.hpp>
#include <aria/nn/model/cpu_decoding.hpp>
#include <aria/nn/model/dropout.hpp>
#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/model/rotary.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// What self-attention may have beside queries, keys and values.
struct AttentionOptions {
  RotaryTable::Angles angles{};   ///< rotary positions of queries and keys, (length, head_size) each; none: undefined
  std::optional<double> scale{};  ///< of the products of queries and keys; 1 / sqrt(head_size) unless given
  double dropout = 0;             ///< this share of the weights is dropped

  double scale_for(std::int64_t head_size) const {
    return scale.value_or(1 / std::sqrt(static_cast<double>(head_size)));
  }
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
  const double scale = options.scale_for(qkv.size(4));
  const auto& angles = options.angles;
  if (detail::has_row_kernels(qkv)) {
    const std::int64_t key = options.dropout > 0 ? static_cast<std::int64_t>(draw_dropout_key()) : 0;
    return detail::CpuAttention::apply(qkv, angles, scale, options.dropout, key);
  }
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);  // (batch, heads, length, head_size)
  const torch::Tensor q = detail::turned(parts[0], angles), k = detail::turned(parts[1], angles);
  return detail::torch_attention(q, k, parts[2], options.dropout, scale).transpose(1, 2).flatten(2);
}

/// The same for positions that come behind those in a cache, which `qkv`'s keys and values join; `layer` is whose they
/// are. Not for training. `options.angles` are those of the new positions.
inline torch::Tensor cached_self_attention(const torch::Tensor& qkv, KvCache& cache, std::int64_t layer,
                                           const AttentionOptions& options = {}) {
  if (detail::can_decode(qkv)) {
    return detail::decode_attention(qkv, cache, layer, options.angles,
                                    static_cast<float>(options.scale_for(qkv.size(4))));
  }
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);  // (batch, heads, length, head_size)
  const auto turn = [&](const torch::Tensor& x) { return detail::turned(x, options.angles); };
  const auto [keys, values] = cache.append(layer, turn(parts[1]), parts[2]);
  if (cache.length() == 0) return causal_self_attention(qkv, options);  // nothing else to look at
  torch::Tensor scores = torch::matmul(turn(parts[0]), keys.transpose(2, 3)) * options.scale_for(qkv.size(4));
  if (qkv.size(1) > 1) {  // a single new position sees all of them
    const torch::Tensor hidden = torch::ones({qkv.size(1), keys.size(2)}, scores.options().dtype(torch::kBool));
    scores.masked_fill_(hidden.triu(1 + cache.length()), -std::numeric_limits<double>::infinity());
  }
  return torch::matmul(torch::softmax(scores, -1), values).transpose(1, 2).flatten(2);
}

}  // namespace aria::nn
