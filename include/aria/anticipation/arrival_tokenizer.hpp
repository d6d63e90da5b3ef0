// The arrival-time encoding as a tokenizer, for whatever takes one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/encoding_vocabulary.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/midi_dict.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/times.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria::anticipation {

namespace detail {

// Takes any ids apart into notes, as far as they make sense.
class ArrivalReader {
 public:
  ArrivalReader(const ArrivalVocabulary& vocabulary, SkippedTokens& skipped)
      : vocabulary_(vocabulary), skipped_(skipped) {}

  std::vector<CompoundEvent> read(std::span<const TokenId> tokens) {
    for (std::size_t i = 0; i < tokens.size();) {
      i += take(tokens.subspan(i));
    }
    return std::move(notes_);
  }

 private:
  // Returns how many tokens it was.
  std::size_t take(std::span<const TokenId> tokens) {
    const TokenId first = tokens[0];
    if (first >= vocabulary_.separator) return take_special(first);
    const TokenId block = first >= vocabulary_.control ? vocabulary_.control : 0;
    const bool is_event = tokens.size() >= 3 && is_time(first, block) && is_duration(tokens[1], block);
    if (is_event && block == 0 && tokens[2] == vocabulary_.rest) return 3;
    if (!is_event || !is_note(tokens[2], block)) {
      ++skipped_.misplaced;
      return 1;
    }
    CompoundEvent note = event_to_compound(tokens.data(), 0, vocabulary_);
    note.time = {offset_.place(note.time.count, note.duration.count)};
    notes_.push_back(note);
    return 3;
  }

  std::size_t take_special(TokenId token) {
    if (token > vocabulary_.size) ++skipped_.unknown;
    // Several separators are as one. What else there is is a flag or padding.
    if (token == vocabulary_.separator) offset_.next_piece();
    return 1;
  }

  bool is_time(TokenId token, TokenId block) const { return token - block < vocabulary_.max_time; }
  bool is_duration(TokenId token, TokenId block) const {
    return token - block - vocabulary_.duration < vocabulary_.max_duration;
  }
  bool is_note(TokenId token, TokenId block) const {
    return token - block - vocabulary_.note < vocabulary_.rest - vocabulary_.note;
  }

  const ArrivalVocabulary& vocabulary_;
  SkippedTokens& skipped_;
  std::vector<CompoundEvent> notes_;
  PieceOffset offset_;
};

}  // namespace detail

/// A Tokenizer of the arrival-time encoding:
///
///     autoregress, three separators, then time, duration, note for every note in the order of onsets, with rests
///
/// without controls; the recipe of the Lakh dataset adds these, see control_choice.hpp. Where a piece lasts longer than
/// times reach (100 s), three separators begin a new count from 0; on the way back, what stands behind separators
/// begins where the last note before them ends, as in the original. Windows of data sets have times from their first
/// event on. Lengths of windows are best 1 + 3 n. Padding stands outside of the vocabulary.
///
///     const aria::anticipation::ArrivalTokenizer tokenizer;
///     aria::build_tokenized_dataset(tokenizer, "music.jsonl", "train.jsonl", {.windows = {1024, 1023}});
class ArrivalTokenizer {
 public:
  /// Throws invalid_argument as `check` does.
  explicit ArrivalTokenizer(const Settings& settings = {})
      : settings_(checked(settings)),
        ids_(settings),
        vocabulary_(settings == Settings{} ? published() : numbered_vocabulary(ids_.size)) {}

  static constexpr std::string_view name() { return "arrival"; }

  /// Tokens of an event: time, duration, note.
  static constexpr std::size_t event_size() noexcept { return 3; }
  std::string config_json() const { return settings_json(settings_); }
  const Vocabulary& vocabulary() const noexcept { return *vocabulary_; }
  const ArrivalVocabulary& ids() const noexcept { return ids_; }
  const Settings& settings() const noexcept { return settings_; }

