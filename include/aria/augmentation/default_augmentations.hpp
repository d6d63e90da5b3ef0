// The augmentations that the original trains with.
#pragma once

#include <aria/augmentation/chord_mixup.hpp>
#include <aria/augmentation/composition.hpp>
#include <aria/augmentation/pitch_augmentation.hpp>
#include <aria/augmentation/tempo_augmentation.hpp>
#include <aria/augmentation/velocity_augmentation.hpp>
#include <aria/midi/reading.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// Chord mix-up, velocities within 1 step, pitches within 5 semitones and tempos within 20 percent, in this order, as
/// far as the tokens allow: chord mix-up is left out where durations do not stand behind their notes.
///
///     data.set_transform(aria::default_augmentations(tokenizer));
template <CheckedTypedTokenizer T>
auto default_augmentations(const T& tokenizer, Reading reading = Reading::standard) {
  const VelocityAugmentation velocity(tokenizer, 1);
  const PitchAugmentation pitch(tokenizer, 5);
  const TempoAugmentation tempo(tokenizer, 0.2, reading);
  if constexpr (NoteTokenizer<T>) {
    return compose(ChordMixup(tokenizer), velocity, pitch, tempo);
  } else {
    return compose(velocity, pitch, tempo);
  }
}

}  // namespace aria
