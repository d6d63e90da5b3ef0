// Continuing sequences with a language model, without libtorch.
//
//   language_model               what is asked of a model
//   nucleus                      temperature and top-p
//   generation                   the loop
#pragma once

#include <aria/sampling/generation.hpp>
#include <aria/sampling/language_model.hpp>
#include <aria/sampling/nucleus.hpp>
