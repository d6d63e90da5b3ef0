// Linear layers, which in sampling see few rows at a time.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

// Products of matrices begin with rearranging them in memory, which for few rows takes longer than the product. Small
// ones leave that out (OpenBLAS: below a million multiplications), and products with a vector do.
inline constexpr std::int64_t kSmallProduct = 500'000;

inline bool has_few_rows(const torch::Tensor& x) {
  constexpr std::int64_t kFew = 16;
  return x.numel() > 0 && x.numel() <= kFew * x.size(-1) && x.is_cpu() && x.scalar_type() == torch::kFloat &&
         !at::GradMode::is_enabled() && !AutocastState::of(torch::kCPU).enabled;
}

// x (rows, in) times weight (out, in) transposed, into `result` (rows, out): in small products, on all threads.
inline void multiply_in_parts(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& result) {
  const std::int64_t rows = x.size(0), in = x.size(1), out = weight.size(0);
  const std::int64_t part = std::max<std::int64_t>(1, kSmallProduct / (rows * in));
  at::parallel_for(0, (out + part - 1) / part, 1, [&](std::int64_t begin, std::int64_t end) {
    const torch::NoGradGuard no_graph;  // of this thread
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t count = std::min(part, out - i * part);
      torch::Tensor to = result.narrow(1, i * part, count);
      torch::mm_out(to, x, weight.narrow(0, i * part, count).t());
    }
  });
}

inline void multiply_few_rows(const torch::Tensor& x, const torch::Tensor& weight, torch::Tensor result) {
  if (x.size(0) > 1) return multiply_in_parts(x, weight, result);
  torch::Tensor row = result.select(0, 0);
  torch::mv_out(row, weight, x.select(0, 0));
}

}  // namespace detail

/// Writes x weight^T to `result`, whatever its type and device; `x` is (rows, in), `weight` (out, in).
inline void apply_linear_into(torch::Tensor result, const torch::Tensor& x, const torch::Tensor& weight) {
  if (!detail::has_few_rows(x) || !detail::has_few_rows(result)) {
    result.copy_(torch::linear(x, weight));
  } else {
    detail::multiply_few_rows(x, weight, result);
  }
}

/// x weight^T + bias, as torch::linear; `x` is (..., in), `weight` (out, in), `bias` (out) or undefined. Faster for few
/// rows on a processor, of which no gradients are wanted.
inline torch::Tensor apply_linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias = {}) {
  const std::int64_t products = x.numel() * weight.size(0);
  if (!detail::has_few_rows(x) || (x.numel() > x.size(-1) && products <= detail::kSmallProduct)) {
    return torch::linear(x, weight, bias);
  }
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  const torch::Tensor rows = x.reshape({-1, x.size(-1)});
  torch::Tensor result = torch::empty({rows.size(0), weight.size(0)}, x.options());
  detail::multiply_few_rows(rows, weight, result);
  if (bias.defined()) result.add_(bias);
  return result.view(sizes);
}
inline torch::Tensor apply_linear(const torch::Tensor& x, const torch::nn::Linear& layer) {
  return apply_linear(x, layer->weight, layer->bias);
}

}  // namespace aria::nn
