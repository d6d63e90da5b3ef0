// Pieces one behind the other -> training sequences of equal length.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/reading.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Pieces that are to be packed together: their tokens one behind the other, and where each of them ends.
struct PackedPieces {
  struct Piece {
    std::size_t end = 0;  ///< of its tokens
    TokenId flag = 0;     ///< what a sequence begins with that describes this piece
  };
  std::vector<TokenId> tokens;
  std::vector<Piece> pieces;

  void clear() noexcept {
    tokens.clear();
    pieces.clear();
  }
};

/// What is left over of the pieces before: too few tokens for a sequence.
struct PackingTail {
  std::vector<TokenId> tokens;
  TokenId flag = 0;
};

/// Where sequences begin and end in the tokens of a tail with pieces behind it.
class PackedTokens {
 public:
  PackedTokens(const PackingTail& tail, const PackedPieces& pieces, std::size_t length) noexcept
      : tail_(tail), pieces_(pieces), length_(length) {}

  std::size_t size() const noexcept { return tail_.tokens.size() + pieces_.tokens.size(); }
  std::size_t sequences() const noexcept { return size() / length_; }

  /// The tokens of sequence `i`. The first one may have to be put together in `scratch`.
  std::span<const TokenId> sequence(std::size_t i, std::vector<TokenId>& scratch) const {
    const std::size_t begin = i * length_, tail = tail_.tokens.size();
    if (begin >= tail) return std::span(pieces_.tokens).subspan(begin - tail, length_);
    scratch.assign(tail_.tokens.begin() + static_cast<std::ptrdiff_t>(begin), tail_.tokens.end());
    scratch.insert(scratch.end(), pieces_.tokens.begin(),
                   pieces_.tokens.begin() + static_cast<std::ptrdiff_t>(length_ - scratch.size()));
    return scratch;
  }

  /// What is left over behind the last sequence.
  std::vector<TokenId> rest() const {
    const std::size_t begin = sequences() * length_, tail = tail_.tokens.size();
    std::vector<TokenId> left;
    if (begin < tail) left.assign(tail_.tokens.begin() + static_cast<std::ptrdiff_t>(begin), tail_.tokens.end());
    left.insert(left.end(), pieces_.tokens.begin() + static_cast<std::ptrdiff_t>(std::max(begin, tail) - tail),
                pieces_.tokens.end());
    return left;
  }

  /// The flag of the piece that holds the token at `position`, which is that of the tail for what is left of it.
  TokenId flag_at(std::size_t position) const {
    if (position < tail_.tokens.size()) return tail_.flag;
    const std::size_t at = position - tail_.tokens.size();
    const auto piece = std::upper_bound(pieces_.pieces.begin(), pieces_.pieces.end(), at,
                                        [](std::size_t place, const auto& other) { return place < other.end; });
    return piece->flag;
  }

  /// Whether a piece begins at `position`.
  bool begins_piece(std::size_t position) const {
    if (position < tail_.tokens.size()) return false;
    const std::size_t at = position - tail_.tokens.size();
    return at == 0 || std::any_of(pieces_.pieces.begin(), pieces_.pieces.end(),
                                  [at](const auto& piece) { return piece.end == at; });
  }

 private:
  const PackingTail& tail_;
  const PackedPieces& pieces_;
  std::size_t length_;
};

namespace detail {

/// The times of a sequence before they are made relative to its beginning.
struct TimeSpan {
  std::int64_t first = 0;    // the least one before a separator
  std::int64_t last = 0;     // the largest one, counted from `first` before a separator and as it is behind one
  std::size_t relative = 0;  // how many tokens stand before the first separator
};

inline TimeSpan time_span(std::span<const TokenId> sequence, const ArrivalVocabulary& vocabulary) noexcept {
  const auto time_of = [&](std::size_t i) {
    return std::int64_t{sequence[i]} - (vocabulary.is_control(sequence[i + 2]) ? vocabulary.control : 0);
  };
  TimeSpan span;
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
  std::size_t i = 0;
  for (; i < sequence.size() && sequence[i + 2] != vocabulary.separator; i += 3) {
    const std::int64_t time = time_of(i);
    least = std::min(least, time);
    most = std::max(most, time);
  }
  span.relative = i;
  if (i != 0) {
    span.first = least;
    span.last = most - least;
  }
  for (; i < sequence.size(); i += 3) {
    if (sequence[i + 2] != vocabulary.separator) span.last = std::max(span.last, time_of(i));
  }
  return span;
}

}  // namespace detail

