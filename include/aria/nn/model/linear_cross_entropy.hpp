// The last layer of a language model and its loss in one: logits exist for a few positions at a time only.
#pragma once

#include <algorithm>
#include <cstdint>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

// Enough rows for fast products, few enough for their logits to stay in the caches of a processor.
inline std::int64_t rows_at_a_time(const torch::Device& device) { return device.is_cpu() ? 256 : 4096; }

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
    torch::Tensor loss = torch::zeros({}, hidden.options().dtype(torch::kFloat));
    const std::int64_t count = h.size(0), step = rows_at_a_time(hidden.device());
    for (std::int64_t first = 0; first < count; first += step) {
      const std::int64_t rows = std::min(step, count - first);
      const torch::Tensor part = h.narrow(0, first, rows), wanted = target.narrow(0, first, rows).unsqueeze(1);
      torch::Tensor p = torch::log_softmax(torch::mm(part, w_t), 1, torch::kFloat);
      loss -= p.gather(1, wanted).sum() * (1 - smoothing);
      if (smoothing > 0) loss -= p.sum() * (smoothing / static_cast<double>(weight.size(0)));
      if (!learns) continue;
      p.exp_();
      // No scatter_add: libtorch has no deterministic one for all devices.
      const torch::Tensor at_target = p.gather(1, wanted).squeeze(1) - (1 - smoothing);
      p.index_put_({torch::arange(rows, wanted.options()), wanted.squeeze(1)}, at_target);
      if (smoothing > 0) p -= smoothing / static_cast<double>(weight.size(0));
      const torch::Tensor g = p.to(type);
      torch::Tensor into = h_gradient.narrow(0, first, rows);
      torch::mm_out(into, g, w);
      if (bf16) {
        w_gradient += torch::mm(g.t(), part);
      } else {
        w_gradient.addmm_(g.t(), part);
      }
    }
    if (learns) context->save_for_backward({h_gradient.to(hidden.scalar_type()), w_gradient});
    return loss;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], torch::Tensor(),
            torch::Tensor(),         torch::Tensor(),         torch::Tensor()};
  }
};

}  // namespace detail

/// The sum of -log softmax(hidden weight^T)[target] over all positions whose target is not `ignored`, a scalar in fp32:
/// `hidden` is (positions, width), `weight` (vocabulary, width), `target` (positions) of int64. Equal to
/// torch::nn::functional::cross_entropy of the logits with reduction kSum, ignore_index and label_smoothing, but for
/// rounding. Under
/// autocast the products are computed in bf16.
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
