// How values are distributed, in memory that does not grow with their number.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace aria {

/// Counts values of at least 0 by their first four significant digits. Whole numbers below 10,000 are kept exactly,
/// larger ones and fractions with a relative error below 0.1 %. What is below 0.001 counts as 0, and what is 10^15 or
/// more as the largest number that is counted. Count, sum, smallest and largest value are exact, but for the rounding
/// of doubles. Takes 72 kB for each power of ten that occurs, 1.3 MB at most.
///
///     Distribution lengths;
///     for (const double seconds : {61.0, 180.0, 240.0}) lengths.add(seconds);
///     lengths.quantile(0.5)     // 180
///     lengths.count_below(100)  // 1
class Distribution {
 public:
  /// What is not a number of at least 0 counts as 0.
  void add(double value) {
    if (!(value > 0)) value = 0;
    smallest_ = count_ == 0 ? value : std::min(smallest_, value);
    largest_ = count_ == 0 ? value : std::max(largest_, value);
    ++count_;
    sum_ += value;
    if (value < kPowers.front()) {
      ++zeros_;
      return;
    }
    const std::size_t bin = std::min(bin_of(value), kBins - 1);
    std::vector<std::uint64_t>& decade = decades_[bin / kDecade];
    if (decade.empty()) decade.resize(kDecade);
    ++decade[bin % kDecade];
  }

  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  double sum() const noexcept { return sum_; }

  /// The smallest and the largest value; 0 where there is none.
  double min() const noexcept { return smallest_; }
  double max() const noexcept { return largest_; }

  /// The smallest value that at least `share` (0 to 1) of all values do not exceed, cut to four digits; 0.5 asks for
  /// the median, which is the lower one of two in the middle. 0 where there is no value.
  double quantile(double share) const {
    if (count_ == 0) return 0;
    constexpr double kRounding = 1e-9;  // 0.07 * 100 shall not ask for the eighth value
    const double rank = std::ceil(share * static_cast<double>(count_) - kRounding);
    std::uint64_t left = rank < 1 ? 1 : std::min(static_cast<std::uint64_t>(rank), count_);
    if (left == count_) return largest_;
    if (left <= zeros_) return smallest_;
    left -= zeros_;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const std::vector<std::uint64_t>& decade = decades_[bin / kDecade];
      if (decade.empty()) {
        bin += kDecade - 1;
      } else if (left > decade[bin % kDecade]) {
        left -= decade[bin % kDecade];
      } else {
        return std::clamp(lower_edge(bin), smallest_, largest_);
      }
    }
    return largest_;
  }

  /// How many values are below `edge`: exact for an edge of up to four significant digits.
  std::uint64_t count_below(double edge) const {
    if (!(edge > 0)) return 0;
    std::uint64_t below = zeros_;
    const std::size_t end = edge < kPowers.front() ? 0 : bin_of(edge);
    for (std::size_t first = 0; first < end; first += kDecade) {
      const std::vector<std::uint64_t>& decade = decades_[first / kDecade];
      const std::size_t used = std::min(decade.size(), end - first);
      for (std::size_t i = 0; i < used; ++i) below += decade[i];
    }
    return below;
  }

 private:
  // A power of ten is divided into 1.000, 1.001, ... 9.999.
  static constexpr std::size_t kDecade = 9000, kFirstDigits = 1000;
  static constexpr std::array<double, 18> kPowers = {1e-3, 1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3,  1e4,  1e5,
                                                     1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
  static constexpr std::size_t kBins = kPowers.size() * kDecade;

  // kBins for what is beyond the last one. 0.3 is a little less than 3 / 10 and counts as 0.3000 all the same.
  static std::size_t bin_of(double value) {
    if (value >= 1e15) return kBins;
    value *= 1 + 1e-12;
    const auto above = std::upper_bound(kPowers.begin(), kPowers.end(), value);
    const auto decade = static_cast<std::size_t>(std::max<std::ptrdiff_t>(above - kPowers.begin() - 1, 0));
    const auto digits = static_cast<std::size_t>(value / kPowers[decade] * kFirstDigits);
    return decade * kDecade + std::clamp(digits, kFirstDigits, kFirstDigits + kDecade - 1) - kFirstDigits;
  }

  static double lower_edge(std::size_t bin) {
    return static_cast<double>(kFirstDigits + bin % kDecade) * kPowers[bin / kDecade] / kFirstDigits;
  }

  std::array<std::vector<std::uint64_t>, kPowers.size()> decades_;
  std::uint64_t zeros_ = 0;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double smallest_ = 0;
  double largest_ = 0;
};

}  // namespace aria
