// The pieces of a tree -> training sequences, a line each: on all cores, in the order of the files.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/control_choice.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/id_text.hpp>
#include <aria/anticipation/instruments.hpp>
#include <aria/anticipation/interleaving.hpp>
#include <aria/anticipation/numpy_random.hpp>
#include <aria/anticipation/packing.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/hash128.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/random.hpp>
#include <aria/support/turnstile.hpp>

namespace aria::detail {

// Some copies of a piece, which are worked on together.
struct LakhItem {
  std::uint64_t number = 0;
  std::size_t split = 0;
  bool begins_split = false;
  const FoundFile* file = nullptr;
  std::uint32_t first_copy = 0;
  std::uint32_t end_copy = 1;
};

struct LakhResult {
  LakhItem item;
  LakhCounts counts;
  std::string failure;  // of the file
  std::string remark;
  anticipation::PieceVerdict verdict = anticipation::PieceVerdict::good;
  ByteBuffer lines;
};

// The files of the splits that are wanted, one after the other; many copies of a piece in several items, so that memory
// stays bounded.
class LakhItems {
 public:
  LakhItems(const LakhTree& tree, const std::bitset<kLakhSplits.size()>& splits,
            const std::function<std::uint32_t(std::size_t split)>& copies)
      : tree_(tree), splits_(splits) {
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) copies_[split] = copies(split);
  }

  std::optional<LakhItem> next() {
    while (split_ < kLakhSplits.size() && (!splits_[split_] || file_ == tree_.splits[split_].size())) {
      ++split_;
      file_ = 0;
    }
    if (split_ == kLakhSplits.size()) return std::nullopt;
    LakhItem item{number_++,
                  split_,
                  file_ == 0 && copy_ == 0,
                  &tree_.splits[split_][file_],
                  copy_,
                  std::min(copy_ + kCopies, copies_[split_])};
    copy_ = item.end_copy;
    if (copy_ == copies_[split_]) {
      copy_ = 0;
      ++file_;
    }
    return item;
  }

 private:
  static constexpr std::uint32_t kCopies = 10;

  const LakhTree& tree_;
  std::bitset<kLakhSplits.size()> splits_;
  std::array<std::uint32_t, kLakhSplits.size()> copies_{};
  std::size_t split_ = 0, file_ = 0;
  std::uint32_t copy_ = 0;
  std::uint64_t number_ = 0;
};

// What one piece hands on to the next one of its split. Each of the two is touched in the order of the pieces.
struct LakhChain {
  Turnstile drawing;
  anticipation::NumpyRandom random;
  Turnstile packing;
  anticipation::PackingTail tail;
};

// The turns of an item in the chain. Made before any work on it, so that nobody waits for an item that failed.
struct LakhTurns {
  LakhTurns(LakhChain& chain, std::uint64_t number) : drawing(chain.drawing, number), packing(chain.packing, number) {}
  Turnstile::Ticket drawing;
  Turnstile::Ticket packing;
};

// Encodes the copies of a piece as arrival times and cuts them. One a thread.
template <Reading reading>
class ArrivalWorker {
 public:
  ArrivalWorker(const LakhOptions& options, const anticipation::IdText& text, LakhChain& chain)
      : options_(options),
        vocabulary_(options.settings),
        packing_(reading, options.settings),
        text_(text),
        chain_(chain) {}

  // `piece` is null where there is none to be had.
  void run(const LakhItem& item, std::string_view midi_path, const LakhPiece* piece, LakhTurns& turns,
           LakhResult& result) {
    packed_.clear();
    events_.clear();
    if (piece != nullptr) {
      const std::uint64_t cut = compound_to_events(piece->notes, events_, options_.settings);
      instruments(events_, playing_, vocabulary_);
      result.counts.cut += cut * (item.end_copy - item.first_copy);
    }
    if (reading == Reading::reference) turns.drawing.pass([&] { draw_as_reference(item); });
    if (piece != nullptr) build(item, midi_path, result.counts);
    anticipation::PackingTail before;
    turns.packing.pass([&] {
      if (item.begins_split) chain_.tail = {};
      if (packed_.tokens.empty()) return;
      before = std::move(chain_.tail);
      chain_.tail = packing_.tail_behind(before, packed_);
    });
    if (!packed_.tokens.empty()) write(before, result);
  }

