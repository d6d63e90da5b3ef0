// The random numbers of numpy's legacy generator, which the original draws from.
#pragma once

#include <bit>
#include <cstdint>
#include <random>

#include <aria/support/random.hpp>

namespace aria::anticipation {

/// numpy.random.seed(seed) and what is drawn after it: MT19937 (Matsumoto, Nishimura 1998, seeded by init_genrand), as
/// numpy's RandomState makes doubles and bounded integers of it. A RandomSource.
class NumpyRandom {
 public:
  explicit NumpyRandom(std::uint32_t seed = 0) : engine_(seed) {}

  /// numpy.random.randint(count): the lowest bits that suffice, until they make a number below `count`. Nothing is
  /// drawn where there is only one.
  std::uint32_t below(std::uint32_t count) {
    if (count <= 1) return 0;
    const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(count - 1);
    for (;;) {
      const auto number = static_cast<std::uint32_t>(engine_()) & mask;
      if (number < count) return number;
    }
  }

  /// numpy.random.random(): 53 bits of two words.
  double uniform() {
    const auto high = static_cast<std::uint32_t>(engine_()) >> 5;
    const auto low = static_cast<std::uint32_t>(engine_()) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

 private:
  std::mt19937 engine_;
};

static_assert(RandomSource<NumpyRandom>);

}  // namespace aria::anticipation
