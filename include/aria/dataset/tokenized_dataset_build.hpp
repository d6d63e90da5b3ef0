// A MidiDataset -> a TokenizedDataset: on all cores, in order, with a reason for every entry that is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/window_config.hpp>
#include <aria/dataset/midi_dataset.hpp>
#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/midi/json_reader.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/line_reader.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

struct TokenizedDatasetOptions {
  WindowConfig windows = {};
  bool padding = true;
  /// How windows are cut; how durations are computed is up to the tokenizer.
  Reading reading = Reading::standard;
  /// What a tokenizer draws for an entry belongs to (seed, number of the entry from 0).
  std::uint64_t seed = 0;
  unsigned workers = default_workers();
  /// Called for every entry that gives no sequences, in order, with its number from 0 and the reason.
  std::function<void(std::uint64_t entry, std::string_view reason)> on_skipped = {};
  /// Called after every entry, in bytes of the MidiDataset file, or in entries.
  ProgressCallback on_progress = {};
};

/// What a build did.
struct TokenizedDatasetSummary {
  std::uint64_t entries = 0;    ///< pieces of the MidiDataset
  std::uint64_t skipped = 0;    ///< pieces without tokens: no notes left, or too long
  std::uint64_t sequences = 0;  ///< lines written
  std::uint64_t tokens = 0;     ///< of the pieces, before they were cut
  std::uint64_t unknown = 0;    ///< of these, tokens outside of the vocabulary
};

namespace detail {

// The pieces of a MidiDataset file, as the lines that they stand in.
class MidiDatasetLines {
 public:
  struct Item {
    std::string_view line;
    std::shared_ptr<const void> memory;  // of the line
    std::uint64_t done = 0;              // bytes of the file up to the end of the line
  };

  explicit MidiDatasetLines(const std::string& path) : lines_(path) {}

  std::optional<Item> next() {
    const auto text = lines_.next();
    if (!text) return std::nullopt;
    return Item{*text, lines_.share(), lines_.offset()};
  }

  static std::uint64_t cost(const Item& item) { return 2 * item.line.size() + (64 << 10); }
  std::uint64_t total() const { return lines_.file_size(); }
  Place place(std::uint64_t entry) const { return {.path = lines_.path(), .line = entry + 1}; }

  // One a thread.
  static auto opener() {
    return [reader = MidiDictJsonReader(), piece = MidiDict()](const Item& item) mutable -> const MidiDict& {
      reader.read(item.line, piece);
      return piece;
    };
  }

 private:
  static_assert(LineReader::kPadding >= MidiDictJsonReader::kPadding);

  LineReader lines_;
};

// The pieces of a MidiDataset in memory.
class MidiDatasetEntries {
 public:
  struct Item {
    const MidiDict* piece;
    std::uint64_t done;
  };

  explicit MidiDatasetEntries(const MidiDataset& pieces) : pieces_(pieces) {}

  std::optional<Item> next() {
    if (next_ == pieces_.size()) return std::nullopt;
    const MidiDict& piece = pieces_[next_++];
    return Item{&piece, next_};
  }

  static std::uint64_t cost(const Item& item) { return 64 * item.piece->notes.size() + (64 << 10); }
  std::uint64_t total() const { return pieces_.size(); }
  static Place place(std::uint64_t /*entry*/) { return {}; }
  static auto opener() {
    return [](const Item& item) -> const MidiDict& { return *item.piece; };
  }

 private:
  const MidiDataset& pieces_;
  std::size_t next_ = 0;
};

// The way of the pieces from their source to the file.
template <CheckedTokenizer T, class Source>
class TokenizedDatasetBuild {
 public:
  TokenizedDatasetBuild(const T& tokenizer, Source& source, const TokenizedDatasetOptions& options, AtomicFile& file)
      : tokenizer_(tokenizer), source_(source), options_(options), file_(file), cutter_(make_cutter()) {}

  TokenizedDatasetSummary run() {
    file_.write(TokenizedDatasetHeader::of(tokenizer_, options_.windows, options_.padding).to_json());
    file_.write("\n");
    const OrderedMapLimits limits{.workers = options_.workers, .cost = kMemory};
    const auto next = [this, entry = std::uint64_t{0}]() mutable -> std::optional<Item> {
      auto item = source_.next();
      return item ? std::optional(Item{entry++, std::move(*item)}) : std::nullopt;
    };
    const auto cost = [](const Item& item) { return Source::cost(item.of_source); };
    const auto make_worker = [this] {
      return [this, open = Source::opener(), cutter = make_cutter()](const Item& item, Result& result) mutable {
        result.entry = item.entry;
        result.done = item.of_source.done;
        in_place(item.entry, [&] { process(open(item.of_source), cutter, result); });
      };
    };
    const auto sink = [this](Result& result) {
      finish(result);
      if (options_.on_progress) options_.on_progress({result.done, source_.total()});
    };
    ordered_map<Item, Result>(next, cost, make_worker, sink, limits);
    return summary_;
  }

 private:
  static constexpr std::uint64_t kMemory = 96 << 20;
  static constexpr std::size_t kMostText = 4 << 20;  // of lines that are made ahead of their turn
  static constexpr std::size_t kBlock = 1 << 18;

  using Cutter = WindowCutter<T>;

  struct Item {
    std::uint64_t entry;
    typename Source::Item of_source;
  };

