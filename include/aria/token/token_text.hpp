// Tokens in JSON: what may be a token, and the one text that each of them has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/utf8.hpp>

namespace aria {

/// Takes JSON (RFC 8259) apart that holds tokens, whatever its spacing and escapes. A token is a text, a number, true,
/// false or null, or a list of these. Its text is what Python's json.dumps(token, ensure_ascii=False) writes; only
/// numbers keep the digits that they have: 1.50 and 1.5 are two tokens.
///
///     ByteBuffer text;
///     TokenTextReader(R"( ["caf\u00e9",1] )").read(text);  // text holds ["café", 1]
class TokenTextReader {
 public:
  explicit TokenTextReader(std::string_view json) noexcept : json_(json) {}

  /// Where reading stands: the number of bytes before it.
  std::size_t position() const noexcept { return at_; }

  /// Whether nothing but blanks is left. Like all that follow, goes to what is behind the blanks.
  bool at_end() noexcept {
    while (at_ < json_.size() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
    return at_ == json_.size();
  }

  /// What comes next; 0 at the end.
  char next() noexcept { return at_end() ? '\0' : json_[at_]; }

  /// Takes `byte` where it comes next.
  bool take(char byte) noexcept { return !at_end() && take_here(byte); }

  /// Replaces the contents of `text` by that of the token which comes next. False where there is none, or a broken one:
  /// reading then stands where the fault shows.
  bool read(ByteBuffer& text) {
    text.clear();
    return take('[') ? read_list(text) : read_element(text);
  }

 private:
  char peek() const noexcept { return at_ < json_.size() ? json_[at_] : '\0'; }

  bool take_here(char byte) noexcept {
    if (at_ == json_.size() || json_[at_] != byte) return false;
    ++at_;
    return true;
  }

  // Behind the first bracket.
  bool read_list(ByteBuffer& text) {
    text.append('[');
    if (!take(']')) {
      if (!read_element(text)) return false;
      while (take(',')) {
        text.append(", ");
        if (!read_element(text)) return false;
      }
      if (!take(']')) return false;
    }
    text.append(']');
    return true;
  }

  bool read_element(ByteBuffer& text) {
    switch (next()) {
      case '"':
        return read_string(text);
      case 't':
        return read_word("true", text);
      case 'f':
        return read_word("false", text);
      case 'n':
        return read_word("null", text);
      default:
        return read_number(text);
    }
  }

  bool read_word(std::string_view word, ByteBuffer& text) {
    for (const char c : word) {
      if (!take_here(c)) return false;
    }
    text.append(word);
    return true;
  }

  bool read_number(ByteBuffer& text) {
    const std::size_t begin = at_;
    take_here('-');
    if (!take_here('0') && !take_digits()) return false;
    if (take_here('.') && !take_digits()) return false;
    if (take_here('e') || take_here('E')) {
      if (!take_here('+')) take_here('-');
      if (!take_digits()) return false;
    }
    const std::string_view number = json_.substr(begin, at_ - begin);
    text.append(number == "-0" ? "0" : number);  // as Python reads it
    return true;
  }

  bool take_digits() noexcept {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ != begin;
  }

  // As a rule a string has no escapes, and is what it stands for.
  bool read_string(ByteBuffer& text) {
    const std::size_t begin = at_++;
    skip_plain();
    if (take_here('"')) {
      text.append(json_.substr(begin, at_ - begin));
      return true;
    }
    contents_.clear();
    contents_.append(json_.substr(begin + 1, at_ - begin - 1));
    while (!take_here('"')) {
      if (!read_character()) return false;
    }
    detail::write_json_string(contents_.view(), text, [](ByteBuffer&) {});
    return true;
  }

  void skip_plain() noexcept {
    while (at_ < json_.size() && peek() >= ' ' && peek() < 0x7f && peek() != '"' && peek() != '\\') ++at_;
  }

  bool read_character() {
    if (take_here('\\')) return read_escape();
    const std::size_t length = utf8_length(json_.substr(at_));
    if (length == 0 || (length == 1 && static_cast<unsigned char>(peek()) < 0x20)) return false;
    contents_.append(json_.substr(at_, length));
    at_ += length;
    return true;
  }

  bool read_escape() {
    constexpr std::string_view kNames = "\"\\/bfnrt", kCharacters = "\"\\/\b\f\n\r\t";
    if (take_here('u')) return read_unicode_escape();
    if (at_ == json_.size()) return false;
    const std::size_t i = kNames.find(json_[at_]);
    if (i == std::string_view::npos) return false;
    ++at_;
    contents_.append(kCharacters[i]);
    return true;
  }

  // \u20ac, or a pair for what lies above U+FFFF; half a pair is no text.
  bool read_unicode_escape() {
    const auto first = take_hexadecimal();
    if (!first) return false;
    if (*first < 0xd800 || *first > 0xdfff) {
      append_utf8(*first);
      return true;
    }
    if (*first > 0xdbff || !take_here('\\') || !take_here('u')) return false;
    const auto second = take_hexadecimal();
    if (!second || *second < 0xdc00 || *second > 0xdfff) return false;
    append_utf8(0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00));
    return true;
  }

  std::optional<std::uint32_t> take_hexadecimal() noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const std::size_t digit = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
      if (digit == std::string_view::npos) return std::nullopt;
      number = number << 4 | static_cast<std::uint32_t>(digit);
    }
    return number;
  }

  void append_utf8(std::uint32_t character) {
    const auto put = [this](std::uint32_t byte) { contents_.append(static_cast<char>(byte)); };
    if (character < 0x80) return put(character);
    if (character < 0x800) {
      put(0xc0 | character >> 6);
    } else if (character < 0x10000) {
      put(0xe0 | character >> 12);
      put(0x80 | (character >> 6 & 0x3f));
    } else {
      put(0xf0 | character >> 18);
      put(0x80 | (character >> 12 & 0x3f));
      put(0x80 | (character >> 6 & 0x3f));
    }
    put(0x80 | (character & 0x3f));
  }

  std::string_view json_;
  std::size_t at_ = 0;
  ByteBuffer contents_;  // of a string with escapes
};

/// Whether `text` is the text of a token, as described above.
inline bool is_token_text(std::string_view text, ByteBuffer& scratch) {
  TokenTextReader reader(text);
  return reader.read(scratch) && reader.position() == text.size() && scratch.view() == text;
}

}  // namespace aria
