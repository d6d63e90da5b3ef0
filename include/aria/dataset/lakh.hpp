// The Lakh recipe in one step: a tree of MIDI files -> shuffled training sequences.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/dataset/announced_outputs.hpp>
#include <aria/dataset/lakh_midi_tree.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/dataset/lakh_sequences.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/line_shuffle.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/dataset/tokenize_lakh.hpp>
#include <aria/dataset/work_state.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file_stamp.hpp>

namespace aria {

/// What a run will need, about.
struct LakhPlan {
  std::uint64_t files = 0;
  std::uint64_t midi_bytes = 0;
  std::uint64_t memory = 0;           ///< bytes, at most
  std::uint64_t output_bytes = 0;     ///< of the three files together
  std::uint64_t temporary_bytes = 0;  ///< beside them until the end
};

struct LakhRunOptions {
  LakhOptions lakh = {};
  /// Takes all MIDI files below the folder and gives them their splits by the MD5 of their contents, equal contents
  /// once, as if `aria lakh-layout` had laid them out.
  bool by_hash = false;
  std::uint64_t shuffle_memory = std::uint64_t{1} << 30;
  IfExists if_exists = IfExists::refuse;
  std::function<void(const LakhPlan&)> on_plan = {};  ///< called before the work
  ProgressCallback on_hash_progress = {};             ///< in files, while `by_hash` reads them for the first time
};

struct LakhRunSummary {
  LakhCounts train, validation, test;
  std::uint64_t equal_files = 0;  ///< left out by `by_hash`
  std::uint64_t lost_files = 0;   ///< those that `by_hash` could not read: nobody knows their splits
  std::string missing;            ///< splits without a folder
  LineShuffleSummary shuffle;

  LakhCounts total() const {
    LakhCounts sum = train;
    sum += validation;
    sum += test;
    sum.load_errors += lost_files;
    return sum;
  }
};

namespace detail {

class LakhRun {
 public:
  LakhRun(std::string folder, const std::string& out, const LakhRunOptions& options)
      : folder_(std::move(folder)),
        options_(options),
        files_(find_files(out)),
        state_(made_folder(out), "lakh", description()),
        train_(out + "/train.txt", if_exists(state_, "train.txt", options.if_exists)),
        validation_(out + "/valid.txt", if_exists(state_, "valid.txt", options.if_exists)),
        test_(out + "/test.txt", if_exists(state_, "test.txt", options.if_exists)),
        plan_(make_plan()),
        shuffle_({.seed = options.lakh.seed,
                  .memory = options.shuffle_memory,
                  .workers = options.lakh.workers,
                  .folder = out,
                  .expected_bytes = plan_.output_bytes}) {}

  LakhRunSummary run() {
    if (options_.on_plan) options_.on_plan(plan_);
    with_lakh_types<LakhMidiSource>(options_.lakh, [&](auto type) { encode<typename decltype(type)::type>(); });
    if (const LakhCounts all = summary_.total(); all.sequences == 0) {
      throw Error(ErrorCode::empty_result,
                  "the " + std::to_string(all.pieces) + " pieces of " + std::to_string(plan_.files) +
                      " MIDI files do not fill a sequence",
                  {.path = folder_});
    }
    summary_.equal_files = files_.equal.size();
    summary_.lost_files = files_.lost.size();
    summary_.missing = files_.tree.missing;
    summary_.shuffle = shuffle_.write(train_);
    announce_and_commit(state_, {&train_, &validation_, &test_}, {});
    state_.forget();
    return std::move(summary_);
  }

 private:
  // Before the folder of the outputs is made: what fails at once leaves nothing behind. Outputs that are in the way are
  // found before the files are read.
  LakhMidiTree find_files(const std::string& out) const {
    std::error_code failed;
    const bool was_interrupted = FileStamp::of(work_state_path(out)).has_value();
    if (std::filesystem::is_directory(out, failed) && !was_interrupted) {
      for (const char* name : {"/train.txt", "/valid.txt", "/test.txt"}) AtomicFile(out + name, options_.if_exists);
    }
    if (!options_.by_hash) return laid_out_midi_files(folder_, options_.lakh.reading);
    return hashed_midi_files(folder_, options_.lakh.reading, options_.lakh.workers, options_.on_hash_progress);
  }

  std::string description() const {
    std::error_code failed;
    const std::string folder = std::filesystem::weakly_canonical(std::filesystem::absolute(folder_), failed).string();
    return lakh_description(options_.lakh) + (options_.by_hash ? " by-hash of " : " of ") + folder;
  }

