// A data set of sequences -> token ids in the files that other trainers read, and a description of them in JSON.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/export_format.hpp>
#include <aria/dataset/sequence_dataset.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/midi/json_text.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

struct ExportOptions {
  std::optional<ExportFormat> format{};  ///< what the extension says where it is absent
  /// Whether padding is written; without it, sequences stand one behind the other.
  bool padding = true;
  /// What the transform of the data set draws, where it has one, belongs to (seed, epoch, number of the sequence).
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  unsigned workers = default_workers();
  IfExists if_exists = IfExists::refuse;
  ProgressCallback on_progress = {};  ///< in sequences
};

/// What an export wrote.
struct ExportSummary {
  ExportFormat format = ExportFormat::bin;
  unsigned id_bytes = 2;
  std::uint64_t sequences = 0;
  std::uint64_t tokens = 0;
  std::vector<std::uint64_t> shape;  ///< (sequences, length) where all have the same length, else (tokens)
};

/// The file beside an export that describes it: "train.bin" -> "train.bin.json".
inline std::string export_description_path(const std::string& path) { return path + ".json"; }

namespace detail {

// Appends what a model sees of the tokens; padding stays padding.
template <class Id>
void append_ids(const Vocabulary& vocabulary, std::span<const TokenId> tokens, ByteBuffer& out) {
  const auto size = static_cast<TokenId>(vocabulary.size());
  const TokenId pad = vocabulary.pad(), unknown = vocabulary.unknown();
  char* at = out.room(tokens.size() * sizeof(Id));
  for (const TokenId token : tokens) {
    const auto id = static_cast<Id>(token < size || token == pad ? token : unknown);
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(at, &id, sizeof id);
    } else {
      for (unsigned i = 0; i < sizeof id; ++i) at[i] = static_cast<char>(id >> 8 * i & 0xff);
    }
    at += sizeof id;
  }
  out.advance(tokens.size() * sizeof(Id));
}

// The ids of all sequences, in order, in blocks.
template <class File, CheckedTokenizer T>
class ExportBlocks {
 public:
  ExportBlocks(const SequenceDataset<File, T>& data, const ExportOptions& options, unsigned id_bytes)
      : data_(data), options_(options), id_bytes_(id_bytes) {}

  // The shape of all ids, where the format has to say it ahead of them; else it is empty. What does not follow from the
  // first line of the data set is counted.
  std::vector<std::uint64_t> shape_ahead(ExportFormat format) const {
    const bool keeps_lengths = options_.padding || (!data_.file().padding() && !data_.has_transform());
    if (data_.file().equal_lengths() && keeps_lengths) return {data_.size(), data_.max_seq_len()};
    if (format == ExportFormat::bin) return {};
    std::uint64_t tokens = 0;
    each(true, [&](const Block& block) { tokens += block.tokens; });
    return {tokens};
  }

  // Writes all ids, and returns how many.
  std::uint64_t write(AtomicFile& out) const {
    std::uint64_t tokens = 0;
    each(false, [&](const Block& block) {
      tokens += block.tokens;
      out.write(block.bytes.view());
      if (options_.on_progress) options_.on_progress({block.end, data_.size()});
    });
    return tokens;
  }

 private:
  static constexpr std::uint64_t kText = 1 << 20, kMemory = 64 << 20;  // of the lines in a block, and in flight

  struct Range {
    std::size_t begin, end;
    std::uint64_t text;
  };

  struct Block {
    std::size_t end = 0;  // the number of the sequence behind it
    std::uint64_t tokens = 0;
    ByteBuffer bytes;
  };

  // Calls `take` with every block, in order; without their bytes where only the tokens are counted.
  template <class Take>
  void each(bool only_count, Take take) const {
    const auto next = [this, begin = std::size_t{0}]() mutable { return next_range(begin); };
    const auto cost = [](const Range& range) { return range.text; };
    const auto make_worker = [this, only_count] {
      return [this, only_count, tokens = std::vector<TokenId>()](const Range& range, Block& block) mutable {
        fill(range, only_count, tokens, block);
      };
    };
    ordered_map<Range, Block>(next, cost, make_worker, take, {.workers = options_.workers, .cost = kMemory});
  }

  std::optional<Range> next_range(std::size_t& begin) const {
    if (begin == data_.size()) return std::nullopt;
    Range range{begin, begin, 0};
    while (range.end < data_.size() && range.text < kText) range.text += data_.file().line(range.end++).size();
    begin = range.end;
    return range;
  }

  void fill(const Range& range, bool only_count, std::vector<TokenId>& tokens, Block& block) const {
    const Vocabulary& vocabulary = data_.tokenizer().vocabulary();
    block.end = range.end;
    block.tokens = 0;
    block.bytes.clear();
    for (std::size_t i = range.begin; i < range.end; ++i) {
      data_.tokens(i, {.seed = options_.seed, .epoch = options_.epoch}, tokens);
      if (!options_.padding) tokens.erase(std::remove(tokens.begin(), tokens.end(), vocabulary.pad()), tokens.end());
      block.tokens += tokens.size();
      if (only_count) continue;
      if (id_bytes_ == 2) {
        append_ids<std::uint16_t>(vocabulary, tokens, block.bytes);
      } else {
        append_ids<std::uint32_t>(vocabulary, tokens, block.bytes);
      }
    }
  }

  const SequenceDataset<File, T>& data_;
  const ExportOptions& options_;
  unsigned id_bytes_;
};

