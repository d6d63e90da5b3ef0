// A file of token lines: a training sequence a line, decimal ids separated by blanks, as the Lakh recipe writes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/window_config.hpp>
#include <aria/dataset/decimal_line.hpp>
#include <aria/support/error.hpp>
#include <aria/support/mapped_lines.hpp>
#include <aria/token/token.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// The lines of a mapped file. All of them have as many ids as the first one, and there is no header:
///
///     55026 0 10003 11060 25 10025 11062 ...
///
/// Opening it finds all lines in one pass, and takes 8 bytes of memory each. What they hold is checked when they are
/// read.
class TokenLinesFile {
 public:
  using Reader = DecimalLineReader;

  /// Throws not_found or io; invalid_text with the line where the file is empty, where its first line is too long for a
  /// sequence, and where its last line is cut off.
  explicit TokenLinesFile(std::string path) : lines_(std::move(path)) {
    if (lines_.view().empty()) refuse(1, "is empty");
    const bool whole = lines_.find(0, 1);
    if (!whole) refuse(lines_.size() + 1, "is cut off: the file does not end with a line feed");
    const std::string_view first = lines_.line(0);
    max_seq_len_ = static_cast<std::size_t>(std::count(first.begin(), first.end(), ' ')) + 1;
    if (max_seq_len_ > WindowConfig::kMaxSeqLen) {
      refuse(1, "has more than " + std::to_string(WindowConfig::kMaxSeqLen) + " ids");
    }
  }

  /// Number of sequences.
  std::size_t size() const noexcept { return lines_.size(); }

  /// Ids of each sequence.
  std::size_t max_seq_len() const noexcept { return max_seq_len_; }

  /// Whether all sequences have max_seq_len() tokens, and whether some of these may be padding.
  static constexpr bool equal_lengths() noexcept { return true; }
  static constexpr bool padding() noexcept { return false; }

  const std::string& path() const noexcept { return lines_.path(); }

  /// The line of sequence `i`, without its line feed. Throws as MappedLines::line does.
  std::string_view line(std::size_t i) const { return lines_.line(i); }

  /// The line of the file in which sequence `i` stands, from 1.
  static std::uint64_t line_number(std::size_t i) noexcept { return std::uint64_t{i} + 1; }

  /// Reads lines of this file. One a thread.
  Reader reader(const Vocabulary& vocabulary) const noexcept {
    return {static_cast<TokenId>(vocabulary.size()), max_seq_len_};
  }

  /// Replaces the contents of `tokens` by those of sequence `i`. Throws as `line` does, and invalid_text with line and
  /// byte where something is no decimal number or no id of the vocabulary, and where there are more or less ids than in
  /// the first line.
  void read(std::size_t i, const Reader& reader, std::vector<TokenId>& tokens) const {
    lines_.with_line(i, Reader::kPadding, [&](std::string_view line) {
      try {
        reader.read(line, tokens);
      } catch (const Error& error) {
        throw Error(
            error.code(), error.message(),
            {.path = path(), .line = line_number(i), .byte = lines_.offset(i) + error.place().byte.value_or(0)});
      }
    });
  }

 private:
  [[noreturn]] void refuse(std::uint64_t line, const std::string& why) const {
    throw Error(ErrorCode::invalid_text, why, {.path = path(), .line = line});
  }

  MappedLines lines_;
  std::size_t max_seq_len_ = 0;
};

}  // namespace aria
