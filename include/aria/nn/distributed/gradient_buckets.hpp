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

/// Has gradients lie in flat buckets, and sends each off once its last gradient is there.
///
///     GradientBuckets buckets(model, group);
///     buckets.begin();
///     ...backward() of all parts of the step but the last
///     buckets.send_when_ready();
///     ...backward() of the last part
///     buckets.finish();  // now gradients are the sums over all processes
class GradientBuckets {
 public:
  static constexpr std::size_t kBucketNumbers = std::size_t{1} << 20;  ///< 4 MiB in fp32

  GradientBuckets(const torch::nn::Module& model, std::shared_ptr<ProcessGroup> group,
                  std::size_t bucket_numbers = kBucketNumbers)
      : weights_(model.parameters()), state_(std::make_shared<State>(plan_of(weights_, bucket_numbers), group)) {
    for (const std::size_t size : state_->plan.sizes) {
      state_->flat.push_back(torch::zeros({static_cast<std::int64_t>(size)}, weights_.front().options()));
    }
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const BucketPlan::Part& part = state_->plan.parts[i];
      views_.push_back(state_->flat[part.bucket]
                           .narrow(0, static_cast<std::int64_t>(part.offset), weights_[i].numel())
                           .view_as(weights_[i]));
      add_hook(i);
    }
  }
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;
  ~GradientBuckets() { state_->sending = false; }

  /// All gradients become zeros, in the buckets.
  void begin() {
    state_->sending = false;
    state_->ledger.begin();
    state_->pending.clear();
    for (torch::Tensor& flat : state_->flat) flat.zero_();
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].mutable_grad() = views_[i];
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
    State(BucketPlan plan_of_model, std::shared_ptr<ProcessGroup> processes)
        : plan(std::move(plan_of_model)), ledger(plan), group(std::move(processes)) {}

    void send(std::size_t bucket) { pending.push_back(group->start_sum(flat[bucket])); }

    const BucketPlan plan;
    BucketLedger ledger;
    std::shared_ptr<ProcessGroup> group;
    std::vector<torch::Tensor> flat;
    std::vector<std::function<void()>> pending;  // touched by the ledger's callers, one at a time, and by `finish`
    bool sending = false;
  };

  static BucketPlan plan_of(const std::vector<torch::Tensor>& weights, std::size_t bucket_numbers) {
    std::vector<std::size_t> numbers;
    for (const torch::Tensor& weight : weights) numbers.push_back(static_cast<std::size_t>(weight.numel()));
    return BucketPlan::of(numbers, bucket_numbers);
  }

  // Called once the gradient of a weight has been added to what was there.
  void add_hook(std::size_t i) {
    using torch::autograd::variable_list;
    const auto accumulator = torch::autograd::impl::grad_accumulator(weights_[i]);
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

  std::vector<torch::Tensor> weights_, views_;
  std::shared_ptr<State> state_;
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators_;  // a weight alone does not keep its own
};

}  // namespace aria::nn
