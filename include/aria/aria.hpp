// aria: everything that needs no libtorch, in the order of the data. Read this first.
//
//   bytes -> midi/ -> tokenizer/ or anticipation/ -> dataset/ -> files for training -> augmentation/ -> a training loop
//                  -> drawing/ -> SVG
//   a trained model -> sampling/ -> tokens
//
// token/ says what a tokenizer is, for those who write one. support/ and config/ lie below: files, errors, threads,
// hashes, random numbers; config.json.
#pragma once

#include <aria/midi.hpp>

#include <aria/token.hpp>

#include <aria/tokenizer.hpp>

#include <aria/anticipation.hpp>

#include <aria/dataset.hpp>

#include <aria/augmentation.hpp>

#include <aria/drawing.hpp>

#include <aria/sampling.hpp>
