// The random numbers of Python's `random` module: what the original draws from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <aria/support/random.hpp>

namespace test {

/// MT19937 (Matsumoto, Nishimura: "Mersenne Twister", 1998), seeded and read as CPython does. Its first numbers are
/// those behind `random.seed(seed)` for a seed from 0 to 2^32 - 1.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint32_t seed) {
    state_[0] = 19650218;
    for (std::uint32_t i = 1; i < kSize; ++i) state_[i] = 1812433253 * twisted(i - 1) + i;
    // init_by_array with a key of one word.
    std::size_t i = 1;
    const auto step = [&] {
      if (++i < kSize) return;
      state_[0] = state_[kSize - 1];
      i = 1;
    };
    for (std::size_t round = 0; round < kSize; ++round, step())
      state_[i] = (state_[i] ^ twisted(i - 1) * 1664525) + seed;
    for (std::size_t round = 1; round < kSize; ++round, step()) {
      state_[i] = (state_[i] ^ twisted(i - 1) * 1566083941) - static_cast<std::uint32_t>(i);
    }
    state_[0] = 0x80000000;
  }

  std::uint32_t bits() {
    if (next_ == kSize) renew();
    std::uint32_t word = state_[next_++];
    word ^= word >> 11;
    word ^= word << 7 & 0x9d2c5680;
    word ^= word << 15 & 0xefc60000;
    return word ^ word >> 18;
  }

  /// random.randrange(count)
  std::uint32_t below(std::uint32_t count) {
    unsigned width = 0;
    while (width < 32 && count >> width != 0) ++width;
    std::uint32_t drawn = 0;
    do {
      drawn = bits() >> (32 - width);
    } while (drawn >= count);
    return drawn;
  }

  /// random.random()
  double uniform() {
    const std::uint32_t high = bits() >> 5;
    return (high * 67108864.0 + (bits() >> 6)) / 9007199254740992.0;
  }

 private:
  static constexpr std::size_t kSize = 624, kAhead = 397;

  std::uint32_t twisted(std::size_t i) const { return state_[i] ^ state_[i] >> 30; }

  void renew() {
    for (std::size_t i = 0; i < kSize; ++i) {
      const std::uint32_t word = (state_[i] & 0x80000000) | (state_[(i + 1) % kSize] & 0x7fffffff);
      state_[i] = state_[(i + kAhead) % kSize] ^ word >> 1 ^ (word % 2 == 0 ? 0 : 0x9908b0df);
    }
    next_ = 0;
  }

  std::array<std::uint32_t, kSize> state_{};
  std::size_t next_ = kSize;
};

static_assert(aria::RandomSource<PythonRandom>);

}  // namespace test
