// Lines of a text file of any size, with a bounded amount of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/file.hpp>

namespace aria {

/// Reads a file line by line through a buffer that grows only for a line longer than itself, up to kMaxLine.
///
///     LineReader lines("data.jsonl");
///     while (auto line = lines.next()) use(*line, lines.number());
class LineReader {
 public:
  /// Readable bytes behind every line that `next` returns: parsers that load whole vectors need them.
  static constexpr std::size_t kPadding = 64;

  /// A longer line is refused: a file that is no text at all would fill the memory.
  static constexpr std::size_t kMaxLine = 512 << 20;

  /// Throws not_found or io.
  explicit LineReader(std::string path) : path_(std::move(path)), file_(open_file(path_)) { buffer_->room(kBlock); }

  /// The next line without its line feed, valid until the next call unless it is shared; nothing at the end of the
  /// file. Throws io, or too_large with the line.
  std::optional<std::string_view> next() {
    std::size_t searched = begin_;
    for (;;) {
      const char* start = buffer_->data();
      if (const void* end = std::memchr(start + searched, '\n', buffer_->size() - searched)) {
        const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - (start + begin_));
        return take(length, length + 1);
      }
      searched = buffer_->size() - begin_;  // the line moves to the front of the buffer
      if (searched > kMaxLine) {
        throw Error(ErrorCode::too_large, "the line is longer than 512 MiB", {.path = path_, .line = number_ + 1});
      }
      if (!refill()) break;
    }
    if (begin_ == buffer_->size()) return std::nullopt;
    return take(buffer_->size() - begin_, buffer_->size() - begin_);
  }

  /// The memory of the line that `next` returned last. The line, and what lies around it, is valid as long as this is:
  /// other threads can work on it without a copy.
  std::shared_ptr<const void> share() {
    shared_ = true;
    return buffer_;
  }

  /// Number of the line that `next` returned last, from 1.
  std::uint64_t number() const noexcept { return number_; }

  /// Offset in the file of the first byte behind that line.
  std::uint64_t offset() const noexcept { return offset_; }

  std::uint64_t file_size() const noexcept { return file_.size; }
  const std::string& path() const noexcept { return path_; }

 private:
  static constexpr std::size_t kBlock = 1 << 20;

  std::string_view take(std::size_t length, std::size_t consumed) {
    const std::string_view line(buffer_->data() + begin_, length);
    begin_ += consumed;
    offset_ += consumed;
    ++number_;
    return line;
  }

  bool refill() {
    const std::size_t kept = buffer_->size() - begin_;
    const char* rest = buffer_->data() + begin_;
    if (shared_) {
      auto fresh = std::make_shared<ByteBuffer>();
      fresh->room(kept + kBlock + kPadding);
      fresh->append({rest, kept});
      buffer_ = std::move(fresh);
      shared_ = false;
    } else {
      std::memmove(buffer_->data(), rest, kept);
      buffer_->clear();
      buffer_->advance(kept);
    }
    begin_ = 0;
    char* out = buffer_->room(kBlock + kPadding);
    const std::size_t got = read_up_to(file_.descriptor, out, kBlock, path_);
    std::memset(out + got, 0, kPadding);
    buffer_->advance(got);
    return got != 0;
  }

  std::string path_;
  OpenFile file_;
  std::shared_ptr<ByteBuffer> buffer_ = std::make_shared<ByteBuffer>();
  bool shared_ = false;  // somebody else may read the buffer
  std::size_t begin_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace aria
