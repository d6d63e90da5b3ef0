#include <aria/augmentation/chord_mixup.hpp>
#include <aria/augmentation/pitch_augmentation.hpp>

#include "tokenizers/performance_tokenizer.hpp"

void augment(const PerformanceTokenizer& tokenizer) {
#ifdef BAD_LINE
  aria::ChordMixup mixup(tokenizer);
#endif
  aria::PitchAugmentation transposition(tokenizer, 5);
}
