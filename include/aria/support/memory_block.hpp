// Large work memory that the system gets back at once.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <utility>

namespace aria {

/// Bytes straight from the system, all zero. Only pages that were touched take memory, and all of it is free again with
/// the object: where the resident set has a bound, the heap, which may keep what is given back to it, is no place for
/// buffers of that size.
///
///     MemoryBlock block(64 << 20);
///     char* text = block.data();
class MemoryBlock {
 public:
  MemoryBlock() = default;
  /// Throws std::bad_alloc.
  explicit MemoryBlock(std::size_t size) : size_(size) {
    if (size == 0) return;
    void* start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    start_ = static_cast<char*>(start);
  }
  MemoryBlock(MemoryBlock&& other) noexcept
      : start_(std::exchange(other.start_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MemoryBlock& operator=(MemoryBlock&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MemoryBlock() {
    if (start_ != nullptr) ::munmap(start_, size_);
  }

  /// Aligned to a page.
  char* data() noexcept { return start_; }
  const char* data() const noexcept { return start_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  char* start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace aria
