// A TokenizedDataset: sequences of tokens in a mapped file, read at random.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/line_reader.hpp>
#include <aria/support/path_beside.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/transform.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// The lines of a mapped TokenizedDataset file. Opening it finds all of them in one pass, and takes 8 bytes of memory
/// each.
class TokenizedDatasetFile {
 public:
  /// Throws not_found or io; invalid_json or invalid_config with line 1 where the file is empty or its first line is no
  /// header, and invalid_json with the line where the last line is cut off.
  explicit TokenizedDatasetFile(std::string path) : path_(std::move(path)), file_(path_) {
    const std::string_view text = file_.view();
    std::size_t first_end = 0;
    header_ = at_place([&] { return Place{.path = path_, .line = 1}; },
                       [&] {
                         const std::string_view line = TokenizedDatasetHeader::line_in(text);
                         first_end = line.size();
                         return TokenizedDatasetHeader::from_json(line);
                       });
    if (first_end == text.size()) cut_off(1);
    find_lines(first_end + 1);
    if (starts_.back() != text.size()) cut_off(starts_.size() + 1);
  }

  /// Number of sequences.
  std::size_t size() const noexcept { return starts_.size() - 1; }
  const TokenizedDatasetHeader& header() const noexcept { return header_; }
  std::string_view header_line() const noexcept { return file_.view().substr(0, starts_.front() - 1); }
  const std::string& path() const noexcept { return path_; }

  /// The line of sequence `i`, without its line feed. Throws invalid_argument where there is none, and io where the
  /// file has changed its size since it was opened.
  std::string_view line(std::size_t i) const {
    if (i >= size()) {
      throw Error(ErrorCode::invalid_argument,
                  "has " + std::to_string(size()) + " sequences, there is no number " + std::to_string(i),
                  {.path = path_});
    }
    if (const std::size_t now = file_.size_now(); now != file_.size()) {
      throw Error(ErrorCode::io,
                  "has changed since it was opened: it had " + std::to_string(file_.size()) + " bytes and has " +
                      std::to_string(now),
                  {.path = path_});
    }
    const std::size_t length = starts_[i + 1] - starts_[i] - 1;
    if (length > LineReader::kMaxLine) {
      throw Error(ErrorCode::too_large, "the line is longer than 512 MiB", {.path = path_, .line = line_number(i)});
    }
    return file_.view().substr(starts_[i], length);
  }

  /// The line of the file in which sequence `i` stands, from 1.
  static std::uint64_t line_number(std::size_t i) noexcept { return std::uint64_t{i} + 2; }

  /// Replaces the contents of `tokens` by those of sequence `i`. Throws as `line` does, and invalid_json with the line
  /// for anything but a list of known tokens of the right length.
  void read(std::size_t i, TokenLineReader& reader, std::vector<TokenId>& tokens) const {
    const std::string_view text = line(i);
    const auto left = file_.view().data() + file_.size() - (text.data() + text.size());
    at_place([&] { return Place{.path = path_, .line = line_number(i)}; },
             [&] {
               if (left < std::ptrdiff_t{TokenLineReader::kPadding}) {
                 read_last(text, reader, tokens);
               } else {
                 reader.read(text, tokens);
               }
               check_length(tokens.size());
             });
  }

 private:
  // The header is longer than what must be readable before a line. Behind the last ones the mapping may end.
  static void read_last(std::string_view text, TokenLineReader& reader, std::vector<TokenId>& tokens) {
    ByteBuffer padded;
    std::memset(padded.room(TokenLineReader::kPadding), 0, TokenLineReader::kPadding);
    padded.advance(TokenLineReader::kPadding);
    padded.append(text);
    std::memset(padded.room(TokenLineReader::kPadding), 0, TokenLineReader::kPadding);
    reader.read(padded.view().substr(TokenLineReader::kPadding), tokens);
  }

  void check_length(std::size_t length) const {
    const std::uint64_t wanted = header_.windows.max_seq_len;
    if (header_.padding ? length == wanted : length <= wanted) return;
    throw Error(ErrorCode::invalid_json, "has " + std::to_string(length) + " tokens, and " +
                                             (header_.padding ? "" : "at most ") + std::to_string(wanted) +
                                             " are expected");
  }

  void find_lines(std::size_t begin) {
    const std::string_view text = file_.view();
    starts_.push_back(begin);
    const char* at = text.data() + begin;
    const char* const end = text.data() + text.size();
    while (at != end) {
      const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
      if (found == nullptr) return;
      at = static_cast<const char*>(found) + 1;
      starts_.push_back(static_cast<std::uint64_t>(at - text.data()));
    }
  }

