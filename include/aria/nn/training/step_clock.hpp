// How long steps take, and how much of that is waiting.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace aria::nn {

/// The first step counts neither for the speed nor for the share: libtorch sets itself up in it.
class StepClock {
 public:
  void begin() noexcept { start_ = Clock::now(); }
  /// Seconds of the step in which nothing was done but to wait for data, and for other processes.
  void end(double for_data, double for_processes = 0) noexcept {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    if (steps_++ == 0) {
      first_ = seconds;
      return;
    }
    seconds_ += seconds;
    for_data_ += for_data;
    for_processes_ += for_processes;
  }

  std::uint64_t steps() const noexcept { return steps_; }
  double seconds_per_step() const noexcept { return steps_ <= 1 ? first_ : seconds_ / static_cast<double>(steps_ - 1); }
  double waiting_share() const noexcept { return seconds_ > 0 ? for_data_ / seconds_ : 0; }
  double communication_share() const noexcept { return seconds_ > 0 ? for_processes_ / seconds_ : 0; }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_{};
  std::uint64_t steps_ = 0;
  double first_ = 0, seconds_ = 0, for_data_ = 0, for_processes_ = 0;
};

}  // namespace aria::nn
