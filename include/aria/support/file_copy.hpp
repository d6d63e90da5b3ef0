// Copies of files that share their blocks where the file system can do that, and never pass through the program where
// the system can do it.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/disk_space.hpp>
#include <aria/support/file.hpp>

namespace aria {

namespace detail {

// Whether the empty file shares the blocks of the other one from now on.
inline bool clone_file(int from, int to) noexcept {
  return ::ioctl(to, FICLONE, from) == 0 && ::lseek(to, 0, SEEK_END) >= 0;
}

// Moves bytes inside of the system until the end of the file, or until the system refuses; returns how many.
inline std::uint64_t copy_inside_system(int from, int to) noexcept {
  constexpr std::size_t kMost = 1 << 30;
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t moved = ::copy_file_range(from, nullptr, to, nullptr, kMost, 0);
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return total;
    total += static_cast<std::uint64_t>(moved);
  }
}

}  // namespace detail

/// Appends the file at `path` to `out` and returns its number of bytes: by a reflink where `out` is empty and both lie
/// on a file system that has them, else by copying. Throws not_found or io; what is wrong with reading has `path` as
/// its place, what is wrong with writing the path of `out`, and where there is too little room nothing is written.
inline std::uint64_t append_file(AtomicFile& out, const std::string& path) {
  const OpenFile file = open_file(path);
  const int from = file.descriptor.get(), to = out.descriptor_to_append();
  if (::lseek(to, 0, SEEK_CUR) == 0 && detail::clone_file(from, to)) return file.size;
  const auto folder = std::filesystem::path(out.path()).parent_path();
  check_disk_space(folder.string(), file.size, "the copy of " + path);
  std::uint64_t total = detail::copy_inside_system(from, to);
  // What the system could not copy, for whatever reason, is read and written, and that says what is wrong.
  constexpr std::size_t kBlock = 1 << 20;
  ByteBuffer block;
  for (;;) {
    block.clear();
    const std::size_t got = read_up_to(file.descriptor, block.room(kBlock), kBlock, path);
    if (got == 0) return total;
    block.advance(got);
    out.write(block.view());
    total += got;
  }
}

}  // namespace aria
