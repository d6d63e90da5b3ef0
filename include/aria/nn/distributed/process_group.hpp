// Processes that train one model together, and what they tell each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <aria/dataset/epoch_order.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// All processes of a run call the same functions in the same order. Everything may throw process_lost.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;

  virtual std::uint64_t rank() const noexcept = 0;
  virtual std::uint64_t size() const noexcept = 0;
  /// The number of this process among those on its machine.
  virtual std::uint64_t local_rank() const noexcept = 0;
  virtual std::uint64_t local_size() const noexcept = 0;

  /// Each number becomes the sum of those of all processes.
  virtual void sum(std::span<double> numbers) = 0;

  /// Begins to do the same with a tensor; what is returned waits until that is done.
  virtual std::function<void()> start_sum(const torch::Tensor& tensor) = 0;

  /// The tensor becomes that of rank 0.
  virtual void broadcast(const torch::Tensor& tensor) = 0;

  /// The text that one of them says.
  virtual std::string said_by(std::uint64_t rank, const std::string& text) = 0;

  /// Seconds that this process has waited for others so far.
  virtual double waited() const noexcept = 0;

  bool is_first() const noexcept { return rank() == 0; }

  /// Whether anyone says yes.
  bool any(bool yes) {
    double count = yes ? 1 : 0;
    sum({&count, 1});
    return count > 0;
  }
};

/// Which share of data is that of this process.
inline Rank rank_in(const ProcessGroup& group) noexcept {
  return {static_cast<std::size_t>(group.rank()), static_cast<std::size_t>(group.size())};
}

/// The only process of a run.
class SingleProcess : public ProcessGroup {
 public:
  std::uint64_t rank() const noexcept override { return 0; }
  std::uint64_t size() const noexcept override { return 1; }
  std::uint64_t local_rank() const noexcept override { return 0; }
  std::uint64_t local_size() const noexcept override { return 1; }
  void sum(std::span<double>) override {}
  std::function<void()> start_sum(const torch::Tensor&) override {
    return [] {};
  }
  void broadcast(const torch::Tensor&) override {}
  std::string said_by(std::uint64_t, const std::string& text) override { return text; }
  double waited() const noexcept override { return 0; }
};

}  // namespace aria::nn
