// What aria-train says while it trains.
#pragma once

#include <cstdint>

#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/training/run_record.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/nn/training/trainer.hpp>

#include "../cli/progress_bar.hpp"

namespace train {

/// The bar, messages above it, and Ctrl-C, which makes a checkpoint; nothing is said where another process does.
aria::nn::TrainEvents events_on(cli::StatusLine& line, bool speaks);

/// What a record says on standard output.
void print_message(const std::string& message);

/// Project, settings, data and the size of the model.
void introduce(aria::nn::RunRecord& record, const aria::nn::RunState& state, const aria::nn::CausalTransformer& model,
               const torch::Device& device);

/// Where a run has no more steps than its warm-up.
void warn_of_short_run(aria::nn::RunRecord& record, const aria::nn::TrainSettings& settings, std::uint64_t total_steps);

/// Trains to the end or until the first Ctrl-C, and says where to look. Returns the exit status.
int train_and_tell(aria::nn::Trainer& trainer, cli::StatusLine& line);

}  // namespace train
