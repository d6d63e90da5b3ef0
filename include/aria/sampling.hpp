// Continuing sequences with a language model, without libtorch.
//
//   language_model               what is asked of a model
//   nucleus                      temperature and top-p
//   generation                   the loop
//   continuation                 from a piece to a prompt, and from tokens to a piece
//
// and for models of events, those of the Anticipatory Music Transformer:
//
//   event_generation             new events around given ones: continue, accompany, infill
//   event_request event_start    what is asked for, and what that begins with
//   event_masks event_window     which tokens may come next; what the model sees of a piece
//   prefix_context               logits of sequences that are mostly those of before
#pragma once

#include <aria/sampling/continuation.hpp>
#include <aria/sampling/event_generation.hpp>
#include <aria/sampling/event_masks.hpp>
#include <aria/sampling/event_request.hpp>
#include <aria/sampling/event_start.hpp>
#include <aria/sampling/event_window.hpp>
#include <aria/sampling/generation.hpp>
#include <aria/sampling/language_model.hpp>
#include <aria/sampling/nucleus.hpp>
#include <aria/sampling/prefix_context.hpp>