 private:
  void draw_as_reference(const LakhItem& item) {
    if (item.begins_split) chain_.random = anticipation::NumpyRandom(0);
    if (events_.empty()) return;
    marks_.resize(item.end_copy - item.first_copy);
    for (std::uint32_t k = item.first_copy; k < item.end_copy; ++k) {
      choose_controls(k, events_, playing_, chain_.random, marks_[k - item.first_copy], options_.settings);
    }
  }

  void build(const LakhItem& item, std::string_view midi_path, LakhCounts& counts) {
    const Hash128 name = hash128(std::as_bytes(std::span(midi_path.data(), midi_path.size())));
    marks_.resize(item.end_copy - item.first_copy);
    for (std::uint32_t k = item.first_copy; k < item.end_copy; ++k) {
      anticipation::ControlMarks& marks = marks_[k - item.first_copy];
      if (reading == Reading::standard) {
        RandomStream random(options_.seed, name.low, name.high, k);
        choose_controls(k, events_, playing_, random, marks, options_.settings);
      }
      packed_.tokens.insert(packed_.tokens.end(), 3, vocabulary_.separator);
      counts.rests += interleave(events_, marks, packed_.tokens, options_.settings);
      const bool plain = anticipation::control_choice(k) == anticipation::ControlChoice::none;
      packed_.pieces.push_back({packed_.tokens.size(), plain ? vocabulary_.autoregress : vocabulary_.anticipate});
    }
  }

  void write(const anticipation::PackingTail& before, LakhResult& result) {
    const auto take = [&](TokenId flag, std::span<const TokenId> sequence, TokenId first, std::size_t relative) {
      char* const begin = result.lines.room((sequence.size() + 1) * anticipation::IdText::kRoom);
      char* at = text_.write(flag, begin);
      std::size_t i = 0;
      for (; i < relative; i += 3) {
        at = text_.write(sequence[i] - first, at);
        at = text_.write(sequence.subspan(i + 1, 2), at);
      }
      at = text_.write(sequence.subspan(i), at);
      at[-1] = '\n';
      result.lines.advance(static_cast<std::size_t>(at - begin));
      ++result.counts.sequences;
    };
    result.counts.left_out += packing_.cut(before, packed_, scratch_, take);
  }

  const LakhOptions& options_;
  anticipation::ArrivalVocabulary vocabulary_;
  anticipation::ArrivalPacking packing_;
  const anticipation::IdText& text_;
  LakhChain& chain_;
  std::vector<TokenId> events_, scratch_;
  std::vector<anticipation::InstrumentCount> playing_;
  std::vector<anticipation::ControlMarks> marks_;
  anticipation::PackedPieces packed_;
};

// Cuts the interarrival times of pieces. One a thread.
class InterarrivalWorker {
 public:
  InterarrivalWorker(const LakhOptions& options, const anticipation::IdText& text, LakhChain& chain)
      : vocabulary_(options.settings), packing_(options.settings), text_(text), chain_(chain) {}

  void run(const LakhItem& item, std::string_view /*midi_path*/, const LakhPiece* piece, LakhTurns& turns,
           LakhResult& result) {
    packed_.clear();
    if (piece != nullptr) {
      packed_.tokens.push_back(vocabulary_.separator);
      packed_.tokens.insert(packed_.tokens.end(), piece->interarrival.begin(), piece->interarrival.end());
      packed_.pieces.push_back({packed_.tokens.size(), 0});
      result.counts.cut += piece->cut;
    }
    anticipation::PackingTail before;
    turns.packing.pass([&] {
      if (item.begins_split) chain_.tail = {};
      if (packed_.tokens.empty()) return;
      before = std::move(chain_.tail);
      chain_.tail = packing_.tail_behind(before, packed_);
    });
    if (packed_.tokens.empty()) return;
    packing_.cut(before, packed_, scratch_, [&](std::span<const TokenId> sequence) {
      text_.write_line(sequence, result.lines);
      ++result.counts.sequences;
    });
  }

