// What programs write, for tests to look at.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace test {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Whether `text` has `part` in it; for messages.
inline bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace test
