// Buckets of lines on disk, by the first bits of their keys.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/line_shuffle_inputs.hpp>
#include <aria/support/memory_block.hpp>
#include <aria/support/temporary_file.hpp>

namespace aria {

/// Where a line stands that does not move through the buckets: too long for that.
struct LineReference {
  LongLine line;
  std::uint64_t kept = 0;  ///< 1: in the file of kept lines, 0: in the inputs
};

/// One line in a bucket: key, size and text with the line feed, or a LineReference.
struct BucketRecord {
  static constexpr std::size_t kHead = sizeof(std::uint64_t) + sizeof(std::uint32_t);

  std::uint64_t key = 0;
  bool is_reference = false;
  std::string_view text;   ///< of the line, or the bytes of the reference
  std::string_view whole;  ///< as it stands in the bucket

  /// The record at `at`.
  static BucketRecord read(const char* at) noexcept {
    BucketRecord record;
    std::uint32_t size = 0;
    std::memcpy(&record.key, at, sizeof record.key);
    std::memcpy(&size, at + sizeof record.key, sizeof size);
    record.is_reference = size == kReference;
    record.text = {at + kHead, record.is_reference ? sizeof(LineReference) : size};
    record.whole = {at, kHead + record.text.size()};
    return record;
  }

  LineReference reference() const noexcept {
    LineReference reference;
    std::memcpy(&reference, text.data(), sizeof reference);
    return reference;
  }

  using Head = std::array<char, kHead>;
  static Head head(std::uint64_t key, std::size_t size, bool is_reference) noexcept {
    Head head;
    const std::uint32_t stored = is_reference ? kReference : static_cast<std::uint32_t>(size);
    std::memcpy(head.data(), &key, sizeof key);
    std::memcpy(head.data() + sizeof key, &stored, sizeof stored);
    return head;
  }

 private:
  static constexpr std::uint32_t kReference = 0xffffffff;
};

/// A bucket: a chain of extents in a temporary file, the last one first. An extent begins with the place and the size
/// of the one before, so that nothing but the last need be remembered. The order within a bucket does not matter.
struct LineBucket {
  struct Extent {
    std::uint64_t place = 0;
    std::uint64_t bytes = 0;  // without these two numbers; 0: there is none
  };

  std::shared_ptr<TemporaryFile> file;  ///< vanishes with the last of its buckets
  Extent last;
  unsigned used_bits = 0;   ///< all of its keys have these first bits in common
  std::uint64_t bytes = 0;  ///< of all records
  std::uint64_t lines = 0;

  /// Calls `room(bytes) -> char*` for each extent, fills that place with its records and calls `use(begin, end)`.
  /// Throws io.
  template <class Room, class Use>
  void read(Room room, Use use) const {
    for (Extent extent = last; extent.bytes != 0;) {
      const auto size = static_cast<std::size_t>(extent.bytes);
      char* const at = room(size);
      file->read(at, size, extent.place + sizeof(Extent));
      Extent before;
      file->read(reinterpret_cast<char*>(&before), sizeof before, extent.place);
      use(static_cast<const char*>(at), static_cast<const char*>(at + size));
      extent = before;
    }
  }
};

/// Distributes lines to buckets, in a temporary file of its own, through a buffer for each.
class LineBuckets {
 public:
  /// 2^bits buckets for lines whose keys have the first `used_bits` in common. Throws as TemporaryFile.
  LineBuckets(const std::string& folder, std::size_t buffers, unsigned used_bits, unsigned bits)
      : used_bits_(used_bits),
        bits_(bits),
        buffer_(std::min<std::size_t>(buffers >> bits, 256 << 10)),
        memory_(buffer_ << bits),
        filled_(std::size_t{1} << bits, 0),
        buckets_(std::size_t{1} << bits) {
    const auto file = std::make_shared<TemporaryFile>(folder);
    for (LineBucket& bucket : buckets_) {
      bucket.file = file;
      bucket.used_bits = used_bits + bits;
    }
  }

  /// Adds a line with its line feed. Throws io.
  void add(std::uint64_t key, std::string_view line) { add(key, BucketRecord::head(key, line.size(), false), line); }

  /// Adds a line that stays where it is. Throws io.
  void add(std::uint64_t key, const LineReference& reference) {
    add(key, BucketRecord::head(key, 0, true), {reinterpret_cast<const char*>(&reference), sizeof reference});
  }

  /// Adds what comes from another bucket. Throws io.
  void add(const BucketRecord& record) { add(record.key, {}, record.whole); }

  /// The buckets that are not empty, in the order of their keys. Nothing can be added afterwards. Throws io.
  std::vector<LineBucket> finish() {
    for (std::size_t i = 0; i < buckets_.size(); ++i) flush(i);
    memory_ = {};
    std::erase_if(buckets_, [](const LineBucket& bucket) { return bucket.lines == 0; });
    return std::move(buckets_);
  }

 private:
  static constexpr std::size_t kLink = sizeof(LineBucket::Extent);

  void add(std::uint64_t key, std::span<const char> head, std::string_view text) {
    const auto i = static_cast<std::size_t>((key << used_bits_) >> (64 - bits_));
    const std::size_t size = head.size() + text.size();
    if (kLink + filled_[i] + size > buffer_) flush(i);
    LineBucket& bucket = buckets_[i];
    ++bucket.lines;
    bucket.bytes += size;
    if (kLink + size > buffer_) {  // an extent of its own
      const std::uint64_t place = bucket.file->append({reinterpret_cast<const char*>(&bucket.last), kLink});
      bucket.file->append({head.data(), head.size()});
      bucket.file->append(text);
      bucket.last = {place, size};
      return;
    }
    char* const at = memory_.data() + i * buffer_ + kLink + filled_[i];
    if (!head.empty()) std::memcpy(at, head.data(), head.size());
    std::memcpy(at + head.size(), text.data(), text.size());
    filled_[i] += size;
  }

  void flush(std::size_t i) {
    if (filled_[i] == 0) return;
    LineBucket& bucket = buckets_[i];
    char* const begin = memory_.data() + i * buffer_;
    std::memcpy(begin, &bucket.last, kLink);
    bucket.last = {bucket.file->append({begin, kLink + filled_[i]}), filled_[i]};
    filled_[i] = 0;
  }

  unsigned used_bits_;
  unsigned bits_;
  std::size_t buffer_;  // bytes for each bucket
  MemoryBlock memory_;
  std::vector<std::size_t> filled_;
  std::vector<LineBucket> buckets_;
};

}  // namespace aria
