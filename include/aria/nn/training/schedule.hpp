// The learning rate of each step: a linear warm-up, then a decay.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace aria::nn {

/// As the original trains (EleutherAI/aria, aria/train.py, _get_optim): from a millionth of `peak` up to `peak` in
/// `warmup` steps, then down to `end_ratio` of it at the end of all steps, and no further.
///
///     const LinearSchedule schedule{.peak = 3e-4, .warmup = 1000, .total = 1200};
///     schedule(1100)  // 1.65e-4, the rate with which step 1100 (from 0) is made
struct LinearSchedule {
  double peak = 3e-4;
  std::uint64_t warmup = 1000;
  std::uint64_t total = 0;  ///< steps of the whole run, warm-up included
  double end_ratio = 0.1;

  double operator()(std::uint64_t step) const noexcept {
    constexpr double kStart = 1e-6;
    if (step < warmup) {
      return peak * (kStart + (1 - kStart) * static_cast<double>(step) / static_cast<double>(warmup));
    }
    if (total <= warmup) return peak;
    const double share = static_cast<double>(step - warmup) / static_cast<double>(total - warmup);
    return peak * (1 + (end_ratio - 1) * std::min(1.0, share));
  }
};

/// As Levanter trains: from 0 up to `peak` in `warmup` steps, then half a turn of a cosine down to `end_ratio` of it,
/// which is reached `rest` steps before the end of all steps, and no further.
///
///     const CosineSchedule schedule{.peak = 6e-4, .warmup = 1000, .total = 100000, .rest = 1000};
///     schedule(50000)  // 3e-4
struct CosineSchedule {
  double peak = 6e-4;
  std::uint64_t warmup = 1000;
  std::uint64_t total = 0;  ///< steps of the whole run, warm-up included
  double end_ratio = 0;
  std::uint64_t rest = 0;

  double operator()(std::uint64_t step) const noexcept {
    if (step < warmup) return peak * static_cast<double>(step) / static_cast<double>(warmup);
    if (total <= warmup + rest) return peak;
    const double share = static_cast<double>(step - warmup) / static_cast<double>(total - warmup - rest);
    return peak * (end_ratio + (1 - end_ratio) * (1 + std::cos(std::numbers::pi * std::min(1.0, share))) / 2);
  }
};

/// Those of the original's two kinds of runs, for so many steps in all.
inline LinearSchedule pretrain_schedule(std::uint64_t total = 0) {
  return {.peak = 3e-4, .warmup = 1000, .total = total};
}
inline LinearSchedule finetune_schedule(std::uint64_t total = 0) {
  return {.peak = 1e-4, .warmup = 500, .total = total};
}

}  // namespace aria::nn
