// Reading files: a descriptor that closes itself, whole files into a reused buffer, and read-only mappings.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// The error that `errno` stands for, at `path`: "cannot open: No such file or directory".
inline Error system_error(const std::string& what, const std::string& path, int number = errno) {
  const ErrorCode code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found
                         : number == EEXIST                    ? ErrorCode::already_exists
                                                               : ErrorCode::io;
  return Error(code, what + ": " + std::strerror(number), {.path = path});
}

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) noexcept : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// A regular file opened for reading, and its size when it was opened.
struct OpenFile {
  FileDescriptor descriptor;
  std::uint64_t size = 0;
};

/// Opens a regular file. A pipe or a device is refused rather than waited for.
/// Throws not_found, or io for everything else that cannot be read.
inline OpenFile open_file(const std::string& path) {
  FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) throw system_error("cannot open", path);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) throw system_error("cannot read", path);
  if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::io, "is a folder, not a file", {.path = path});
  if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::io, "is not a regular file", {.path = path});
  return {std::move(descriptor), static_cast<std::uint64_t>(status.st_size)};
}

/// Reads up to `count` bytes at `out`; fewer only at the end of the file. Throws io.
inline std::size_t read_up_to(const FileDescriptor& file, char* out, std::size_t count, const std::string& path) {
  std::size_t total = 0;
  while (total < count) {
    const ssize_t got = ::read(file.get(), out + total, count - total);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("cannot read", path);
    total += static_cast<std::size_t>(got);
  }
  return total;
}

/// Replaces the contents of `buffer` with those of the file, which may be at most `max_bytes` long.
/// Faster than a mapping for files of the size of MIDI files. Throws not_found, io or too_large.
inline void read_file(const std::string& path, ByteBuffer& buffer,
                      std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max()) {
  const OpenFile file = open_file(path);
  if (file.size > max_bytes) {
    throw Error(ErrorCode::too_large, std::to_string(file.size) + " bytes, the limit is " + std::to_string(max_bytes),
                {.path = path});
  }
  buffer.clear();
  const auto size = static_cast<std::size_t>(file.size);
  buffer.advance(read_up_to(file.descriptor, buffer.room(size), size, path));
}

/// A file mapped for reading. The bytes stay where they are for the life of the object, also when it is moved.
class MappedFile {
 public:
  /// Throws not_found or io.
  explicit MappedFile(const std::string& path) {
    OpenFile file = open_file(path);
    size_ = static_cast<std::size_t>(file.size);
    descriptor_ = std::move(file.descriptor);
    if (size_ == 0) return;  // an empty mapping is an error to the system, not to us
    void* start = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_.get(), 0);
    if (start == MAP_FAILED) throw system_error("cannot map", path);
    start_ = start;
  }
  MappedFile(MappedFile&& other) noexcept
      : descriptor_(std::move(other.descriptor_)),
        start_(std::exchange(other.start_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile() {
    if (start_ != nullptr) ::munmap(start_, size_);
  }

  std::size_t size() const noexcept { return size_; }
  std::span<const std::byte> bytes() const noexcept { return {static_cast<const std::byte*>(start_), size_}; }
  std::string_view view() const noexcept { return {static_cast<const char*>(start_), size_}; }

  /// Throws io where the file, called `path`, has changed its size since it was opened: bytes behind the end of a file
  /// that was cut must not be touched.
  void check_unchanged(const std::string& path) const {
    const std::size_t now = size_now();
    if (now == size_) return;
    throw Error(
        ErrorCode::io,
        "has changed since it was opened: it had " + std::to_string(size_) + " bytes and has " + std::to_string(now),
        {.path = path});
  }

  /// The size of the file now. Bytes behind the end of a file that was cut must not be touched.
  std::size_t size_now() const noexcept {
    struct stat status {};
    return ::fstat(descriptor_.get(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
  }

 private:
  FileDescriptor descriptor_;
  void* start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace aria