  static const std::string& made_folder(const std::string& out) {
    std::error_code failed;
    std::filesystem::create_directories(out, failed);
    if (failed) throw Error(ErrorCode::io, "cannot make the folder: " + failed.message(), {.path = out});
    return out;
  }

  // Of MIDI files in the Lakh dataset, a byte gives 1.7 bytes of arrival times and 1.5 of interarrival times.
  LakhPlan make_plan() const {
    LakhPlan plan;
    plan.files = files_.tree.size() + files_.lost.size() + files_.equal.size();
    plan.midi_bytes = files_.bytes();
    plan.memory = options_.shuffle_memory + LakhMemory::kInFlight + (16 << 20);
    plan.output_bytes = plan.midi_bytes / 10 * 18 * options_.lakh.augment;
    plan.temporary_bytes = plan.output_bytes;
    return plan;
  }

  enum class Part : std::uint8_t { train, validation, test };
  static Part part_of(std::size_t split) {
    const char name = kLakhSplits[split];
    if (kLakhValidation.find(name) != std::string_view::npos) return Part::validation;
    return kLakhTest.find(name) != std::string_view::npos ? Part::test : Part::train;
  }

  template <class Sequences>
  void encode() {
    LakhOptions options = options_.lakh;
    if (options_.by_hash && options.on_outcome) options.on_outcome = [this](const FileOutcome& row) { keep(row); };
    Sequences(folder_, options, files_.by_hash ? &files_.places : nullptr)
        .run(
            files_.tree, std::bitset<kLakhSplits.size()>().set(),
            [&](std::size_t split) { return lakh_copies(split, options); },
            [&](std::size_t split, std::string_view lines) { take(part_of(split), lines); },
            [&](std::size_t split, const LakhCounts& counts) { counts_of(part_of(split)) += counts; });
    report_kept();
  }

  void take(Part part, std::string_view lines) {
    if (part != Part::train) return (part == Part::validation ? validation_ : test_).write(lines);
    while (!lines.empty()) {
      const std::size_t length = lines.find('\n');
      shuffle_.add(lines.substr(0, length));
      lines.remove_prefix(length + 1);
    }
  }

  LakhCounts& counts_of(Part part) {
    return part == Part::train ? summary_.train : part == Part::validation ? summary_.validation : summary_.test;
  }

  struct Row {
    std::string path;
    Outcome outcome;
    std::string reason;
  };

  // Files come in the order of their hashes, and are reported in that of their paths.
  void keep(const FileOutcome& row) {
    rows_.push_back({files_.places.at(std::string(row.path)), row.outcome, std::string(row.reason)});
  }
  void report_kept() {
    if (!options_.by_hash || !options_.lakh.on_outcome) return;
    for (const auto& [path, reason] : files_.lost) rows_.push_back({path, Outcome::load_error, reason});
    for (const auto& [path, first] : files_.equal)
      rows_.push_back({path, Outcome::duplicate, "same contents as " + first});
    std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.path < b.path; });
    for (const Row& row : rows_) options_.lakh.on_outcome({row.path, row.outcome, row.reason});
  }

  const std::string folder_;
  const LakhRunOptions& options_;
  const LakhMidiTree files_;
  WorkState state_;  // of the folder of the outputs: which of these are ours
  AtomicFile train_, validation_, test_;
  const LakhPlan plan_;
  LineShuffle shuffle_;
  LakhRunSummary summary_;
  std::vector<Row> rows_;
};

}  // namespace detail

/// Writes `out`/train.txt, valid.txt and test.txt, a training sequence a line, from the MIDI files directly in
/// `folder`'s folders 0 to f: the same bytes as preprocess_midi, tokenize_lakh and split_lakh with the same seed, but
/// each MIDI file is read once and nothing is written in between. `out` is made where it is missing. All three files
/// appear, or none; where a run is killed, the next one begins anew and replaces what that one left.
///
///     aria::run_lakh("lmd_full", "lakh", {.lakh = {.augment = 10}});
///
/// Throws invalid_argument as `check` does; not_found where no folder has MIDI files; empty_result where these give no
/// sequence, then nothing is written; io, also where the disk is too
/// small; and as AtomicFile does.
inline LakhRunSummary run_lakh(const std::string& folder, const std::string& out, const LakhRunOptions& options = {}) {
  check(options.lakh);
  return detail::LakhRun(folder, out, options).run();
}

}  // namespace aria
