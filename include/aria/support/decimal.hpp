// Whole numbers to decimal text, by table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace aria {

/// The most bytes that a `write_decimal` touches at `out`, whatever the number.
inline constexpr std::size_t kDecimalRoom = 24;

namespace detail {

struct FourDigits {
  std::array<char, 4> text;
};

// "0000" to "9999".
inline constexpr auto kFourDigits = [] {
  std::array<FourDigits, 10000> table{};
  for (unsigned n = 0; n < 10000; ++n) {
    table[n].text = {static_cast<char>('0' + n / 1000), static_cast<char>('0' + n / 100 % 10),
                     static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
  }
  return table;
}();

inline char* write_four(std::uint64_t number, char* out) noexcept {
  std::memcpy(out, kFourDigits[number].text.data(), 4);
  return out + 4;
}

// Below 10,000, without leading zeros: the digits are shifted to the front of one four-byte store.
inline char* write_up_to_four(std::uint32_t number, char* out) noexcept {
  const unsigned skip = (number < 10) + (number < 100) + (number < 1000);
  std::array<char, 8> padded{};
  std::memcpy(padded.data(), kFourDigits[number].text.data(), 4);
  std::memcpy(out, padded.data() + skip, 4);
  return out + 4 - skip;
}

}  // namespace detail

/// Writes `number` at `out`, where `kDecimalRoom` bytes must be writable, and returns the end of the digits.
inline char* write_decimal(std::uint64_t number, char* out) noexcept {
  using namespace detail;
  constexpr std::uint64_t kTo4 = 10'000, kTo8 = 100'000'000;
  if (number < kTo4) return write_up_to_four(static_cast<std::uint32_t>(number), out);
  if (number < kTo8) {
    out = write_up_to_four(static_cast<std::uint32_t>(number / kTo4), out);
    return write_four(number % kTo4, out);
  }
  out = write_decimal(number / kTo8, out);
  number %= kTo8;
  return write_four(number % kTo4, write_four(number / kTo4, out));
}

}  // namespace aria
