// Whether there is room for what is going to be written.
#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdint>
#include <optional>
#include <string>

#include <aria/support/error.hpp>

namespace aria {

/// Bytes that may be written to the file system of `folder`; nothing where it does not tell.
inline std::optional<std::uint64_t> free_disk_space(const std::string& folder) {
  struct statvfs status {};
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &status) != 0 || status.f_blocks == 0) return std::nullopt;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

/// Whether two folders share their room.
inline bool on_same_disk(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev;
}

/// Throws io with both numbers where fewer than `needed` bytes are free in `folder`.
///
///     check_disk_space("/data", 4'000'000'000, "the output");
///     // Error: "/data: the output may take 4000000000 bytes here, and 1234567890 are free"
inline void check_disk_space(const std::string& folder, std::uint64_t needed, const std::string& what) {
  const std::optional<std::uint64_t> free = free_disk_space(folder);
  if (!free || *free >= needed) return;
  throw Error(ErrorCode::io,
              what + " may take " + std::to_string(needed) + " bytes here, and " + std::to_string(*free) + " are free",
              {.path = folder.empty() ? "." : folder});
}

}  // namespace aria
