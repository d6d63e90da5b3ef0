// New runs and those that go on: from words to a Trainer, and what is said meanwhile.
#include "run.hpp"

#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <aria/nn/model/transformer_lm.hpp>
#include <aria/nn/training/check_run.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/nn/training/project_directory.hpp>
#include <aria/nn/training/train_report.hpp>
#include <aria/nn/training/trainer.hpp>
#include <aria/nn/weights/model_weights.hpp>

#include "../cli/checkpoint_paths.hpp"
#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/token_lines.hpp"
#include "../cli/torch_program.hpp"
#include "data.hpp"

namespace train {
namespace {

using aria::Error, aria::ErrorCode;
using namespace aria::nn;

// The first Ctrl-C, or the signal with which a scheduler ends a job, asks for a checkpoint; the second one ends at
// once.
volatile std::sig_atomic_t stop_requested = 0;
void request_stop(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
}

std::string bar_text(const TrainProgress& progress) {
  const double all = static_cast<double>(progress.epochs * progress.steps_per_epoch);
  const double share = static_cast<double>(progress.done.total_steps + 1) / all;
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

TrainEvents events_on(cli::StatusLine& line) {
  TrainEvents events;
  events.on_step = [&line](const TrainProgress& progress) { line.show([&] { return bar_text(progress); }); };
  events.on_validation = [&line](std::uint64_t done, std::uint64_t total) {
    line.show([&] {
      const double share = static_cast<double>(done) / static_cast<double>(total);
      return cli::bar_of(share, 20) + "  validation " + std::to_string(done) + '/' + std::to_string(total);
    });
  };
  events.on_message = [&line](const std::string& message) {
    line.wipe();
    std::cout << cli::printable(message) << std::endl;
  };
  events.should_stop = [] { return stop_requested != 0; };
  return events;
}

TrainerOptions trainer_options(const RunOptions& options) { return {.workers = options.workers.value_or(1)}; }

// What was said about checkpoints takes the place of what held before.
void set_policy(CheckpointPolicy& policy, const RunOptions& options) {
  policy.every = options.steps_per_checkpoint.value_or(policy.every);
  policy.keep = options.keep.value_or(policy.keep);
  policy.stop_if_disk_is_full = options.stop_if_disk_is_full.value_or(policy.stop_if_disk_is_full);
}

// Everything is set up before anything is drawn or computed.
torch::Device prepare(TrainSettings& settings) {
  cli::keep_large_blocks();
  if (settings.deterministic) make_deterministic();
  at::set_num_threads(static_cast<int>(settings.threads));
  const torch::Device device = find_device(settings.device);
  settings.device = device.str();
  return device;
}

std::shared_ptr<CausalTransformer> make_model(const TrainSettings& settings, std::uint64_t vocabulary,
                                              const torch::Device& device) {
  torch::manual_seed(settings.seed);
  auto model = std::make_shared<TransformerLM>(settings.model, static_cast<std::int64_t>(vocabulary));
  model->to(device);
  return model;
}

void say(ProjectDirectory& project, const std::string& message) {
  project.log(message);
  std::cout << cli::printable(message) << std::endl;
}

void introduce(ProjectDirectory& project, const RunState& state, const CausalTransformer& model,
               const torch::Device& device) {
  const TrainSettings& s = state.settings;
  say(project, "Using project directory " + project.path());
  say(project, "Using training config: model_name=" + s.model_name + ", epochs=" + std::to_string(s.epochs) +
                   ", batch_size=" + std::to_string(s.batch_size) + ", accumulate=" + std::to_string(s.accumulate) +
                   ", precision=" + std::string(name_of(s.precision)) + ", device=" + s.device +
                   ", threads=" + std::to_string(s.threads) + ", seed=" + std::to_string(s.seed));
  say(project, "Using data: " + state.train.path + " (" + std::to_string(state.train.sequences) + " sequences), " +
                   state.validation.path + " (" + std::to_string(state.validation.sequences) + " sequences)");
  say(project, size_text(model, s, device));
}

void warn_of_short_run(ProjectDirectory& project, const TrainSettings& settings, std::uint64_t total_steps) {
  if (total_steps > settings.warmup) return;
  say(project, "The run has " + std::to_string(total_steps) + " steps, no more than its warm-up of " +
                   std::to_string(settings.warmup) + ": the learning rate never gets to --lr. See --warmup.");
}

int train(Trainer& trainer, cli::StatusLine& line) {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  const TrainOutcome outcome = trainer.run();
  line.wipe();
  if (outcome == TrainOutcome::stopped) {
    std::cout << "Stopped. It goes on with: aria-train resume " << cli::printable(trainer.last_checkpoint()) << '\n';
    return cli::kDone;
  }
  std::cout << "wrote " << cli::printable(trainer.last_checkpoint())
            << "\nThe losses, drawn: " << cli::printable(trainer.project().loss_svg()) << '\n';
  return cli::kDone;
}

// What a word of the command line says must be what the checkpoint knows.
void must_equal(const std::string& what, const std::string& said, const std::string& known) {
  if (said == known) return;
  throw Error(ErrorCode::invalid_argument,
              "the checkpoint has another " + what + ": " + known + ", and the command line says " + said);
}

void check_words(const ResumedRun& arguments, const std::string& checkpoint, const RunState& state) {
  if (!arguments.model.empty() && aria::ModelConfig::find(arguments.model) != state.settings.model) {
    must_equal("model", arguments.model, state.settings.model_name);
    must_equal("model", aria::ModelConfig::find(arguments.model).to_json(), state.settings.model.to_json());
  }
  if (!arguments.mode.empty()) must_equal("mode", arguments.mode, state.settings.mode);
  if (arguments.step)
    must_equal("next step (--rstep)", std::to_string(*arguments.step), std::to_string(state.next.step));
  if (arguments.batch_size) {
    must_equal("batch size (--bs)", std::to_string(*arguments.batch_size), std::to_string(state.settings.batch_size));
  }
  if (!arguments.project.empty()) {
    must_equal("project directory (--pdir)", cli::tidy(arguments.project), cli::project_of(checkpoint));
  }
  must_equal("number of processes", "1", std::to_string(state.settings.processes));
}

const TrainSettings* augmented(const TrainSettings& settings) { return settings.augment ? &settings : nullptr; }

// The encoding of lines of ids, which do not name it, from the name of the tokenizer.
std::optional<aria::LakhEncoding> encoding_of(const std::string& tokenizer, const std::string& path) {
  if (!token_lines::is_file(path)) return std::nullopt;
  return tokenizer == token_lines::InterarrivalTokenizer::name() ? aria::LakhEncoding::interarrival
                                                                 : aria::LakhEncoding::arrival;
}

int start(const NewRun& arguments) {
  RunState state;
  state.settings = arguments.settings;
  set_policy(state.checkpoints, arguments.options);
  const auto train_data = open_data(arguments.train, arguments.options.encoding, augmented(state.settings));
  const auto validation = open_data(arguments.validation, arguments.options.encoding, nullptr);
  check_run(*train_data, *validation, state.settings);
  const torch::Device device = prepare(state.settings);
  state.vocabulary = train_data->vocabulary().size();
  state.tokenizer = train_data->tokenizer_name();
  state.tokenizer_config = train_data->tokenizer_config();
  state.train = identity_of(*train_data);
  state.validation = identity_of(*validation);
  const auto model = make_model(state.settings, state.vocabulary, device);
  if (!arguments.checkpoint.empty()) load_weights(*model, cli::weights_file(arguments.checkpoint));

  ProjectDirectory project = ProjectDirectory::create(arguments.project.empty() ? "" : cli::tidy(arguments.project));
  introduce(project, state, *model, device);
  if (!arguments.checkpoint.empty()) say(project, "Loaded finetune checkpoint located at: " + arguments.checkpoint);
  warn_of_short_run(project, state.settings,
                    train_data->size() / state.settings.sequences_a_step() * state.settings.epochs);
  say(project, "Starting " + state.settings.mode + " job");
  cli::StatusLine line;
  Trainer trainer(model, train_data, validation, state, std::move(project), trainer_options(arguments.options),
                  events_on(line));
  return train(trainer, line);
}

int go_on(const ResumedRun& arguments) {
  const std::string checkpoint = cli::newest_checkpoint(arguments.checkpoint);
  RunState state = read_checkpoint_state(checkpoint);
  check_words(arguments, checkpoint, state);
  const auto path = [](const std::string& said, const std::string& known) { return said.empty() ? known : said; };
  const std::string train_path = path(arguments.train, state.train.path);
  const std::string validation_path = path(arguments.validation, state.validation.path);
  const auto encoding = [&](const std::string& file) {
    return arguments.options.encoding ? arguments.options.encoding : encoding_of(state.tokenizer, file);
  };
  const auto train_data = open_data(train_path, encoding(train_path), augmented(state.settings));
  const auto validation = open_data(validation_path, encoding(validation_path), nullptr);
  must_equal("tokenizer", train_data->tokenizer_name(), state.tokenizer);
  check_tokenizer_config(*train_data, state.tokenizer_config);
  check_run(*train_data, *validation, state.settings);
  check_identity(*train_data, state.train);
  check_identity(*validation, state.validation);
  const std::uint64_t epochs = arguments.epochs.value_or(state.settings.epochs);
  const bool stretched = epochs != state.settings.epochs;
  if (epochs < state.next.epoch && (stretched || state.next.step == 0)) {
    throw Error(ErrorCode::invalid_argument, "the run has finished epoch " + std::to_string(state.next.epoch - 1) +
                                                 " of " + std::to_string(epochs) +
                                                 ": there is nothing left to do; --epochs N goes on to a new total");
  }
  set_policy(state.checkpoints, arguments.options);
  state.train.path = identity_of(*train_data).path;  // they may have moved
  state.validation.path = identity_of(*validation).path;
  if (!arguments.device.empty()) state.settings.device = arguments.device;
  state.settings.threads = arguments.threads.value_or(state.settings.threads);
  const torch::Device device = prepare(state.settings);
  must_equal("vocabulary", std::to_string(train_data->vocabulary().size()), std::to_string(state.vocabulary));
  const auto model = make_model(state.settings, state.vocabulary, device);
  const std::uint64_t before = std::exchange(state.settings.epochs, epochs);

  // The tables are cut only once nothing else can fail.
  ProjectDirectory project = ProjectDirectory::reopen(cli::project_of(checkpoint));
  cli::StatusLine line;
  Trainer trainer(model, train_data, validation, state, std::move(project), trainer_options(arguments.options),
                  events_on(line));
  trainer.load(checkpoint);
  introduce(trainer.project(), state, *model, device);
  say(trainer.project(), "Resuming from " + checkpoint + ": epoch " + std::to_string(state.next.epoch) + ", step " +
                             std::to_string(state.next.step));
  if (stretched) {
    say(trainer.project(), "The decay of the learning rate is stretched from " + std::to_string(before) + " to " +
                               std::to_string(epochs) + " epochs: this is no longer the same run");
  }
  return train(trainer, line);
}

}  // namespace

int run(const NewRun& arguments) {
  return cli::in_a_line([&] { return start(arguments); });
}
int run(const ResumedRun& arguments) {
  return cli::in_a_line([&] { return go_on(arguments); });
}

}  // namespace train
