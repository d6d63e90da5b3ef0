// A folder of MIDI files -> a MidiDataset: on all cores, in order, with an outcome for every file.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <aria/config/data_config.hpp>
#include <aria/dataset/midi_dataset_file.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/dataset/seen_contents.hpp>
#include <aria/midi/content_hash.hpp>
#include <aria/midi/filters.hpp>
#include <aria/midi/json_writer.hpp>
#include <aria/midi/midi_reader.hpp>
#include <aria/midi/remove_instruments.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria {

struct MidiDatasetOptions {
  bool recursive = false;
  Reading reading = Reading::standard;
  DataConfig config = DataConfig::defaults();
  unsigned workers = default_workers();
  /// Larger files are a load_error: a piece has to be held in memory, up to 14 bytes for one of its file.
  std::uint64_t max_file_bytes = 12 << 20;
  /// Called for every file found, in order.
  std::function<void(const FileOutcome&)> on_outcome = {};
  /// Called after every file. The files are counted first where it is set.
  ProgressCallback on_progress = {};
};

/// What a build found and did.
struct MidiDatasetSummary {
  std::array<std::uint64_t, kOutcomeNames.size()> outcomes{};  ///< files by Outcome
  std::uint64_t truncated = 0;                                 ///< kept files that end before their tracks do
  std::uint64_t unclosed_notes = 0;                            ///< notes without an end, dropped from kept files
  std::uint64_t zero_length_notes = 0;                         ///< notes of length 0, dropped from kept files
  std::optional<SplitCounts> split;

  std::uint64_t count(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
  std::uint64_t found() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t files : outcomes) sum += files;
    return sum;
  }
};

namespace detail {

// The way of one file from its bytes to its outcome, and of all files to a sink of pieces.
class MidiDatasetBuild {
 public:
  MidiDatasetBuild(std::string folder, const MidiDatasetOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  // A file on its way. `line` is the JSON of `piece` where it was asked for and is not too long to wait for its turn.
  struct Result {
    std::string path;
    Outcome outcome = Outcome::kept;
    std::string reason;
    MidiLosses losses;
    Hash128 hash;
    MidiDict piece;
    ByteBuffer line;
    bool has_line = false;
    bool large = false;  // keeps no memory for the next file
  };

  // Calls `keep(Result&)` for every piece that belongs into the data set, in order.
  template <class Keep>
  MidiDatasetSummary run(bool with_lines, Keep keep) {
    const std::uint64_t total = count_files();
    DirectoryWalk walk = walk_midi_files(folder_, options_.recursive, options_.reading);
    const OrderedMapLimits limits{.workers = options_.workers, .cost = kMemory};
    retained_line_ = kMemory / 4 / limits.window();
    const auto next = [&] { return walk.next(); };
    const auto cost = [](const FoundFile& file) { return memory_for(file.size); };
    const auto make_worker = [this, with_lines] {
      return [this, with_lines, reader = MidiReader(), bytes = ByteBuffer()](const FoundFile& file,
                                                                             Result& result) mutable {
        result.large = file.size > kLargeFile;
        process(file, reader, bytes, result);
        if (result.large) std::tie(reader, bytes) = std::pair<MidiReader, ByteBuffer>();
        result.has_line = with_lines && result.outcome == Outcome::kept && !result.large;
        if (result.has_line) write_line(result);
      };
    };
    const auto sink = [&](Result& result) {
      finish(result, keep);
      if (options_.on_progress) options_.on_progress({summary_.found(), total});
    };
    ordered_map<FoundFile, Result>(next, cost, make_worker, sink, limits);
    return summary_;
  }

 private:
  // Together with the program itself this keeps a build below 256 MiB.
  static constexpr std::uint64_t kMemory = 144 << 20;
  static constexpr std::uint64_t kLargeFile = 1 << 20;

  // What a file of this size takes until it is written: 24 bytes for a note-on of three, and up to 20 bytes of text for
  // one of MIDI where the line is made ahead of its turn.
  static std::uint64_t memory_for(std::uint64_t size) { return (64 << 10) + size * (size > kLargeFile ? 14 : 34); }

  std::uint64_t count_files() const {
    if (!options_.on_progress) return 0;
    DirectoryWalk walk = walk_midi_files(folder_, options_.recursive, options_.reading);
    std::uint64_t count = 0;
    while (walk.next()) ++count;
    return count;
  }

  static void write_line(Result& result) {
    result.line.clear();
    write_json(result.piece, result.line);
    result.line.append('\n');
  }

  void process(const FoundFile& file, MidiReader& reader, ByteBuffer& bytes, Result& result) const {
    result.path = file.path;
    result.reason = file.failure;
    result.outcome = Outcome::load_error;
    result.losses = {};
    if (!file.failure.empty()) return;
    try {
      read_file(folder_ + '/' + file.path, bytes, options_.max_file_bytes);
      result.losses =
          reader.read(bytes.bytes(), file.path, {options_.reading, &options_.config.metadata}, result.piece);
    } catch (const Error& error) {
      result.reason = error.without_path();
      return;
    }
    result.outcome = Outcome::kept;
    if (result.losses.truncated_at) result.reason = "truncated at byte " + std::to_string(*result.losses.truncated_at);
    result.hash = content_hash(result.piece);
    if (std::string failures = failed_tests(result.piece); !failures.empty()) {
      result.outcome = Outcome::failed_tests;
      result.reason = std::move(failures);
    } else if (options_.config.remove_instruments.run) {
      result.piece.remove_instruments(options_.config.remove_instruments.remove);
    }
  }

  // "total_note_frequency 0.67, min_length 19.967", or nothing.
  std::string failed_tests(const MidiDict& piece) const {
    std::string failures;
    for (const TestResult& test : run_tests(piece, options_.config.tests, options_.reading)) {
      if (!test.run || test.verdict == Verdict::pass) continue;
      failures += (failures.empty() ? "" : ", ") + std::string(test.name) + ' ';
      if (test.verdict == Verdict::raise) {
        failures += "divides by zero";
      } else {
        std::array<char, 32> text{};
        failures.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), test.value).ptr);
      }
    }
    return failures;
  }

  template <class Keep>
  void finish(Result& result, Keep& keep) {
    if (result.outcome == Outcome::kept) {
      const auto line = static_cast<std::uint32_t>(summary_.count(Outcome::kept) + 1);
      if (const auto first = seen_.find_or_add(result.hash, line)) {
        result.outcome = Outcome::duplicate;
        result.reason = "same music as line " + std::to_string(*first);
      }
    }
    ++summary_.outcomes[static_cast<std::size_t>(result.outcome)];
    if (result.outcome == Outcome::kept) {
      summary_.truncated += result.losses.truncated_at.has_value();
      summary_.unclosed_notes += result.losses.unclosed_notes;
      summary_.zero_length_notes += result.losses.zero_length_notes;
      keep(result);
    }
    if (options_.on_outcome) options_.on_outcome({result.path, result.outcome, result.reason});
    if (result.line.capacity() > retained_line_) result.line = {};
    if (result.large) result.piece = {};
  }

  const std::string folder_;
  const MidiDatasetOptions& options_;
  SeenContents seen_;
  MidiDatasetSummary summary_;
  std::size_t retained_line_ = 0;
};

