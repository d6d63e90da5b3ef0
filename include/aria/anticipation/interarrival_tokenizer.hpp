// The interarrival-time encoding as a tokenizer, for whatever takes one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/encoding_vocabulary.hpp>
#include <aria/anticipation/instrument_tracks.hpp>
#include <aria/anticipation/midi_dict.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria::anticipation {

namespace detail {

// Plays any ids, as far as they make sense.
class InterarrivalPlayer {
 public:
  InterarrivalPlayer(const InterarrivalVocabulary& vocabulary, SkippedTokens& skipped)
      : vocabulary_(vocabulary), skipped_(skipped) {}

  std::vector<CompoundEvent> play(std::span<const TokenId> tokens) {
    for (const TokenId token : tokens) take(token);
    stop_all();
    return std::move(notes_);
  }

 private:
  void take(TokenId token) {
    if (token == vocabulary_.separator) {
      stop_all();
    } else if (token > vocabulary_.separator) {
      skipped_.unknown += token > vocabulary_.size ? 1 : 0;
    } else if (token < vocabulary_.note_on) {
      now_ = now_ + Bins{token};
    } else if (token < vocabulary_.note_off) {
      start(token - vocabulary_.note_on);
    } else {
      stop(token - vocabulary_.note_off);
    }
  }

  void start(std::uint32_t note) {
    open_[note].push_back(notes_.size());
    notes_.push_back({now_, kUnknownDuration, static_cast<std::uint8_t>(note % vocabulary_.pitches),
                      static_cast<std::uint8_t>(note / vocabulary_.pitches), kInterarrivalVelocity});
  }

  // What still sounds at the end of a piece ends with it.
  void stop_all() {
    for (const auto& [note, sounding] : open_) {
      for (const std::size_t index : sounding) notes_[index].duration = now_ - notes_[index].time;
    }
    open_.clear();
  }

  // Ends the oldest one.
  void stop(std::uint32_t note) {
    std::deque<std::size_t>& sounding = open_[note];
    if (sounding.empty()) {
      ++skipped_.misplaced;
      return;
    }
    CompoundEvent& first = notes_[sounding.front()];
    first.duration = now_ - first.time;
    sounding.pop_front();
  }

  const InterarrivalVocabulary& vocabulary_;
  SkippedTokens& skipped_;
  std::unordered_map<std::uint32_t, std::deque<std::size_t>> open_;
  std::vector<CompoundEvent> notes_;
  Bins now_{0};
};

}  // namespace detail

/// A Tokenizer of the interarrival-time encoding: a separator, then a note-on or a note-off each, with the time since
/// the one before it in front where that is above 0. Where both fall together, note-offs come first. Padding stands
/// outside of the vocabulary.
///
///     const aria::anticipation::InterarrivalTokenizer tokenizer;
class InterarrivalTokenizer {
 public:
  /// Throws invalid_argument as `check` does.
  explicit InterarrivalTokenizer(const Settings& settings = {})
      : settings_(checked(settings)),
        ids_(settings),
        vocabulary_(settings == Settings{} ? published() : numbered_vocabulary(ids_.size)) {}

  static constexpr std::string_view name() { return "interarrival"; }
  std::string config_json() const { return settings_json(settings_); }
  const Vocabulary& vocabulary() const noexcept { return *vocabulary_; }
  const InterarrivalVocabulary& ids() const noexcept { return ids_; }
  const Settings& settings() const noexcept { return settings_; }

  /// A window may begin where a note does. What ends notes and what passes time belongs to the music before it.
  TokenRole role(TokenId token) const noexcept {
    if (token >= ids_.separator) return TokenRole::special;
    return token >= ids_.note_on && token < ids_.note_off ? TokenRole::event : TokenRole::continuation;
  }

  /// Replaces the contents of `out`. Nothing is drawn. Times above the largest one are cut. Throws empty_result where
  /// the piece has no notes.
  void tokenize(const MidiDict& piece, RandomStream /*random*/, std::vector<TokenId>& out) const {
    std::vector<CompoundEvent> notes;
    compound_from(piece, notes, settings_);
    if (notes.empty()) throw Error(ErrorCode::empty_result, "has no notes");
    out.assign({ids_.separator});
    std::int64_t now = 0;
    for (const detail::NoteEdge& edge : edges(notes)) {
      const CompoundEvent& note = notes[edge.note];
      const std::int64_t passed = std::min<std::int64_t>(edge.time - now, ids_.max_interarrival - 1);
      if (passed > 0) out.push_back(static_cast<TokenId>(passed));
      now = edge.time;
      out.push_back((edge.is_end ? ids_.note_off : ids_.note_on) + ids_.pitches * note.instrument + note.pitch);
    }
  }

  /// The music of any tokens, at a tick a bin. What makes no sense is left out and counted; notes that never end do so
  /// with the music.
  MidiDict detokenize(std::span<const TokenId> tokens, SkippedTokens* skipped = nullptr) const {
    return to_midi_dict(notes(tokens, skipped), settings_);
  }

  /// The same as compound events, in the order of their onsets.
  std::vector<CompoundEvent> notes(std::span<const TokenId> tokens, SkippedTokens* skipped = nullptr) const {
    SkippedTokens nobody_asks;
    return detail::InterarrivalPlayer(ids_, skipped != nullptr ? *skipped : nobody_asks).play(tokens);
  }

 private:
  // In the order of time, ends before starts; but a note of length 0 ends behind its start.
  std::vector<detail::NoteEdge> edges(std::span<const CompoundEvent> notes) const {
    auto all = detail::note_edges(notes, Reading::standard, settings_);
    std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
      const auto rank = [&](const detail::NoteEdge& edge) {
        return edge.is_end ? (notes[edge.note].duration.count == 0 ? 2 : 0) : 1;
      };
      return std::tuple(a.time, rank(a)) < std::tuple(b.time, rank(b));
    });
    return all;
  }

  // Made once.
  static std::shared_ptr<const Vocabulary> published() {
    static const std::shared_ptr<const Vocabulary> vocabulary = numbered_vocabulary(kInterarrival.size);
    return vocabulary;
  }

  Settings settings_;
  InterarrivalVocabulary ids_;
  std::shared_ptr<const Vocabulary> vocabulary_;
};

static_assert(Tokenizer<InterarrivalTokenizer>);

}  // namespace aria::anticipation
