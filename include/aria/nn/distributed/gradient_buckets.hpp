// The gradients of a model, summed over all processes while the backward pass still goes on (Li et al.: "PyTorch
// Distributed: Experiences on accelerating data parallel training", 2020).
#pragma once

#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <aria/nn/distributed/bucket_plan.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// Gathers gradients in flat buckets as they come, and sends each bucket off once its last gradient is there. A weight
/// without a gradient in a step has one of zeros afterwards.
///
///     GradientBuckets buckets(model, group);
///     buckets.begin();
///     ...backward() of all parts of the step but the last
///     buckets.send_when_ready();
///     ...backward() of the last part
///     buckets.finish();  // now gradients are the sums over all processes
class GradientBuckets {
 public:
  static constexpr std::size_t kLarge = std::size_t{1} << 18;  ///< numbers: 1 MiB in fp32

  GradientBuckets(const torch::nn::Module& model, std::shared_ptr<ProcessGroup> group, std::size_t large = kLarge)
      : state_(std::make_shared<State>(trained_weights(model), large, std::move(group))) {
    for (std::size_t i = 0; i < state_->weights.size(); ++i) add_hook(i);
  }
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;
  ~GradientBuckets() { state_->sending = false; }

  /// A step begins; no weight has a gradient.
  void begin() {
    state_->sending = false;
    state_->ledger.begin();
    state_->pending.clear();
  }

  /// The backward pass that comes now is the last one of the step.
  void send_when_ready() { state_->sending = true; }

  /// Waits until all gradients are summed. Throws process_lost.
  void finish() {
    state_->sending = false;
    state_->ledger.finish([this](std::size_t bucket) { state_->send(bucket); });
    for (const auto& wait : state_->pending) wait();
    state_->pending.clear();
  }

  const BucketPlan& plan() const noexcept { return state_->plan; }

 private:
  // What hooks use, which live as long as the graph's nodes do.
  struct State {
    State(std::vector<torch::Tensor> model, std::size_t large, std::shared_ptr<ProcessGroup> processes)
        : weights(std::move(model)), plan(plan_of(weights, large)), ledger(plan), group(std::move(processes)) {
      for (const std::size_t size : plan.sizes) {
        const bool is_large = size >= large && plan.parameters[flat.size()].size() == 1;
        flat.push_back(is_large ? torch::Tensor()
                                : torch::zeros({static_cast<std::int64_t>(size)}, weights.front().options()));
      }
    }

    // Called by one thread at a time.
    void send(std::size_t bucket) {
      const torch::NoGradGuard no_graph;
      for (const std::size_t i : plan.parameters[bucket]) gather(i);
      const bool is_alone = !flat[bucket].defined();
      pending.push_back(group->start_sum(is_alone ? weights[plan.parameters[bucket].front()].grad() : flat[bucket]));
    }

    // In memory of its own: what another tensor shares may still be read by the backward pass.
    static torch::Tensor own(const torch::Tensor& gradient, const torch::Tensor& weight) {
      if (!gradient.defined()) return torch::zeros_like(weight);
      const bool is_shared = gradient.storage().use_count() > 1;
      return is_shared ? gradient.clone(torch::MemoryFormat::Contiguous) : gradient.contiguous();
    }

    // Has the gradient lie where it is summed.
    void gather(std::size_t i) {
      torch::Tensor& weight = weights[i];
      const BucketPlan::Part& part = plan.parts[i];
      const torch::Tensor gradient = weight.grad();
      if (!flat[part.bucket].defined()) {
        weight.mutable_grad() = own(gradient, weight);
        return;
      }
      const torch::Tensor view =
          flat[part.bucket].narrow(0, static_cast<std::int64_t>(part.offset), weight.numel()).view_as(weight);
      if (gradient.defined()) {
        view.copy_(gradient);
      } else {
        view.zero_();
      }
      weight.mutable_grad() = view;
    }

    std::vector<torch::Tensor> weights;
    const BucketPlan plan;
    BucketLedger ledger;
    std::shared_ptr<ProcessGroup> group;
    std::vector<torch::Tensor> flat;             // of each bucket; none for a large gradient, which is where it is
    std::vector<std::function<void()>> pending;  // touched by the ledger's callers, and by `finish`
    bool sending = false;
  };

  static std::vector<torch::Tensor> trained_weights(const torch::nn::Module& model) {
    std::vector<torch::Tensor> weights = model.parameters();
    std::erase_if(weights, [](const torch::Tensor& weight) { return !weight.requires_grad(); });
    return weights;
  }

  static BucketPlan plan_of(const std::vector<torch::Tensor>& weights, std::size_t large) {
    std::vector<std::size_t> numbers;
    for (const torch::Tensor& weight : weights) numbers.push_back(static_cast<std::size_t>(weight.numel()));
    return BucketPlan::of(numbers, large);
  }

  // Called once the gradient of a weight is there, added to those of the parts before.
  void add_hook(std::size_t i) {
    using torch::autograd::variable_list;
    const auto accumulator = torch::autograd::impl::grad_accumulator(state_->weights[i]);
    accumulator->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
        [weak = std::weak_ptr(state_), i](const variable_list& outputs, const variable_list&) {
          const auto state = weak.lock();
          if (state && state->sending) {
            state->ledger.mark(i, [&](std::size_t bucket) { state->send(bucket); });
          }
          return outputs;
        }));
    accumulators_.push_back(accumulator);
  }

  std::shared_ptr<State> state_;
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators_;  // a weight alone does not keep its own
};

}  // namespace aria::nn