  // A piece on its way: its tokens, and its lines where they are not too long to wait for their turn.
  struct Result {
    std::uint64_t entry = 0;
    std::uint64_t done = 0;
    std::vector<TokenId> tokens;
    std::uint64_t unknown = 0;
    std::uint64_t sequences = 0;
    ByteBuffer lines;
    bool has_lines = false;
    std::string failure;
  };

  Cutter make_cutter() const { return {tokenizer_, options_.windows, options_.padding, options_.reading}; }

  // What goes wrong in `work` is told with the place of the entry.
  template <class Work>
  void in_place(std::uint64_t entry, Work work) const {
    at_place([&] { return source_.place(entry); }, work);
  }

  void process(const MidiDict& piece, Cutter& cutter, Result& result) const {
    result.failure.clear();
    result.lines.clear();
    result.sequences = 0;
    try {
      tokenizer_.tokenize(piece, RandomStream(options_.seed, result.entry), result.tokens);
    } catch (const Error& error) {
      result.failure = error.without_path();
      return;
    }
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    result.unknown = 0;
    for (const TokenId token : result.tokens) {
      result.unknown += token != vocabulary.pad() && vocabulary.encode(token) == vocabulary.unknown() ? 1 : 0;
    }
    // About 16 bytes a token, each of them in several windows, and one more window of padding.
    const std::uint64_t overlap = 1 + options_.windows.max_seq_len / options_.windows.stride_len;
    result.has_lines = result.tokens.size() * overlap + options_.windows.max_seq_len < kMostText / 16;
    if (!result.has_lines) return;
    cutter.cut(result.tokens, [&](std::span<const TokenId> window) { add_line(window, result); });
  }

  void add_line(std::span<const TokenId> window, Result& result) const {
    write_token_line(tokenizer_.vocabulary(), window, result.lines);
    result.lines.append('\n');
    ++result.sequences;
  }

  void finish(Result& result) {
    ++summary_.entries;
    if (!result.failure.empty()) {
      ++summary_.skipped;
      if (options_.on_skipped) options_.on_skipped(result.entry, result.failure);
      return;
    }
    if (!result.has_lines) in_place(result.entry, [&] { write_large(result); });
    file_.write(result.lines.view());
    summary_.sequences += result.sequences;
    summary_.tokens += result.tokens.size();
    summary_.unknown += result.unknown;
    if (!result.has_lines) {
      result.lines = {};
      result.tokens = {};
    }
  }

  // Writes away what has gathered again and again.
  void write_large(Result& result) {
    cutter_.cut(result.tokens, [&](std::span<const TokenId> window) {
      add_line(window, result);
      if (result.lines.size() < kBlock) return;
      file_.write(result.lines.view());
      result.lines.clear();
    });
  }

  const T& tokenizer_;
  Source& source_;
  const TokenizedDatasetOptions& options_;
  AtomicFile& file_;
  Cutter cutter_;  // of the sink
  TokenizedDatasetSummary summary_;
};

inline void refuse_empty(const TokenizedDatasetSummary& summary, const std::string& path) {
  if (summary.sequences != 0) return;
  throw Error(ErrorCode::empty_result,
              summary.entries == 0 ? "holds no pieces"
                                   : "none of the " + std::to_string(summary.entries) + " pieces has tokens",
              {.path = path});
}

}  // namespace detail

/// Writes the token sequences of all pieces to `file`, which the caller commits. `pieces` is the path of a MidiDataset
/// file, which is read piece by piece, or a MidiDataset in memory. See below.
template <CheckedTokenizer T>
TokenizedDatasetSummary build_tokenized_dataset(const T& tokenizer, const std::string& pieces, AtomicFile& file,
                                                const TokenizedDatasetOptions& options = {}) {
  detail::MidiDatasetLines source(pieces);
  const auto summary = detail::TokenizedDatasetBuild(tokenizer, source, options, file).run();
  detail::refuse_empty(summary, pieces);
  return summary;
}

template <CheckedTokenizer T>
TokenizedDatasetSummary build_tokenized_dataset(const T& tokenizer, const MidiDataset& pieces, AtomicFile& file,
                                                const TokenizedDatasetOptions& options = {}) {
  detail::MidiDatasetEntries source(pieces);
  const auto summary = detail::TokenizedDatasetBuild(tokenizer, source, options, file).run();
  detail::refuse_empty(summary, {});
  return summary;
}

/// Writes the token sequences of all pieces to the file `path`. `pieces` is the path of a MidiDataset file, which is
/// read piece by piece, or a MidiDataset in memory. A piece that gives no tokens is skipped and reported. The bytes do
/// not depend on the number of workers.
///
///     aria::build_tokenized_dataset(aria::LazyTokenizer(), "music_train.jsonl", "train.jsonl", {.windows = {512,
///     512}});
///
/// Throws not_found or io; invalid_json with the line where the file is no MidiDataset; invalid_argument for windows
/// that are impossible, with the line of the piece where its prefix leaves no room; empty_result where nothing is left;
/// and as AtomicFile does for `path`.
template <CheckedTokenizer T, class Pieces>
TokenizedDatasetSummary build_tokenized_dataset(const T& tokenizer, const Pieces& pieces, const std::string& path,
                                                const TokenizedDatasetOptions& options = {},
                                                IfExists if_exists = IfExists::refuse) {
  AtomicFile file(path, if_exists);
  const auto summary = build_tokenized_dataset(tokenizer, pieces, file, options);
  file.commit();
  return summary;
}

}  // namespace aria
