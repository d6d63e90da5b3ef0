// Shuffling by an index: every line is read where it stands when its turn has come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <aria/dataset/line_shuffle_inputs.hpp>
#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/dataset/line_shuffle_scan.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/lines_checksum.hpp>
#include <aria/support/memory_block.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/temporary_file.hpp>

namespace aria {

/// Key, place and length of lines in 16 bytes each, in memory of a fixed size.
class LineIndex {
 public:
  struct Entry {
    std::uint64_t key;
    std::uint64_t place_and_size;
  };

  explicit LineIndex(std::size_t bytes) : memory_(bytes), capacity_(bytes / sizeof(Entry)) {}

  /// False: there is no room for it.
  bool add(std::uint64_t key, const LongLine& line) {
    if (count_ == capacity_ || line.place >= kPlaces) return false;
    if (line.size >= kLong) {
      if (long_lines_.size() >= kMostLong) return false;
      long_lines_.push_back(line);
    }
    entries()[count_++] = {key, line.place << kSizeBits | std::min(line.size, kLong)};
    return true;
  }

  void sort() {
    std::sort(entries(), entries() + count_, [](const Entry& a, const Entry& b) { return a.key < b.key; });
  }

  std::size_t size() const noexcept { return count_; }

  /// Line `i`: in the order of adding, once sorted in that of the keys.
  LongLine operator[](std::size_t i) const noexcept {
    const std::uint64_t packed = entries()[i].place_and_size;
    const LongLine line{packed >> kSizeBits, packed & kLong};
    if (line.size != kLong) return line;
    return *std::lower_bound(long_lines_.begin(), long_lines_.end(), line.place,
                             [](const LongLine& other, std::uint64_t place) { return other.place < place; });
  }

 private:
  static constexpr unsigned kSizeBits = 20;
  static constexpr std::uint64_t kLong = (std::uint64_t{1} << kSizeBits) - 1;     // the size stands elsewhere
  static constexpr std::uint64_t kPlaces = std::uint64_t{1} << (64 - kSizeBits);  // 16 TiB
  static constexpr std::size_t kMostLong = 1 << 14;                               // 16 GiB of them

  Entry* entries() noexcept { return reinterpret_cast<Entry*>(memory_.data()); }
  const Entry* entries() const noexcept { return reinterpret_cast<const Entry*>(memory_.data()); }

  MemoryBlock memory_;
  std::size_t capacity_;
  std::size_t count_ = 0;
  std::vector<LongLine> long_lines_;  // in the order of their places
};

/// Writes a line that need not fit into memory, and a line feed; returns its hash.
template <class Read>
std::uint64_t write_in_pieces(std::uint64_t size, std::span<char> buffer, AtomicFile& out, Read read) {
  LineHash hash;
  for (std::uint64_t done = 0; done < size;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - done));
    read(buffer.data(), piece, done);
    hash.add({buffer.data(), piece});
    out.write({buffer.data(), piece});
    done += piece;
  }
  out.write("\n");
  return hash.value();
}

/// One way from files to a shuffled file: `index` reads all lines, `write` gathers them.
class LineGathering {
 public:
  LineGathering(const ShuffleInputs& inputs, const ShuffleMemory& memory, std::uint64_t seed)
      : inputs_(inputs), memory_(memory), seed_(seed), opened_(inputs.open_all()), index_(memory.index()) {}

  /// False: the index does not fit into memory. `report(bytes)` hears of what was read. Throws as scan_lines.
  template <class Report>
  bool index(Report report) {
    bool fits = true;
    scan_lines(inputs_, 0, memory_, [&](const ScannedLines& lines) {
      const auto add = [&](std::uint64_t offset, std::uint64_t size) {
        fits = fits && index_.add(shuffle_key(seed_, index_.size()), {inputs_.place_of(lines.input(), offset), size});
      };
      for (std::size_t i = 0; i < lines.size(); ++i) add(lines.offset(i), lines[i].size() - 1);
      if (lines.long_line()) add(lines.long_line()->place, lines.long_line()->size);
      read_.add(lines.checksum());
      report(lines.bytes_read());
      return fits;
    });
    return fits;
  }

  /// Throws io.
  template <class Report>
  void write(AtomicFile& out, Report report) {
    index_.sort();
    std::size_t next = 0;
    const auto next_range = [&]() -> std::optional<Range> {
      if (next == index_.size()) return std::nullopt;
      const Range range = range_from(next);
      next = range.end;
      return range;
    };
    const auto make_worker = [this] { return [this](const Range& range, Block& block) { gather(range, block); }; };
    const auto sink = [&](Block& block) {
      if (block.long_line) {
        const LongLine line = *block.long_line;
        block.checksum.add(line.size, write_in_pieces(line.size, block.room(), out,
                                                      [&](char* at, std::size_t count, std::uint64_t done) {
                                                        read(at, count, line.place + done);
                                                      }));
      } else {
        out.write({block.memory.data(), block.filled});
      }
      written_.add(block.checksum);
      report(block.checksum.bytes);
    };
    ordered_map<Range, Block>(
        next_range, [](const Range&) { return std::uint64_t{0}; }, make_worker, sink, memory_.limits());
  }

  const LinesChecksum& read() const noexcept { return read_; }
  const LinesChecksum& written() const noexcept { return written_; }

 private:
  // Lines of the index that fit into one block, or one that does not.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  struct Block {
    MemoryBlock memory;
    std::size_t filled = 0;
    std::optional<LongLine> long_line;
    LinesChecksum checksum;

    std::span<char> room() noexcept { return {memory.data(), memory.size()}; }
  };

  Range range_from(std::size_t begin) const {
    std::size_t end = begin;
    for (std::uint64_t bytes = 0; end != index_.size(); ++end) {
      bytes += index_[end].size + 1;
      if (bytes > memory_.gathered_block()) break;
    }
    return {begin, std::max(end, begin + 1)};
  }

  void gather(const Range& range, Block& block) const {
    if (block.memory.empty()) block.memory = MemoryBlock(memory_.gathered_block());
    block.filled = 0;
    block.checksum = {};
    block.long_line.reset();
    if (const LongLine line = index_[range.begin]; line.size + 1 > block.memory.size()) {
      block.long_line = line;
      return;
    }
    for (std::size_t i = range.begin; i != range.end; ++i) {
      const LongLine line = index_[i];
      char* const at = block.memory.data() + block.filled;
      const auto size = static_cast<std::size_t>(line.size);
      read(at, size, line.place);
      at[size] = '\n';
      block.checksum.add({at, size});
      block.filled += size + 1;
    }
  }

  void read(char* at, std::size_t count, std::uint64_t place) const {
    const auto [input, offset] = inputs_.find(place);
    read_at(opened_[input]->descriptor, at, count, offset, inputs_[input].path);
  }

  const ShuffleInputs& inputs_;
  const ShuffleMemory& memory_;
  std::uint64_t seed_;
  std::vector<ShuffleInputs::Opened> opened_;
  LineIndex index_;
  LinesChecksum read_, written_;
};

}  // namespace aria