 private:
  anticipation::InterarrivalVocabulary vocabulary_;
  anticipation::InterarrivalPacking packing_;
  const anticipation::IdText& text_;
  LakhChain& chain_;
  std::vector<TokenId> scratch_;
  anticipation::PackedPieces packed_;
};

// Together with the program itself this keeps a build below 256 MiB.
struct LakhMemory {
  static constexpr std::uint64_t kInFlight = 192 << 20;
};

// The way of all files to a sink. Source is LakhMidiSource or LakhCompoundSource.
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

  // Calls `lines(split, text)` with the lines of every file in order, and `end_split(split, counts)` behind those of a
  // split, for all of `splits`.
  template <class Lines, class EndSplit>
  void run(const LakhTree& tree, const std::bitset<kLakhSplits.size()>& splits,
           const std::function<std::uint32_t(std::size_t split)>& copies, Lines lines, EndSplit end_split) {
    std::uint64_t total = 0, done = 0;
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split)
      total += splits[split] ? tree.splits[split].size() : 0;
    std::size_t open = 0;
    LakhCounts counts;
    const auto end_splits_before = [&](std::size_t split) {
      for (; open < split; ++open) {
        if (splits[open]) end_split(open, std::exchange(counts, {}));
      }
    };
    LakhItems items(tree, splits, copies);
    const auto next = [&] { return items.next(); };
    const auto cost = [this](const LakhItem& item) { return memory_for(item); };
    const auto make_worker = [this] {
      return [this, source = Source(folder_, options_, places_), worker = Worker(options_, text_, chain_), piece = LakhPiece()](
                 const LakhItem& item, LakhResult& result) mutable { process(item, source, piece, worker, result); };
    };
    const auto sink = [&](LakhResult& result) {
      end_splits_before(result.item.split);
      lines(result.item.split, result.lines.view());
      counts += result.counts;
      if (result.lines.capacity() > kRetained) result.lines = {};
      if (result.item.first_copy != 0) return;
      if (options_.on_outcome) report(result);
      if (options_.on_progress) options_.on_progress({++done, total});
    };
    ordered_map<LakhItem, LakhResult>(next, cost, make_worker, sink, {.workers = options_.workers, .cost = LakhMemory::kInFlight});
    end_splits_before(kLakhSplits.size());
  }

 private:
  static constexpr std::size_t kRetained = 8 << 20;

  // A note takes some 15 bytes of compound events, or 6 of MIDI; 32 as tokens and up to 30 as text, in every copy.
  static std::uint64_t memory_for(const LakhItem& item) {
    return (64 << 10) + item.file->size * (8 + 6 * std::uint64_t{item.end_copy - item.first_copy});
  }

  void process(const LakhItem& item, Source& source, LakhPiece& piece, Worker& worker, LakhResult& result) const {
    LakhTurns turns(chain_, item.number);
    result.item = item;
    result.counts = {};
    result.lines.clear();
    result.failure = item.file->failure;
    result.remark.clear();
    const bool first = item.first_copy == 0;
    bool good = false;
    if (result.failure.empty()) {
      try {
        source.load(item.file->path, piece);
        result.verdict = piece.verdict;
        result.remark = piece.remark;
        good = piece.verdict == anticipation::PieceVerdict::good;
        if (first) result.counts.add(piece.verdict);
      } catch (const Error& error) {
        result.failure = error.without_path();
      }
    }
    if (first && !result.failure.empty()) ++result.counts.load_errors;
    worker.run(item, Source::midi_path(item.file->path), good ? &piece : nullptr, turns, result);
  }

  void report(const LakhResult& result) const {
    const std::string& path = result.item.file->path;
    if (!result.failure.empty()) return options_.on_outcome({path, Outcome::load_error, result.failure});
    if (result.verdict == anticipation::PieceVerdict::good)
      return options_.on_outcome({path, Outcome::kept, result.remark});
    options_.on_outcome({path, Outcome::failed_tests, name_of(result.verdict)});
  }

  const std::string folder_;
  const LakhOptions& options_;
  const LakhPlaces* places_;
  anticipation::IdText text_;
  mutable LakhChain chain_;
};

}  // namespace aria::detail
