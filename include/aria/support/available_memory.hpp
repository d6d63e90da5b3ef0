// How much memory the machine has to spare.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

namespace aria {

/// Bytes that programs and cached files can take without anything being paged out; nothing where the system does not
/// tell.
inline std::optional<std::uint64_t> available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  for (std::uint64_t kibibytes = 0; file >> name >> kibibytes; file.ignore(1000, '\n')) {
    if (name == "MemAvailable:") return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace aria
