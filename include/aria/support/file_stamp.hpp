// What tells whether a file is still the one that it was.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aria/support/hash128.hpp>

namespace aria {

/// The size and the time of a file, or of several files together.
struct FileStamp {
  std::uint64_t size = 0;  ///< bytes
  std::uint64_t time =
      0;  ///< of the last change, in nanoseconds since 1970; of several files a hash of names and times

  static FileStamp of(const struct stat& status) noexcept {
    const auto seconds = static_cast<std::uint64_t>(status.st_mtim.tv_sec);
    return {static_cast<std::uint64_t>(status.st_size),
            seconds * 1'000'000'000 + static_cast<std::uint64_t>(status.st_mtim.tv_nsec)};
  }

  /// Of the file at `path`, links followed; nothing where there is none.
  static std::optional<FileStamp> of(const std::string& path) noexcept {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return of(status);
  }

  /// Makes this the stamp of what it stood for and of one more file. The order of the files counts.
  ///
  ///     FileStamp inputs;
  ///     for (const Input& input : all) inputs.add(input.name, input.stamp);
  void add(std::string_view name, const FileStamp& stamp) noexcept {
    const Hash128 of_name = hash128(std::as_bytes(std::span(name.data(), name.size())), {time, size});
    const std::uint64_t numbers[] = {stamp.size, stamp.time};
    time = hash128(std::as_bytes(std::span(numbers)), of_name).low;
    size += stamp.size;
  }

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

}  // namespace aria