/// Cuts pieces of the arrival-time encoding into training sequences (tokenize in anticipation/tokenize.py). A sequence
/// is a flag and settings.events_in_sequence() events, with times from its first event on; behind a separator, times
/// are those of the piece that begins there. A sequence that takes too long for the vocabulary is left out.
///
/// Standard: the flag is that of the piece which the first event belongs to. Reference: a sequence that follows one
/// which was left out has the flag of that one, unless a piece begins with it.
class ArrivalPacking {
 public:
  explicit ArrivalPacking(Reading reading = Reading::standard, const Settings& settings = {})
      : vocabulary_(settings), length_(std::size_t{3} * settings.events_in_sequence()), reading_(reading) {}

  /// Tokens of a sequence, without the flag.
  std::size_t length() const noexcept { return length_; }

  /// What `pieces` leave over, to stand before the next ones.
  PackingTail tail_behind(const PackingTail& before, const PackedPieces& pieces) const {
    const PackedTokens tokens(before, pieces, length_);
    PackingTail tail{tokens.rest(), 0};
    if (!tail.tokens.empty()) tail.flag = flag_of(tokens, tokens.sequences());
    return tail;
  }

  /// Calls `take(flag, sequence, first, relative)` for every sequence that is not left out: `first` is to be taken from
  /// the times in the first `relative` tokens. Returns how many were left out.
  template <class Take>
  std::uint64_t cut(const PackingTail& before, const PackedPieces& pieces, std::vector<TokenId>& scratch,
                    Take take) const {
    const PackedTokens tokens(before, pieces, length_);
    std::uint64_t left_out = 0;
    TokenId flag = before.flag;
    bool last_was_left_out = false;
    for (std::size_t i = 0; i < tokens.sequences(); ++i) {
      if (!keeps_flag(tokens, i, last_was_left_out)) flag = tokens.flag_at(i * length_);
      const std::span<const TokenId> sequence = tokens.sequence(i, scratch);
      const detail::TimeSpan times = detail::time_span(sequence, vocabulary_);
      last_was_left_out = times.last >= vocabulary_.max_time;
      if (last_was_left_out) {
        ++left_out;
      } else {
        take(flag, sequence, static_cast<TokenId>(times.first), times.relative);
      }
    }
    return left_out;
  }

 private:
  bool is_left_out(const PackedTokens& tokens, std::size_t i) const {
    std::vector<TokenId> scratch;
    return detail::time_span(tokens.sequence(i, scratch), vocabulary_).last >= vocabulary_.max_time;
  }

  bool keeps_flag(const PackedTokens& tokens, std::size_t i, bool last_was_left_out) const {
    return reading_ == Reading::reference && last_was_left_out && !tokens.begins_piece(i * length_);
  }

  // That of sequence `i`, which may be the one that is not complete yet.
  TokenId flag_of(const PackedTokens& tokens, std::size_t i) const {
    while (i > 0 && reading_ == Reading::reference && keeps_flag(tokens, i, is_left_out(tokens, i - 1))) --i;
    return tokens.flag_at(i * length_);
  }

  ArrivalVocabulary vocabulary_;
  std::size_t length_;
  Reading reading_;
};

/// Cuts pieces of the interarrival-time encoding into sequences of settings.context_size tokens.
class InterarrivalPacking {
 public:
  explicit InterarrivalPacking(const Settings& settings = {}) : length_(settings.context_size) {}

  PackingTail tail_behind(const PackingTail& before, const PackedPieces& pieces) const {
    return {PackedTokens(before, pieces, length_).rest(), 0};
  }

  /// Calls `take(sequence)` for every sequence.
  template <class Take>
  void cut(const PackingTail& before, const PackedPieces& pieces, std::vector<TokenId>& scratch, Take take) const {
    const PackedTokens tokens(before, pieces, length_);
    for (std::size_t i = 0; i < tokens.sequences(); ++i) take(tokens.sequence(i, scratch));
  }

 private:
  std::size_t length_;
};

}  // namespace aria::anticipation
