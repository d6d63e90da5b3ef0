// Whether two texts hold the same lines, in whatever order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace aria {

/// A 64-bit hash of bytes that may come in pieces: the same for any cuts. 64 bytes a step in four lanes, each folding
/// two words with the 128 bits of their product, as in wyhash (Wang Yi, 2019). Not for use against somebody who wants
/// contents to collide.
class LineHash {
 public:
  void add(std::string_view bytes) noexcept {
    size_ += bytes.size();
    if (held_ != 0) {
      const std::size_t taken = std::min(kStep - held_, bytes.size());
      if (taken != 0) std::memcpy(tail_.data() + held_, bytes.data(), taken);
      held_ += taken;
      bytes.remove_prefix(taken);
      if (held_ < kStep) return;
      step(lanes_, tail_.data());
      held_ = 0;
    }
    lanes_ = steps(lanes_, bytes);
    if (!bytes.empty()) std::memcpy(tail_.data(), bytes.data(), bytes.size());
    held_ = bytes.size();
  }

  std::uint64_t value() const noexcept { return finish(lanes_, {tail_.data(), held_}, size_); }

  /// The hash of bytes that come at once.
  static std::uint64_t of(std::string_view bytes) noexcept {
    const std::size_t size = bytes.size();
    const Lanes lanes = steps(kStart, bytes);
    return finish(lanes, bytes, size);
  }

 private:
  static constexpr std::size_t kStep = 64;
  using Lanes = std::array<std::uint64_t, 4>;
  // The first hexadecimal digits of pi behind the point.
  static constexpr Lanes kStart = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89};
  static constexpr Lanes kSecond = {0x452821e638d01377, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917};

  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  static void step(Lanes& lanes, const char* at) noexcept {
    std::array<std::uint64_t, 8> words;
    std::memcpy(words.data(), at, kStep);
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = fold(words[2 * i] ^ lanes[i], words[2 * i + 1] ^ kSecond[i]);
  }

  // All whole steps; what is left stays in `bytes`.
  static Lanes steps(Lanes lanes, std::string_view& bytes) noexcept {
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= kStep; left -= kStep, at += kStep) step(lanes, at);
    bytes.remove_prefix(bytes.size() - left);
    return lanes;
  }

  static std::uint64_t finish(Lanes lanes, std::string_view tail, std::uint64_t size) noexcept {
    if (!tail.empty()) {
      std::array<char, kStep> padded{};
      std::memcpy(padded.data(), tail.data(), tail.size());
      step(lanes, padded.data());
    }
    const std::uint64_t first = fold(lanes[0] ^ kSecond[0], lanes[1] ^ kSecond[1]);
    const std::uint64_t second = fold(lanes[2] ^ kSecond[2], lanes[3] ^ kSecond[3]);
    return fold(first ^ size ^ kStart[0], second ^ kStart[1]);
  }

  Lanes lanes_ = kStart;
  std::array<char, kStep> tail_{};
  std::size_t held_ = 0;  // bytes in tail_
  std::uint64_t size_ = 0;
};

/// What lines have in common with the same lines in another order: their number, their bytes and the sum of their
/// hashes.
///
///     LinesChecksum a, b;
///     a.add("one"), a.add("two");
///     b.add("two"), b.add("one");
///     // a == b
struct LinesChecksum {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;  ///< a line feed for each line included
  std::uint64_t sum = 0;    ///< of LineHash, modulo 2^64

  /// A line without its line feed.
  void add(std::string_view line) noexcept { add(line.size(), LineHash::of(line)); }
  void add(std::uint64_t size, std::uint64_t hash) noexcept {
    ++lines;
    bytes += size + 1;
    sum += hash;
  }
  void add(const LinesChecksum& other) noexcept {
    lines += other.lines;
    bytes += other.bytes;
    sum += other.sum;
  }

  /// The sum as 16 hexadecimal digits.
  std::string text() const {
    std::string text(16, '0');
    for (std::size_t i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[sum >> (60 - 4 * i) & 15];
    return text;
  }

  friend bool operator==(const LinesChecksum&, const LinesChecksum&) = default;
};

}  // namespace aria
