// The losses of single tokens, of hidden states: nobody holds the logits of a large vocabulary.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/running_loss.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

// Of gradients: enough rows for fast products, few enough for their logits to stay in the caches of a processor.
inline std::int64_t rows_at_a_time(const torch::Device& device) { return device.is_cpu() ? 256 : 4096; }

/// Throws where a target is no token. On processors: elsewhere libtorch does, and asking would wait for the device.
inline void check_targets(const torch::Tensor& target, std::int64_t vocabulary) {
  if (target.numel() == 0 || !target.is_cpu()) return;
  const auto [least, most] = torch::aminmax(target);
  TORCH_CHECK_INDEX(least.item<std::int64_t>() >= 0 && most.item<std::int64_t>() < vocabulary,
                    "a target is no token of the vocabulary");
}

/// The losses of log-probabilities (rows, vocabulary). With smoothing they are to that share the mean over all tokens
/// as targets.
inline torch::Tensor losses_of(const torch::Tensor& log_p, const torch::Tensor& target, double smoothing) {
  torch::Tensor losses = log_p.gather(1, target.unsqueeze(1)).squeeze(1) * (smoothing - 1);
  if (smoothing > 0) losses -= log_p.mean(1) * smoothing;
  return losses;
}

/// On processors: the logits of some rows and columns at a time, in the same 32 MB. Large blocks, since threads of a
/// product and of a sum get in each other's way when they take turns often.
inline torch::Tensor losses_in_blocks(const torch::Tensor& hidden, const torch::Tensor& weight,
                                      const torch::Tensor& target, double smoothing) {
  constexpr std::int64_t kRows = 1024, kColumns = 8192;
  const std::int64_t count = hidden.size(0), vocabulary = weight.size(0);
  const torch::Tensor memory =
      torch::empty({std::min(kRows, count) * std::min(kColumns, vocabulary)}, hidden.options());
  torch::Tensor losses = torch::empty({count}, torch::kDouble);
  for (std::int64_t first = 0; first < count; first += kRows) {
    const std::int64_t rows = std::min(kRows, count - first);
    std::vector<RunningLoss> running(static_cast<std::size_t>(rows));
    for (std::int64_t column = 0; column < vocabulary; column += kColumns) {
      const std::int64_t columns = std::min(kColumns, vocabulary - column);
      torch::Tensor logits = memory.narrow(0, 0, rows * columns).view({rows, columns});
      torch::mm_out(logits, hidden.narrow(0, first, rows), weight.narrow(0, column, columns).t());
      add_columns(running, logits, column, target.data_ptr<std::int64_t>() + first);
    }
    std::transform(running.begin(), running.end(), losses.data_ptr<double>() + first,
                   [&](const RunningLoss& row) { return row.loss(smoothing, vocabulary); });
  }
  return losses;
}

/// The loss of each row, in fp64 or fp32; targets are contiguous, and tokens.
inline torch::Tensor losses_without_gradient(const torch::Tensor& hidden, const torch::Tensor& weight,
                                             const torch::Tensor& target, double smoothing) {
  const torch::NoGradGuard no_graph;
  const bool bf16 = current_precision(hidden.device().type()) == Precision::bf16;
  const auto type = bf16 ? torch::kBFloat16 : weight.scalar_type();
  const torch::Tensor h = hidden.to(type), w = weight.to(type);
  if (has_row_kernels(h)) return losses_in_blocks(h, w, target, smoothing);
  torch::Tensor losses = torch::empty({h.size(0)}, h.options().dtype(torch::kFloat));
  const std::int64_t step = rows_at_a_time(h.device());
  for (std::int64_t first = 0; first < h.size(0); first += step) {
    const std::int64_t rows = std::min(step, h.size(0) - first);
    const torch::Tensor log_p = torch::log_softmax(torch::mm(h.narrow(0, first, rows), w.t()), 1, torch::kFloat);
    losses.narrow(0, first, rows).copy_(losses_of(log_p, target.narrow(0, first, rows), smoothing));
  }
  return losses;
}

}  // namespace detail

/// -log softmax(hidden weight^T)[target] of each position, (positions) in fp32; 0 where the target is `ignored`:
/// `hidden` is (positions, width), `weight` (vocabulary, width), `target` (positions) of int64. There are no gradients.
/// Under autocast the products are computed in bf16.
inline torch::Tensor linear_token_losses(const torch::Tensor& hidden, const torch::Tensor& weight,
                                         const torch::Tensor& target, std::int64_t ignored) {
  const torch::Tensor is_used = target != ignored;
  const torch::Tensor wanted = torch::where(is_used, target, torch::zeros_like(target)).contiguous();
  detail::check_targets(wanted, weight.size(0));
  const torch::Tensor losses = detail::losses_without_gradient(hidden, weight, wanted, 0);
  return torch::where(is_used, losses, torch::zeros_like(losses)).to(torch::kFloat);
}

}  // namespace aria::nn
