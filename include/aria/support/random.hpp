// Random numbers that are the same on every platform and do not depend on the order in which work is done.
#pragma once

#include <cstdint>

namespace aria {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the finaliser of the
/// stream.
constexpr std::uint64_t splitmix64(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// The 64 random bits that belong to (seed, index): no state, so any index can be asked for at any time.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t index) noexcept {
  return splitmix64(splitmix64(seed) + index * 0x9e3779b97f4a7c15ULL);
}

/// The random number in [0, 1) that belongs to (seed, index): the upper 53 of its bits.
///
///     uniform(0, 7)  // the same on every machine, whatever was asked before
constexpr double uniform(std::uint64_t seed, std::uint64_t index) noexcept {
  return static_cast<double>(random_bits(seed, index) >> 11) * 0x1.0p-53;
}

}  // namespace aria
