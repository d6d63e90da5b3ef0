// Finding the lines of files in pieces, by several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <aria/dataset/line_shuffle_inputs.hpp>
#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/support/error.hpp>
#include <aria/support/lines_checksum.hpp>
#include <aria/support/memory_block.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/temporary_file.hpp>

namespace aria {

/// The lines that begin in one chunk of a file: those that are in memory, and one behind them that is too long for it.
class ScannedLines {
 public:
  /// Reads and finds them. `room` bytes are for text, at least as many as the chunk has and one more. Throws io.
  void scan(const InputChunk& chunk, const std::string& path, std::uint64_t first, std::size_t room,
            std::uint64_t longest) {
    if (memory_.empty()) memory_ = MemoryBlock(room * (1 + sizeof(std::uint32_t)));
    chunk_ = &chunk;
    path_ = &path;
    room_ = room;
    count_ = 0;
    long_line_.reset();
    checksum_ = {};
    if (find_first(first)) find_all(longest);
  }

  std::size_t input() const noexcept { return input_; }
  std::size_t size() const noexcept { return count_; }  ///< of the lines in memory

  /// Line `i` with its line feed, which is there even where the file lacks it.
  std::string_view operator[](std::size_t i) const noexcept {
    const std::size_t begin = start_of(i);
    return {text() + begin, ends()[i] + 1 - begin};
  }

  /// The offset in the file of line `i`.
  std::uint64_t offset(std::size_t i) const noexcept { return text_offset_ + start_of(i); }

  /// The last line, by its offset in the file, where it is too long for the memory.
  const std::optional<LongLine>& long_line() const noexcept { return long_line_; }
  const LinesChecksum& checksum() const noexcept { return checksum_; }
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  static constexpr std::size_t kMore = 16 << 10;  // read at a time behind the end of the chunk

  char* text() noexcept { return memory_.data() + room_ * sizeof(std::uint32_t); }
  const char* text() const noexcept { return memory_.data() + room_ * sizeof(std::uint32_t); }
  std::uint32_t* ends() noexcept { return reinterpret_cast<std::uint32_t*>(memory_.data()); }
  const std::uint32_t* ends() const noexcept { return reinterpret_cast<const std::uint32_t*>(memory_.data()); }
  std::size_t start_of(std::size_t i) const noexcept { return i == 0 ? first_start_ : ends()[i - 1] + std::size_t{1}; }

  // Reads the chunk, and the byte before: it tells whether a line begins where the chunk does. False: no line does.
  bool find_first(std::uint64_t first) {
    const InputChunk& chunk = *chunk_;
    input_ = chunk.input;
    bytes_read_ = chunk.end - chunk.begin;
    text_offset_ = chunk.begin == first ? first : chunk.begin - 1;
    filled_ = static_cast<std::size_t>(chunk.end - text_offset_);
    read_at(chunk.file->descriptor, text(), filled_, text_offset_, *path_);
    first_start_ = 0;
    if (chunk.begin == first) return true;
    const void* found = std::memchr(text(), '\n', filled_);
    if (found == nullptr) return false;
    first_start_ = static_cast<std::size_t>(static_cast<const char*>(found) + 1 - text());
    return true;  // at the end of the chunk the line is the next chunk's, and none is found here
  }

  void find_all(std::uint64_t longest) {
    std::size_t start = first_start_;
    while (start < filled_) {
      const void* found = std::memchr(text() + start, '\n', filled_ - start);
      if (found == nullptr) return find_last(start, longest);
      start = add(start, static_cast<std::size_t>(static_cast<const char*>(found) - text()));
    }
  }

  // The line that begins in the chunk and does not end there.
  void find_last(std::size_t start, std::uint64_t longest) {
    const std::uint64_t file_end = chunk_->file->size;
    for (;;) {
      const std::uint64_t at = text_offset_ + filled_;
      if (at == file_end) {
        text()[filled_] = '\n';
        add(start, filled_);
        return;
      }
      const std::size_t room = room_ - 1 - filled_;
      if (room == 0) return measure(start, longest);
      const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(std::min(kMore, room), file_end - at));
      read_at(chunk_->file->descriptor, text() + filled_, more, at, *path_);
      const void* found = std::memchr(text() + filled_, '\n', more);
      filled_ += more;
      if (found == nullptr) continue;
      add(start, static_cast<std::size_t>(static_cast<const char*>(found) - text()));
      return;
    }
  }

  // Its hash, piece by piece, and its length; no further than one byte behind what is allowed.
  void measure(std::size_t start, std::uint64_t longest) {
    LongLine line{text_offset_ + start, filled_ - start};
    LineHash hash;
    hash.add({text() + start, filled_ - start});
    const std::uint64_t file_end = chunk_->file->size;
    bool ended = false;
    while (!ended && line.size <= longest) {
      const std::uint64_t at = line.place + line.size;
      const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(filled_ - start, file_end - at));
      if (more == 0) break;
      read_at(chunk_->file->descriptor, text() + start, more, at, *path_);
      const void* found = std::memchr(text() + start, '\n', more);
      ended = found != nullptr;
      const auto size = ended ? static_cast<std::size_t>(static_cast<const char*>(found) - (text() + start)) : more;
      hash.add({text() + start, size});
      line.size += size;
    }
    checksum_.add(line.size, hash.value());
    long_line_ = line;
  }

  std::size_t add(std::size_t start, std::size_t end) {
    ends()[count_++] = static_cast<std::uint32_t>(end);
    checksum_.add({text() + start, end - start});
    return end + 1;
  }

  const InputChunk* chunk_ = nullptr;  // these two while scan works
  const std::string* path_ = nullptr;
  MemoryBlock memory_;  // the ends of lines, then the text
  std::size_t room_ = 0;
  std::size_t filled_ = 0;
  std::size_t first_start_ = 0;
  std::uint64_t text_offset_ = 0;  // in the file
  std::size_t count_ = 0;
  std::size_t input_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::optional<LongLine> long_line_;
  LinesChecksum checksum_;
};

/// Hands the lines of the inputs from number `first` on to `take(const ScannedLines&) -> bool`, chunk by chunk in
/// order, until it returns false. Throws io, and too_large with path and line where one is longer than allowed; what
/// `take` throws goes through.
template <class Take>
void scan_lines(const ShuffleInputs& inputs, std::size_t first, const ShuffleMemory& memory, Take take) {
  const std::size_t room = memory.scanned_text();
  InputChunks chunks(inputs, first, room / 2);
  std::atomic<bool> stopped = false;
  std::size_t input = 0;
  std::uint64_t line = 0;  // number of the chunk's first line
  const auto next = [&]() -> std::optional<InputChunk> {
    if (stopped) return std::nullopt;
    return chunks.next();
  };
  const auto make_worker = [&] {
    return [&](const InputChunk& chunk, ScannedLines& lines) {
      const ShuffleInput& from = inputs[chunk.input];
      lines.scan(chunk, from.path, from.begin, room, memory.longest_line());
    };
  };
  const auto sink = [&](const ScannedLines& lines) {
    if (stopped) return;
    if (lines.input() != input || line == 0) line = inputs[lines.input()].first_line;
    input = lines.input();
    line += lines.size();
    if (lines.long_line()) check_length(lines.long_line()->size, memory, {.path = inputs[input].path, .line = line++});
    stopped = !take(lines);
  };
  ordered_map<InputChunk, ScannedLines>(
      next, [](const InputChunk&) { return std::uint64_t{0}; }, make_worker, sink, memory.limits());
}

}  // namespace aria
