// The lazy tokenizer of EleutherAI's Aria: instrument prefix, then notes, durations and waits in milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/lazy_config.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>
#include <aria/tokenizer/lazy_config_json.hpp>
#include <aria/tokenizer/lazy_detokenize.hpp>
#include <aria/tokenizer/lazy_tokenize.hpp>
#include <aria/tokenizer/lazy_vocabulary.hpp>

namespace aria {

struct LazyOptions {
  Reading reading = Reading::standard;
  /// The token <D> stands 100 tokens before the end of a piece, give or take a number drawn from 0 to this.
  std::uint32_t diminish_jitter = 10;
  static constexpr std::uint32_t kMaxJitter = 49;
};

/// Turns a piece into the tokens of the original's TokenizerLazy (aria/tokenizer/tokenizer.py), and back:
///
///     composer, instruments in the order of the vocabulary, drum last      the prefix
///     <S>, then for every note in the order of their starts
///       [instrument, pitch, velocity], ["dur", ms]  or  ["drum", pitch]
///       ["wait", ms] until the next one, several where one does not suffice, none for 0
///     <D> about 100 tokens before the end of pieces that have more than 150, <E>
///
/// A note lasts as long as the pedal keeps it; velocities and times go to the nearest value of their grid. The reading
/// decides how durations are computed. Silence before the first note is left out.
///
///     const aria::LazyTokenizer tokenizer;
///     const std::vector<aria::TokenId> tokens = tokenizer.tokenize(aria::MidiDict::from_midi("piece.mid"));
///     const aria::MidiDict again = tokenizer.detokenize(tokens);
class LazyTokenizer {
 public:
  static constexpr bool kNotesHoldDurations = true;

  explicit LazyTokenizer(LazyOptions options = {}) : LazyTokenizer(LazyConfig::defaults(), options) {}

  /// Throws invalid_argument for a jitter above 49.
  explicit LazyTokenizer(LazyConfig config, LazyOptions options = {})
      : vocabulary_(std::make_shared<const LazyVocabulary>(std::move(config))), options_(options) {
    if (options.diminish_jitter > LazyOptions::kMaxJitter) {
      throw Error(ErrorCode::invalid_argument, "the jitter of <D> must be at most " +
                                                   std::to_string(LazyOptions::kMaxJitter) + ", and is " +
                                                   std::to_string(options.diminish_jitter));
    }
  }

  static constexpr std::string_view name() { return "lazy"; }
  std::string config_json() const { return to_json(vocabulary_->config()); }
  const LazyConfig& config() const noexcept { return vocabulary_->config(); }
  const Vocabulary& vocabulary() const noexcept { return vocabulary_->vocabulary(); }

  TokenRole role(TokenId token) const noexcept {
    switch (vocabulary_->view(token).kind) {
      case TokenKind::special:
        return TokenRole::special;
      case TokenKind::instrument:
      case TokenKind::composer:
        return TokenRole::prefix;
      case TokenKind::duration:
      case TokenKind::wait:
        return TokenRole::continuation;
      default:
        return TokenRole::event;
    }
  }

  /// Replaces the contents of `out`. The place of <D> is drawn from `random`. Throws empty_result where no note is
  /// left, too_large beyond 2^24 tokens, and in the reference reading invalid_midi where the original divides by zero.
  void tokenize(const MidiDict& piece, RandomStream random, std::vector<TokenId>& out) const {
    const std::uint32_t jitter = options_.diminish_jitter;
    tokenize_with(piece, kDiminishDistance + jitter - random.below(2 * jitter + 1), out);
  }

  /// The same without jitter.
  std::vector<TokenId> tokenize(const MidiDict& piece) const {
    std::vector<TokenId> out;
    tokenize_with(piece, kDiminishDistance, out);
    return out;
  }

  /// The music of any tokens, at 480 ticks a beat and 120 beats a minute. What makes no sense is left out and counted.
  MidiDict detokenize(std::span<const TokenId> tokens, SkippedTokens* skipped = nullptr) const {
    SkippedTokens nobody_asks;
    return detail::LazyReader(*vocabulary_, options_.reading, tokens, skipped != nullptr ? *skipped : nobody_asks)
        .read();
  }

  TokenView view(TokenId token) const noexcept { return vocabulary_->view(token); }
  TokenId find(const TokenView& view) const noexcept { return vocabulary_->find(view); }
  int velocity_step() const noexcept { return static_cast<int>(config().velocity_step); }
  int max_velocity() const noexcept { return static_cast<int>(127 / config().velocity_step * config().velocity_step); }
  std::int32_t time_step() const noexcept { return static_cast<std::int32_t>(config().time_step); }
  std::int32_t max_time() const noexcept { return static_cast<std::int32_t>(config().max_time()); }

 private:
  static constexpr std::uint32_t kDiminishDistance = 100, kDiminishFrom = 151;

  void tokenize_with(const MidiDict& piece, std::size_t diminish_distance, std::vector<TokenId>& out) const {
    detail::LazyWriter writer(*vocabulary_, piece, out);
    writer.write_prefix();
    out.push_back(LazyVocabulary::kStart);
    const std::size_t body = out.size();
    if (options_.reading == Reading::reference) {
      writer.write_body<detail::ReferenceClock>();
    } else {
      writer.write_body<detail::ExactClock>();
    }
    if (out.size() - body >= kDiminishFrom) {
      auto at = out.end() - static_cast<std::ptrdiff_t>(diminish_distance);
      if (vocabulary_->view(*at).kind == TokenKind::duration) --at;  // not between a note and its duration
      out.insert(at, LazyVocabulary::kDiminish);
    }
    out.push_back(LazyVocabulary::kEnd);
  }

  std::shared_ptr<const LazyVocabulary> vocabulary_;
  LazyOptions options_;
};

static_assert(NoteTokenizer<LazyTokenizer>);

}  // namespace aria
