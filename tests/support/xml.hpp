// Whether text is well-formed XML: enough of XML 1.0 for what the library writes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Why `text` is not a well-formed element with elements, attributes in double quotes, text and the five entities of
/// XML; empty where it is.
inline std::string xml_fault(std::string_view text) {
  std::vector<std::string> open;
  bool had_root = false;
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; };
  const auto fault_in_characters = [](std::string_view part) -> std::string {
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto byte = static_cast<unsigned char>(part[i]);
      if (part[i] == '<') return "a bare <";
      if (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') return "a control character";
      if (part[i] != '&') continue;
      bool known = false;
      for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"}) {
        known = known || part.substr(i).starts_with(entity);
      }
      if (!known) return "a bare &";
    }
    return {};
  };
  while (!text.empty()) {
    if (text.front() != '<') {
      const std::string_view part = text.substr(0, text.find('<'));
      if (const std::string fault = fault_in_characters(part); !fault.empty()) return fault;
      if (open.empty() && part.find_first_not_of(" \n") != part.npos) return "text outside the root";
      text.remove_prefix(part.size());
      continue;
    }
    text.remove_prefix(1);
    const bool closes = text.starts_with('/');
    if (closes) text.remove_prefix(1);
    std::size_t length = 0;
    while (length < text.size() && is_name(text[length])) ++length;
    const std::string name(text.substr(0, length));
    if (name.empty()) return "a tag without a name";
    text.remove_prefix(length);
    if (closes) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing";
      open.pop_back();
    } else {
      if (open.empty() && had_root) return "two roots";
      had_root = true;
      std::vector<std::string_view> seen;
      while (text.starts_with(' ')) {
        const std::size_t quote = text.find("=\"");
        const std::size_t end = quote == text.npos ? text.npos : text.find('"', quote + 2);
        if (end == text.npos) return "an attribute without an end in <" + name;
        const std::string_view key = text.substr(1, quote - 1);
        for (const std::string_view other : seen) {
          if (other == key) return "the attribute " + std::string(key) + " twice in <" + name;
        }
        seen.push_back(key);
        const std::string fault = fault_in_characters(text.substr(quote + 2, end - quote - 2));
        if (!fault.empty()) return fault + " in the attribute " + std::string(key);
        text.remove_prefix(end + 1);
      }
      if (text.starts_with('/')) {
        text.remove_prefix(1);
      } else {
        open.push_back(name);
      }
    }
    if (!text.starts_with('>')) return "a tag without an end: " + name;
    text.remove_prefix(1);
  }
  if (!open.empty()) return "<" + open.back() + "> stays open";
  return had_root ? "" : "no element";
}

}  // namespace test
