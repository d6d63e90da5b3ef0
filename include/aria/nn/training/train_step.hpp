// One step of training: forward, loss, backward, over one or several batches.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include <aria/nn/data/batch.hpp>
#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/training/settings.hpp>
#include <aria/support/random.hpp>

namespace aria::nn {

/// Targets that are learnt from: those that are not padding.
inline std::uint64_t target_count(std::span<const Batch> batches, std::int64_t pad) {
  std::uint64_t count = 0;
  for (const Batch& batch : batches) {
    count += static_cast<std::uint64_t>((batch.target != pad).sum().item<std::int64_t>());
  }
  return count;
}

/// Has everything that libtorch draws in this part of a step depend on the seed, the step, the part and the process
/// alone. That is why a run that goes on needs no state of random numbers.
inline void seed_step(std::uint64_t seed, std::uint64_t step, std::uint64_t part, std::uint64_t process = 0) {
  torch::manual_seed(RandomStream(seed, step, part, process).bits());
}

/// Adds the gradients of the mean loss over all `targets` to those of the model, and returns the loss: the sum over all
/// batches, divided by `targets`, which of several processes is the number of all of them. Batches lie on the device of
/// the model. `before_last` is called before the last backward pass.
inline torch::Tensor add_gradients(CausalTransformer& model, std::span<const Batch> batches, std::int64_t pad,
                                   std::uint64_t targets, std::uint64_t step, const TrainSettings& settings,
                                   std::uint64_t process = 0, const std::function<void()>& before_last = {}) {
  torch::Tensor total;
  for (std::size_t part = 0; part < batches.size(); ++part) {
    seed_step(settings.seed, step, part, process);
    torch::Tensor loss;
    {
      const AutocastGuard autocast(settings.precision, batches[part].source.device().type());
      loss = model.loss_sum(batches[part].source, batches[part].target, pad, settings.label_smoothing);
    }
    loss = loss / static_cast<double>(targets == 0 ? 1 : targets);
    if (before_last && part + 1 == batches.size()) before_last();
    loss.backward();
    total = total.defined() ? total + loss.detach() : loss.detach();
  }
  return total;
}

/// What gradients are multiplied with so that their norm is at most `clip`; 1 where that is 0 or the norm is less.
inline double clip_scale(double norm, double clip) { return clip > 0 && norm > clip ? clip / norm : 1; }

}  // namespace aria::nn
