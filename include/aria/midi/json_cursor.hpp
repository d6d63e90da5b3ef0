// Taking JSON text apart piece by piece where its spacing is known: fixed text, whole numbers, strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <aria/support/utf8.hpp>

namespace aria::detail {

/// A place in a text. Each function says whether what it looks for stands there, and moves behind it. A `skip` that
/// says no leaves the cursor where it is; behind a `number` or `string` that says no, there is nothing more to read.
///
///     JsonCursor cursor(text);  // {"tick": 480} and kPadding bytes
///     std::uint64_t tick = 0;
///     if (cursor.skip(R"({"tick": )") && cursor.number(tick, 1000) && cursor.skip("}") && cursor.at_end()) use(tick);
class JsonCursor {
 public:
  /// Readable bytes that must lie behind the text, whatever they are. Only `skip` and `string` see where the text ends:
  /// behind every number, something must be skipped.
  static constexpr std::size_t kPadding = 64;

  explicit JsonCursor(std::string_view text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() const noexcept { return at_ == end_; }

  /// Exactly this text.
  template <std::size_t N>
  bool skip(const char (&text)[N]) noexcept {
    static_assert(kMostDigits + N <= kPadding);  // digits may have led behind the end
    if (!is_same<N - 1>(at_, text) || at_ + (N - 1) > end_) return false;
    at_ += N - 1;
    return true;
  }

  /// A whole number below `limit`, of at most 15 digits.
  bool number(std::uint64_t& value, std::uint64_t limit) noexcept {
    const Number number = digits(at_);
    at_ = number.end;
    value = number.value;
    return value < limit;
  }

  /// A string, whose contents replace those of `content`. Says no to escapes of characters behind U+007F, too.
  bool string(std::string& content) {
    content.clear();
    if (!skip("\"")) return false;
    while (at_ < end_) {
      const char* begin = at_;
      while (at_ < end_ && is_plain(*at_)) ++at_;
      content.append(begin, at_);
      if (skip("\"")) return true;
      if (!(skip("\\") ? escaped(content) : many_byte_character(content))) return false;
    }
    return false;
  }

 private:
  static constexpr std::ptrdiff_t kMostDigits = 15;
  static constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};  // not below any limit

  static constexpr std::size_t kWord = sizeof(std::uint64_t);

  static std::uint64_t word_at(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, kWord);
    return word;
  }

  // By words that overlap and one jump: for a text of more than 16 bytes, gcc 12 would call memcmp.
  template <std::size_t N>
  static bool is_same(const char* a, const char* b) noexcept {
    if constexpr (N < kWord) {
      return std::memcmp(a, b, N) == 0;
    } else {
      constexpr std::size_t kLast = N - kWord;
      std::uint64_t difference = word_at(a + kLast) ^ word_at(b + kLast);
      for (std::size_t i = 0; i < kLast; i += kWord) difference |= word_at(a + i) ^ word_at(b + i);
      return difference == 0;
    }
  }

  struct Number {
    std::uint64_t value;
    const char* end;
  };

  static unsigned digit_at(const char* at) noexcept { return static_cast<unsigned char>(*at) - unsigned{'0'}; }

  // Digit by digit: lengths of numbers repeat from message to message, so that the processor foresees the jumps and
  // need not wait for a length, as it would behind the shifts of a cleverer way. No member, for the sake of registers.
  static Number digits(const char* begin) noexcept {
    const char* at = begin;
    std::uint64_t value = 0;
    for (unsigned digit = digit_at(at); digit <= 9; digit = digit_at(++at)) {
      if (at - begin == kMostDigits) return {kNoNumber, at};
      value = 10 * value + digit;
    }
    const bool leading_zero = *begin == '0' && at - begin > 1;
    return {at == begin || leading_zero ? kNoNumber : value, at};
  }

  static bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
  }

  // What stands behind a backslash.
  bool escaped(std::string& content) {
    if (skip("u00")) {
      const unsigned high = hex_digit(at_[0]), low = hex_digit(at_[1]);
      if (high > 7 || low > 15) return false;
      content += static_cast<char>(high << 4 | low);
      at_ += 2;
      return true;
    }
    constexpr std::string_view kEscaped = "\"\\/bfnrt", kPlain = "\"\\/\b\f\n\r\t";
    const std::size_t i = kEscaped.find(*at_);
    if (i == std::string_view::npos) return false;
    content += kPlain[i];
    ++at_;
    return true;
  }

  // 16 for what is none.
  static unsigned hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return 16;
  }

  bool many_byte_character(std::string& content) {
    if (at_ >= end_) return false;
    const std::size_t length = utf8_length({at_, static_cast<std::size_t>(end_ - at_)});
    if (length < 2) return false;
    content.append(at_, length);
    at_ += length;
    return true;
  }

  const char* at_;
  const char* end_;
};

}  // namespace aria::detail
