// Tokens of the lazy vocabulary -> a piece of music: part of LazyTokenizer.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/units.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/tokenizer/lazy_vocabulary.hpp>

namespace aria::detail {

// The music is written with these, as in the original.
inline constexpr int kMusicTicksPerBeat = 480;
inline constexpr std::uint64_t kMusicTempo = 500'000;

// Positions stay below kTickLimit with room for the longest duration of any configuration behind them. Nobody waits
// that long: it is 9,000 years.
inline constexpr Ticks kLastStart{kTickLimit - (1 << 24)};

// second2tick of mido 1.3.3, in doubles and in its order of operations.
inline Ticks detokenized_ticks(std::int64_t milliseconds) noexcept {
  const double seconds_per_tick = static_cast<double>(kMusicTempo) * 1e-6 / kMusicTicksPerBeat;
  return {static_cast<std::int64_t>(std::nearbyint(1e-3 * static_cast<double>(milliseconds) / seconds_per_tick))};
}

// Reads tokens of one piece, whatever they are.
class LazyReader {
 public:
  LazyReader(const LazyVocabulary& vocabulary, Reading reading, std::span<const TokenId> tokens, SkippedTokens& skipped)
      : vocabulary_(vocabulary), reading_(reading), tokens_(tokens), skipped_(skipped) {
    piece_.ticks_per_beat = kMusicTicksPerBeat;
    piece_.tempos = {{Ticks{0}, kMusicTempo}};
  }

  MidiDict read() {
    std::size_t i = read_prefix();
    if (piece_.instruments.empty()) piece_.instruments.emplace_back(Ticks{0}, 0U, 0U);
    // The original never takes the last token for an event.
    const std::size_t end = reading_ == Reading::reference && !tokens_.empty() ? tokens_.size() - 1 : tokens_.size();
    while (i < end) i += read_event(i);
    return std::move(piece_);
  }

 private:
  TokenView view(std::size_t i) const { return vocabulary_.view(tokens_[i]); }

  // Prefix and special tokens up to the first that is neither; returns where that stands.
  std::size_t read_prefix() {
    unsigned next_channel = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const TokenView token = view(i);
      if (token.kind == TokenKind::special) {
        count_special(tokens_[i]);
      } else if (token.kind == TokenKind::instrument) {
        read_instrument(token.sound, next_channel);
      } else if (token.kind != TokenKind::composer) {
        return i;
      }
    }
    return tokens_.size();
  }

  void read_instrument(std::uint8_t sound, unsigned& next_channel) {
    if (next_channel == kDrumChannel) ++next_channel;
    const bool ignored = sound != kDrums && vocabulary_.config().ignore[sound];  // piano; the original skips it
    if ((ignored && reading_ == Reading::reference) || channels_[sound] || (sound != kDrums && next_channel > 15)) {
      ++skipped_.misplaced;
    } else if (sound == kDrums) {
      channels_[kDrums] = kDrumChannel;
      piece_.instruments.emplace_back(Ticks{0}, kDrumChannel, 0U);
    } else {
      channels_[sound] = next_channel;
      piece_.instruments.emplace_back(Ticks{0}, next_channel, vocabulary_.config().programs[sound]);
      ++next_channel;
    }
  }

  // Reads the token at i, or two for a note, and returns how many.
  std::size_t read_event(std::size_t i) {
    const TokenView token = view(i);
    switch (token.kind) {
      case TokenKind::special:
        count_special(tokens_[i]);
        return 1;
      case TokenKind::wait:
        read_wait(token.value);
        return 1;
      case TokenKind::drum:
        add_note(token, Ticks{vocabulary_.config().time_step}, vocabulary_.config().drum_velocity);
        return 1;
      case TokenKind::note:
        if (i + 1 < tokens_.size() && view(i + 1).kind == TokenKind::duration) {
          add_note(token, detokenized_ticks(view(i + 1).value), token.velocity);
          return 2;
        }
        break;
      default:
        break;
    }
    ++skipped_.misplaced;
    return 1;
  }

  // The original rounds every token to ticks. Waits that follow each other are one silence: it is rounded once, so that
  // minutes of it do not get shorter each time that they become tokens and music again.
  void read_wait(std::int64_t milliseconds) {
    silence_ += milliseconds;
    if (reading_ == Reading::reference) pass_silence();
  }

  void pass_silence() {
    now_ = std::min(now_ + detokenized_ticks(silence_), kLastStart);
    silence_ = 0;
  }

  void add_note(const TokenView& token, Ticks length, unsigned velocity) {
    const std::optional<unsigned> channel = channels_[token.sound];
    if (!channel) {
      ++skipped_.misplaced;
    } else if (reading_ == Reading::standard && (length == Ticks{0} || velocity == 0)) {
      ++skipped_.silent;
    } else {
      pass_silence();
      piece_.notes.emplace_back(now_, now_ + length, token.pitch, velocity, *channel);
    }
  }

  void count_special(TokenId token) {
    const bool unknown = token == LazyVocabulary::kUnknown || token >= vocabulary_.vocabulary().token_count();
    skipped_.unknown += unknown ? 1 : 0;
  }

  const LazyVocabulary& vocabulary_;
  const Reading reading_;
  const std::span<const TokenId> tokens_;
  SkippedTokens& skipped_;
  MidiDict piece_;
  Ticks now_;
  std::int64_t silence_ = 0;  // milliseconds that have passed since
  std::array<std::optional<unsigned>, kSoundCount> channels_{};
};

}  // namespace aria::detail
