// Ids as decimal text, by table: the lines of training files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/decimal.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Writes lines of ids, separated by blanks.
///
///     const aria::anticipation::IdText text(kArrival.size);
///     text.write_line(ids, buffer);  // "55026 0 10003 11060\n"
class IdText {
 public:
  static constexpr std::size_t kMostIds = 1'000'000;

  /// For ids below `size`, which is at most kMostIds.
  explicit IdText(std::size_t size) : cells_(size) {
    for (std::size_t id = 0; id < size; ++id) {
      std::array<char, kDecimalRoom> text{};
      char* end = write_decimal(id, text.data());
      *end++ = ' ';
      Cell& cell = cells_[id];
      cell.size = static_cast<std::uint8_t>(end - text.data());
      std::memcpy(cell.text.data(), text.data(), cell.text.size());
    }
  }

  /// Appends the ids and a line feed. All of them are below the size.
  void write_line(std::span<const TokenId> ids, ByteBuffer& out) const {
    char* const begin = out.room(ids.size() * sizeof(Cell) + sizeof(Cell));
    char* end = write(ids, begin);
    end[ids.empty() ? 0 : -1] = '\n';
    out.advance(static_cast<std::size_t>(end - begin) + (ids.empty() ? 1 : 0));
  }

  /// How many bytes `write` touches for each id.
  static constexpr std::size_t kRoom = 8;

  /// Writes the ids, each with a blank behind it, and returns the end.
  char* write(std::span<const TokenId> ids, char* at) const noexcept {
    for (const TokenId id : ids) at = write(id, at);
    return at;
  }
  char* write(TokenId id, char* at) const noexcept {
    const Cell& cell = cells_[id];
    std::memcpy(at, &cell, sizeof cell);
    return at + cell.size;
  }

 private:
  struct Cell {
    std::array<char, 7> text{};
    std::uint8_t size = 0;  // with the blank
  };
  static_assert(sizeof(Cell) == kRoom);

  std::vector<Cell> cells_;
};

}  // namespace aria::anticipation
