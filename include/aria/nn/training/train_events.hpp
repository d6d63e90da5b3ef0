// What a training run tells those who watch it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <aria/nn/training/run_state.hpp>

namespace aria::nn {

/// Where a run is, for those who watch it.
struct TrainProgress {
  RunPosition done;  ///< `step` is the one just made
  std::uint64_t epochs = 0;
  std::uint64_t steps_per_epoch = 0;
  std::uint64_t total_steps = 0;  ///< of the whole run
  double rate = 0;                ///< learning rate of that step
  double loss = 0;
  double trailing_loss = 0;
  double tokens_per_second = 0;
  double seconds_left = 0;  ///< of the whole run, validation not counted
};

/// How a run tells what it does. All of them may be empty.
struct TrainEvents {
  std::function<void(const TrainProgress&)> on_step{};
  std::function<void(std::uint64_t done, std::uint64_t total)> on_validation{};
  std::function<void(const std::string&)> on_message{};  ///< what also goes to logs.txt, but for the steps
  std::function<bool()> should_stop{};  ///< asked after every step: a checkpoint is written, and the run ends
};

}  // namespace aria::nn
