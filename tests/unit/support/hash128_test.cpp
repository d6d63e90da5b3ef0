#include <aria/support/hash128.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "support/catch.hpp"

TEST_CASE("hash128 is MurmurHash3_x64_128", "[support]") {
  // The verification of SMHasher: hashes of {}, {0}, {0, 1}, ... with seeds 256, 255, ... are hashed again. Its
  // expected value is published with the algorithm; going red is never legitimate.
  std::array<std::byte, 256> key{};
  std::array<std::byte, 256 * 16> hashes{};
  const auto put = [](std::byte* out, aria::Hash128 hash) {
    std::memcpy(out, &hash.low, 8);
    std::memcpy(out + 8, &hash.high, 8);
  };
  for (std::size_t i = 0; i < 256; ++i) {
    key[i] = static_cast<std::byte>(i);
    const std::uint64_t seed = 256 - i;
    put(hashes.data() + 16 * i, aria::hash128(std::span(key.data(), i), {seed, seed}));
  }
  CHECK(static_cast<std::uint32_t>(aria::hash128(hashes).low) == 0x6384BA69U);
}
