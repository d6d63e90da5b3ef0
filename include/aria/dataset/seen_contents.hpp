// Which contents a build has met, in about 24 bytes each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <aria/support/hash128.hpp>

namespace aria {

/// A set of content hashes, each with the number of the line that has the content. It is divided into parts that grow
/// one at a time, by a quarter, so that growing never takes much more memory than the set itself.
class SeenContents {
 public:
  /// The line that has this content already, or nothing, and then `line` is noted for it. Lines count from 1.
  std::optional<std::uint32_t> find_or_add(Hash128 hash, std::uint32_t line) {
    Part& part = parts_[hash.high >> 58];
    if (part.count * 10 >= part.slots.size() * 9) grow(part);
    Slot& slot = find(part.slots, hash);
    if (slot.line != 0) return slot.line;
    put(slot, hash, line);
    ++part.count;
    return std::nullopt;
  }

 private:
  // Four-byte members, because eight-byte ones would pad a slot to 24 bytes.
  struct Slot {
    std::array<std::uint32_t, 4> hash{};
    std::uint32_t line = 0;
  };
  struct Part {
    std::vector<Slot> slots;
    std::size_t count = 0;
  };

  static std::array<std::uint32_t, 4> words(Hash128 hash) {
    return {static_cast<std::uint32_t>(hash.low), static_cast<std::uint32_t>(hash.low >> 32),
            static_cast<std::uint32_t>(hash.high), static_cast<std::uint32_t>(hash.high >> 32)};
  }

  static void put(Slot& slot, Hash128 hash, std::uint32_t line) { slot = {words(hash), line}; }

  // The slot with this hash, or the empty one where it belongs.
  static Slot& find(std::vector<Slot>& slots, Hash128 hash) {
    const auto wanted = words(hash);
    std::size_t at = hash.low % slots.size();
    while (slots[at].line != 0 && slots[at].hash != wanted) at = at + 1 == slots.size() ? 0 : at + 1;
    return slots[at];
  }

  static void grow(Part& part) {
    std::vector<Slot> slots(part.slots.size() + part.slots.size() / 4 + 16);
    for (const Slot& slot : part.slots) {
      if (slot.line == 0) continue;
      const Hash128 hash{slot.hash[0] | std::uint64_t{slot.hash[1]} << 32,
                         slot.hash[2] | std::uint64_t{slot.hash[3]} << 32};
      put(find(slots, hash), hash, slot.line);
    }
    part.slots = std::move(slots);
  }

  std::array<Part, 64> parts_;
};

}  // namespace aria
