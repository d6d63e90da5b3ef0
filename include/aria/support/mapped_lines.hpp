// The lines of a mapped file, read at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/line_reader.hpp>

namespace aria {

/// Finds all lines in one pass, and takes 8 bytes of memory each. Several threads may read them.
///
///     MappedLines lines("train.txt");
///     lines.find(0, 1);  // from the first byte on, which is line 1
///     lines.line(17)     // "55026 0 10003 11060"
class MappedLines {
 public:
  /// Throws not_found or io.
  explicit MappedLines(std::string path) : path_(std::move(path)), file_(path_) {}

  /// Finds the lines from byte `begin` on, which is where line `first_number` of the file begins. False where the last
  /// line is cut off: the file does not end with a line feed. That line is none of `size()`.
  bool find(std::size_t begin, std::uint64_t first_number) {
    const std::string_view text = view();
    first_number_ = first_number;
    starts_.assign(1, begin);
    const char* at = text.data() + begin;
    const char* const end = text.data() + text.size();
    while (at != end) {
      const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
      if (found == nullptr) return false;
      at = static_cast<const char*>(found) + 1;
      starts_.push_back(static_cast<std::uint64_t>(at - text.data()));
    }
    return true;
  }

  /// How many lines were found.
  std::size_t size() const noexcept { return starts_.empty() ? 0 : starts_.size() - 1; }
  const std::string& path() const noexcept { return path_; }

  /// The whole file, as long as it keeps its size.
  std::string_view view() const noexcept { return file_.view(); }

  /// Line `i`, from 0, without its line feed. Throws invalid_argument where there is none, too_large where it is longer
  /// than 512 MiB, and io where the file has changed its size since it was opened.
  std::string_view line(std::size_t i) const {
    if (i >= size()) {
      throw Error(ErrorCode::invalid_argument,
                  "has " + std::to_string(size()) + " sequences, there is no number " + std::to_string(i),
                  {.path = path_});
    }
    file_.check_unchanged(path_);
    const std::size_t length = starts_[i + 1] - starts_[i] - 1;
    if (length > LineReader::kMaxLine) {
      throw Error(ErrorCode::too_large, "the line is longer than 512 MiB", {.path = path_, .line = number(i)});
    }
    return view().substr(starts_[i], length);
  }

  /// Calls `use` with line `i`, where `padding` more bytes can be read behind it and, if they can be before the first
  /// line that was found, before it: parsers load whole vectors. Throws as `line` does.
  template <class Use>
  void with_line(std::size_t i, std::size_t padding, Use use) const {
    const std::string_view text = line(i);
    if (file_.size() - starts_[i] - text.size() >= padding) return use(text);
    ByteBuffer padded;  // behind the last lines the mapping may end
    const auto pad = [&padded, padding] {
      std::memset(padded.room(padding), 0, padding);
      padded.advance(padding);
    };
    pad();
    padded.append(text);
    pad();
    use(padded.view().substr(padding, text.size()));
  }

  /// The number of line `i` in the file, from 1.
  std::uint64_t number(std::size_t i) const noexcept { return first_number_ + i; }

  /// Where line `i` begins in the file.
  std::uint64_t offset(std::size_t i) const noexcept { return starts_[i]; }

 private:
  std::string path_;
  MappedFile file_;
  std::uint64_t first_number_ = 1;
  std::vector<std::uint64_t> starts_;  // of the lines that were found, and the end of the last one
};

}  // namespace aria
