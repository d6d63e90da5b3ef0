// The last layer of a language model and its loss in one: logits exist for a few positions at a time only.
#pragma once

#include <algorithm>
#include <cstdint>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/linear_token_losses.hpp>
#include <aria/nn/model/softmax_rows.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

/// The sum of the losses of logits (rows, vocabulary), which become its gradient. With libtorch's operations.
inline torch::Tensor learn_from_logits(torch::Tensor& logits, const torch::Tensor& target, double smoothing) {
  torch::Tensor p = torch::log_softmax(logits, 1, torch::kFloat);
  const torch::Tensor loss = losses_of(p, target, smoothing).sum();
  p.exp_();
  // No scatter_add: libtorch has no deterministic one for all devices.
  const torch::Tensor at_target = p.gather(1, target.unsqueeze(1)).squeeze(1) - (1 - smoothing);
  p.index_put_({torch::arange(logits.size(0), target.options()), target}, at_target);
  if (smoothing > 0) p -= smoothing / static_cast<double>(logits.size(1));
  logits = p.to(logits.scalar_type());
  return loss;
}

/// The same; on processors row by row.
inline torch::Tensor take_loss(torch::Tensor& logits, const torch::Tensor& target, double smoothing) {
  if (!has_row_kernels(logits)) return learn_from_logits(logits, target, smoothing);
  return torch::tensor(learn_from_rows(logits, target.data_ptr<std::int64_t>(), smoothing), torch::kDouble);
}

/// The gradients are computed on the way forward, since the logits are at hand there: only gradients of hidden states
/// and weights are kept, which are smaller by the size of the vocabulary over that of the model.
struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& hidden,
                               const torch::Tensor& weight, const torch::Tensor& target, double smoothing, bool bf16) {
    const auto type = bf16 ? torch::kBFloat16 : weight.scalar_type();
    const torch::Tensor h = hidden.detach().to(type), w = weight.detach().to(type), w_t = w.t();
    torch::Tensor h_gradient = torch::empty_like(h);
    torch::Tensor w_gradient = torch::zeros_like(weight, torch::MemoryFormat::Contiguous);
    torch::Tensor loss = torch::zeros({}, hidden.options().dtype(torch::kDouble));
    const std::int64_t count = h.size(0), step = rows_at_a_time(hidden.device());
    for (std::int64_t first = 0; first < count; first += step) {
      const std::int64_t rows = std::min(step, count - first);
      const torch::Tensor part = h.narrow(0, first, rows);
      torch::Tensor g = torch::mm(part, w_t);
      loss += take_loss(g, target.narrow(0, first, rows), smoothing);
      torch::Tensor into = h_gradient.narrow(0, first, rows);
      torch::mm_out(into, g, w);
      if (bf16) {
        w_gradient += torch::mm(g.t(), part);
      } else {
        w_gradient.addmm_(g.t(), part);
      }
    }
    context->save_for_backward({h_gradient.to(hidden.scalar_type()), w_gradient});
    return loss.to(torch::kFloat);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], torch::Tensor(), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace detail

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
  const torch::Tensor h = all ? hidden : hidden.index_select(0, used);
  const torch::Tensor wanted = (all ? target : target.index_select(0, used)).contiguous();
  detail::check_targets(wanted, weight.size(0));
  if (!learns) return detail::losses_without_gradient(h, weight, wanted, smoothing).sum().to(torch::kFloat);
  return detail::LinearCrossEntropy::apply(h, weight, wanted, smoothing, bf16);
}

}  // namespace aria::nn
