// The runs of aria-train.
#pragma once

#include "arguments.hpp"

namespace train {

/// Trains, and returns the exit status. Throws what data sets, checkpoints and the Trainer throw.
int run(const NewRun& arguments);
int run(const ResumedRun& arguments);

}  // namespace train
