// The processes of a run: started by aria-train itself, or by torchrun, mpirun or Slurm.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <aria/nn/distributed/process_group.hpp>

#include "arguments.hpp"

namespace train {

/// What each process does; returns its exit status.
using Work = std::function<int(const std::shared_ptr<aria::nn::ProcessGroup>& group)>;

/// Does the work as one of the processes that a launcher has started, alone where there was none; or, with --nproc,
/// starts that many of this program with the same words and waits for them. Returns the exit status. Throws UsageError,
/// and what the work throws where it is alone.
int in_processes(const RunOptions& options, const std::string& command, const std::vector<std::string>& words,
                 const Work& work);

}  // namespace train
