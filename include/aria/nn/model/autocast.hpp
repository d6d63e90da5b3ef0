// Autocast, by libtorch's version.
#pragma once

#include <ATen/autocast_mode.h>

#include <aria/nn/precision.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

inline bool autocast_enabled(torch::DeviceType type) {
#if ARIA_TORCH_AT_LEAST(2, 4)
  return at::autocast::is_autocast_enabled(type);
#else
  return type == torch::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
#endif
}

inline void enable_autocast(torch::DeviceType type, bool enabled) {
#if ARIA_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_dtype(type, torch::kBFloat16);
  at::autocast::set_autocast_enabled(type, enabled);
#else
  if (type == torch::kCPU) {
    at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
  } else {
    at::autocast::set_autocast_gpu_dtype(torch::kBFloat16);
    at::autocast::set_enabled(enabled);
  }
#endif
}

}  // namespace detail

/// What a guard of this thread has asked for.
inline Precision current_precision(torch::DeviceType type) {
  return detail::autocast_enabled(type) ? Precision::bf16 : Precision::fp32;
}

/// Computes in a precision as long as it lives, in this thread. Weights keep theirs; those cast to bf16 are kept until
/// the outermost guard ends, which is after they were changed at the latest.
///
///     const AutocastGuard guard(Precision::bf16, device.type());
///     loss = model.loss(source, target, pad);
class AutocastGuard {
 public:
  AutocastGuard(Precision precision, torch::DeviceType type) : type_(type), before_(detail::autocast_enabled(type)) {
    detail::enable_autocast(type_, precision == Precision::bf16);
    at::autocast::increment_nesting();
  }
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;
  ~AutocastGuard() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    detail::enable_autocast(type_, before_);
  }

 private:
  torch::DeviceType type_;
  bool before_;
};

}  // namespace aria::nn
