// AdamW (Loshchilov, Hutter: "Decoupled weight decay regularization", 2019), whose state is tensors with names.
#pragma once

#include <ATen/Parallel.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/nn/training/settings.hpp>

namespace aria::nn {

namespace detail {

// What one step multiplies with; the same for all weights.
struct AdamWFactors {
  float keep, beta1, beta2, step_size, inverse_root, eps, gradient_scale;
};

inline void adamw_kernel(const AdamWFactors& f, float* weight, float* mean, float* square, const float* gradient,
                         std::int64_t count) {
  at::parallel_for(0, count, std::int64_t{1} << 15, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float g = gradient[i] * f.gradient_scale;
      const float m = mean[i] * f.beta1 + g * (1 - f.beta1);
      const float v = square[i] * f.beta2 + g * g * (1 - f.beta2);
      mean[i] = m;
      square[i] = v;
      weight[i] = weight[i] * f.keep - f.step_size * (m / (std::sqrt(v) * f.inverse_root + f.eps));
    }
  });
}

// The same for lists of tensors on any device.
inline void adamw_for_all(const AdamWFactors& f, at::TensorList weights, at::TensorList means, at::TensorList squares,
                          std::vector<torch::Tensor> gradients) {
  if (f.gradient_scale != 1) gradients = at::_foreach_mul(gradients, f.gradient_scale);
  at::_foreach_mul_(means, f.beta1);
  at::_foreach_add_(means, gradients, 1 - f.beta1);
  at::_foreach_mul_(squares, f.beta2);
  at::_foreach_addcmul_(squares, gradients, gradients, 1 - f.beta2);
  std::vector<torch::Tensor> roots = at::_foreach_sqrt(squares);
  at::_foreach_mul_(roots, f.inverse_root);
  at::_foreach_add_(roots, f.eps);
  at::_foreach_mul_(weights, f.keep);
  at::_foreach_addcdiv_(weights, means, roots, -f.step_size);
}

// Where the weights of embeddings lie, which may be those of a head, too.
inline std::set<const void*> embeddings_of(const torch::nn::Module& model) {
  std::set<const void*> weights;
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (const auto embedding = std::dynamic_pointer_cast<torch::nn::EmbeddingImpl>(module)) {
      weights.insert(embedding->weight.data_ptr());
    }
  }
  return weights;
}

}  // namespace detail

/// Steps weights in fp32 along their gradients, with decay on all of them, as torch.optim.AdamW does, or on matrices
/// alone that are no embeddings. Its moments are kept by the names of the weights, so that they can be saved and read
/// anywhere.
///
///     AdamW optimizer(model, {.weight_decay = 0.1});
///     loss.backward();
///     optimizer.step(schedule(step));
///     optimizer.zero_grad();
class AdamW {
 public:
  struct State {
    std::string name;
    torch::Tensor weight;
    torch::Tensor mean;    ///< of the gradients: exp_avg in Python
    torch::Tensor square;  ///< mean of their squares: exp_avg_sq in Python
    bool decays = true;    ///< whether the weight decay is for it
  };

  AdamW(const torch::nn::Module& model, const AdamWOptions& options) : options_(options) {
    const std::set<const void*> embeddings = detail::embeddings_of(model);
    for (const auto& weight : model.named_parameters()) {
      const torch::Tensor zeros = torch::zeros_like(weight.value(), torch::MemoryFormat::Contiguous);
      const bool is_matrix = weight.value().dim() >= 2 && embeddings.count(weight.value().data_ptr()) == 0;
      states_.push_back({weight.key(), weight.value(), zeros, zeros.clone(), options.decay_all || is_matrix});
    }
  }

  std::vector<State>& states() noexcept { return states_; }
  const std::vector<State>& states() const noexcept { return states_; }
  const AdamWOptions& options() const noexcept { return options_; }

  /// Steps made so far.
  std::uint64_t step_count() const noexcept { return step_count_; }
  void set_step_count(std::uint64_t count) noexcept { step_count_ = count; }

  /// The Euclidean norm of all gradients, a scalar in fp32.
  torch::Tensor gradient_norm() const {
    torch::Tensor sum;
    for (const State& state : states_) {
      if (!state.weight.grad().defined()) continue;
      const torch::Tensor square = state.weight.grad().square().sum();
      sum = sum.defined() ? sum + square : square;
    }
    return sum.defined() ? sum.sqrt() : torch::zeros({});
  }

  /// One step with the learning rate `rate`, for gradients that are multiplied with `gradient_scale` before.
  void step(double rate, double gradient_scale = 1) {
    const torch::NoGradGuard no_graph;
    ++step_count_;
    const double count = static_cast<double>(step_count_);
    const double correction1 = 1 - std::pow(options_.beta1, count), correction2 = 1 - std::pow(options_.beta2, count);
    detail::AdamWFactors factors{static_cast<float>(1 - rate * options_.weight_decay),
                                 static_cast<float>(options_.beta1),
                                 static_cast<float>(options_.beta2),
                                 static_cast<float>(rate / correction1),
                                 static_cast<float>(1 / std::sqrt(correction2)),
                                 static_cast<float>(options_.eps),
                                 static_cast<float>(gradient_scale)};
    const bool on_cpu = states_.empty() || states_.front().weight.is_cpu();
    for (const bool decays : {true, false}) {
      if (!decays) factors.keep = 1;
      on_cpu ? update_each(factors, decays) : update_all(factors, decays);
    }
  }

  void zero_grad() {
    for (State& state : states_) state.weight.mutable_grad() = torch::Tensor();
  }

 private:
  void update_each(const detail::AdamWFactors& factors, bool decays) {
    for (State& state : states_) {
      if (state.decays == decays && state.weight.grad().defined()) update(state, factors);
    }
  }

  static void update(State& state, const detail::AdamWFactors& f) {
    const torch::Tensor gradient = state.weight.grad().contiguous();
    TORCH_CHECK(state.weight.is_contiguous(), "AdamW steps contiguous weights");
    detail::adamw_kernel(f, state.weight.data_ptr<float>(), state.mean.data_ptr<float>(),
                         state.square.data_ptr<float>(), gradient.data_ptr<float>(), gradient.numel());
  }

  // On a GPU: a kernel for all weights at once, not one for each.
  void update_all(const detail::AdamWFactors& f, bool decays) {
    std::vector<torch::Tensor> weights, means, squares, gradients;
    for (const State& state : states_) {
      if (state.decays != decays || !state.weight.grad().defined()) continue;
      weights.push_back(state.weight);
      means.push_back(state.mean);
      squares.push_back(state.square);
      gradients.push_back(state.weight.grad());
    }
    if (!weights.empty()) detail::adamw_for_all(f, weights, means, squares, gradients);
  }

  AdamWOptions options_;
  std::vector<State> states_;
  std::uint64_t step_count_ = 0;
};

}  // namespace aria::nn
