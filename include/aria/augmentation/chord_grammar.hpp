// Which tokens of a sequence are a chord whose notes may change places.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria::detail {

// What a token is in a chord.
enum class ChordPart : std::uint8_t {
  note,
  drum,
  duration,
  foreign,  // nobody knows which notes it belongs to, so that the chord stays as it is
  wait,     // ends a chord
  reset,    // ends one that is not to be touched
};

// By token; the one behind the last token is for numbers that are none.
struct ChordParts {
  const ChordPart* data = nullptr;
  std::size_t last = 0;

  ChordPart operator[](TokenId token) const noexcept { return data[std::min<std::size_t>(token, last)]; }
};

// What was read since the last wait or reset. The value is where the state stands in a word of kChordTransitions. Only
// `ended` has bit 5.
enum class ChordState : std::uint8_t {
  nothing = 0,
  half = 6,        // a note without its duration
  one = 12,        // one note with its duration, or a drum
  next_half = 18,  // a further note without its duration
  many = 24,       // at least two
  spoilt = 30,     // no chord
  ended = 36,      // `nothing`, and the wait behind a chord was just read
};

constexpr std::uint64_t chord_transitions(ChordState nothing, ChordState half, ChordState one, ChordState next_half,
                                          ChordState many, ChordState spoilt) noexcept {
  std::uint64_t word = 0;
  const auto put = [&word](ChordState from, ChordState to) {
    word |= static_cast<std::uint64_t>(to) << static_cast<unsigned>(from);
  };
  put(ChordState::nothing, nothing);
  put(ChordState::half, half);
  put(ChordState::one, one);
  put(ChordState::next_half, next_half);
  put(ChordState::many, many);
  put(ChordState::spoilt, spoilt);
  put(ChordState::ended, nothing);
  return word;
}

// By part: the state after it stands at the state before it, in 6 bits.
inline constexpr auto kChordTransitions = [] {
  using enum ChordState;
  return std::array{
      // nothing half    one        next_half many       spoilt
      chord_transitions(half, spoilt, next_half, spoilt, next_half, spoilt),    // note
      chord_transitions(one, spoilt, many, spoilt, many, spoilt),               // drum
      chord_transitions(spoilt, one, spoilt, many, spoilt, spoilt),             // duration
      chord_transitions(spoilt, spoilt, spoilt, spoilt, spoilt, spoilt),        // foreign
      chord_transitions(nothing, nothing, nothing, nothing, ended, nothing),    // wait
      chord_transitions(nothing, nothing, nothing, nothing, nothing, nothing),  // reset
  };
}();

// A chord is what lies between the last wait, prefix or special token and the next wait: notes with a duration behind
// each, and drums without. The unknown token counts as a note: it may be one that fell off the keyboard.
class ChordGrammar {
 public:
  template <Tokenizer T>
  explicit ChordGrammar(const T& tokenizer) {
    static_assert(CheckedNoteTokenizer<T>);
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    // The last one is for numbers that are no tokens.
    std::vector<ChordPart> parts(vocabulary.token_count() + 1, ChordPart::reset);
    for (std::size_t i = 0; i < vocabulary.token_count(); ++i) {
      const auto token = static_cast<TokenId>(i);
      parts[i] = token == vocabulary.unknown() ? ChordPart::note : part_of(tokenizer.view(token).kind);
    }
    parts_ = std::make_shared<const std::vector<ChordPart>>(std::move(parts));
  }

  ChordParts parts() const noexcept { return {parts_->data(), parts_->size() - 1}; }

  // Writes the places of the waits behind chords of two notes and more to `ends`, which has room for tokens.size() / 3
  // + 1 of them, and returns how many there are. Without a branch, as no processor foresees where chords end.
  std::size_t find_chords(const std::vector<TokenId>& tokens, std::size_t* ends) const noexcept {
    const ChordParts parts = this->parts();
    const std::size_t size = tokens.size();
    std::size_t count = 0;
    std::uint64_t state = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const ChordPart part = parts[tokens[i]];
      state = kChordTransitions[static_cast<std::size_t>(part)] >> (state & 63);
      ends[count] = i;
      count += state >> 5 & 1;
    }
    return count;
  }

 private:
  static ChordPart part_of(TokenKind kind) noexcept {
    switch (kind) {
      case TokenKind::note:
        return ChordPart::note;
      case TokenKind::drum:
        return ChordPart::drum;
      case TokenKind::duration:
        return ChordPart::duration;
      case TokenKind::wait:
        return ChordPart::wait;
      case TokenKind::note_off:
      case TokenKind::velocity:
        return ChordPart::foreign;
      default:
        return ChordPart::reset;
    }
  }

  std::shared_ptr<const std::vector<ChordPart>> parts_;
};

}  // namespace aria::detail
