// Gradients in flat buckets: which of them lie where, and which bucket is due. Without libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <aria/support/error.hpp>

namespace aria::nn {

/// Divides gradients into buckets, each of which is summed over all processes at once: small ones would cost a round
/// trip each, one for all could not begin before the last gradient is there. The backward pass comes to the parameters
/// about in the reverse of their order, and so do the buckets.
struct BucketPlan {
  struct Part {
    std::size_t bucket = 0;
    std::size_t offset = 0;  ///< in numbers
  };
  std::vector<Part> parts;                ///< of each parameter
  std::vector<std::size_t> sizes;         ///< numbers in each bucket
  std::vector<std::size_t> parts_within;  ///< parameters in each bucket

  /// For parameters of so many numbers each. A bucket holds at most `limit` of them, or a single parameter.
  static BucketPlan of(std::span<const std::size_t> numbers, std::size_t limit) {
    BucketPlan plan;
    plan.parts.resize(numbers.size());
    for (std::size_t i = numbers.size(); i-- > 0;) {
      if (plan.sizes.empty() || plan.sizes.back() + numbers[i] > limit) {
        plan.sizes.push_back(0);
        plan.parts_within.push_back(0);
      }
      plan.parts[i] = {plan.sizes.size() - 1, plan.sizes.back()};
      plan.sizes.back() += numbers[i];
      ++plan.parts_within.back();
    }
    return plan;
  }
};

/// Counts which gradients of a step are there, and says when a bucket is whole. Buckets are launched one after the
/// other in their order, on all processes alike, whatever threads the gradients come from.
///
///     BucketLedger ledger(plan);
///     ledger.begin();
///     ledger.mark(parameter, [&](std::size_t bucket) { work.push_back(all_reduce(flat[bucket])); });
///     ledger.finish(launch);  // what got no gradient in this step
class BucketLedger {
 public:
  /// Keeps a copy of what it needs.
  explicit BucketLedger(const BucketPlan& plan) : parts_within_(plan.parts_within) {
    for (const BucketPlan::Part& part : plan.parts) bucket_of_.push_back(part.bucket);
    begin();
  }

  /// Nothing is there yet.
  void begin() {
    const std::lock_guard lock(mutex_);
    missing_ = parts_within_;
    seen_.assign(bucket_of_.size(), false);
    next_ = 0;
  }

  /// The gradient of a parameter is there. Calls `launch(bucket)` for every bucket whose turn it is now; one call at a
  /// time, in order. Throws invalid_argument for a parameter that is none, or was there already.
  template <class Launch>
  void mark(std::size_t parameter, Launch launch) {
    const std::lock_guard lock(mutex_);
    if (parameter >= seen_.size() || seen_[parameter]) {
      throw Error(ErrorCode::invalid_argument,
                  "the gradient of parameter " + std::to_string(parameter) +
                      (parameter >= seen_.size() ? " is none of the plan's" : " came twice in one step"));
    }
    seen_[parameter] = true;
    --missing_[bucket_of_[parameter]];
    for (; next_ < missing_.size() && missing_[next_] == 0; ++next_) launch(next_);
  }

  /// No more gradients will come: calls `launch` for all buckets that are left.
  template <class Launch>
  void finish(Launch launch) {
    const std::lock_guard lock(mutex_);
    for (; next_ < missing_.size(); ++next_) launch(next_);
  }

  /// Buckets launched so far in this step.
  std::size_t launched() const {
    const std::lock_guard lock(mutex_);
    return next_;
  }

 private:
  std::vector<std::size_t> bucket_of_, parts_within_;
  mutable std::mutex mutex_;
  std::vector<std::size_t> missing_;  // gradients of each bucket that are not there
  std::vector<bool> seen_;
  std::size_t next_ = 0;
};

}  // namespace aria::nn
