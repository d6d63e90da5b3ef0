// Pieces -> lines of training sequences, each worker in a thread of its own, what must be in order in turns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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
#include <aria/dataset/lakh_items.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/hash128.hpp>
#include <aria/support/random.hpp>
#include <aria/support/turnstile.hpp>
#include <aria/token/token.hpp>

namespace aria::detail {

// What one item hands on to the next one of its split. Each of the two is touched in the order of the items.
struct LakhChain {
  Turnstile drawing;
  anticipation::NumpyRandom random;
  Turnstile packing;
  anticipation::PackingTail tail;
};

// The turns of an item in the chain. Made before any work on it, so that nobody waits for an item that failed. Splits
// that are not augmented draw nothing and stand last: by the time that they give up their turn of drawing, the turn of
// packing has let all that draw go before them.
struct LakhTurns {
  LakhTurns(LakhChain& chain, std::uint64_t number) : drawing(chain.drawing, number), packing(chain.packing, number) {}
  Turnstile::Ticket drawing;
  Turnstile::Ticket packing;
};

// Puts the pieces of an item behind what the one before left over, and leaves its own rest over.
template <class Packing>
anticipation::PackingTail pass_tail(const Packing& packing, const LakhItem& item,
                                    const anticipation::PackedPieces& pieces, LakhChain& chain, LakhTurns& turns) {
  anticipation::PackingTail before;
  turns.packing.pass([&] {
    if (item.begins_split) chain.tail = {};
    if (pieces.tokens.empty()) return;
    before = std::move(chain.tail);
    chain.tail = packing.tail_behind(before, pieces);
  });
  return before;
}

// Encodes the copies of pieces as arrival times and cuts them.
template <Reading reading>
class ArrivalWorker {
 public:
  ArrivalWorker(const LakhOptions& options, const anticipation::IdText& text, LakhChain& chain)
      : options_(options),
        vocabulary_(options.settings),
        packing_(reading, options.settings),
        text_(text),
        chain_(chain) {}

  void begin() { packed_.clear(); }

  // Adds a piece of the item.
  void add(const LakhItem& item, std::string_view midi_path, const LakhPiece& piece, LakhTurns& turns,
           LakhCounts& counts) {
    events_.clear();
    counts.cut += compound_to_events(piece.notes, events_, options_.settings) * item.copies();
    const bool has_controls = item.end_copy > 1;
    if (has_controls) instruments(events_, playing_, vocabulary_);
    if (has_controls && reading == Reading::reference) draw_as_reference(item, turns);
    build(item, midi_path, counts);
  }

  // Instead of `add`, for an item none of whose pieces can be had: others wait for its turn.
  void skip(const LakhItem& item, LakhTurns& turns) {
    if (item.end_copy > 1 && reading == Reading::reference) {
      events_.clear();
      draw_as_reference(item, turns);
    }
  }

  void finish(const LakhItem& item, LakhTurns& turns, LakhCounts& counts, ByteBuffer& lines) {
    const auto before = pass_tail(packing_, item, packed_, chain_, turns);
    if (!packed_.tokens.empty()) write(before, counts, lines);
  }

 private:
  // The random numbers of a split are one sequence.
  void draw_as_reference(const LakhItem& item, LakhTurns& turns) {
    turns.drawing.pass([&] {
      if (item.begins_split) chain_.random = anticipation::NumpyRandom(0);
      if (events_.empty()) return;
      marks_.resize(item.copies());
      for (std::uint32_t k = item.first_copy; k < item.end_copy; ++k) {
        choose_controls(k, events_, playing_, chain_.random, marks_[k - item.first_copy], options_.settings);
      }
    });
  }

  void build(const LakhItem& item, std::string_view midi_path, LakhCounts& counts) {
    const Hash128 name = hash128(std::as_bytes(std::span(midi_path.data(), midi_path.size())));
    marks_.resize(item.copies());
    std::vector<TokenId>& tokens = packed_.tokens;
    tokens.reserve(tokens.size() + item.copies() * (events_.size() + events_.size() / 8 + 512));  // with some rests
    for (std::uint32_t k = item.first_copy; k < item.end_copy; ++k) {
      anticipation::ControlMarks& marks = marks_[k - item.first_copy];
      if (reading == Reading::standard) {
        RandomStream random(options_.seed, name.low, name.high, k);
        choose_controls(k, events_, playing_, random, marks, options_.settings);
      }
      tokens.insert(tokens.end(), 3, vocabulary_.separator);
      counts.rests += interleave(events_, marks, tokens, options_.settings);
      const bool plain = anticipation::control_choice(k) == anticipation::ControlChoice::none;
      packed_.pieces.push_back({tokens.size(), plain ? vocabulary_.autoregress : vocabulary_.anticipate});
    }
  }

  void write(const anticipation::PackingTail& before, LakhCounts& counts, ByteBuffer& lines) {
    lines.room(6 * packed_.tokens.size());
    const auto take = [&](TokenId flag, std::span<const TokenId> sequence, TokenId first, std::size_t relative) {
      char* const begin = lines.room((sequence.size() + 1) * anticipation::IdText::kRoom);
      char* at = text_.write(flag, begin);
      std::size_t i = 0;
      for (; i < relative; i += 3) {
        at = text_.write(sequence[i] - first, at);
        at = text_.write(sequence.subspan(i + 1, 2), at);
      }
      at = text_.write(sequence.subspan(i), at);
      at[-1] = '\n';
      lines.advance(static_cast<std::size_t>(at - begin));
      ++counts.sequences;
    };
    counts.left_out += packing_.cut(before, packed_, scratch_, take);
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

// Cuts the interarrival times of pieces.
class InterarrivalWorker {
 public:
  InterarrivalWorker(const LakhOptions& options, const anticipation::IdText& text, LakhChain& chain)
      : vocabulary_(options.settings), packing_(options.settings), text_(text), chain_(chain) {}

  void begin() { packed_.clear(); }

  void add(const LakhItem& /*item*/, std::string_view /*midi_path*/, const LakhPiece& piece, LakhTurns& /*turns*/,
           LakhCounts& counts) {
    packed_.tokens.push_back(vocabulary_.separator);
    packed_.tokens.insert(packed_.tokens.end(), piece.interarrival.begin(), piece.interarrival.end());
    packed_.pieces.push_back({packed_.tokens.size(), 0});
    counts.cut += piece.cut;
  }

  void skip(const LakhItem& /*item*/, LakhTurns& /*turns*/) {}

  void finish(const LakhItem& item, LakhTurns& turns, LakhCounts& counts, ByteBuffer& lines) {
    const auto before = pass_tail(packing_, item, packed_, chain_, turns);
    if (packed_.tokens.empty()) return;
    packing_.cut(before, packed_, scratch_, [&](std::span<const TokenId> sequence) {
      text_.write_line(sequence, lines);
      ++counts.sequences;
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

}  // namespace aria::detail
