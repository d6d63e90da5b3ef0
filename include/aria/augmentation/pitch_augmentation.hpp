// Transposition of a sequence by a random number of semitones.
#pragma once

#include <vector>

#include <aria/augmentation/step_tables.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// Moves all notes by the same number of semitones, drawn evenly from -range to range: export_pitch_aug of the
/// original's TokenizerLazy (aria/tokenizer/tokenizer.py). A note that falls off the keyboard, or for which the
/// vocabulary has no token, becomes the unknown token; its duration stays behind it. Drums stay.
///
///     const aria::PitchAugmentation augment(tokenizer, 5);
///     aria::RandomStream random(seed, epoch, index);
///     augment(tokens, random);
///
/// Several threads may use one. It keeps nothing of the tokenizer but tables.
class PitchAugmentation {
 public:
  /// `range` is in semitones, 0 to 127. Throws invalid_argument.
  template <CheckedTypedTokenizer T>
  PitchAugmentation(const T& tokenizer, int range)
      : tables_("the range of pitches", range, tokenizer.vocabulary().token_count(),
                [&](TokenId token, int semitones) { return moved(tokenizer, token, semitones); }) {}

  /// Changes the tokens in place; their number stays.
  template <RandomSource Random>
  void operator()(std::vector<TokenId>& tokens, Random& random) const {
    tables_.apply(tokens, random);
  }

 private:
  template <TypedTokenizer T>
  static TokenId moved(const T& tokenizer, TokenId token, int semitones) {
    TokenView view = tokenizer.view(token);
    if (semitones == 0 || (view.kind != TokenKind::note && view.kind != TokenKind::note_off)) return token;
    const int pitch = view.pitch + semitones;
    if (pitch < 0 || pitch > 127) return tokenizer.vocabulary().unknown();
    view.pitch = static_cast<std::uint8_t>(pitch);
    return tokenizer.find(view);
  }

  detail::StepTables tables_;
};

}  // namespace aria
