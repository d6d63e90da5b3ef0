// Decimal numbers with one blank between them, read without a branch on what they hold.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace aria {

namespace detail {

// Eight bytes, the first one as the lowest.
inline std::uint64_t load_eight(const char* at) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, at, sizeof word);
  } else {
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(at[i])} << 8 * i;
  }
  return word;
}

// A byte eight times.
constexpr std::uint64_t eight_times(std::uint64_t byte) noexcept { return byte * 0x0101010101010101; }

}  // namespace detail

/// Which of 64 bytes are blanks: the lowest bit stands for the first. For any machine.
struct PlainBlanks {
  static std::uint64_t find(const char* at) noexcept {
    using detail::eight_times;
    std::uint64_t blanks = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const std::uint64_t other = detail::load_eight(at + 8 * i) ^ eight_times(' ');
      const std::uint64_t same = ~(((other & eight_times(0x7f)) + eight_times(0x7f)) | other | eight_times(0x7f));
      blanks |= ((same >> 7) * 0x0102040810204080) >> 56 << 8 * i;
    }
    return blanks;
  }
};

#if defined(__SSE2__)
/// The same with the instructions of every 64-bit x86 processor.
struct Sse2Blanks {
  static std::uint64_t find(const char* at) noexcept {
    std::uint64_t blanks = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
      const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')));
      blanks |= std::uint64_t{static_cast<unsigned>(found)} << 16 * i;
    }
    return blanks;
  }
};
using BestBlanks = Sse2Blanks;
#else
using BestBlanks = PlainBlanks;
#endif

/// How many bytes a blank finder looks at.
inline constexpr std::size_t kBlanksBlock = 64;

/// Computes numbers from the bytes that begin with them. Whatever is no number of 1 to 8 digits is only noted, and
/// asked for once, behind the last one.
class DecimalScan {
 public:
  /// The number with which the eight bytes at `at` begin, all of them readable. Digits are shifted to the end of a
  /// word, zeros before them, and added up by twos, fours and eights.
  [[gnu::always_inline]] std::uint32_t number(const char* at, std::size_t digits) noexcept {
    using detail::eight_times;
    sizes_ |= digits - 1;
    std::uint64_t word = (detail::load_eight(at) ^ eight_times('0')) << ((0 - digits * 8) & 63);
    others_ |= (word + eight_times(0x76)) | word;
    word = (word * (10 << 8 | 1)) >> 8;
    word = ((word & 0x00ff00ff00ff00ff) * (100 << 16 | 1)) >> 16;
    word = ((word & 0x0000ffff0000ffff) * (std::uint64_t{10'000} << 32 | 1)) >> 32;
    return static_cast<std::uint32_t>(word);
  }

  /// Whether all were numbers.
  bool good() const noexcept { return sizes_ < 8 && (others_ & detail::eight_times(0x80)) == 0; }

 private:
  std::size_t sizes_ = 0;     // all bits of the sizes of numbers, less one each
  std::uint64_t others_ = 0;  // the highest bit of a byte is set where there was something else than a digit
};

}  // namespace aria
