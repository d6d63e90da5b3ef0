// Files for what does not fit into memory, and reading and writing at a place.
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria {

/// Reads `count` bytes that stand at `offset`. Throws io, also where the file ends before: it was longer when somebody
/// found out that there are so many.
inline void read_at(const FileDescriptor& file, char* out, std::size_t count, std::uint64_t offset,
                    const std::string& path) {
  while (count != 0) {
    const ssize_t got = ::pread(file.get(), out, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("cannot read", path);
    if (got == 0) throw Error(ErrorCode::io, "has become shorter while it was read", {.path = path});
    out += got;
    count -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
}

/// A file that nobody else sees and that vanishes with the object, and with the process however that ends: it has no
/// name, or where the file system cannot do that loses a hidden one as soon as it has it.
///
///     TemporaryFile file("/data");
///     const std::uint64_t at = file.append("some bytes");
class TemporaryFile {
 public:
  /// Makes one in `folder`. Throws not_found or io.
  explicit TemporaryFile(std::string folder) : folder_(std::move(folder)) {
    if (folder_.empty()) folder_ = ".";
    descriptor_ = FileDescriptor(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (descriptor_) return;
    static std::atomic<unsigned> count{0};
    const std::string name = folder_ + "/.aria-temporary-" + std::to_string(::getpid()) + '-' + std::to_string(count++);
    descriptor_ = FileDescriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!descriptor_) throw system_error("cannot write a temporary file", folder_);
    ::unlink(name.c_str());
  }

  /// Writes behind everything else and returns the place. Throws io.
  std::uint64_t append(std::string_view bytes) {
    const std::uint64_t begin = size_;
    while (!bytes.empty()) {
      const ssize_t wrote = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) throw system_error("cannot write a temporary file", folder_);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
      size_ += static_cast<std::uint64_t>(wrote);
    }
    return begin;
  }

  /// Reads `count` bytes that were written at `offset`; any number of threads may. Throws io.
  void read(char* out, std::size_t count, std::uint64_t offset) const {
    read_at(descriptor_, out, count, offset, folder_);
  }

  std::uint64_t size() const noexcept { return size_; }

 private:
  std::string folder_;
  FileDescriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace aria
