// The runs of aria-train.
#pragma once

#include <memory>

#include <aria/nn/distributed/process_group.hpp>

#include "arguments.hpp"

namespace train {

/// Trains, as one of these processes, and returns the exit status. Throws what data sets, checkpoints and the Trainer
/// throw.
int run(const NewRun& arguments, const std::shared_ptr<aria::nn::ProcessGroup>& group);
int run(const ResumedRun& arguments, const std::shared_ptr<aria::nn::ProcessGroup>& group);

}  // namespace train
