// The progress bar and the messages of aria-train.
#include "progress.hpp"

#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>

#include <aria/nn/precision.hpp>
#include <aria/nn/training/train_report.hpp>

#include "../cli/program.hpp"

namespace train {

using namespace aria::nn;

namespace {

// The first Ctrl-C, or the signal with which a scheduler ends a job, asks for a checkpoint; the second one ends at
// once.
volatile std::sig_atomic_t stop_requested = 0;
volatile std::time_t stop_time = 0;
void request_stop(int signal) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  // Who signals a whole group of processes reaches each of them twice, by its launcher, too: that is one signal.
  const bool is_second = stop_requested != 0 && now.tv_sec > stop_time + 1;
  if (stop_requested == 0) stop_time = now.tv_sec;
  stop_requested = 1;
  if (!is_second) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string bar_text(const TrainProgress& progress) {
  const double share = static_cast<double>(progress.done.total_steps + 1) / static_cast<double>(progress.total_steps);
  char text[240];
  std::snprintf(
      text, sizeof text,
      "%s %3.0f%%  epoch %llu/%llu  step %llu/%llu  lr=%.2e  loss=%.4f  trailing=%.4f  %s tokens/s  %s left",
      cli::bar_of(share, 20).c_str(), 100 * share, static_cast<unsigned long long>(progress.done.epoch),
      static_cast<unsigned long long>(progress.epochs), static_cast<unsigned long long>(progress.done.step + 1),
      static_cast<unsigned long long>(progress.steps_per_epoch), progress.rate, progress.loss, progress.trailing_loss,
      aria::short_number(progress.tokens_per_second).c_str(), cli::clock_text(progress.seconds_left).c_str());
  return text;
}

}  // namespace

TrainEvents events_on(cli::StatusLine& line, bool speaks) {
  TrainEvents events;
  events.should_stop = [] { return stop_requested != 0; };
  if (!speaks) return events;
  events.on_step = [&line](const TrainProgress& progress) { line.show([&] { return bar_text(progress); }); };
  events.on_validation = [&line](std::uint64_t done, std::uint64_t total) {
    line.show([&] {
      const double share = static_cast<double>(done) / static_cast<double>(total);
      return cli::bar_of(share, 20) + "  validation " + std::to_string(done) + '/' + std::to_string(total);
    });
  };
  events.on_message = [&line](const std::string& message) {
    line.wipe();
    print_message(message);
  };
  return events;
}

void print_message(const std::string& message) { std::cout << cli::printable(message) << std::endl; }

void introduce(RunRecord& record, const RunState& state, const CausalTransformer& model, const torch::Device& device) {
  const TrainSettings& s = state.settings;
  record.say("Using project directory " + record.path());
  record.say("Using training config: model_name=" + s.model_name +
             (s.steps != 0 ? ", steps=" + std::to_string(s.steps) : ", epochs=" + std::to_string(s.epochs)) +
             ", recipe=" + std::string(name_of(s.recipe)) + ", batch_size=" + std::to_string(s.batch_size) +
             ", accumulate=" + std::to_string(s.accumulate) + ", precision=" + std::string(name_of(s.precision)) +
             ", device=" + s.device + ", threads=" + std::to_string(s.threads) +
             ", processes=" + std::to_string(s.processes) + ", seed=" + std::to_string(s.seed));
  record.say("Using data: " + state.train.path + " (" + std::to_string(state.train.sequences) + " sequences), " +
             state.validation.path + " (" + std::to_string(state.validation.sequences) + " sequences)");
  record.say(size_text(model, s, device));
}

void warn_of_short_run(RunRecord& record, const TrainSettings& settings, std::uint64_t total_steps) {
  if (total_steps > settings.warmup) return;
  record.say("The run has " + std::to_string(total_steps) + " steps, no more than its warm-up of " +
             std::to_string(settings.warmup) + ": the learning rate never gets to --lr. See --warmup.");
}

int train_and_tell(Trainer& trainer, cli::StatusLine& line) {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  const TrainOutcome outcome = trainer.run();
  line.wipe();
  if (!trainer.record().writes()) return cli::kDone;
  if (outcome == TrainOutcome::stopped) {
    std::cout << "Stopped. It goes on with: aria-train resume " << cli::printable(trainer.last_checkpoint()) << '\n';
    return cli::kDone;
  }
  std::cout << "wrote " << cli::printable(trainer.last_checkpoint())
            << "\nThe losses, drawn: " << cli::printable(trainer.record().loss_svg()) << '\n';
  return cli::kDone;
}

}  // namespace train