  [[noreturn]] void cut_off(std::uint64_t line) const {
    throw Error(ErrorCode::invalid_json, "is cut off: the file does not end with a line feed",
                {.path = path_, .line = line});
  }

  std::string path_;
  MappedFile file_;
  TokenizedDatasetHeader header_;
  std::vector<std::uint64_t> starts_;  // of the lines behind the header, and the end of the last one
};

/// What a model learns from one sequence: after source[0] to source[i] comes target[i]. Both have the same length; the
/// last target is padding.
struct Sample {
  std::vector<TokenId> source;
  std::vector<TokenId> target;
};

/// Sequences of tokens of one tokenizer, read at random from a file that several threads may share.
///
///     aria::TokenizedDataset data("train.jsonl", aria::LazyTokenizer());
///     data.set_transform(aria::PitchAugmentation(data.tokenizer(), 5));
///     const aria::Sample sample = data.get(17, {.seed = 0, .epoch = 3});
template <CheckedTokenizer T>
class TokenizedDataset {
 public:
  /// Throws as TokenizedDatasetFile does, and invalid_config where the file was made with other settings; the message
  /// names the differing key.
  TokenizedDataset(std::string path, T tokenizer) : file_(std::move(path)), tokenizer_(std::move(tokenizer)) {
    at_place([&] { return Place{.path = file_.path(), .line = 1}; }, [&] { file_.header().check(tokenizer_); });
  }

  std::size_t size() const noexcept { return file_.size(); }
  std::size_t max_seq_len() const noexcept { return static_cast<std::size_t>(file_.header().windows.max_seq_len); }
  const T& tokenizer() const noexcept { return tokenizer_; }
  const TokenizedDatasetFile& file() const noexcept { return file_; }

  /// What is done to the tokens of a sequence before it is handed out: one transform, or several in order.
  void set_transform(Transform transform) { transform_ = std::move(transform); }
  void set_transform(std::vector<Transform> transforms) { transform_ = in_order(std::move(transforms)); }

  /// Which random numbers a transform draws: they belong to (seed, epoch, number of the sequence).
  struct Draw {
    std::uint64_t seed = 0;
    std::uint64_t epoch = 0;
  };

  /// Sequence `i`, transformed. Throws as TokenizedDatasetFile::read does.
  Sample get(std::size_t i, Draw draw = {}) const {
    Sample sample;
    get(i, draw, sample);
    return sample;
  }

  /// The same into memory that is used again.
  void get(std::size_t i, Draw draw, Sample& out) const {
    tokens(i, draw, out.source);
    encode(tokenizer_.vocabulary(), out.source);
    out.target.resize(out.source.size());
    if (out.source.empty()) return;
    std::copy(out.source.begin() + 1, out.source.end(), out.target.begin());
    out.target.back() = tokenizer_.vocabulary().pad();
  }

  /// The tokens of sequence `i`, transformed, those outside of the vocabulary as they are: what detokenize likes best.
  void tokens(std::size_t i, Draw draw, std::vector<TokenId>& out) const {
    TokenLineReader reader(tokenizer_.vocabulary());
    file_.read(i, reader, out);
    if (!transform_) return;
    RandomStream random(draw.seed, draw.epoch, i);
    transform_(out, random);
  }
  std::vector<TokenId> tokens(std::size_t i, Draw draw = {}) const {
    std::vector<TokenId> out;
    tokens(i, draw, out);
    return out;
  }

 private:
  TokenizedDatasetFile file_;
  T tokenizer_;
  Transform transform_;
};

/// "music.jsonl" -> "music_shuffled.jsonl"
inline std::string shuffled_path(const std::string& path) { return path_beside(path, "_shuffled"); }

/// Writes the header and all sequences of a TokenizedDataset in random order, decided by the seed: the same on every
/// machine. The caller commits `out`. Throws as TokenizedDatasetFile::line and AtomicFile do.
inline void write_shuffled(const TokenizedDatasetFile& file, std::uint64_t seed, AtomicFile& out) {
  if (file.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::too_large, "has more than 2^32 sequences", {.path = file.path()});
  }
  std::vector<std::uint32_t> order(file.size());
  std::iota(order.begin(), order.end(), 0U);
  RandomStream random(seed);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
  }
  out.write(file.header_line());
  out.write("\n");
  for (const std::uint32_t i : order) {
    out.write(file.line(i));
    out.write("\n");
  }
}

/// The same to the file `path`, as a rule shuffled_path(file.path()).
inline void write_shuffled(const TokenizedDatasetFile& file, std::uint64_t seed, const std::string& path,
                           IfExists if_exists = IfExists::refuse) {
  AtomicFile out(path, if_exists);
  write_shuffled(file, seed, out);
  out.commit();
}

}  // namespace aria
