// Timing one thing against another in the same run: in turn, many times, and the median of the ratios.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace benchmark {

/// Keeps the compiler from computing nothing for a result that nobody uses.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// Adds up bytes one by one, as a loop that reads each byte does: the compiler may not take several at once.
[[gnu::noinline, gnu::aligned(64)]] inline std::uint64_t sum_one_by_one(const char* bytes, std::size_t size) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    sum += static_cast<unsigned char>(bytes[i]);
    asm volatile("" : "+r"(sum));
  }
  return sum;
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Work>
double seconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What one line of a benchmark says: `work` and `reference` went over `bytes` bytes in the given seconds.
struct Comparison {
  double work_seconds = 0;
  double reference_seconds = 0;
  double ratio = 0;  ///< speed of the work as a share of the reference's, median of the rounds
};

/// Runs both in turn, after one round that does not count.
template <class Work, class Reference>
Comparison compare(int rounds, Work&& work, Reference&& reference) {
  std::vector<double> works, references, ratios;
  for (int round = -1; round < rounds; ++round) {
    const double reference_time = seconds(reference);
    const double work_time = seconds(work);
    if (round < 0) continue;
    works.push_back(work_time);
    references.push_back(reference_time);
    ratios.push_back(reference_time / work_time);
  }
  return {median(works), median(references), median(ratios)};
}

/// "MIDI -> MidiDict            612 MB/s   reference 2900 MB/s   ratio 0.21   (at least 0.10, aim 0.25)"
inline void print(const std::string& what, std::size_t bytes, const Comparison& result, double at_least, double aim) {
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%-34s %7.0f MB/s   reference %7.0f MB/s   ratio %.3f   (at least %.2f, aim %.2f)\n", what.c_str(),
              megabytes / result.work_seconds, megabytes / result.reference_seconds, result.ratio, at_least, aim);
}

}  // namespace benchmark
