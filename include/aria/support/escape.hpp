// Any bytes as text on one line of a table, and back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <aria/support/utf8.hpp>

namespace aria {

namespace detail {
inline constexpr std::string_view kEscapedBytes = "\t\r\n\\", kEscapeLetters = "trn\\";
inline constexpr std::string_view kHexDigits = "0123456789abcdef";
}  // namespace detail

/// Appends `text` to `out` as UTF-8 without tabs and line ends: tab, CR, LF, backslash and bytes that are not UTF-8
/// become \t \r \n \\ \xNN.
///
///     append_escaped("a\tb\xff", out);  // out: "a\\tb\\xff"
inline void append_escaped(std::string_view text, std::string& out) {
  using namespace detail;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view head = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(head.size());
    if (const std::size_t i = kEscapedBytes.find(head.front()); i != std::string_view::npos) {
      out += '\\';
      out += kEscapeLetters[i];
    } else if (length != 0) {
      out += head;
    } else {
      const auto byte = static_cast<unsigned char>(head.front());
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    }
  }
}

/// What `append_escaped` made the text of; nothing where it cannot have made it.
inline std::optional<std::string> unescaped(std::string_view text) {
  using namespace detail;
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (text.size() < 2) return std::nullopt;
    if (const std::size_t i = kEscapeLetters.find(text[1]); i != std::string_view::npos) {
      out += kEscapedBytes[i];
      text.remove_prefix(2);
      continue;
    }
    if (text[1] != 'x' || text.size() < 4) return std::nullopt;
    const std::size_t high = kHexDigits.find(text[2]), low = kHexDigits.find(text[3]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    text.remove_prefix(4);
  }
  return out;
}

}  // namespace aria