// Writes the line of a piece to the data set and to its part of the split.
class MidiDatasetWriter {
 public:
  MidiDatasetWriter(const std::string& path, const std::optional<Split>& split, IfExists if_exists)
      : all_(path, if_exists) {
    if (split) parts_.emplace(path, *split, if_exists);
  }

  void write(const MidiDatasetBuild::Result& result) {
    AtomicFile* part = parts_ ? &parts_->next_entry() : nullptr;
    const auto put = [&](std::string_view text) {
      all_.write(text);
      if (part != nullptr) part->write(text);
    };
    if (result.has_line) return put(result.line.view());
    ByteBuffer block;
    write_json(result.piece, block, [&](ByteBuffer& gathered) {
      if (gathered.size() < kBlock) return;
      put(gathered.view());
      gathered.clear();
    });
    block.append('\n');
    put(block.view());
  }

  std::optional<SplitCounts> commit() {
    AtomicFile::commit_all({&all_, parts_ ? &parts_->train() : nullptr, parts_ ? &parts_->validation() : nullptr});
    return parts_ ? std::optional(parts_->counts()) : std::nullopt;
  }

 private:
  static constexpr std::size_t kBlock = 1 << 18;

  AtomicFile all_;
  std::optional<SplitFiles> parts_;
};

}  // namespace detail

/// Builds a MidiDataset from the MIDI files in `folder` and writes it to `path`, with `split` also to <stem>_train<ext>
/// and <stem>_val<ext>: all of the files appear, or none. Files are taken in the order of the bytes of their paths; a
/// file that cannot be read, fails a test of the configuration or has the music of an earlier one is left out and
/// reported. Memory stays below 256 MiB plus 32 bytes a file.
///
///     aria::build_midi_dataset("music", "music.jsonl", {.recursive = true}, aria::Split{.train_ratio = 0.9});
///
/// Throws not_found or io for the folder, as AtomicFile does for `path`, and empty_result where no file is found or
/// kept; then nothing is written.
inline MidiDatasetSummary build_midi_dataset(const std::string& folder, const std::string& path,
                                             const MidiDatasetOptions& options = {}, std::optional<Split> split = {},
                                             IfExists if_exists = IfExists::refuse) {
  detail::MidiDatasetWriter writer(path, split, if_exists);
  MidiDatasetSummary summary =
      detail::MidiDatasetBuild(folder, options).run(true, [&](const auto& result) { writer.write(result); });
  if (summary.found() == 0) {
    throw Error(ErrorCode::empty_result,
                options.recursive ? "holds no MIDI files" : "holds no MIDI files (its subfolders were not searched)",
                {.path = folder});
  }
  if (summary.count(Outcome::kept) == 0) {
    throw Error(ErrorCode::empty_result, "none of the " + std::to_string(summary.found()) + " MIDI files was kept",
                {.path = folder});
  }
  summary.split = writer.commit();
  return summary;
}

}  // namespace aria