// How many ids there are, those of special tokens outside of the vocabulary included.
inline std::size_t export_id_count(const Vocabulary& vocabulary) noexcept {
  return std::max({vocabulary.size(), std::size_t{vocabulary.pad()} + 1, std::size_t{vocabulary.unknown()} + 1});
}

// A JSON object, a line a key.
class ExportDescription {
 public:
  void add(std::string_view key, std::string_view json) {
    text_.append(text_.empty() ? "{\n  \"" : ",\n  \"").append(key).append("\": ").append(json);
  }
  void add(std::string_view key, std::uint64_t number) { add(key, std::string_view(std::to_string(number))); }
  void add_text(std::string_view key, std::string_view value) {
    ByteBuffer json;
    write_json_string(value, json, [](ByteBuffer&) {});
    add(key, json.view());
  }
  std::string finish() && { return std::move(text_) + "\n}\n"; }

 private:
  std::string text_;
};

// Which tokenizer made a data set and how its sequences were cut is what its first line says, where it has one.
template <class File, CheckedTokenizer T>
void describe_source(const SequenceDataset<File, T>& data, ExportDescription& out) {
  if constexpr (requires { data.file().header(); }) {
    const TokenizedDatasetHeader& header = data.file().header();
    out.add_text("tokenizer_name", header.tokenizer_name);
    out.add("tokenizer_config", header.tokenizer_config);
    out.add("source", "{\"max_seq_len\": " + std::to_string(header.windows.max_seq_len) +
                          ", \"padding\": " + (header.padding ? "true" : "false") +
                          ", \"stride_len\": " + std::to_string(header.windows.stride_len) + '}');
  } else {
    out.add_text("tokenizer_name", data.tokenizer().name());
    out.add("tokenizer_config", data.tokenizer().config_json());
    out.add("source", "null");
  }
}

// Everything that a trainer has to know of the file. What may not occur in it is null.
template <class File, CheckedTokenizer T>
std::string export_description(const ExportSummary& summary, std::size_t header_bytes, bool padding,
                               const SequenceDataset<File, T>& data) {
  const Vocabulary& vocabulary = data.tokenizer().vocabulary();
  const auto special = [&](TokenId id) {
    const bool occurs = id < vocabulary.size() || data.file().padding() || data.has_transform();
    return occurs ? std::to_string(id) : std::string("null");
  };
  ExportDescription out;
  out.add_text("format", name_of(summary.format));
  out.add_text("dtype", summary.id_bytes == 2 ? "uint16" : "uint32");
  out.add("shape", shape_text(summary.shape, '[', ']'));
  out.add("header_bytes", header_bytes);
  out.add("vocabulary_size", vocabulary.size());
  out.add("padding_id", special(vocabulary.pad()));
  out.add("unknown_id", special(vocabulary.unknown()));
  out.add_text("padding", !data.file().padding() ? "none" : padding ? "kept" : "dropped");
  out.add("sequence_length", data.max_seq_len());
  out.add("sequences", summary.sequences);
  out.add("tokens", summary.tokens);
  describe_source(data, out);
  return std::move(out).finish();
}

}  // namespace detail

/// Writes the ids of all sequences, transformed as the data set says, to `path`, and beside it
/// export_description_path(path), which says in JSON how to read them. Tokens outside of the vocabulary become the
/// unknown one, but for padding, which may stand there. Sequences of equal length have the shape (sequences, length);
/// without padding they stand one behind the other, and their bounds are not kept. Both files appear or none; the bytes
/// do not depend on the number of workers.
///
///     const aria::TokenizedDataset data("train.jsonl", aria::LazyTokenizer());
///     aria::export_tokens(data, "train.bin");  // np.memmap("train.bin", dtype=np.uint16)
///
/// Throws invalid_argument where neither options nor extension tell the format; empty_result where there are no tokens;
/// too_large where the format cannot hold them; as `read` of the file does; and as AtomicFile does.
template <class File, CheckedTokenizer T>
ExportSummary export_tokens(const SequenceDataset<File, T>& data, const std::string& path,
                            const ExportOptions& options = {}) {
  const Vocabulary& vocabulary = data.tokenizer().vocabulary();
  const auto format = options.format ? options.format : export_format_of(path);
  if (!format) {
    throw Error(ErrorCode::invalid_argument, "ends neither in .bin nor in .npy: name a format", {.path = path});
  }
  ExportSummary summary{*format, export_id_bytes(detail::export_id_count(vocabulary)), data.size(), 0, {}};
  AtomicFile out(path, options.if_exists), description(export_description_path(path), options.if_exists);

  const detail::ExportBlocks<File, T> blocks(data, options, summary.id_bytes);
  summary.shape = blocks.shape_ahead(*format);
  const std::string header = at_place([&] { return Place{.path = path}; },
                                      [&] { return export_header(*format, summary.id_bytes, summary.shape); });
  out.write(header);
  summary.tokens = blocks.write(out);
  if (summary.tokens == 0) throw Error(ErrorCode::empty_result, "holds no tokens", {.path = data.file().path()});
  if (summary.shape.empty()) summary.shape = {summary.tokens};
  if (summary.tokens != detail::token_count(summary.shape)) {
    throw Error(ErrorCode::io, "has changed while it was read", {.path = data.file().path()});
  }
  description.write(detail::export_description(summary, header.size(), options.padding, data));
  AtomicFile::commit_all({&out, &description});
  return summary;
}

}  // namespace aria
