// The work of aria-generate.
#pragma once

#include "arguments.hpp"

namespace generate {

/// Makes the music, writes it and returns the exit status. Throws what models, MIDI files and generations throw.
int run(const Arguments& arguments);

}  // namespace generate
