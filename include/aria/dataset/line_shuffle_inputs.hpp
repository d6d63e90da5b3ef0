// The files that a shuffle reads: as one long row of lines, in pieces and at places.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/temporary_file.hpp>

namespace aria {

/// A file of lines, or the part of one from `begin` on.
struct ShuffleInput {
  std::string path;
  std::uint64_t begin = 0;       ///< first byte that counts: behind a header for instance
  std::uint64_t first_line = 1;  ///< the number, for errors, of the line there
};

/// Input files and their sizes when they were added. At a place of all inputs put together, bytes before `begin` left
/// out, stands one byte of one of them.
class ShuffleInputs {
 public:
  using Opened = std::shared_ptr<const OpenFile>;

  /// Throws not_found or io, and invalid_argument where the file ends before `begin`.
  void add(ShuffleInput input) {
    const std::uint64_t size = open_file(input.path).size;
    if (size < input.begin) {
      throw Error(ErrorCode::invalid_argument, "ends before byte " + std::to_string(input.begin), {.path = input.path});
    }
    entries_.push_back({std::move(input), size, bytes_, {}});
    bytes_ += size - entries_.back().input.begin;
  }

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  const ShuffleInput& operator[](std::size_t i) const noexcept { return entries_[i].input; }
  std::uint64_t file_size(std::size_t i) const noexcept { return entries_[i].size; }
  std::uint64_t bytes() const noexcept { return bytes_; }  ///< of all inputs

  /// Whether all may be open at the same time, with room for what else a program opens.
  bool can_be_open_together() const noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return entries_.size() <= 1;
    return entries_.size() + 64 <= limit.rlim_cur || entries_.size() == 1;
  }

  /// The file, opened again unless it is open. Throws not_found or io, also where it is not what it was.
  Opened open(std::size_t i) const {
    const std::lock_guard lock(*mutex_);
    const Entry& entry = entries_[i];
    if (Opened opened = entry.opened.lock()) return opened;
    auto opened = std::make_shared<const OpenFile>(open_file(entry.input.path));
    if (opened->size != entry.size) {
      throw Error(ErrorCode::io,
                  "has changed while it was read: it had " + std::to_string(entry.size) + " bytes and has " +
                      std::to_string(opened->size),
                  {.path = entry.input.path});
    }
    entry.opened = opened;
    return opened;
  }

  /// Keeps all of them open as long as the result lives.
  std::vector<Opened> open_all() const {
    std::vector<Opened> opened;
    for (std::size_t i = 0; i < entries_.size(); ++i) opened.push_back(open(i));
    return opened;
  }

  /// The input, and the place in it, of a place in all of them.
  std::pair<std::size_t, std::uint64_t> find(std::uint64_t place) const noexcept {
    const auto behind = std::upper_bound(entries_.begin(), entries_.end(), place,
                                         [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.place; });
    const auto i = static_cast<std::size_t>(behind - entries_.begin()) - 1;
    return {i, entries_[i].input.begin + (place - entries_[i].place)};
  }

  /// The place in all inputs of an offset in one of them.
  std::uint64_t place_of(std::size_t i, std::uint64_t offset) const noexcept {
    return entries_[i].place + (offset - entries_[i].input.begin);
  }

 private:
  struct Entry {
    ShuffleInput input;
    std::uint64_t size;
    std::uint64_t place;  // of its first byte in all inputs
    mutable std::weak_ptr<const OpenFile> opened;
  };

  std::vector<Entry> entries_;
  std::uint64_t bytes_ = 0;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
};

/// A part of an input: the lines that begin in it are one piece of work.
struct InputChunk {
  ShuffleInputs::Opened file;
  std::size_t input = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Cuts inputs, from number `first` on, into chunks, in order. One file is open at a time, and those whose chunks are.
class InputChunks {
 public:
  InputChunks(const ShuffleInputs& inputs, std::size_t first, std::size_t chunk)
      : inputs_(inputs), chunk_(chunk), input_(first) {}

  /// Throws as ShuffleInputs::open.
  std::optional<InputChunk> next() {
    while (input_ < inputs_.size()) {
      if (!file_) {
        file_ = inputs_.open(input_);
        at_ = inputs_[input_].begin;
      }
      if (const std::uint64_t size = file_->size; at_ < size) {
        const std::uint64_t begin = std::exchange(at_, at_ + std::min<std::uint64_t>(chunk_, size - at_));
        return InputChunk{file_, input_, begin, at_};
      }
      file_.reset();
      ++input_;
    }
    return std::nullopt;
  }

 private:
  const ShuffleInputs& inputs_;
  std::size_t chunk_;
  std::size_t input_;
  ShuffleInputs::Opened file_;
  std::uint64_t at_ = 0;
};

/// A line that is too long for a buffer: where it stands.
struct LongLine {
  std::uint64_t place = 0;  ///< in all inputs, or in the file of long lines
  std::uint64_t size = 0;   ///< without its line feed
};

}  // namespace aria
