// The second step of the Lakh recipe: compound events -> training sequences, a file for each of the sixteen splits.
#pragma once

#include <array>
#include <bitset>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/dataset/lakh_sequences.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/work_state.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file_stamp.hpp>

namespace aria {

/// The splits that are for validation and test, and never augmented (anticipation/config.py).
inline constexpr std::string_view kLakhValidation = "e", kLakhTest = "f";

struct TokenizeLakhSummary {
  std::array<LakhCounts, kLakhSplits.size()> splits;
  std::string missing;       ///< splits without a folder
  std::string done_already;  ///< splits that an earlier run had finished

  LakhCounts total() const {
    LakhCounts sum;
    for (const LakhCounts& counts : splits) sum += counts;
    return sum;
  }
};

namespace detail {

inline std::uint32_t lakh_copies(std::size_t split, const LakhOptions& options) {
  const char name = kLakhSplits[split];
  const bool plain =
      kLakhValidation.find(name) != std::string_view::npos || kLakhTest.find(name) != std::string_view::npos;
  return plain ? 1 : options.augment;
}

// Calls `use` with the source and the worker for the options.
template <template <Reading> class Source, class Use>
decltype(auto) with_lakh_types(const LakhOptions& options, Use use) {
  const bool arrival = options.encoding == LakhEncoding::arrival;
  if (options.reading == Reading::reference) {
    using From = Source<Reading::reference>;
    if (!arrival) return use(std::type_identity<LakhSequences<From, InterarrivalWorker>>());
    return use(std::type_identity<LakhSequences<From, ArrivalWorker<Reading::reference>>>());
  }
  using From = Source<Reading::standard>;
  if (!arrival) return use(std::type_identity<LakhSequences<From, InterarrivalWorker>>());
  return use(std::type_identity<LakhSequences<From, ArrivalWorker<Reading::standard>>>());
}

// The counts of a split as a line of text, for the journal.
inline std::string lakh_counts_text(const LakhCounts& counts) {
  std::string text;
  for (const std::uint64_t n : {counts.sequences, counts.rests, counts.load_errors, counts.too_short, counts.too_long,
                                counts.too_many_instruments, counts.left_out, counts.cut, counts.pieces}) {
    text.append(std::to_string(n)).push_back(' ');
  }
  return text;
}

inline std::optional<LakhCounts> lakh_counts_of(std::string_view text) {
  LakhCounts counts;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t* n : {&counts.sequences, &counts.rests, &counts.load_errors, &counts.too_short, &counts.too_long,
                           &counts.too_many_instruments, &counts.left_out, &counts.cut, &counts.pieces}) {
    const auto [behind, error] = std::from_chars(at, end, *n);
    if (error != std::errc() || behind == end || *behind != ' ') return std::nullopt;
    at = behind + 1;
  }
  return counts;
}

// Settings as a line of text, for the journal; nothing for the default ones.
inline std::string lakh_settings_text(const anticipation::Settings& of) {
  if (of == anticipation::Settings()) return {};
  static_assert(sizeof of == 12 * sizeof(std::uint32_t), "all of them decide the outputs");
  std::string text = " settings=";
  for (const std::uint32_t n :
       {of.time_resolution, of.max_time_seconds, of.max_duration_seconds, of.max_interarrival_seconds, of.pitches,
        of.instruments, of.context_size, of.delta_seconds, of.min_piece_events, of.min_piece_seconds,
        of.max_piece_seconds, of.max_piece_instruments}) {
    text += std::to_string(n) + ',';
  }
  return text;
}

// All that decides the sequences of a tree, as a line of text, for the journal.
inline std::string lakh_description(const LakhOptions& options) {
  const bool arrival = options.encoding == LakhEncoding::arrival;
  return std::string(options.reading == Reading::reference ? "reading=reference" : "reading=standard") +
         (arrival ? " encoding=arrival" : " encoding=interarrival") + " k=" + std::to_string(options.augment) +
         " seed=" + std::to_string(options.seed) + lakh_settings_text(options.settings);
}

class TokenizeLakh {
 public:
  TokenizeLakh(std::string folder, const LakhOptions& options)
      : folder_(std::move(folder)),
        options_(options),
        tree_(list_lakh_tree(folder_, "MIDI files that `aria midi-preprocess` has been through", is_compound)),
        state_(folder_, "tokenize-lakh", lakh_description(options)) {}

