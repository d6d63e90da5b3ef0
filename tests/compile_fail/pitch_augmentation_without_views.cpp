#include <aria/augmentation/pitch_augmentation.hpp>

#include "support/smallest_tokenizer.hpp"

void augment() {
#ifdef BAD_LINE
  aria::PitchAugmentation(test::SmallestTokenizer(), 5);
#endif
  aria::PitchAugmentation(test::SmallestTypedTokenizer(), 5);
}
