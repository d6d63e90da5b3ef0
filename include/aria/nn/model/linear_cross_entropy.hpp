// The last layer of a language model and its loss in one: logits exist for a few positions at a time only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/softmax_rows.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

// Enough rows for fast products, few enough for their logits to stay in the caches of a processor.
inline std::int64_t rows_at_a_time(const torch::Device& device) { return device.is_cpu() ? 256 : 4096; }

/// The sum of the losses of logits (rows, vocabulary), which become its gradient with `learns`. With libtorch's
/// operations.
inline torch::Tensor loss_of_logits(torch::Tensor& logits, const torch::Tensor& target, double smoothing, bool learns) {
  const torch::Tensor wanted = target.unsqueeze(1);
  const double share = smoothing / static_cast<double>(logits.size(1));
  torch::Tensor p = torch::log_softmax(logits, 1, torch::kFloat);
  torch::Tensor loss = p.gather(1, wanted).sum() * (smoothing - 1);
  if (smoothing > 0) loss -= p.sum() * share;
  if (!learns) return loss;
  p.exp_();
  // No scatter_add: libtorch has no deterministic one for all devices.
  const torch::Tensor at_target = p.gather(1, wanted).squeeze(1) - (1 - smoothing);
  p.index_put_({torch::arange(logits.size(0), target.options()), target}, at_target);
  if (smoothing > 0) p -= share;
  logits = p.to(logits.scalar_type());
  return loss;
}

/// The same; on processors row by row.
inline torch::Tensor take_loss(torch::Tensor& logits, const torch::Tensor& target, double smoothing, bool learns) {
  if (!has_row_kernels(logits)) return loss_of_logits(logits, target, smoothing, learns);
  std::vector<double> losses(static_cast<std::size_t>(logits.size(0)));
  cross_entropy_of_rows(logits, target.contiguous(), smoothing, learns, losses.data());
  return torch::tensor(std::accumulate(losses.begin(), losses.end(), 0.0), torch::kDouble);
}

/// The gradients are computed on the way forward, since the logits are at hand there: only gradients of hidden states
/// and weights are kept, which are smaller by the size of the vocabulary over that of the model.
struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& hidden,
                               const torch::Tensor& weight, const torch::Tensor& target, double smoothing, bool bf16,
                               bool learns) {
    const auto type = bf16 ? torch::kBFloat16 : weight.scalar_type();
    const torch::Tensor h = hidden.detach().to(type), w = weight.detach().to(type), w_t = w.t();
    torch::Tensor h_gradient = learns ? torch::empty_like(h) : torch::Tensor();
    torch::Tensor w_gradient = learns ? torch::zeros_like(weight, torch::MemoryFormat::Contiguous) : torch::Tensor();
    torch::Tensor loss = torch::zeros({}, hidden.options().dtype(torch::kDouble));
    const std::int64_t count = h.size(0), step = rows_at_a_time(hidden.device());
    for (std::int64_t first = 0; first < count; first += step) {
      const std::int64_t rows = std::min(step, count - first);
      const torch::Tensor part = h.narrow(0, first, rows);
      torch::Tensor g = torch::mm(part, w_t);
      loss += take_loss(g, target.narrow(0, first, rows), smoothing, learns);
      if (!learns) continue;
      torch::Tensor into = h_gradient.narrow(0, first, rows);
      torch::mm_out(into, g, w);
      if (bf16) {
        w_gradient += torch::mm(g.t(), part);
      } else {
        w_gradient.addmm_(g.t(), part);
      }
    }
    if (learns) context->save_for_backward({h_gradient.to(hidden.scalar_type()), w_gradient});
    return loss.to(torch::kFloat);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], torch::Tensor(),
            torch::Tensor(),         torch::Tensor(),         torch::Tensor()};
  }
};

// The loss of each row of logits, in fp32.
inline torch::Tensor losses_of_logits(const torch::Tensor& logits, const torch::Tensor& target) {
  if (!has_row_kernels(logits)) {
    return -torch::log_softmax(logits, 1, torch::kFloat).gather(1, target.unsqueeze(1)).squeeze(1);
  }
  torch::Tensor losses = torch::empty({logits.size(0)}, torch::kDouble);
  cross_entropy_of_rows(logits, target.contiguous(), 0, /*learns=*/false, losses.data_ptr<double>());
  return losses;
}

}  // namespace detail

/// -log softmax(hidden weight^T)[target] of each position, (positions) in fp32; 0 where the target is `ignored`. The
/// arguments are those of linear_cross_entropy, and there are no gradients.
inline torch::Tensor linear_token_losses(const torch::Tensor& hidden, const torch::Tensor& weight,
                                         const torch::Tensor& target, std::int64_t ignored) {
  const torch::NoGradGuard no_graph;
  const bool bf16 = current_precision(hidden.device().type()) == Precision::bf16;
  const auto type = bf16 ? torch::kBFloat16 : weight.scalar_type();
  const torch::Tensor h = hidden.to(type), w_t = weight.to(type).t();
  const torch::Tensor is_used = target != ignored, wanted = torch::where(is_used, target, torch::zeros_like(target));
  torch::Tensor losses = torch::empty({target.size(0)}, hidden.options().dtype(torch::kFloat));
  const std::int64_t step = detail::rows_at_a_time(hidden.device());
  for (std::int64_t first = 0; first < target.size(0); first += step) {
    const std::int64_t rows = std::min(step, target.size(0) - first);
    const torch::Tensor logits = torch::mm(h.narrow(0, first, rows), w_t);
    losses.narrow(0, first, rows).copy_(detail::losses_of_logits(logits, wanted.narrow(0, first, rows)));
  }
  return losses * is_used;
}

/// The sum of -log softmax(hidden weight^T)[target] over all positions whose target is not `ignored`, a scalar in fp32:
/// `hidden` is (positions, width), `weight` (vocabulary, width), `target` (positions) of int64. Equal to
/// torch::nn::functional::cross_entropy of the logits with reduction kSum, ignore_index and label_smoothing, but for
/// rounding. Under autocast the products are computed in bf16.
///
///     const auto loss = linear_cross_entropy(hidden.flatten(0, 1), head->weight, target.flatten(), pad) / count;
inline torch::Tensor linear_cross_entropy(const torch::Tensor& hidden, const torch::Tensor& weight,
                                          const torch::Tensor& target, std::int64_t ignored, double smoothing = 0) {
  const bool bf16 = current_precision(hidden.device().type()) == Precision::bf16;
  const bool learns = at::GradMode::is_enabled() && (hidden.requires_grad() || weight.requires_grad());
  const torch::Tensor used = (target != ignored).nonzero().squeeze(1);
  const bool all = used.size(0) == target.size(0);
  return detail::LinearCrossEntropy::apply(all ? hidden : hidden.index_select(0, used), weight,
                                           all ? target : target.index_select(0, used), smoothing, bf16, learns);
}

}  // namespace aria::nn
