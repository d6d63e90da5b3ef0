// Activation checkpointing: a part of a model keeps only its input, and runs once more when gradients are asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

/// The state of the random numbers that a part of a model draws: those of the processor, and of the GPU where it runs
/// on one.
class RandomState {
 public:
  explicit RandomState(const torch::Device& device) {
    generators_.push_back(at::globalContext().defaultGenerator(torch::kCPU));
    if (device.is_cuda()) generators_.push_back(at::globalContext().defaultGenerator(device));
    for (at::Generator& generator : generators_) {
      const std::lock_guard lock(generator.mutex());
      states_.push_back(generator.get_state());
    }
  }

  void restore() {
    for (std::size_t i = 0; i < generators_.size(); ++i) {
      const std::lock_guard lock(generators_[i].mutex());
      generators_[i].set_state(states_[i]);
    }
  }

 private:
  std::vector<at::Generator> generators_;
  std::vector<torch::Tensor> states_;
};

// What a part needs to run again just as it did.
struct Rerun : torch::CustomClassHolder {
  using Part = std::function<torch::Tensor(const torch::Tensor&)>;

  Rerun(Part part_to_run, const torch::Device& where)
      : part(std::move(part_to_run)), device(where), random(where), autocast(AutocastState::of(where.type())) {
    autocast.cache = false;
  }

  // Leaves the random numbers of whoever goes on afterwards as they are.
  torch::Tensor run(const torch::Tensor& input) {
    RandomState of_caller(device);
    random.restore();
    const AutocastGuard guard(autocast, device.type());
    torch::Tensor output = part(input);
    of_caller.restore();
    return output;
  }

  Part part;
  torch::Device device;
  RandomState random;
  AutocastState autocast;  // keeps no cast weights: those of the run without gradients have none
};

struct ActivationCheckpoint : torch::autograd::Function<ActivationCheckpoint> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input,
                               const c10::intrusive_ptr<Rerun>& rerun) {
    context->saved_data["rerun"] = torch::IValue::make_capsule(rerun);
    context->save_for_backward({input});
    const torch::NoGradGuard no_graph;
    const AutocastGuard guard(rerun->autocast, rerun->device.type());
    return rerun->part(input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto rerun = c10::static_intrusive_pointer_cast<Rerun>(context->saved_data["rerun"].toCapsule());
    torch::Tensor input = context->get_saved_variables()[0].detach().requires_grad_(true);
    torch::Tensor output;
    {
      const torch::AutoGradMode with_graph(true);
      output = rerun->run(input);
    }
    torch::autograd::backward({output}, {gradients[0]});
    return {input.grad(), torch::Tensor()};
  }
};

}  // namespace detail

/// `part(input)`, whose inner results are not kept: gradients make it run again, with the same random numbers and in
/// the same precision, so that they are equal to the bit (Chen et al.: "Training deep nets with sublinear memory cost",
/// 2016). `input` must require gradients, and the part must outlive the backward pass.
///
///     x = checkpointed(x, [block](const torch::Tensor& x) { return block->forward(x); });
inline torch::Tensor checkpointed(const torch::Tensor& input, std::function<torch::Tensor(const torch::Tensor&)> part) {
  return detail::ActivationCheckpoint::apply(input,
                                             c10::make_intrusive<detail::Rerun>(std::move(part), input.device()));
}

}  // namespace aria::nn
