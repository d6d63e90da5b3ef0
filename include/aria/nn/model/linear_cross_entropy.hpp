// The last layer of a language model and its loss in one: logits exist for a few positions at a time only.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

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

// Of each row of logits the logarithm of the sum of their exponentials, minus the one at the target. On processors:
// libtorch's log_softmax would write them all once more.
template <class T>
void losses_of_rows(const T* logits, std::int64_t vocabulary, const std::int64_t* target, float* losses,
                    std::int64_t rows) {
  at::parallel_for(0, rows, 1, [=](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(vocabulary));
    for (std::int64_t i = begin; i < end; ++i) {
      std::copy_n(logits + i * vocabulary, vocabulary, row.begin());
      const float wanted = row[static_cast<std::size_t>(target[i])];
      const float most = kernels::max_of(row.data(), vocabulary);
      double sum = 0;
      constexpr std::int64_t kBlock = 512;  // numbers that are added up in fp32
      for (std::int64_t at = 0; at < vocabulary; at += kBlock) {
        sum += kernels::exponentials(row.data() + at, std::min(kBlock, vocabulary - at), 1, most);
      }
      losses[i] = static_cast<float>(std::log(sum) + (static_cast<double>(most) - static_cast<double>(wanted)));
    }
  });
}

inline torch::Tensor losses_of_logits(const torch::Tensor& logits, const torch::Tensor& target) {
  if (!logits.is_cpu() || (logits.scalar_type() != torch::kFloat && logits.scalar_type() != torch::kBFloat16)) {
    return -torch::log_softmax(logits, 1, torch::kFloat).gather(1, target.unsqueeze(1)).squeeze(1);
  }
  torch::Tensor losses = torch::empty({logits.size(0)}, torch::kFloat);
  const auto fill = [&]<class T>(const T* numbers) {
    losses_of_rows(numbers, logits.size(1), target.data_ptr<std::int64_t>(), losses.data_ptr<float>(), logits.size(0));
  };
  if (logits.scalar_type() == torch::kFloat) {
    fill(logits.data_ptr<float>());
  } else {
    fill(logits.data_ptr<at::BFloat16>());
  }
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
