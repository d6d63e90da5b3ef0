// A function compiled more than once, for the vectors of newer processors; which one is called is decided at run time,
// as in libtorch's own kernels.
#pragma once

namespace aria::nn::detail {

#if defined(__x86_64__) && defined(__GNUC__)

// g++ would take half of the width.
#ifdef __clang__
#define ARIA_AVX512 "avx512f,avx512bw,avx512dq,avx512vl"
#else
#define ARIA_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"
#endif

template <auto function, class... Arguments>
__attribute__((target("avx2,fma"), flatten)) auto with_avx2(Arguments... arguments) {
  return function(arguments...);
}

template <auto function, class... Arguments>
__attribute__((target(ARIA_AVX512), flatten)) auto with_avx512(Arguments... arguments) {
  return function(arguments...);
}

#undef ARIA_AVX512

inline bool has_avx2() noexcept {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}

inline bool has_avx512() noexcept {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has;
}

/// function(arguments...), in vectors of eight or sixteen floats where the processor has them.
template <auto function, class... Arguments>
auto with_wide_vectors(Arguments... arguments) {
  if (has_avx512()) return with_avx512<function>(arguments...);
  if (has_avx2()) return with_avx2<function>(arguments...);
  return function(arguments...);
}

#else

template <auto function, class... Arguments>
auto with_wide_vectors(Arguments... arguments) {
  return function(arguments...);
}

#endif

}  // namespace aria::nn::detail
