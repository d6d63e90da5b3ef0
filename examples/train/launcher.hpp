// Several processes of this program on one machine, without any other launcher.
#pragma once

#include <string>
#include <vector>

#include "arguments.hpp"

namespace train {

/// Starts options.processes of them with these words, has them find each other, and waits for their end; Ctrl-C and the
/// signals of schedulers go on to them. Where one ends badly the others are told, and killed if they do not end.
/// Returns 0, or the exit status of the first that ended badly.
int launch(const RunOptions& options, const std::string& command, const std::vector<std::string>& words);

/// Whether this process was started so; then it is asked to stop where its launcher ends before it.
bool stay_with_launcher();

}  // namespace train
