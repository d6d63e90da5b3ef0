// A growable array of bytes that never clears what will be overwritten anyway: where text and MIDI bytes are put
// together.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace aria {

/// Bytes written one after the other. `room(n)` hands out space that the caller fills, `advance(n)` keeps what was
/// filled:
///
///     char* out = buffer.room(20);
///     buffer.advance(std::to_chars(out, out + 20, 480).ptr - out);
class ByteBuffer {
 public:
  /// Space for at least `count` more bytes, uninitialised. Invalidates earlier pointers.
  char* room(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    return data_.get() + size_;
  }

  void advance(std::size_t count) noexcept { size_ += count; }

  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    advance(text.size());
  }

  void append(char byte) {
    *room(1) = byte;
    advance(1);
  }

  /// Takes back the last bytes.
  void retract(std::size_t count) noexcept { size_ -= count; }

  /// Forgets the contents, keeps the memory.
  void clear() noexcept { size_ = 0; }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  char* data() noexcept { return data_.get(); }
  const char* data() const noexcept { return data_.get(); }
  std::string_view view() const noexcept { return {data_.get(), size_}; }
  std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(data_.get(), size_)); }

 private:
  void grow(std::size_t count) {
    const std::size_t capacity = size_ + count + (size_ + count) / 2 + 64;
    std::unique_ptr<char[]> data(new char[capacity]);  // not make_unique: that would clear it
    if (size_ != 0) std::memcpy(data.get(), data_.get(), size_);
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace aria
