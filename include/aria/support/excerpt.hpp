// The beginning of a text, for messages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <aria/support/utf8.hpp>

namespace aria {

/// At most `most` bytes of a text, and "..." where something is missing. What a terminal might not show is a question
/// mark.
inline std::string excerpt(std::string_view text, std::size_t most = 60) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    if (shown.size() + length > most) return shown + "...";
    const bool plain = length > 1 || (text[0] >= ' ' && text[0] < 0x7f);
    shown += plain ? text.substr(0, length) : "?";
    text.remove_prefix(length);
  }
  return shown;
}

}  // namespace aria
