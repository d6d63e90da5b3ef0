// Augmentation: sequences of tokens changed at random, for training. All of them work on any tokenizer whose tokens
// have a typed view.
//
//   pitch_augmentation           transposes
//   velocity_augmentation        louder and softer
//   tempo_augmentation           faster and slower
//   chord_mixup                  notes that start together in another order
//   composition                  several in order; default_augmentations: those that the original trains with
//   step_tables, time_grid, chord_grammar: their parts
#pragma once

#include <aria/augmentation/chord_grammar.hpp>
#include <aria/augmentation/chord_mixup.hpp>
#include <aria/augmentation/composition.hpp>
#include <aria/augmentation/default_augmentations.hpp>
#include <aria/augmentation/pitch_augmentation.hpp>
#include <aria/augmentation/step_tables.hpp>
#include <aria/augmentation/tempo_augmentation.hpp>
#include <aria/augmentation/time_grid.hpp>
#include <aria/augmentation/velocity_augmentation.hpp>
#include <aria/token.hpp>
