// Attention of one new position to those in a cache, on processors: the step of sampling, whose tensors are so small
// that starting an operation on them costs more than the operation.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/model/rotary.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

/// Whether decode_attention can do it: one position, fp32, on a processor.
inline bool can_decode(const torch::Tensor& qkv) {
  return qkv.size(1) == 1 && qkv.is_cpu() && qkv.scalar_type() == torch::kFloat && qkv.is_contiguous();
}

/// One head of one sequence.
struct DecodedHead {
  const float* query;
  const float* key;
  const float* value;
  float* keys;  ///< of the cache, with room for the new one at `length`
  float* values;
  const float* cos;  ///< null: queries and keys are not turned
  const float* sin;
  std::int64_t length, size;
  float scale;

  /// Into `out`, of `size` numbers; `scratch` has room for size + length + 1.
  void attend(float* out, float* scratch) const {
    float* const turned_query = scratch;
    float* const weights = scratch + size;
    turn(query, turned_query);
    turn(key, keys + length * size);
    std::copy_n(value, size, values + length * size);
    for (std::int64_t i = 0; i <= length; ++i) weights[i] = kernels::dot(turned_query, keys + i * size, size);
    const float most = kernels::max_of(weights, length + 1) * scale;
    const float sum = kernels::exponentials(weights, length + 1, scale, most);
    std::fill_n(out, size, 0.0F);
    for (std::int64_t i = 0; i <= length; ++i) {
      const float* const row = values + i * size;
      for (std::int64_t d = 0; d < size; ++d) out[d] += weights[i] * row[d];
    }
    kernels::multiply(out, size, 1 / sum);
  }

 private:
  // As `rotate` does.
  void turn(const float* in, float* to) const {
    if (cos == nullptr) {
      std::copy_n(in, size, to);
      return;
    }
    const std::int64_t half = size / 2;
    for (std::int64_t d = 0; d < half; ++d) {
      to[d] = in[d] * cos[d] - in[d + half] * sin[d];
      to[d + half] = in[d + half] * cos[d + half] + in[d] * sin[d + half];
    }
  }
};

/// What cached_self_attention gives for a position: `qkv` is (batch, 1, 3, heads, head_size), the result (batch, 1,
/// heads * head_size).
inline torch::Tensor decode_attention(const torch::Tensor& qkv, KvCache& cache, std::int64_t layer,
                                      const RotaryTable::Angles& angles, float scale) {
  const std::int64_t batch = qkv.size(0), heads = qkv.size(3), size = qkv.size(4), length = cache.length();
  const auto room = cache.room_for(layer, {batch, heads, 1, size}, qkv.options());
  torch::Tensor out = torch::empty({batch, 1, heads * size}, qkv.options());
  const torch::Tensor cos = angles.cos.defined() ? angles.cos.contiguous() : angles.cos;
  const torch::Tensor sin = angles.sin.defined() ? angles.sin.contiguous() : angles.sin;
  const float* const from = qkv.data_ptr<float>();
  float* const keys = room.keys.data_ptr<float>();
  float* const values = room.values.data_ptr<float>();
  float* const to = out.data_ptr<float>();
  const float* const cosines = cos.defined() ? cos.data_ptr<float>() : nullptr;
  const float* const sines = sin.defined() ? sin.data_ptr<float>() : nullptr;
  const std::int64_t stride = room.keys.size(2) * size;
  constexpr std::int64_t kNumbersPerThread = 1 << 14;
  const std::int64_t heads_per_thread = std::max<std::int64_t>(1, kNumbersPerThread / ((length + 1) * size));
  at::parallel_for(0, batch * heads, heads_per_thread, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(size + length + 1));
    for (std::int64_t i = begin; i < end; ++i) {
      const float* const query = from + (i / heads * 3 * heads + i % heads) * size;
      const DecodedHead head{query,
                             query + heads * size,
                             query + 2 * heads * size,
                             keys + i * stride,
                             values + i * stride,
                             cosines,
                             sines,
                             length,
                             size,
                             scale};
      head.attend(to + i * size, scratch.data());
    }
  });
  return out;
}

}  // namespace aria::nn::detail
