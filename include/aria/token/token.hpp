// What a token is: an integer id, the part it plays in a sequence, and for tokens with a musical meaning a typed view.
#pragma once

#include <cstddef>
#include <cstdint>

#include <aria/config/instrument.hpp>

namespace aria {

/// A token: its number in the vocabulary of a tokenizer. Numbers from the size of the vocabulary on are tokens that a
/// tokenizer may write although no model knows them; Vocabulary::encode turns these into the unknown token.
using TokenId = std::uint32_t;

/// The part that a token plays when sequences are cut into windows.
enum class TokenRole : std::uint8_t {
  special,       ///< start, end, padding, unknown and the like
  prefix,        ///< stands before the music and is repeated in every window
  event,         ///< a window may begin with it
  continuation,  ///< belongs to what stands before it, as a duration to its note: a window does not begin with it
};

/// What a token says.
enum class TokenKind : std::uint8_t {
  special,
  instrument,  ///< prefix: `sound` plays
  composer,    ///< prefix: the music is by number `value`
  note,        ///< starts a note: `sound`, `pitch`, `velocity`
  note_off,    ///< ends a note: `pitch`
  drum,        ///< a stroke: `pitch`
  velocity,    ///< of the notes that follow: `velocity`
  duration,    ///< of the note before it: `value` milliseconds
  wait,        ///< nothing starts for `value` milliseconds
};

inline constexpr std::size_t kTokenKindCount = 9;

/// The typed view of a token. What its kind has no use for is 0.
struct TokenView {
  TokenKind kind = TokenKind::special;
  std::uint8_t sound = 0;     ///< an Instrument, or kDrums
  std::uint8_t pitch = 0;     ///< 0 to 127
  std::uint8_t velocity = 0;  ///< 0 to 127
  std::int32_t value = 0;     ///< milliseconds, or a number

  friend bool operator==(const TokenView&, const TokenView&) = default;
};

}  // namespace aria
