// The work of aria-sample.
#pragma once

#include "arguments.hpp"

namespace sample {

/// Continues the piece, writes what came of it, and returns the exit status. Throws as MidiDict::from_midi, checkpoints
/// and Generation do.
int run(const Arguments& arguments);

}  // namespace sample
