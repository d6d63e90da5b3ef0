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
  void end(double waited) noexcept {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    if (steps_++ == 0) {
      first_ = seconds;
      return;
    }
    seconds_ += seconds;
    waited_ += waited;
  }

  std::uint64_t steps() const noexcept { return steps_; }
  double seconds_per_step() const noexcept { return steps_ <= 1 ? first_ : seconds_ / static_cast<double>(steps_ - 1); }
  double waiting_share() const noexcept { return seconds_ > 0 ? waited_ / seconds_ : 0; }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_{};
  std::uint64_t steps_ = 0;
  double first_ = 0, seconds_ = 0, waited_ = 0;
};

}  // namespace aria::nn
