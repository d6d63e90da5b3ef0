// Continuing sequences with a language model, without libtorch.
//
//   language_model               what is asked of a model
//   nucleus                      temperature and top-p
//   generation                   the loop
//   continuation                 from a piece to a prompt, and from tokens to a piece
#pragma once

#include <aria/sampling/continuation.hpp>
#include <aria/sampling/generation.hpp>
#include <aria/sampling/language_model.hpp>
#include <aria/sampling/nucleus.hpp>
