// Cross entropy of rows of logits with its gradient, on processors: each row is brought into the cache once, and the
// gradient takes its place. libtorch's operations would go through all rows of a large vocabulary half a dozen times.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/wide_vectors.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

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
    total += kernels::sum_of(row + at, block);
    result.sum += kernels::exponentials(row + at, block, 1, static_cast<float>(most));
  }
  // The exponential of what is no number may be 0, and would hide it.
  if (!std::isfinite(total)) return {result.sum, std::numeric_limits<double>::quiet_NaN()};
  const double mean = total / static_cast<double>(count);
  result.loss = std::log(result.sum) + most - (1 - smoothing) * wanted - smoothing * mean;
  return result;
}

/// Writes the gradient of its loss over a row of logits, and returns the loss. `scratch` has room for a row where it
/// does not hold floats.
template <class T>
double learn_from_row(T* logits, float* scratch, std::int64_t count, std::int64_t target, double smoothing) {
  float* const row = load_row(logits, count, scratch);
  const RowLoss result = exponentials_of_row(row, count, target, smoothing);
  kernels::multiply(row, count, static_cast<float>(1 / result.sum));
  const auto everywhere = static_cast<float>(smoothing / static_cast<double>(count));
  for (std::int64_t i = 0; i < count && everywhere > 0; ++i) row[i] -= everywhere;
  row[target] -= static_cast<float>(1 - smoothing);
  store_row(logits, row, count);
  return result.loss;
}

/// The sum of the losses of all rows of logits (rows, vocabulary), over which its gradient is written. Targets lie in
/// the vocabulary.
inline double learn_from_rows(const torch::Tensor& logits, const std::int64_t* targets, double smoothing) {
  const std::int64_t rows = logits.size(0), count = logits.size(1);
  std::vector<double> losses(static_cast<std::size_t>(rows));
  const auto each_row = [&]<class T>(T* all) {
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> scratch(std::is_same_v<T, float> ? 0 : static_cast<std::size_t>(count));
      for (std::int64_t i = begin; i < end; ++i) {
        losses[static_cast<std::size_t>(i)] =
            with_wide_vectors<&learn_from_row<T>>(all + i * count, scratch.data(), count, targets[i], smoothing);
      }
    });
  };
  if (logits.scalar_type() == torch::kFloat) {
    each_row(logits.data_ptr<float>());
  } else {
    each_row(logits.data_ptr<at::BFloat16>());
  }
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace aria::nn::detail
