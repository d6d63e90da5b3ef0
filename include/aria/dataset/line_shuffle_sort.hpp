// Buckets of lines, each sorted in memory and written, in their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/line_shuffle_buckets.hpp>
#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/lines_checksum.hpp>
#include <aria/support/memory_block.hpp>
#include <aria/support/ordered_map.hpp>

namespace aria {

/// The lines of one bucket in memory, in the order of their keys.
class SortedBucket {
 public:
  /// Whether a bucket fits into `bytes`.
  static bool fits(const LineBucket& bucket, std::size_t bytes) noexcept {
    return bucket.bytes + sizeof(Entry) * (bucket.lines + 1) <= bytes;
  }

  /// Reads a bucket that fits into `bytes`, the same at each call. Throws io.
  void load(const LineBucket& bucket, std::size_t bytes) {
    if (memory_.empty()) memory_ = MemoryBlock(bytes);
    const auto lines = static_cast<std::size_t>(bucket.lines);
    entries_ = {reinterpret_cast<Entry*>(memory_.data()), lines};
    checksum_ = {};
    char* const text = memory_.data() + lines * sizeof(Entry);
    char* next = text;
    std::size_t count = 0;
    bucket.read([&next](std::size_t size) { return std::exchange(next, next + size); },
                [&](const char* at, const char* end) {
                  while (at != end) {
                    const BucketRecord record = BucketRecord::read(at);
                    entries_[count++] = {record.key, at};
                    if (!record.is_reference) checksum_.add(record.text.substr(0, record.text.size() - 1));
                    at += record.whole.size();
                  }
                });
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  }

  std::size_t size() const noexcept { return entries_.size(); }
  BucketRecord operator[](std::size_t i) const noexcept { return BucketRecord::read(entries_[i].at); }

  /// Of all lines but those that are references.
  const LinesChecksum& checksum() const noexcept { return checksum_; }

 private:
  struct Entry {
    std::uint64_t key;
    const char* at;
  };

  MemoryBlock memory_;  // the entries, then the records
  std::span<Entry> entries_;
  LinesChecksum checksum_;
};

/// Hands out buckets that fit into memory, in the order of their keys: one that does not is divided first, and the
/// parts of it that do not again.
class FittingBuckets {
 public:
  FittingBuckets(std::vector<LineBucket> buckets, const ShuffleMemory& memory, std::string folder)
      : memory_(memory), folder_(std::move(folder)), waiting_(std::move(buckets)) {
    std::reverse(waiting_.begin(), waiting_.end());
  }

  /// Throws io.
  std::optional<LineBucket> next() {
    for (;;) {
      if (waiting_.empty()) return std::nullopt;
      LineBucket bucket = std::move(waiting_.back());
      waiting_.pop_back();
      if (SortedBucket::fits(bucket, memory_.sorted_bucket())) return bucket;
      std::vector<LineBucket> parts = divide(bucket);
      std::move(parts.rbegin(), parts.rend(), std::back_inserter(waiting_));
    }
  }

 private:
  std::vector<LineBucket> divide(const LineBucket& bucket) const {
    // The records of short lines take less than their entries.
    const std::uint64_t bytes = bucket.bytes + bucket.lines * 16;
    const unsigned bits =
        std::min(memory_.bucket_bits(bytes, memory_.divided_buffers()), 63 - std::min(62U, bucket.used_bits));
    LineBuckets parts(folder_, memory_.divided_buffers(), bucket.used_bits, bits);
    MemoryBlock extent(memory_.divided_extent());
    bucket.read([&](std::size_t) { return extent.data(); },
                [&](const char* at, const char* end) {
                  while (at != end) {
                    const BucketRecord record = BucketRecord::read(at);
                    parts.add(record);
                    at += record.whole.size();
                  }
                });
    return parts.finish();
  }

  const ShuffleMemory& memory_;
  std::string folder_;
  std::vector<LineBucket> waiting_;  // the next one is the last
};

/// Writes the lines of all buckets in order. `write_reference(const LineReference&) -> std::uint64_t` writes a line
/// that did not move, with its line feed, and returns its hash; `report(bytes)` hears of what was written. Throws io.
template <class WriteReference, class Report>
LinesChecksum write_buckets(FittingBuckets buckets, const ShuffleMemory& memory, AtomicFile& out,
                            WriteReference write_reference, Report report) {
  LinesChecksum written;
  const auto sink = [&](const SortedBucket& bucket) {
    LinesChecksum checksum = bucket.checksum();
    for (std::size_t i = 0; i < bucket.size(); ++i) {
      const BucketRecord record = bucket[i];
      if (record.is_reference) {
        const LineReference reference = record.reference();
        checksum.add(reference.line.size, write_reference(reference));
      } else {
        out.write(record.text);
      }
    }
    written.add(checksum);
    report(checksum.bytes);
  };
  const auto make_worker = [&memory] {
    return [&memory](LineBucket& bucket, SortedBucket& sorted) {
      sorted.load(bucket, memory.sorted_bucket());
      bucket = {};  // a file whose buckets were all read is gone
    };
  };
  ordered_map<LineBucket, SortedBucket>([&] { return buckets.next(); },
                                        [](const LineBucket&) { return std::uint64_t{0}; }, make_worker, sink,
                                        memory.sorting_limits());
  return written;
}

}  // namespace aria
