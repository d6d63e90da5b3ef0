// Cross entropy of rows of logits that come a few columns at a time, on processors: whoever wants no gradients needs to
// hold no row of a large vocabulary.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/wide_vectors.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

/// What is known of a row after some of its columns: Milakov and Gimelshein, "Online normalizer calculation for
/// softmax" (2018).
struct RunningLoss {
  static constexpr std::int64_t kBlock = 512;  ///< columns whose sums are exact enough in fp32

  double most = -std::numeric_limits<double>::infinity();  ///< the greatest logit
  double sum = 0;                                          ///< of e^(logit - most)
  double total = 0;                                        ///< of the logits
  double wanted = 0;                                       ///< the target's logit

  /// -log softmax of the target, of a row that is complete; to the share `smoothing` the mean over all tokens as
  /// targets. Not a number where a logit is not finite, whose exponential may be 0.
  double loss(double smoothing, std::int64_t vocabulary) const noexcept {
    if (!std::isfinite(total)) return std::numeric_limits<double>::quiet_NaN();
    const double mean = total / static_cast<double>(vocabulary);
    return std::log(sum) + most - (1 - smoothing) * wanted - smoothing * mean;
  }
};

/// Adds columns to a row. They are read once, a block at a time.
template <class T>
RunningLoss add_columns(RunningLoss row, const T* logits, std::int64_t count) {
  float scratch[RunningLoss::kBlock];
  for (std::int64_t at = 0; at < count; at += RunningLoss::kBlock) {
    const std::int64_t block = std::min(RunningLoss::kBlock, count - at);
    const float* const numbers = load_row(logits + at, block, scratch);
    const double most = std::max(row.most, double{kernels::max_of(numbers, block)});
    row.sum *= std::exp(row.most - most);
    row.sum += kernels::sum_of_exponentials(numbers, block, static_cast<float>(most));
    row.total += kernels::sum_of(numbers, block);
    row.most = most;
  }
  return row;
}

/// Adds the columns from `first` on, logits (rows, columns), to all rows; `targets` are columns of the whole.
inline void add_columns(std::span<RunningLoss> losses, const torch::Tensor& logits, std::int64_t first,
                        const std::int64_t* targets) {
  const std::int64_t columns = logits.size(1);
  use_numbers(logits, [&]<class T>(const T* all) {
    at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        RunningLoss& loss = losses[static_cast<std::size_t>(i)];
        const T* const row = all + i * columns;
        loss = with_wide_vectors<&add_columns<T>>(loss, row, columns);
        const std::int64_t target = targets[i] - first;
        if (target >= 0 && target < columns) loss.wanted = static_cast<float>(row[target]);
      }
    });
  });
}

}  // namespace aria::nn::detail
