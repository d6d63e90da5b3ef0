// Cross entropy of rows of logits, on processors: each row is brought into the cache once, and its gradient takes its
// place. libtorch's operations would go through all rows of a large vocabulary half a dozen times.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

/// Whether these functions know its numbers.
inline bool has_row_kernels(const torch::Tensor& logits) {
  return logits.is_cpu() && logits.is_contiguous() &&
         (logits.scalar_type() == torch::kFloat || logits.scalar_type() == torch::kBFloat16);
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

/// What is done with every row: of its target, and with `learns` its gradient.
struct RowPlan {
  std::int64_t count = 0;  ///< logits
  double smoothing = 0;
  bool learns = false;
};

/// The loss of a row of logits, which are written over; with `learns` by the gradient. `scratch` has room for a row
/// where it does not hold floats.
template <class T>
inline double take_row(T* logits, float* scratch, std::int64_t target, const RowPlan& plan) {
  float* const row = load_row(logits, plan.count, scratch);
  const RowLoss result = exponentials_of_row(row, plan.count, target, plan.smoothing);
  if (!plan.learns) return result.loss;
  kernels::multiply(row, plan.count, static_cast<float>(1 / result.sum));
  const auto everywhere = static_cast<float>(plan.smoothing / static_cast<double>(plan.count));
  for (std::int64_t i = 0; i < plan.count && everywhere > 0; ++i) row[i] -= everywhere;
  row[target] -= static_cast<float>(1 - plan.smoothing);
  store_row(logits, row, plan.count);
  return result.loss;
}

// The same compiled for vectors of eight floats, which nearly all processors have: twice as fast. libtorch's own
// kernels are chosen at run time, too.
#if defined(__x86_64__) && defined(__GNUC__)
template <class T>
__attribute__((target("avx2,fma"), flatten)) double take_row_avx2(T* logits, float* scratch, std::int64_t target,
                                                                  const RowPlan& plan) {
  return take_row(logits, scratch, target, plan);
}
inline bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}
template <class T>
auto row_kernel() {
  return has_avx2() ? &take_row_avx2<T> : &take_row<T>;
}
#else
template <class T>
auto row_kernel() {
  return &take_row<T>;
}
#endif

/// Writes the loss of each row of logits (rows, vocabulary) to `losses`, of fp64. The logits are written over; with
/// `learns` by the gradient of the sum of all losses.
inline void cross_entropy_of_rows(const torch::Tensor& logits, const torch::Tensor& target, double smoothing,
                                  bool learns, double* losses) {
  const std::int64_t rows = logits.size(0), count = logits.size(1);
  if (rows == 0) return;
  const auto [least, most] = torch::aminmax(target);
  TORCH_CHECK_INDEX(least.item<std::int64_t>() >= 0 && most.item<std::int64_t>() < count,
                    "a target is no token of the vocabulary");
  const std::int64_t* const targets = target.data_ptr<std::int64_t>();
  const RowPlan plan{count, smoothing, learns};
  const auto each_row = [&]<class T>(T* all) {
    const auto kernel = row_kernel<T>();
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> scratch(std::is_same_v<T, float> ? 0 : static_cast<std::size_t>(count));
      for (std::int64_t i = begin; i < end; ++i) {
        losses[i] = kernel(all + i * plan.count, scratch.data(), targets[i], plan);
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