  TokenizeLakhSummary run() {
    summary_.missing = tree_.missing;
    std::bitset<kLakhSplits.size()> to_do;
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      inputs_[split] = stamp_of(split);
      to_do[split] = !is_done(split);
    }
    if (to_do.any())
      with_lakh_types<LakhCompoundSource>(options_, [&](auto type) { encode<typename decltype(type)::type>(to_do); });
    state_.flush();
    return summary_;
  }

 private:
  static bool is_compound(std::string_view name) {
    return name.ends_with(anticipation::kCompoundEnding) && name.size() > anticipation::kCompoundEnding.size();
  }

  // Of all that the lines of a split come from.
  FileStamp stamp_of(std::size_t split) const {
    FileStamp stamp;
    for (const FoundFile& file : tree_.splits[split]) {
      const std::string path = folder_ + '/' + file.path;
      stamp.add(file.path, FileStamp::of(path).value_or(FileStamp()));
      if (options_.encoding == LakhEncoding::arrival) continue;
      const std::string midi = path.substr(0, path.size() - anticipation::kCompoundEnding.size());
      stamp.add(midi, FileStamp::of(midi).value_or(FileStamp()));
    }
    return stamp;
  }

  // Where the outcomes of files are wanted, these have to be read.
  bool is_done(std::size_t split) {
    if (options_.on_outcome) return false;
    const auto note = state_.is_done(tokenized_events_name(kLakhSplits[split]), inputs_[split]);
    const auto counts = note ? lakh_counts_of(*note) : std::nullopt;
    if (!counts) return false;
    summary_.splits[split] = *counts;
    summary_.done_already += kLakhSplits[split];
    return true;
  }

  template <class Sequences>
  void encode(const std::bitset<kLakhSplits.size()>& splits) {
    std::optional<AtomicFile> file;
    const auto open = [&](std::size_t split) {
      if (!file) file.emplace(path_of(split), IfExists::replace);
    };
    Sequences(folder_, options_)
        .run(
            tree_, splits, [this](std::size_t split) { return lakh_copies(split, options_); },
            [&](std::size_t split, std::string_view lines) {
              open(split);
              file->write(lines);
            },
            [&](std::size_t split, const LakhCounts& counts) {
              open(split);
              file->commit(Sync::later);
              file.reset();
              summary_.splits[split] = counts;
              state_.finished(tokenized_events_name(kLakhSplits[split]), inputs_[split], lakh_counts_text(counts));
            });
  }

  std::string path_of(std::size_t split) const { return folder_ + '/' + tokenized_events_name(kLakhSplits[split]); }

  const std::string folder_;
  const LakhOptions& options_;
  const LakhTree tree_;
  WorkState state_;
  std::array<FileStamp, kLakhSplits.size()> inputs_;
  TokenizeLakhSummary summary_;
};

}  // namespace detail

/// Writes `tokenized-events-<0..f>.txt` in `folder` from the compound events directly in its folders 0 to f, as
/// tokenize-lakh.py of the original: a training sequence a line. Splits e and f are never augmented. Replaces outputs
/// of earlier runs, except those of splits that one with the same options has finished, unless a file has changed
/// since, or options.on_outcome is set; see WorkState. The bytes do not depend on the number of workers.
///
///     aria::tokenize_lakh("lmd_full", {.augment = 10});
///
/// Throws invalid_argument as `check` does; not_found where no folder has compound events; io where an output cannot be
/// written: what is done stays, and a rerun goes on. already_exists where another program works in the folder.
inline TokenizeLakhSummary tokenize_lakh(const std::string& folder, const LakhOptions& options = {}) {
  check(options);
  return detail::TokenizeLakh(folder, options).run();
}

}  // namespace aria
