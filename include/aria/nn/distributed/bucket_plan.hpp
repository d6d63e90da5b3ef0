// Gradients in flat buckets: which of them lie where, and which bucket is due. Without libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>

namespace aria::nn {

/// Divides gradients into buckets, each of which is summed over all processes at once: small ones would cost a round
/// trip each, one for all could not begin before the last gradient is there. Large ones have a bucket of their own, so
/// that they need not be copied. The backward pass comes to the parameters about in the reverse of their order, and
/// buckets are in the order in which it fills them.
struct BucketPlan {
  struct Part {
    std::size_t bucket = 0;
    std::size_t offset = 0;  ///< in numbers
  };
  std::vector<Part> parts;                           ///< of each parameter
  std::vector<std::size_t> sizes;                    ///< numbers in each bucket
  std::vector<std::vector<std::size_t>> parameters;  ///< in each bucket

  /// For parameters of so many numbers each. Those of `large` numbers and more are alone; others share buckets that
  /// have at least so many, the last one excepted.
  static BucketPlan of(std::span<const std::size_t> numbers, std::size_t large) {
    BucketPlan plan;
    plan.parts.resize(numbers.size());
    std::vector<std::size_t> small;
    std::size_t size = 0;
    for (std::size_t i = numbers.size(); i-- > 0;) {
      if (numbers[i] >= large) {
        plan.add({i}, numbers);
        continue;
      }
      small.push_back(i);
      size += numbers[i];
      if (size < large) continue;
      plan.add(std::exchange(small, {}), numbers);
      size = 0;
    }
    if (!small.empty()) plan.add(std::move(small), numbers);
    return plan;
  }

 private:
  void add(std::vector<std::size_t> bucket, std::span<const std::size_t> numbers) {
    std::size_t size = 0;
    for (const std::size_t parameter : bucket) {
      parts[parameter] = {sizes.size(), size};
      size += numbers[parameter];
    }
    sizes.push_back(size);
    parameters.push_back(std::move(bucket));
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
  explicit BucketLedger(const BucketPlan& plan) {
    for (const BucketPlan::Part& part : plan.parts) bucket_of_.push_back(part.bucket);
    for (const auto& parameters : plan.parameters) parameters_within_.push_back(parameters.size());
    begin();
  }

  /// Nothing is there yet.
  void begin() {
    const std::lock_guard lock(mutex_);
    missing_ = parameters_within_;
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
  std::vector<std::size_t> bucket_of_, parameters_within_;
  mutable std::mutex mutex_;
  std::vector<std::size_t> missing_;  // gradients of each bucket that are not there
  std::vector<bool> seen_;
  std::size_t next_ = 0;
};

}  // namespace aria::nn
