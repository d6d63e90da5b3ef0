// What the command lines of aria-train say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aria/dataset/lakh_options.hpp>
#include <aria/nn/training/settings.hpp>

namespace train {

/// What does not change the result, and so may differ when a run goes on. What was not said is as before.
struct RunOptions {
  std::optional<std::uint64_t> workers, steps_per_checkpoint, keep;
  std::optional<std::uint64_t> threads;
  std::optional<std::string> device;
  std::uint64_t processes = 1;      ///< to be started on this machine
  std::uint64_t rank_timeout = 30;  ///< seconds
  std::optional<bool> stop_if_disk_is_full;
  std::optional<aria::LakhEncoding> encoding;
};

/// pretrain and finetune.
struct NewRun {
  aria::nn::TrainSettings settings;
  std::optional<double> warmup_share;             ///< of all steps, where --warmup was not said
  std::optional<std::uint64_t> sequences_a_step;  ///< of all processes, where --accumulate was not said
  std::string checkpoint;                         ///< where finetune begins
  std::string train, validation;
  std::string project;
  RunOptions options;
};

/// resume. What is empty was not said, and is as in the checkpoint.
struct ResumedRun {
  std::string checkpoint;
  std::optional<std::uint64_t> epochs, steps, step, batch_size;
  std::string model, mode, train, validation, project;
  RunOptions options;
};

/// Reads the words behind a command; nothing where they ask for help, which is printed. Throws UsageError, or as
/// ModelPreset::find does.
std::optional<NewRun> read_new_run(const std::string& mode, const std::vector<std::string>& words);
std::optional<ResumedRun> read_resumed_run(const std::vector<std::string>& words);

}  // namespace train
