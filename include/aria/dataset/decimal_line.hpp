// One line of a file of token lines: decimal ids, separated by blanks -> ids.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>
#include <aria/token/token.hpp>

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

// Which of the next 64 bytes are blanks: the lowest bit stands for the first. For any machine.
struct PlainBlanks {
  static std::uint64_t find(const char* at) noexcept {
    std::uint64_t blanks = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const std::uint64_t other = load_eight(at + 8 * i) ^ eight_times(' ');
      const std::uint64_t same = ~(((other & eight_times(0x7f)) + eight_times(0x7f)) | other | eight_times(0x7f));
      blanks |= ((same >> 7) * 0x0102040810204080) >> 56 << 8 * i;
    }
    return blanks;
  }
};

#if defined(__SSE2__)
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

// Reads a line without a branch on what it holds: the blanks of 64 bytes are found at once, and each id is computed
// from the eight bytes that begin with it. Whatever is wrong is only noted.
template <class Blanks>
class FastDecimalLine {
 public:
  static constexpr std::size_t kBlock = 64;

  // `out` has room for `count` ids. False where the line is not what is expected; `out` may hold anything then.
  static bool read(std::string_view line, TokenId limit, std::size_t count, TokenId* out) noexcept {
    const TokenId* const end = out + count;
    const char* const text = line.data();
    std::size_t begin = 0;  // of the next id
    Seen seen;
    for (std::size_t block = 0; block <= line.size(); block += kBlock) {
      std::uint64_t ends = Blanks::find(text + block);
      if (const std::size_t left = line.size() - block; left < kBlock) {
        const std::uint64_t last = std::uint64_t{1} << left;
        ends = (ends & (last - 1)) | last;  // the last id ends with the line
      }
      if (end - out < std::popcount(ends)) return false;
      for (; ends != 0; ends &= ends - 1) {
        const std::size_t stop = block + static_cast<unsigned>(std::countr_zero(ends));
        *out++ = number(load_eight(text + begin), stop - begin, seen);
        begin = stop + 1;
      }
    }
    return out == end && seen.sizes < 8 && (seen.others & eight_times(0x80)) == 0 && seen.largest < limit;
  }

 private:
  struct Seen {
    std::size_t sizes = 0;     // all bits of the sizes of ids, less one each
    std::uint64_t others = 0;  // the highest bit of a byte is set where there was something else than a digit
    TokenId largest = 0;
  };

  // The number of 1 to 8 digits with which `word` begins. Digits are shifted to the end of the word, zeros before them,
  // and added up by twos, fours and eights.
  [[gnu::always_inline]] static TokenId number(std::uint64_t word, std::size_t digits, Seen& seen) noexcept {
    seen.sizes |= digits - 1;
    word = (word ^ eight_times('0')) << ((0 - digits * 8) & 63);
    seen.others |= (word + eight_times(0x76)) | word;
    word = (word * (10 << 8 | 1)) >> 8;
    word = ((word & 0x00ff00ff00ff00ff) * (100 << 16 | 1)) >> 16;
    word = ((word & 0x0000ffff0000ffff) * (std::uint64_t{10'000} << 32 | 1)) >> 32;
    const auto id = static_cast<TokenId>(word);
    seen.largest = std::max(seen.largest, id);
    return id;
  }
};

// The same one byte after the other, with a word about what is wrong.
class SlowDecimalLine {
 public:
  SlowDecimalLine(std::string_view line, TokenId limit) noexcept : line_(line), limit_(limit) {}

  void read(std::size_t count, std::vector<TokenId>& out) {
    out.clear();
    for (std::size_t begin = 0; begin <= line_.size();) {
      const std::size_t end = std::min(line_.find(' ', begin), line_.size());
      out.push_back(number(begin, end));
      begin = end + 1;
    }
    if (out.size() == count) return;
    throw Error(ErrorCode::invalid_text,
                "has " + std::to_string(out.size()) + " ids, and " + std::to_string(count) + " are expected",
                {.byte = line_.size()});
  }

 private:
  static constexpr std::size_t kMostDigits = 8;

  TokenId number(std::size_t begin, std::size_t end) const {
    TokenId value = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const unsigned digit = static_cast<unsigned char>(line_[i]) - unsigned{'0'};
      if (digit > 9) refuse(begin, end, "is no decimal number");
      if (i - begin >= kMostDigits) refuse(begin, end, "has too many digits");
      value = 10 * value + digit;
    }
    if (begin == end) refuse(begin, end, "is no decimal number: ids are separated by one blank");
    if (value >= limit_) refuse(begin, end, "is no id of the vocabulary, which has " + std::to_string(limit_));
    return value;
  }

  [[noreturn]] void refuse(std::size_t begin, std::size_t end, const std::string& why) const {
    constexpr std::size_t kShown = 24;
    throw Error(ErrorCode::invalid_text, '"' + excerpt(line_.substr(begin, end - begin), kShown) + "\" " + why,
                {.byte = begin});
  }

  std::string_view line_;
  TokenId limit_;
};

}  // namespace detail

/// Reads lines of `count` ids below `limit`. Ids have up to eight digits, one blank between them and nothing else
/// around them.
class DecimalLineReader {
 public:
  /// Readable bytes, whatever they are, that must lie behind a line.
  static constexpr std::size_t kPadding = 64;
  static_assert(kPadding >= detail::FastDecimalLine<detail::BestBlanks>::kBlock);

  DecimalLineReader(TokenId limit, std::size_t count) noexcept : limit_(limit), count_(count) {}

  /// Replaces the contents of `out`. The line stands without its line feed. Throws invalid_text with the byte of the
  /// line where the fault is; `out` may hold anything then.
  void read(std::string_view line, std::vector<TokenId>& out) const {
    out.resize(count_);
    if (detail::FastDecimalLine<detail::BestBlanks>::read(line, limit_, count_, out.data())) return;
    detail::SlowDecimalLine(line, limit_).read(count_, out);
  }

 private:
  TokenId limit_;
  std::size_t count_;
};

}  // namespace aria
