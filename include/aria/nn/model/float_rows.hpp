// Rows of fp32 and bf16 numbers as floats.
#pragma once

#include <bit>
#include <cstdint>

#include <aria/nn/torch.hpp>

namespace aria::nn::detail {

/// Whether the functions over rows know its numbers.
inline bool has_row_kernels(const torch::Tensor& numbers) {
  return numbers.is_cpu() && (numbers.scalar_type() == torch::kFloat || numbers.scalar_type() == torch::kBFloat16);
}

/// use(first number) for floats or bf16 numbers, as the pointer's type says.
template <class Use>
void use_numbers(const torch::Tensor& numbers, Use use) {
  if (numbers.scalar_type() == torch::kFloat) {
    use(numbers.data_ptr<float>());
  } else {
    use(numbers.data_ptr<at::BFloat16>());
  }
}

/// The floats of a row: in place where it holds floats, else copied to `scratch`. bf16 is the upper half of a float;
/// written out, so that loops become vectors.
inline float* load_row(float* row, std::int64_t, float*) { return row; }
inline const float* load_row(const float* row, std::int64_t, float*) { return row; }
inline float* load_row(const at::BFloat16* row, std::int64_t count, float* scratch) {
  for (std::int64_t i = 0; i < count; ++i) scratch[i] = std::bit_cast<float>(std::uint32_t{row[i].x} << 16);
  return scratch;
}

/// The way back: to the nearest number, halves to the even one.
inline void store_row(float*, const float*, std::int64_t) {}
inline void store_row(at::BFloat16* row, const float* from, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(from[i]);
    row[i].x = static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
  }
}

}  // namespace aria::nn::detail
