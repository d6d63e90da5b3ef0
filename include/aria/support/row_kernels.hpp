// Loops over rows of numbers that compilers turn into vector instructions; those that add up need OpenMP for it
// (-fopenmp).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

// Sums and maxima may be taken in another order than they are written, which is what lets them be vectors.
#ifdef _OPENMP
#define ARIA_PRAGMA(text) _Pragma(#text)
#else
#define ARIA_PRAGMA(text)
#endif
#define ARIA_SIMD_SUM(variable) ARIA_PRAGMA(omp simd reduction(+ : variable))
#define ARIA_SIMD_MAX(variable) ARIA_PRAGMA(omp simd reduction(max : variable))

namespace aria::kernels {

/// e^x for x of at most 0, with a relative error below 2e-7; 0 below -87. The range is reduced to half a ln 2 around 0,
/// where a polynomial of Cephes (Moshier: expf) is exact enough; no branch, so that loops over it become vectors.
inline float exp_of_negative(float x) noexcept {
  constexpr float kLog2E = 1.44269504088896341F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  // Of numbers below 0 the bits of the lower one are the greater. A choice between two values would be a branch to
  // compilers, which make no vectors then.
  constexpr auto kLeast = std::bit_cast<std::uint32_t>(-87.0F);
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t keep = static_cast<std::uint32_t>(bits > kLeast) - 1U;
  const auto bounded = std::bit_cast<float>((bits & keep) | (kLeast & ~keep));
  const float shifted = bounded * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = bounded - n * kLn2High - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const float value = p * r * r + r + 1.0F;
  const auto exponent = (std::bit_cast<std::uint32_t>(shifted) + 127U) << 23;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value * std::bit_cast<float>(exponent)) & keep);
}

inline float max_of(const float* row, std::int64_t count) noexcept {
  float most = row[0];
  ARIA_SIMD_MAX(most)
  for (std::int64_t i = 0; i < count; ++i) most = row[i] > most ? row[i] : most;
  return most;
}

/// row[i] = e^(row[i] * scale - shift), and the sum of them. `shift` is at least every row[i] * scale.
inline float exponentials(float* row, std::int64_t count, float scale, float shift) noexcept {
  float sum = 0;
  ARIA_SIMD_SUM(sum)
  for (std::int64_t i = 0; i < count; ++i) {
    const float e = exp_of_negative(row[i] * scale - shift);
    row[i] = e;
    sum += e;
  }
  return sum;
}

/// The sum of e^(row[i] - shift); `shift` is at least every row[i].
inline float sum_of_exponentials(const float* row, std::int64_t count, float shift) noexcept {
  float sum = 0;
  ARIA_SIMD_SUM(sum)
  for (std::int64_t i = 0; i < count; ++i) sum += exp_of_negative(row[i] - shift);
  return sum;
}

inline float sum_of(const float* row, std::int64_t count) noexcept {
  float sum = 0;
  ARIA_SIMD_SUM(sum)
  for (std::int64_t i = 0; i < count; ++i) sum += row[i];
  return sum;
}

inline void multiply(float* row, std::int64_t count, float factor) noexcept {
  for (std::int64_t i = 0; i < count; ++i) row[i] *= factor;
}

inline float dot(const float* a, const float* b, std::int64_t count) noexcept {
  float sum = 0;
  ARIA_SIMD_SUM(sum)
  for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace aria::kernels
