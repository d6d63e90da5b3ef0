// A TokenizedDataset: sequences of tokens in a mapped file, read at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/line_shuffle.hpp>
#include <aria/dataset/sequence_dataset.hpp>
#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>
#include <aria/support/mapped_lines.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/path_beside.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// The lines of a mapped TokenizedDataset file. Opening it finds all of them in one pass, and takes 8 bytes of memory
/// each.
class TokenizedDatasetFile {
 public:
  using Reader = TokenLineReader;

  /// Throws not_found or io; invalid_json or invalid_config with line 1 where the file is empty or its first line is no
  /// header, and invalid_json with the line where the last line is cut off.
  explicit TokenizedDatasetFile(std::string path) : lines_(std::move(path)) {
    const std::string_view text = lines_.view();
    header_ = at_place([&] { return Place{.path = this->path(), .line = 1}; },
                       [&] {
                         const std::string_view line = TokenizedDatasetHeader::line_in(text);
                         header_size_ = line.size();
                         return TokenizedDatasetHeader::from_json(line);
                       });
    if (header_size_ == text.size()) cut_off(1);
    if (!lines_.find(header_size_ + 1, 2)) cut_off(line_number(size()));
  }

  /// Number of sequences.
  std::size_t size() const noexcept { return lines_.size(); }

  /// The most tokens that a sequence may have.
  std::size_t max_seq_len() const noexcept { return static_cast<std::size_t>(header_.windows.max_seq_len); }

  /// Whether all sequences have max_seq_len() tokens, and whether some of these may be padding.
  bool equal_lengths() const noexcept { return header_.padding; }
  bool padding() const noexcept { return header_.padding; }

  const TokenizedDatasetHeader& header() const noexcept { return header_; }
  std::string_view header_line() const noexcept { return lines_.view().substr(0, header_size_); }
  const std::string& path() const noexcept { return lines_.path(); }

  /// The line of sequence `i`, without its line feed. Throws as MappedLines::line does.
  std::string_view line(std::size_t i) const { return lines_.line(i); }

  /// The line of the file in which sequence `i` stands, from 1.
  static std::uint64_t line_number(std::size_t i) noexcept { return std::uint64_t{i} + 2; }

  /// Reads lines of this file. One a thread.
  Reader reader(const Vocabulary& vocabulary) const { return Reader(vocabulary); }

  /// Replaces the contents of `tokens` by those of sequence `i`. Throws as `line` does, and invalid_json with the line
  /// for anything but a list of known tokens of the right length.
  void read(std::size_t i, Reader& reader, std::vector<TokenId>& tokens) const {
    // The header is longer than what must be readable before a line.
    lines_.with_line(i, Reader::kPadding, [&](std::string_view line) {
      at_place([&] { return Place{.path = path(), .line = line_number(i)}; },
               [&] {
                 reader.read(line, tokens);
                 check_length(tokens.size());
               });
    });
  }

 private:
  void check_length(std::size_t length) const {
    const std::uint64_t wanted = header_.windows.max_seq_len;
    if (header_.padding ? length == wanted : length <= wanted) return;
    throw Error(ErrorCode::invalid_json, "has " + std::to_string(length) + " tokens, and " +
                                             (header_.padding ? "" : "at most ") + std::to_string(wanted) +
                                             " are expected");
  }

  [[noreturn]] void cut_off(std::uint64_t line) const {
    throw Error(ErrorCode::invalid_json, "is cut off: the file does not end with a line feed",
                {.path = path(), .line = line});
  }

  MappedLines lines_;
  TokenizedDatasetHeader header_;
  std::size_t header_size_ = 0;
};

/// Sequences of tokens of one tokenizer, read at random from a file that several threads may share.
///
///     aria::TokenizedDataset data("train.jsonl", aria::LazyTokenizer());
///     data.set_transform(aria::PitchAugmentation(data.tokenizer(), 5));
///     const aria::Sample sample = data.get(17, {.seed = 0, .epoch = 3});
template <CheckedTokenizer T>
class TokenizedDataset : public SequenceDataset<TokenizedDatasetFile, T> {
 public:
  /// Throws as TokenizedDatasetFile does, and invalid_config where the file was made with other settings; the message
  /// names the differing key.
  TokenizedDataset(std::string path, T tokenizer)
      : SequenceDataset<TokenizedDatasetFile, T>(TokenizedDatasetFile(std::move(path)), std::move(tokenizer)) {
    at_place([&] { return Place{.path = this->file().path(), .line = 1}; },
             [&] { this->file().header().check(this->tokenizer()); });
  }
};

/// "music.jsonl" -> "music_shuffled.jsonl"
inline std::string shuffled_path(const std::string& path) { return path_beside(path, "_shuffled"); }

/// Writes the header and all sequences of a TokenizedDataset in random order, decided by the seed: the same on every
/// machine, see LineShuffle, which bounds the memory. The caller commits `out`. Throws as LineShuffle and AtomicFile
/// do.
inline void write_shuffled(const TokenizedDatasetFile& file, std::uint64_t seed, AtomicFile& out,
                           unsigned workers = default_workers()) {
  const std::string folder = std::filesystem::path(out.path()).parent_path().string();
  LineShuffle shuffle({.seed = seed, .workers = workers, .folder = folder.empty() ? "." : folder});
  shuffle.add_file({.path = file.path(),
                    .begin = file.header_line().size() + 1,
                    .first_line = TokenizedDatasetFile::line_number(0)});
  out.write(file.header_line());
  out.write("\n");
  shuffle.write(out);
}

/// The same to the file `path`, as a rule shuffled_path(file.path()).
inline void write_shuffled(const TokenizedDatasetFile& file, std::uint64_t seed, const std::string& path,
                           IfExists if_exists = IfExists::refuse) {
  AtomicFile out(path, if_exists);
  write_shuffled(file, seed, out);
  out.commit();
}

}  // namespace aria
