// How the Lakh recipe turns pieces into training sequences, and what it counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <aria/anticipation/id_text.hpp>
#include <aria/anticipation/piece.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria {

/// The two encodings of the Anticipatory Music Transformer.
enum class LakhEncoding : std::uint8_t { arrival, interarrival };

struct LakhOptions {
  Reading reading = Reading::standard;
  LakhEncoding encoding = LakhEncoding::arrival;
  /// Copies of every piece: 1, or a multiple of 10 with controls chosen in ten ways in turn.
  std::uint32_t augment = 1;
  /// Which events become controls is drawn for (seed, path of the MIDI file relative to the tree, copy). The reference
  /// reading draws as the original does, whatever the seed.
  std::uint64_t seed = 0;
  unsigned workers = default_workers();
  anticipation::Settings settings = {};
  /// Called for every file, in order.
  std::function<void(const FileOutcome&)> on_outcome = {};
  ProgressCallback on_progress = {};  ///< in files
};

namespace detail {

// Beyond what `check` of the settings refuses: ids that cannot be written, times of a piece that are no ids.
inline void check_lakh_settings(const anticipation::Settings& settings) {
  const std::size_t ids =
      std::max(anticipation::ArrivalVocabulary(settings).size, anticipation::InterarrivalVocabulary(settings).size);
  if (ids > anticipation::IdText::kMostIds) {
    throw Error(ErrorCode::invalid_argument, "the settings make " + std::to_string(ids) + " ids, and at most " +
                                                 std::to_string(anticipation::IdText::kMostIds) + " can be written");
  }
  constexpr std::uint64_t kMostTime = std::uint64_t{1} << 30;
  if (std::uint64_t{settings.max_piece_seconds} * settings.time_resolution > kMostTime) {
    throw Error(ErrorCode::invalid_argument, "the settings let a piece last too long");
  }
}

}  // namespace detail

/// Throws invalid_argument for a number of copies that is neither 1 nor a multiple of 10, and for more than 1 of the
/// interarrival encoding; and as `check` of the settings does, also where they make more than a million ids.
inline void check(const LakhOptions& options) {
  check(options.settings);
  detail::check_lakh_settings(options.settings);
  constexpr std::uint32_t kMost = 1000;
  const std::uint32_t copies = options.augment;
  if (copies != 1 && (copies == 0 || copies % 10 != 0 || copies > kMost)) {
    throw Error(ErrorCode::invalid_argument,
                "the augmentation factor must be 1 or a multiple of 10 up to 1000, and is " + std::to_string(copies));
  }
  if (options.encoding == LakhEncoding::interarrival && copies != 1) {
    throw Error(ErrorCode::invalid_argument,
                "the interarrival encoding has no controls: its augmentation factor must be 1");
  }
}

/// What became of the pieces of a split, or of several.
struct LakhCounts {
  std::uint64_t sequences = 0;
  std::uint64_t rests = 0;                 ///< inserted into pieces, copies counted
  std::uint64_t load_errors = 0;           ///< files that could not be read
  std::uint64_t too_short = 0;             ///< pieces left out
  std::uint64_t too_long = 0;              ///< pieces left out
  std::uint64_t too_many_instruments = 0;  ///< pieces left out
  std::uint64_t left_out = 0;              ///< sequences that take too long for the vocabulary
  std::uint64_t cut = 0;                   ///< durations, or interarrival times, that were too large; copies counted
  std::uint64_t pieces = 0;                ///< taken

  LakhCounts& operator+=(const LakhCounts& other) noexcept {
    sequences += other.sequences;
    rests += other.rests;
    load_errors += other.load_errors;
    too_short += other.too_short;
    too_long += other.too_long;
    too_many_instruments += other.too_many_instruments;
    left_out += other.left_out;
    cut += other.cut;
    pieces += other.pieces;
    return *this;
  }

  void add(anticipation::PieceVerdict verdict) noexcept {
    using anticipation::PieceVerdict;
    pieces += verdict == PieceVerdict::good ? 1 : 0;
    too_short += verdict == PieceVerdict::too_short ? 1 : 0;
    too_long += verdict == PieceVerdict::too_long ? 1 : 0;
    too_many_instruments += verdict == PieceVerdict::too_many_instruments ? 1 : 0;
  }

  friend bool operator==(const LakhCounts&, const LakhCounts&) = default;
};

}  // namespace aria
