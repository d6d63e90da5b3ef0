// Autocast, by libtorch's version.
#pragma once

#include <ATen/autocast_mode.h>

#include <aria/nn/precision.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// What libtorch's autocast does in this thread, for one kind of device.
struct AutocastState {
  bool enabled = false;
  torch::ScalarType type = torch::kBFloat16;
  bool cache = true;  ///< whether weights that were cast are kept until the outermost guard ends

  static AutocastState of(torch::DeviceType device) {
    AutocastState state;
    state.cache = at::autocast::is_autocast_cache_enabled();
#if ARIA_TORCH_AT_LEAST(2, 4)
    state.enabled = at::autocast::is_autocast_enabled(device);
    state.type = at::autocast::get_autocast_dtype(device);
#else
    const bool cpu = device == torch::kCPU;
    state.enabled = cpu ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
    state.type = cpu ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
#endif
    return state;
  }

  void set(torch::DeviceType device) const {
    at::autocast::set_autocast_cache_enabled(cache);
#if ARIA_TORCH_AT_LEAST(2, 4)
    at::autocast::set_autocast_dtype(device, type);
    at::autocast::set_autocast_enabled(device, enabled);
#else
    if (device == torch::kCPU) {
      at::autocast::set_autocast_cpu_dtype(type);
      at::autocast::set_cpu_enabled(enabled);
    } else {
      at::autocast::set_autocast_gpu_dtype(type);
      at::autocast::set_enabled(enabled);
    }
#endif
  }
};

/// In which precision this thread computes.
inline Precision current_precision(torch::DeviceType device) {
  const AutocastState state = AutocastState::of(device);
  return state.enabled && state.type == torch::kBFloat16 ? Precision::bf16 : Precision::fp32;
}

/// As long as one lives, weights that were cast in this thread are kept from one guard to the next. They must not
/// change meanwhile.
class AutocastCache {
 public:
  AutocastCache() { at::autocast::increment_nesting(); }
  AutocastCache(const AutocastCache&) = delete;
  AutocastCache& operator=(const AutocastCache&) = delete;
  ~AutocastCache() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  }
};

/// Computes in a precision, or as an AutocastState says, as long as it lives, in this thread. End it before weights
/// change: those that were cast are kept until the outermost guard ends.
///
///     {
///       const AutocastGuard guard(Precision::bf16, device.type());
///       loss = model.loss_sum(source, target, pad);
///     }
///     loss.backward();
class AutocastGuard {
 public:
  AutocastGuard(const AutocastState& state, torch::DeviceType device)
      : device_(device), before_(AutocastState::of(device)) {
    state.set(device_);
    at::autocast::increment_nesting();
  }
  // Without gradients a cast weight has none, and must not be kept for whoever wants some.
  AutocastGuard(Precision precision, torch::DeviceType device)
      : AutocastGuard(AutocastState{precision == Precision::bf16, torch::kBFloat16, at::GradMode::is_enabled()},
                      device) {}
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;
  ~AutocastGuard() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    before_.set(device_);
  }

 private:
  torch::DeviceType device_;
  AutocastState before_;
};

}  // namespace aria::nn
