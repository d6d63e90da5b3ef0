// Cross entropy of rows of logits, on processors: each row is brought into the cache once, and its gradient takes its
// place. libtorch's operations would go through all rows of a large vocabulary half a dozen times.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

/// Whether these functions know its numbers.
inline bool has_row_kernels(const torch::Tensor& logits) {
  return logits.is_cpu() && logits.is_contiguous() &&
         (logits.scalar_type() == torch::kFloat || logits.scalar_type() == torch::kBFloat16);
}

// bf16 is the upper half of a float. Written out, so that loops become vectors.
inline void load_row(const float* from, float* row, std::int64_t count) { std::copy_n(from, count, row); }
inline void load_row(const at::BFloat16* from, float* row, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) row[i] = std::bit_cast<float>(std::uint32_t{from[i].x} << 16);
}
inline void store_row(const float* row, float* to, std::int64_t count) { std::copy_n(row, count, to); }
inline void store_row(const float* row, at::BFloat16* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(row[i]);
    to[i].x = static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);  // to the nearest, halves to even
  }
}

inline double sum_of(const float* row, std::int64_t count) noexcept {
  float sum = 0;
  ARIA_SIMD_SUM(sum)
  for (std::int64_t i = 0; i < count; ++i) sum += row[i];
  return sum;
}

/// What a row of exponentials sums up to, and the loss.
struct RowLoss {
  double sum = 0;
  double loss = 0;
};

/// Turns a row of logits into their exponentials, the greatest 1. With smoothing the loss is to that share the mean
/// over all tokens as targets.
inline RowLoss exponentials_of_row(float* row, std::int64_t count, std::int64_t target, double smoothing) {
  constexpr std::int64_t kBlock = 512;  // numbers that are added up in fp32
  const double wanted = row[target], most = kernels::max_of(row, count);
  RowLoss result;
  double total = 0;
  for (std::int64_t at = 0; at < count; at += kBlock) {
    const std::int64_t block = std::min(kBlock, count - at);
    total += sum_of(row + at, block);
    result.sum += kernels::exponentials(row + at, block, 1, static_cast<float>(most));
  }
  // The exponential of what is no number may be 0, and would hide it.
  if (!std::isfinite(total)) return {result.sum, std::numeric_limits<double>::quiet_NaN()};
  const double mean = total / static_cast<double>(count);
  result.loss = std::log(result.sum) + most - (1 - smoothing) * wanted - smoothing * mean;
  return result;
}

/// Writes the loss of each row of logits (rows, vocabulary) to `losses`, of fp64; with `learns` the logits are replaced
/// by the gradient of the sum of all losses.
inline void cross_entropy_of_rows(const torch::Tensor& logits, const torch::Tensor& target, double smoothing,
                                  bool learns, double* losses) {
  const std::int64_t rows = logits.size(0), count = logits.size(1);
  const std::int64_t* const targets = target.data_ptr<std::int64_t>();
  const auto each_row = [&]<class T>(T* all) {
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> row(static_cast<std::size_t>(count));
      for (std::int64_t i = begin; i < end; ++i) {
        T* const numbers = all + i * count;
        load_row(numbers, row.data(), count);
        const RowLoss result = exponentials_of_row(row.data(), count, targets[i], smoothing);
        losses[i] = result.loss;
        if (!learns) continue;
        kernels::multiply(row.data(), count, static_cast<float>(1 / result.sum));
        const auto everywhere = static_cast<float>(smoothing / static_cast<double>(count));
        for (std::int64_t j = 0; j < count && smoothing > 0; ++j) row[static_cast<std::size_t>(j)] -= everywhere;
        row[static_cast<std::size_t>(targets[i])] -= static_cast<float>(1 - smoothing);
        store_row(row.data(), numbers, count);
      }
    });
  };
  if (logits.scalar_type() == torch::kFloat) {
    each_row(logits.data_ptr<float>());
  } else {
    each_row(logits.data_ptr<at::BFloat16>());
  }
}

}  // namespace aria::nn::detail
