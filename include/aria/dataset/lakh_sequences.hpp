// The pieces of a tree -> training sequences, a line each: on all cores, in the order of the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/id_text.hpp>
#include <aria/anticipation/piece.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/dataset/lakh_items.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/lakh_workers.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/ordered_map.hpp>

namespace aria::detail {

// Together with the program itself this keeps a build below 256 MiB.
struct LakhMemory {
  static constexpr std::uint64_t kInFlight = 192 << 20;
};

// The way of all files to a sink. Source is LakhMidiSource or LakhCompoundSource, Worker one of lakh_workers.hpp.
template <class Source, class Worker>
class LakhSequences {
 public:
  LakhSequences(std::string folder, const LakhOptions& options, const LakhPlaces* places = nullptr)
      : folder_(std::move(folder)),
        options_(options),
        places_(places),
        text_(options.encoding == LakhEncoding::arrival ? anticipation::ArrivalVocabulary(options.settings).size
                                                        : anticipation::InterarrivalVocabulary(options.settings).size) {
  }

  // Calls `lines(split, text)` with the lines of all files in order, and `end_split(split, counts)` behind those of a
  // split, for all of `splits`.
  template <class Lines, class EndSplit>
  void run(const LakhTree& tree, const LakhItems::Splits& splits, const LakhItems::Copies& copies, Lines lines,
           EndSplit end_split) {
    std::uint64_t total = 0, done = 0;
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      total += splits[split] ? tree.splits[split].size() : 0;
    }
    std::size_t open = 0;
    LakhCounts counts;
    const auto end_splits_before = [&](std::size_t split) {
      for (; open < split; ++open) {
        if (splits[open]) end_split(open, std::exchange(counts, {}));
      }
    };
    LakhItems items(tree, splits, copies);
    const auto make_worker = [this] {
      return [this, source = Source(folder_, options_, places_), worker = Worker(options_, text_, chain_),
              piece = LakhPiece()](const LakhItem& item, Result& result) mutable {
        process(item, source, piece, worker, result);
      };
    };
    const auto sink = [&](Result& result) {
      end_splits_before(result.item.split);
      lines(result.item.split, result.lines.view());
      counts += result.counts;
      if (result.lines.capacity() > kRetained) result.lines = {};
      if (result.item.first_copy != 0) return;
      report(result);
      done += result.files.size();
      if (options_.on_progress) options_.on_progress({done, total});
    };
    ordered_map<LakhItem, Result>([&] { return items.next(); }, [](const LakhItem& item) { return memory_for(item); },
                                  make_worker, sink, {.workers = options_.workers, .cost = LakhMemory::kInFlight});
    end_splits_before(kLakhSplits.size());
  }

 private:
  static constexpr std::size_t kRetained = 8 << 20;

  // What became of a file.
  struct FileResult {
    Outcome outcome = Outcome::kept;
    std::string reason;
  };

  struct Result {
    LakhItem item;
    std::vector<FileResult> files;
    LakhCounts counts;
    ByteBuffer lines;
  };

  // A note takes some 15 bytes of compound events, or 6 of MIDI; 32 as tokens and up to 30 as text, in every copy.
  static std::uint64_t memory_for(const LakhItem& item) {
    return (64 << 10) + item.bytes() * (8 + 6 * std::uint64_t{item.copies()});
  }

  void process(const LakhItem& item, Source& source, LakhPiece& piece, Worker& worker, Result& result) const {
    LakhTurns turns(chain_, item.number);
    result.item = item;
    result.counts = {};
    result.lines.clear();
    result.files.resize(item.files.size());
    worker.begin();
    bool any = false;
    for (std::size_t i = 0; i < item.files.size(); ++i) {
      const FoundFile& file = item.files[i];
      if (!load(file, source, piece, result.files[i], item.first_copy == 0, result.counts)) continue;
      worker.add(item, Source::midi_path(file.path), piece, turns, result.counts);
      any = true;
    }
    if (!any) worker.skip(item, turns);
    worker.finish(item, turns, result.counts, result.lines);
  }

  // False where the file gives no piece.
  static bool load(const FoundFile& file, Source& source, LakhPiece& piece, FileResult& result, bool count,
                   LakhCounts& counts) {
    result = {Outcome::load_error, file.failure};
    if (file.failure.empty()) {
      try {
        source.load(file.path, piece);
        const bool good = piece.verdict == anticipation::PieceVerdict::good;
        result.outcome = good ? Outcome::kept : Outcome::failed_tests;
        result.reason = good ? piece.remark : std::string(name_of(piece.verdict));
        if (count) counts.add(piece.verdict);
        return good;
      } catch (const Error& error) {
        result.reason = error.without_path();
      }
    }
    counts.load_errors += count ? 1 : 0;
    return false;
  }

  void report(const Result& result) const {
    if (!options_.on_outcome) return;
    for (std::size_t i = 0; i < result.files.size(); ++i) {
      options_.on_outcome({result.item.files[i].path, result.files[i].outcome, result.files[i].reason});
    }
  }

  const std::string folder_;
  const LakhOptions& options_;
  const LakhPlaces* places_;
  anticipation::IdText text_;
  mutable LakhChain chain_;
};

}  // namespace aria::detail
