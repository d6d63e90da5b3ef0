// Which ids may stand where in a sequence: what the grammars of both encodings are made of, and sampling masks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// The ids from `first` to `end` - 1.
struct IdRange {
  TokenId first = 0, end = 0;

  constexpr bool contains(TokenId id) const noexcept { return first <= id && id < end; }
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

constexpr bool contains(std::span<const IdRange> ranges, TokenId id) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [id](const IdRange& range) { return range.contains(id); });
}

/// Where a sequence is not what it should be.
struct Violation {
  std::size_t index = 0;    ///< of the token, from 0; the number of tokens where something is missing at the end
  std::string_view reason;  ///< "a control out of order"
};

/// The instruments that play in a piece.
class UsedInstruments {
 public:
  explicit UsedInstruments(std::uint32_t instruments) : used_(instruments) {}

  /// Numbers that are no instrument are passed over.
  void add(std::uint32_t instrument) noexcept {
    if (instrument >= used_.size() || used_[instrument]) return;
    used_[instrument] = true;
    ++count_;
  }
  void clear() noexcept {
    std::fill(used_.begin(), used_.end(), false);
    count_ = 0;
  }

  bool contains(std::uint32_t instrument) const noexcept { return instrument < used_.size() && used_[instrument]; }
  std::uint32_t count() const noexcept { return count_; }
  std::uint32_t known() const noexcept { return static_cast<std::uint32_t>(used_.size()); }

 private:
  std::vector<bool> used_;
  std::uint32_t count_ = 0;
};

/// Appends a range, unless it is empty.
inline void add_range(TokenId first, TokenId end, std::vector<IdRange>& ranges) {
  if (first >= end) return;
  if (!ranges.empty() && ranges.back().end == first) {
    ranges.back().end = end;
  } else {
    ranges.push_back({first, end});
  }
}

/// Appends the ids of the times from `from` to `to`, both included, as far as they are in the vocabulary: those of
/// events, or with `block` = vocabulary.control those of controls.
inline void add_times(Bins from, Bins to, TokenId block, const ArrivalVocabulary& vocabulary,
                      std::vector<IdRange>& ranges) {
  const std::int64_t first = std::max(from.count, std::int64_t{0});
  const std::int64_t last = std::min(to.count, std::int64_t{vocabulary.max_time} - 1);
  if (first > last) return;
  const TokenId zero = block + vocabulary.time;
  add_range(zero + static_cast<TokenId>(first), zero + static_cast<TokenId>(last) + 1, ranges);
}

/// Appends the ids of the durations of events, or with `block` = vocabulary.control of controls.
inline void add_durations(TokenId block, const ArrivalVocabulary& vocabulary, std::vector<IdRange>& ranges) {
  add_range(block + vocabulary.duration, block + vocabulary.note, ranges);
}

/// Appends the ids of notes in a block that begins with the lowest pitch of instrument 0: all, or where `limit`
/// instruments play already, those of these.
///
/// (anticipation/sample.py gives 15 as the limit, so that one track is left for drums, and counts rests as one more
/// instrument.)
inline void add_notes(const UsedInstruments& used, std::uint32_t limit, TokenId block, std::uint32_t pitches,
                      std::vector<IdRange>& ranges) {
  if (used.count() < limit) return add_range(block, block + used.known() * pitches, ranges);
  for (std::uint32_t i = 0; i < used.known(); ++i) {
    if (used.contains(i)) add_range(block + i * pitches, block + (i + 1) * pitches, ranges);
  }
}

}  // namespace aria::anticipation
