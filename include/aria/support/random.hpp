// Random numbers that are the same on every platform and do not depend on the order in which work is done.
#pragma once

#include <concepts>
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

/// What random decisions are drawn from: RandomStream, or in tests a generator that another program uses.
template <class T>
concept RandomSource = requires(T& source, std::uint32_t count) {
  { source.below(count) } -> std::same_as<std::uint32_t>;  // from 0 to count - 1; count is above 0
  { source.uniform() } -> std::same_as<double>;            // in [0, 1)
};

/// A sequence of random numbers for one purpose, named by numbers: RandomStream(seed, epoch, index) gives the same
/// draws on every machine, in any thread and whatever else is drawn. Number i of the stream is
/// random_bits(key, i) with key = random_bits(random_bits(seed, epoch), index).
class RandomStream {
 public:
  template <std::convertible_to<std::uint64_t>... Numbers>
  explicit constexpr RandomStream(std::uint64_t seed, Numbers... names) noexcept : key_(seed) {
    ((key_ = random_bits(key_, static_cast<std::uint64_t>(names))), ...);
    next_ = splitmix64(key_);
  }

  constexpr std::uint64_t bits() noexcept {
    const std::uint64_t bits = splitmix64(next_);
    next_ += 0x9e3779b97f4a7c15ULL;
    return bits;
  }

  /// From 0 to `count` - 1, each equally likely (Lemire: "Fast random integer generation in an interval", 2019).
  constexpr std::uint32_t below(std::uint32_t count) noexcept {
    std::uint64_t product = (bits() >> 32) * count;
    if (static_cast<std::uint32_t>(product) < count) {
      const std::uint32_t too_few = (0U - count) % count;
      while (static_cast<std::uint32_t>(product) < too_few) product = (bits() >> 32) * count;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  /// In [0, 1): the upper 53 bits of a draw.
  constexpr double uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t key_;
  std::uint64_t next_ = 0;  // what random_bits mixes of the key and the number of the next draw
};

static_assert(RandomSource<RandomStream>);

}  // namespace aria
