// A fast 128-bit hash for telling contents apart: MurmurHash3_x64_128 as published by Austin Appleby in SMHasher
// (2011).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace aria {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

namespace detail {

constexpr std::uint64_t murmur_mix(std::uint64_t k) noexcept {
  k = (k ^ (k >> 33)) * 0xff51afd7ed558ccdULL;
  k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return k ^ (k >> 33);
}

constexpr std::uint64_t murmur_low(std::uint64_t k) noexcept {
  return std::rotl(k * 0x87c37b91114253d5ULL, 31) * 0x4cf5ad432745937fULL;
}

constexpr std::uint64_t murmur_high(std::uint64_t k) noexcept {
  return std::rotl(k * 0x4cf5ad432745937fULL, 33) * 0x87c37b91114253d5ULL;
}

}  // namespace detail

/// The hash of `bytes`, read as little-endian words. `seed` starts both halves, so that the hash of one part can be the
/// seed of the next. Not for use against somebody who wants contents to collide.
inline Hash128 hash128(std::span<const std::byte> bytes, Hash128 seed = {}) noexcept {
  const auto word = [](const std::byte* at, std::size_t count) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, count);
    return value;
  };
  auto [h1, h2] = seed;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; left -= 16, at += 16) {
    h1 ^= detail::murmur_low(word(at, 8));
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= detail::murmur_high(word(at + 8, 8));
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  if (left > 8) h2 ^= detail::murmur_high(word(at + 8, left - 8));
  if (left > 0) h1 ^= detail::murmur_low(word(at, left < 8 ? left : 8));
  h1 ^= bytes.size();
  h2 ^= bytes.size();
  h1 += h2;
  h2 += h1;
  h1 = detail::murmur_mix(h1);
  h2 = detail::murmur_mix(h2);
  h1 += h2;
  h2 += h1;
  return {h1, h2};
}

}  // namespace aria
