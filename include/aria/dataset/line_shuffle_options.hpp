// What a shuffle of lines is told, and how it divides its memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <aria/support/error.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>
#include <aria/support/random.hpp>

namespace aria {

/// How lines get to their places. The result is the same.
enum class ShuffleStrategy : std::uint8_t {
  automatic,  ///< gather where the lines of files are long, their index fits into memory and they into the page cache
  gather,     ///< an index of all lines in memory, then every line is read where it stands
  buckets,    ///< lines go to temporary files by the first bits of their keys, each of which is sorted in memory
};

struct LineShuffleOptions {
  std::uint64_t seed = 0;
  /// Bytes of work memory, from kSmallestShuffleMemory. A line may not be longer.
  std::uint64_t memory = std::uint64_t{1} << 30;
  unsigned workers = default_workers();
  std::string folder = ".";  ///< for temporary files, which have no name
  ShuffleStrategy strategy = ShuffleStrategy::automatic;
  /// About how many bytes will be added line by line, for choosing the number of buckets; 0: not known.
  std::uint64_t expected_bytes = 0;
  ProgressCallback on_progress{};  ///< in bytes; all are counted when read and again when written
};

inline constexpr std::uint64_t kSmallestShuffleMemory = std::uint64_t{1} << 20;

/// No line is longer, however much memory there is: as LineReader has it.
inline constexpr std::uint64_t kLongestShuffledLine = std::uint64_t{512} << 20;

/// What decides the place of line `number`, counted from 0 over all inputs: lines are written in the order of their
/// keys. For one seed the key is a bijection of the number, so no two lines have the same and there are no ties to
/// break.
constexpr std::uint64_t shuffle_key(std::uint64_t seed, std::uint64_t number) noexcept {
  return random_bits(seed, number);
}

/// Which part of the work takes how much of the memory. What lives at the same time adds up to seven eighths of it at
/// most; the rest is for what is too small to be counted.
struct ShuffleMemory {
  std::size_t memory = 0;
  unsigned workers = 1;
  std::size_t slots = 1;         ///< results of workers that exist at once: chunks and blocks
  std::size_t sorted_slots = 1;  ///< the same for buckets, which are larger

  ShuffleMemory(std::uint64_t bytes, unsigned wanted_workers) {
    if (bytes < kSmallestShuffleMemory) {
      throw Error(ErrorCode::invalid_argument, "a shuffle needs at least 1 MiB of memory");
    }
    memory = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, std::uint64_t{1} << 40));
    // A thread takes some memory of its own, and very many have nothing to do.
    workers =
        static_cast<unsigned>(std::clamp<std::uint64_t>(std::min<std::uint64_t>(wanted_workers, memory >> 22), 1, 16));
    slots = workers == 1 ? 1 : 4 * workers;
    sorted_slots = workers == 1 ? 1 : workers + 1;
  }

  OrderedMapLimits limits() const { return {.workers = workers, .in_flight = slots}; }
  OrderedMapLimits sorting_limits() const { return {.workers = workers, .in_flight = sorted_slots}; }

  std::uint64_t longest_line() const noexcept { return std::min<std::uint64_t>(memory, kLongestShuffledLine); }

  // While reading: a quarter for the text and the ends of lines, 4 bytes each, which are as many as the bytes at most.
  std::size_t scanned_text() const noexcept { return std::min<std::size_t>(memory / 4 / slots / 5, 512 << 10); }

  // While gathering.
  std::size_t index() const noexcept { return memory / 8 * 5; }
  std::size_t gathered_block() const noexcept { return std::min<std::size_t>(memory / 4 / slots, 256 << 10); }

  // While distributing: half for what waits to be written to the buckets.
  std::size_t bucket_buffers() const noexcept { return std::min<std::size_t>(memory / 2, 256 << 20); }

  // While buckets are sorted and written, some of which may have to be divided first.
  std::size_t sorted_bucket() const noexcept { return std::min<std::size_t>(memory / 2 / sorted_slots, 1 << 30); }
  std::size_t divided_buffers() const noexcept { return std::min<std::size_t>(memory / 4, 64 << 20); }
  std::size_t divided_extent() const noexcept { return std::min<std::size_t>(memory / 8, 8 << 20); }

  /// A longer line is not moved from bucket to bucket, but read where it stands when its turn has come.
  std::size_t longest_moved_line() const noexcept {
    return std::min({scanned_text() / 2, divided_extent() / 2, sorted_bucket() / 4});
  }

  /// What is assumed where nobody knows how many bytes there will be: too many buckets are better than too few.
  std::uint64_t unknown_amount() const noexcept { return std::uint64_t{memory} * 16; }

  /// Two to the power of this many buckets, for so many bytes and so much for their buffers: enough for buckets that
  /// fit into memory, if possible into the processor's cache, unless the buffers would become too small for a disk.
  unsigned bucket_bits(std::uint64_t bytes, std::size_t buffers) const noexcept {
    const auto most = static_cast<unsigned>(std::bit_width(std::clamp<std::size_t>(buffers >> 15, 64, 4096))) - 1;
    const std::uint64_t wanted = bytes / std::min<std::size_t>(sorted_bucket() / 4 * 3, 8 << 20) + 1;
    return std::clamp(static_cast<unsigned>(std::bit_width(wanted)), 4U, most);
  }
};

/// Throws too_large at the place of a line of `size` bytes where that is more than may be.
inline void check_length(std::uint64_t size, const ShuffleMemory& memory, Place place) {
  if (size <= memory.longest_line()) return;
  throw Error(ErrorCode::too_large,
              "the line is longer than " + std::to_string(memory.longest_line()) + " bytes, " +
                  (memory.longest_line() == kLongestShuffledLine ? "the most that a line may have"
                                                                 : "the memory for the shuffle"),
              std::move(place));
}

}  // namespace aria
