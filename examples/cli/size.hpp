// Sizes on command lines: bytes, or K, M, G.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "arguments.hpp"

namespace cli {

/// "65536", "64K", "64KiB", "16MiB", "1G": bytes, where K, M, G are 1024, 1024^2, 1024^3, in either case and with or
/// without "iB" or "B" behind. Throws UsageError, naming the option, for anything else.
inline std::uint64_t size_of_text(std::string_view text, const std::string& option) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  unsigned shift = 0;
  if (!unit.empty() && unit != "b") {
    const std::string_view rest = std::string_view(unit).substr(1);
    const std::size_t power = std::string_view("kmg").find(unit.front());
    const bool known = power != std::string_view::npos && (rest.empty() || rest == "b" || rest == "ib");
    shift = known ? 10 * (static_cast<unsigned>(power) + 1) : 64;
  }
  if (error != std::errc() || shift == 64 || number > std::numeric_limits<std::uint64_t>::max() >> shift) {
    throw UsageError("--" + option + " must be a size like 65536, 512K, 64M or 1G, and is " +
                     (text.empty() ? "empty" : std::string(text)));
  }
  return number << shift;
}

/// The value of an option that takes a size. Throws UsageError.
inline std::uint64_t size_of(const cxxopts::ParseResult& result, const std::string& name) {
  return size_of_text(result[name].as<std::string>(), name);
}

}  // namespace cli
