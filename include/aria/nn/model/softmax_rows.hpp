// Cross entropy of rows of logits with its gradient, on processors: each row is brought into the cache once, and the
// gradient takes its place. libtorch's operations would go through all rows of a large vocabulary half a dozen times.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/running_loss.hpp>
#include <aria/nn/model/wide_vectors.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

/// Turns a row of logits into their exponentials, the greatest 1.
inline RunningLoss exponentials_of_row(float* row, std::int64_t count, std::int64_t target) {
  RunningLoss result{.most = kernels::max_of(row, count), .wanted = row[target]};
  for (std::int64_t at = 0; at < count; at += RunningLoss::kBlock) {
    const std::int64_t block = std::min(RunningLoss::kBlock, count - at);
    result.total += kernels::sum_of(row + at, block);
    result.sum += kernels::exponentials(row + at, block, 1, static_cast<float>(result.most));
  }
  return result;
}

/// Writes the gradient of its loss over a row of logits, and returns the loss. `scratch` has room for a row where it
/// does not hold floats.
template <class T>
double learn_from_row(T* logits, float* scratch, std::int64_t count, std::int64_t target, double smoothing) {
  float* const row = load_row(logits, count, scratch);
  const RunningLoss result = exponentials_of_row(row, count, target);
  kernels::multiply(row, count, static_cast<float>(1 / result.sum));
  const auto everywhere = static_cast<float>(smoothing / static_cast<double>(count));
  for (std::int64_t i = 0; i < count && everywhere > 0; ++i) row[i] -= everywhere;
  row[target] -= static_cast<float>(1 - smoothing);
  store_row(logits, row, count);
  return result.loss(smoothing, count);
}

/// The sum of the losses of all rows of logits (rows, vocabulary), over which its gradient is written. Targets lie in
/// the vocabulary.
inline double learn_from_rows(const torch::Tensor& logits, const std::int64_t* targets, double smoothing) {
  const std::int64_t rows = logits.size(0), count = logits.size(1);
  std::vector<double> losses(static_cast<std::size_t>(rows));
  use_numbers(logits, [&]<class T>(T* all) {
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> scratch(std::is_same_v<T, float> ? 0 : static_cast<std::size_t>(count));
      for (std::int64_t i = begin; i < end; ++i) {
        losses[static_cast<std::size_t>(i)] =
            with_wide_vectors<&learn_from_row<T>>(all + i * count, scratch.data(), count, targets[i], smoothing);
      }
    });
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace aria::nn::detail
