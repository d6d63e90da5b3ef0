// One line of a file of token lines: decimal ids, separated by blanks -> ids.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/decimal_scan.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>
#include <aria/token/token.hpp>

namespace aria {

namespace detail {

// Reads a line without a branch on what it holds: the blanks of 64 bytes are found at once, and each id is computed
// from the eight bytes that begin with it. Whatever is wrong is only noted.
template <class Blanks>
class FastDecimalLine {
 public:
  // `out` has room for `count` ids. False where the line is not what is expected; `out` may hold anything then.
  static bool read(std::string_view line, TokenId limit, std::size_t count, TokenId* out) noexcept {
    const TokenId* const end = out + count;
    const char* const text = line.data();
    std::size_t begin = 0;  // of the next id
    DecimalScan scan;
    TokenId largest = 0;
    for (std::size_t block = 0; block <= line.size(); block += kBlanksBlock) {
      std::uint64_t ends = Blanks::find(text + block);
      if (const std::size_t left = line.size() - block; left < kBlanksBlock) {
        const std::uint64_t last = std::uint64_t{1} << left;
        ends = (ends & (last - 1)) | last;  // the last id ends with the line
      }
      if (end - out < std::popcount(ends)) return false;
      for (; ends != 0; ends &= ends - 1) {
        const std::size_t stop = block + static_cast<unsigned>(std::countr_zero(ends));
        *out = scan.number(text + begin, stop - begin);
        largest = std::max(largest, *out++);
        begin = stop + 1;
      }
    }
    return out == end && scan.good() && largest < limit;
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
  static_assert(kPadding >= kBlanksBlock);

  DecimalLineReader(TokenId limit, std::size_t count) noexcept : limit_(limit), count_(count) {}

  /// Replaces the contents of `out`. The line stands without its line feed. Throws invalid_text with the byte of the
  /// line where the fault is; `out` may hold anything then.
  void read(std::string_view line, std::vector<TokenId>& out) const {
    out.resize(count_);
    if (detail::FastDecimalLine<BestBlanks>::read(line, limit_, count_, out.data())) return;
    detail::SlowDecimalLine(line, limit_).read(count_, out);
  }

 private:
  TokenId limit_;
  std::size_t count_;
};

}  // namespace aria
