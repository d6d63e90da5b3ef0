#include <aria/support/random.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "support/catch.hpp"

TEST_CASE("splitmix64 is SplitMix64", "[support]") {
  // The stream that starts at 1234567, as published with many implementations. Going red is never legitimate.
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  constexpr std::array<std::uint64_t, 5> kPublished = {6457827717110365317ULL, 3203168211198807973ULL,
                                                       9817491932198370423ULL, 4593380528125082431ULL,
                                                       16408922859458223821ULL};
  for (std::size_t i = 0; i < kPublished.size(); ++i) CHECK(aria::splitmix64(1234567 + i * kStep) == kPublished[i]);
}

TEST_CASE("uniform gives the numbers that it always gave", "[support]") {
  // Splits of data sets and shuffles follow from these. Going red is legitimate only together with a note in the
  // changelog that every seed now gives another split.
  CHECK(aria::random_bits(0, 0) == 0xa706dd2f4d197e6fULL);
  CHECK(aria::random_bits(0, 1) == 0xb382a305f4414f5eULL);
  CHECK(aria::random_bits(1, 0) == 0x5e41ab087439611eULL);
  CHECK(aria::random_bits(1, ~0ULL) == 0xdce423fc82c0d5b8ULL);
  CHECK(aria::uniform(0, 7) == 0x1.0f7b22f9a49a8p-2);
  CHECK(aria::uniform(42, 1'000'000) == 0x1.0a0bb53d1522bp-1);
}

TEST_CASE("seed and index do not stand for each other", "[support]") {
  // The first mixing of the two was symmetric: random_bits(s, i) was random_bits(~i, ~s).
  CHECK(aria::random_bits(1, 2) != aria::random_bits(~2ULL, ~1ULL));
  CHECK(aria::random_bits(1, ~1ULL) != aria::random_bits(2, ~2ULL));
}

TEST_CASE("uniform fills [0, 1) evenly for any seed", "[support]") {
  constexpr std::size_t kDraws = 1 << 16, kBins = 256;
  for (const std::uint64_t seed : {0ULL, 1ULL, 2ULL, 0x9e3779b97f4a7c15ULL, ~0ULL}) {
    std::array<std::size_t, kBins> counts{};
    for (std::size_t i = 0; i < kDraws; ++i) {
      const double x = aria::uniform(seed, i);
      REQUIRE((x >= 0 && x < 1));
      ++counts[static_cast<std::size_t>(x * kBins)];
    }
    // Chi squared with 255 degrees of freedom lies between 170 and 363 but for one time in 100,000 on either side.
    constexpr double kExpected = static_cast<double>(kDraws) / kBins;
    double chi_squared = 0;
    for (const std::size_t count : counts) {
      const double off = static_cast<double>(count) - kExpected;
      chi_squared += off * off / kExpected;
    }
    CHECK(chi_squared > 170);
    CHECK(chi_squared < 363);
  }
}

TEST_CASE("Streams of neighbouring seeds and indices have nothing to do with each other", "[support]") {
  // A pair of numbers agrees in half of its bits, give or take.
  const auto agreement = [](auto bits_of) {
    int bits = 0;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      for (std::uint64_t x = ~(bits_of(i) ^ bits_of(i + 1)); x != 0; x &= x - 1) ++bits;
    }
    return bits / 640'000.0;
  };
  CHECK(std::abs(agreement([](std::uint64_t i) { return aria::random_bits(i, 5); }) - 0.5) < 0.003);
  CHECK(std::abs(agreement([](std::uint64_t i) { return aria::random_bits(5, i); }) - 0.5) < 0.003);
}