  /// A window may begin with an event or a control. The flag stands before all of them.
  TokenRole role(TokenId token) const noexcept {
    if (token == ids_.autoregress || token == ids_.anticipate) return TokenRole::prefix;
    if (token >= ids_.size) return TokenRole::special;
    if (token >= ids_.separator) return TokenRole::continuation;
    const TokenId in_block = token >= ids_.control ? token - ids_.control : token;
    return in_block < ids_.max_time ? TokenRole::event : TokenRole::continuation;
  }

  /// Replaces the contents of `out`. Nothing is drawn. Throws empty_result where the piece has no notes, and too_large
  /// where it lasts longer than a day.
  void tokenize(const MidiDict& piece, RandomStream /*random*/, std::vector<TokenId>& out) const {
    std::vector<CompoundEvent> notes;
    compound_from(piece, notes, settings_);
    if (notes.empty()) throw Error(ErrorCode::empty_result, "has no notes");
    constexpr std::int64_t kSecondsOfDay = 86'400;
    if (notes.back().time.count > kSecondsOfDay * settings_.time_resolution) {
      throw Error(ErrorCode::too_large, "lasts longer than a day");
    }
    std::vector<TokenId> events, padded;
    compound_to_events(notes, events, settings_);
    pad(events, padded, {}, Bins{settings_.time_resolution}, ids_);
    out.assign({ids_.autoregress, ids_.separator, ids_.separator, ids_.separator});
    TokenId begin = 0;
    for (std::size_t i = 0; i < padded.size(); i += 3) {
      if (padded[i] - begin >= ids_.max_time) {
        begin = padded[i];
        out.insert(out.end(), 3, ids_.separator);
        if (padded[i + 2] == ids_.rest) continue;  // nothing before it, from which it could be a second away
      }
      out.insert(out.end(), {padded[i] - begin, padded[i + 1], padded[i + 2]});
    }
  }

  /// The music of any tokens, controls included, at a tick a bin. What makes no sense is left out and counted.
  MidiDict detokenize(std::span<const TokenId> tokens, SkippedTokens* skipped = nullptr) const {
    return to_midi_dict(notes(tokens, skipped), settings_);
  }

  /// The same as compound events, in the order of the tokens.
  std::vector<CompoundEvent> notes(std::span<const TokenId> tokens, SkippedTokens* skipped = nullptr) const {
    SkippedTokens nobody_asks;
    return detail::ArrivalReader(ids_, skipped != nullptr ? *skipped : nobody_asks).read(tokens);
  }

  /// Makes times count from the first event of a window on.
  void rebase(std::span<TokenId> window) const noexcept {
    TokenId first = ids_.max_time;
    each_event_of_first_piece(window, [&](TokenId& time, TokenId block) { first = std::min(first, time - block); });
    each_event_of_first_piece(window, [&](TokenId& time, TokenId) { time -= first; });
  }

 private:
  // Times up to the first separator; whatever is no time where one should stand ends it, too. The last event may be cut
  // off.
  template <class Use>
  void each_event_of_first_piece(std::span<TokenId> window, Use use) const {
    std::size_t i = 0;
    while (i < window.size() && role(window[i]) == TokenRole::prefix) ++i;
    for (; i < window.size() && window[i] < ids_.separator; i += 3) {
      const TokenId block = window[i] >= ids_.control ? ids_.control : 0;
      if (window[i] - block >= ids_.max_time) return;
      use(window[i], block);
    }
  }

  // 55,029 texts, made once.
  static std::shared_ptr<const Vocabulary> published() {
    static const std::shared_ptr<const Vocabulary> vocabulary = numbered_vocabulary(kArrival.size);
    return vocabulary;
  }

  Settings settings_;
  ArrivalVocabulary ids_;
  std::shared_ptr<const Vocabulary> vocabulary_;
};

static_assert(Tokenizer<ArrivalTokenizer>);

}  // namespace aria::anticipation
