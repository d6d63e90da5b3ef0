// Dropout whose mask is a function of a key: fast on processors, and drawn again instead of being kept.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <cstdint>
#include <mutex>

#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/random.hpp>

namespace aria::nn {

/// Which elements of a tensor stay: each does with probability 1 - p, independently, decided by (key, its number). Two
/// bytes of random bits an element, so that p is rounded to 1/65536; `scale()` undoes exactly that.
///
///     const DropoutMask mask(key, 0.1);
///     mask.for_each(0, n, [&](std::int64_t i, float factor) { y[i] = x[i] * factor; });  // 0 or scale()
class DropoutMask {
 public:
  DropoutMask(std::uint64_t key, double p) noexcept
      : start_(splitmix64(key)),
        threshold_(static_cast<std::uint32_t>(p * 65536 + 0.5)),
        scale_(threshold_ < 65536 ? static_cast<float>(65536.0 / (65536.0 - threshold_)) : 0.0F) {}

  float scale() const noexcept { return scale_; }

  /// Calls `use(i, factor)` for elements `begin` to `end` - 1.
  template <class Use>
  void for_each(std::int64_t begin, std::int64_t end, Use&& use) const {
    std::int64_t i = begin;
    for (; i < end && i % 4 != 0; ++i) use(i, factor(i));
    for (; i + 4 <= end; i += 4) {
      const std::uint64_t bits = bits_of(i / 4);
      use(i, factor_of(bits));
      use(i + 1, factor_of(bits >> 16));
      use(i + 2, factor_of(bits >> 32));
      use(i + 3, factor_of(bits >> 48));
    }
    for (; i < end; ++i) use(i, factor(i));
  }

  /// 0 or scale().
  float factor(std::int64_t i) const noexcept { return factor_of(bits_of(i / 4) >> (i % 4 * 16)); }

 private:
  std::uint64_t bits_of(std::int64_t group) const noexcept {
    return splitmix64(start_ + static_cast<std::uint64_t>(group) * 0x9e3779b97f4a7c15ULL);
  }
  float factor_of(std::uint64_t bits) const noexcept { return (bits & 0xffff) >= threshold_ ? scale_ : 0.0F; }

  std::uint64_t start_;
  std::uint32_t threshold_;
  float scale_;
};

/// A key for a mask, from libtorch's own generator for processors: torch::manual_seed decides it, and whoever restores
/// the generator gets the same mask again.
inline std::uint64_t draw_dropout_key() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

namespace detail {

// How many elements a thread takes at least: below, starting it costs more than it does.
inline constexpr std::int64_t kElementsPerThread = 1 << 14;

template <class T>
void scale_by_mask(const DropoutMask& mask, const T* in, T* out, std::int64_t count) {
  at::parallel_for(0, count, kElementsPerThread, [&](std::int64_t begin, std::int64_t end) {
    mask.for_each(begin, end,
                  [&](std::int64_t i, float factor) { out[i] = static_cast<T>(static_cast<float>(in[i]) * factor); });
  });
}

// residual + mask * branch, where the branch may have less precision than what it is added to.
template <class T, class Residual>
void add_by_mask(const DropoutMask& mask, const Residual* residual, const T* branch, Residual* out,
                 std::int64_t count) {
  at::parallel_for(0, count, kElementsPerThread, [&](std::int64_t begin, std::int64_t end) {
    mask.for_each(begin, end, [&](std::int64_t i, float factor) {
      out[i] = static_cast<Residual>(static_cast<float>(residual[i]) + static_cast<float>(branch[i]) * factor);
    });
  });
}

// Calls `use` with a null pointer of the element type. What this is for knows fp32 and bf16.
template <class Use>
void with_element_type(const torch::Tensor& tensor, Use use) {
  if (tensor.scalar_type() == torch::kBFloat16) return use(static_cast<at::BFloat16*>(nullptr));
  use(static_cast<float*>(nullptr));
}

struct AddDropout : torch::autograd::Function<AddDropout> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& residual,
                               const torch::Tensor& branch, double p, std::int64_t key) {
    context->saved_data["p"] = p;
    context->saved_data["key"] = key;
    context->saved_data["bf16"] = branch.scalar_type() == torch::kBFloat16;
    const torch::Tensor x = residual.contiguous(), y = branch.contiguous();
    torch::Tensor out = torch::empty_like(x);
    const DropoutMask mask(static_cast<std::uint64_t>(key), p);
    with_element_type(y, [&]<class T>(T*) {
      add_by_mask(mask, x.data_ptr<float>(), y.data_ptr<T>(), out.data_ptr<float>(), x.numel());
    });
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const torch::Tensor gradient = gradients[0].contiguous();
    const bool bf16 = context->saved_data["bf16"].toBool();
    const DropoutMask mask(static_cast<std::uint64_t>(context->saved_data["key"].toInt()),
                           context->saved_data["p"].toDouble());
    const torch::Tensor in = bf16 ? gradient.to(torch::kBFloat16) : gradient;
    torch::Tensor out = torch::empty_like(in);
    with_element_type(in, [&]<class T>(T*) { scale_by_mask(mask, in.data_ptr<T>(), out.data_ptr<T>(), in.numel()); });
    return {gradient, out, torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace detail

/// residual + dropout(branch): how a transformer's block joins what it adds, for any two tensors of one shape.
inline torch::Tensor add_dropout(const torch::Tensor& residual, const torch::Tensor& branch, double p, bool training) {
  TORCH_CHECK(residual.sizes() == branch.sizes(), "add_dropout needs two tensors of one shape");
  if (!training || p <= 0) return residual + branch;
  if (residual.scalar_type() == torch::kFloat && residual.is_cpu() && detail::has_row_kernels(branch)) {
    return detail::AddDropout::apply(residual, branch, p, static_cast<std::int64_t>(draw_dropout_key()));
  }
  return residual + torch::dropout(branch, p, true);
}

}  // namespace aria::nn
