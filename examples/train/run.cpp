// New runs and those that go on: from words to a Trainer, and what is said meanwhile.
#include "run.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <aria/nn/model/transformer_lm.hpp>
#include <aria/nn/training/check_run.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/nn/training/project_directory.hpp>
#include <aria/nn/training/same_run.hpp>
#include <aria/nn/training/trainer.hpp>
#include <aria/nn/weights/model_weights.hpp>
#include <aria/support/ordered_map.hpp>

#include "../cli/checkpoint_paths.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/token_lines.hpp"
#include "../cli/torch_program.hpp"
#include "data.hpp"
#include "progress.hpp"

namespace train {
namespace {

using aria::Error, aria::ErrorCode;
using namespace aria::nn;

using Group = std::shared_ptr<ProcessGroup>;

TrainerOptions trainer_options(const RunOptions& options, const Group& group) {
  return {.workers = options.workers.value_or(1), .group = group};
}

// What was said about checkpoints takes the place of what held before.
void set_policy(CheckpointPolicy& policy, const RunOptions& options) {
  policy.every = options.steps_per_checkpoint.value_or(policy.every);
  policy.keep = options.keep.value_or(policy.keep);
  policy.stop_if_disk_is_full = options.stop_if_disk_is_full.value_or(policy.stop_if_disk_is_full);
}

// Everything is set up before anything is drawn or computed.
torch::Device prepare(TrainSettings& settings, const ProcessGroup& group) {
  cli::keep_large_blocks();
  if (settings.deterministic) make_deterministic();
  at::set_num_threads(static_cast<int>(settings.threads));
  const torch::Device device = find_device(settings.device, group.local_rank());
  // Of several processes each has another.
  settings.device = group.size() > 1 ? c10::DeviceTypeName(device.type(), /*lower_case=*/true) : device.str();
  return device;
}

std::shared_ptr<CausalTransformer> make_model(const TrainSettings& settings, std::uint64_t vocabulary,
                                              const torch::Device& device) {
  torch::manual_seed(settings.seed);
  auto model = std::make_shared<TransformerLM>(settings.model, static_cast<std::int64_t>(vocabulary));
  model->to(device);
  return model;
}

// One thread a core, shared with the other processes of the machine.
std::uint64_t default_threads(const ProcessGroup& group) {
  return std::max<std::uint64_t>(1, aria::default_workers() / group.local_size());
}

// The first process makes or opens the project directory, and tells the others where it is.
template <class Open>
RunRecord open_record(ProcessGroup& group, Open open) {
  if (!group.is_first()) return RunRecord::of_another(group.said_by(0, ""));
  RunRecord record(open());
  group.said_by(0, record.path());
  record.set_listener(print_message);
  return record;
}

// What a word of the command line says must be what the checkpoint knows.
void must_equal(const std::string& what, const std::string& said, const std::string& known) {
  if (said == known) return;
  throw Error(ErrorCode::invalid_argument,
              "the checkpoint has another " + what + ": " + known + ", and the command line says " + said);
}

void check_words(const ResumedRun& arguments, const std::string& checkpoint, const RunState& state,
                 const ProcessGroup& group) {
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
  if (group.size() != state.settings.processes) {
    throw Error(ErrorCode::invalid_argument, "the run has " + std::to_string(state.settings.processes) +
                                                 " processes, and here are " + std::to_string(group.size()) +
                                                 ": on one machine, --nproc " +
                                                 std::to_string(state.settings.processes) + " starts them");
  }
}

const TrainSettings* augmented(const TrainSettings& settings) { return settings.augment ? &settings : nullptr; }

// The encoding of lines of ids, which do not name it, from the name of the tokenizer.
std::optional<aria::LakhEncoding> encoding_of(const std::string& tokenizer, const std::string& path) {
  if (!token_lines::is_file(path)) return std::nullopt;
  return tokenizer == token_lines::InterarrivalTokenizer::name() ? aria::LakhEncoding::interarrival
                                                                 : aria::LakhEncoding::arrival;
}

int start(const NewRun& arguments, const Group& group) {
  RunState state;
  state.settings = arguments.settings;
  state.settings.processes = group->size();
  state.settings.threads = arguments.options.threads.value_or(default_threads(*group));
  set_policy(state.checkpoints, arguments.options);
  const auto train_data = open_data(arguments.train, arguments.options.encoding, augmented(state.settings));
  const auto validation = open_data(arguments.validation, arguments.options.encoding, nullptr);
  check_run(*train_data, *validation, state.settings);
  const torch::Device device = prepare(state.settings, *group);
  state.vocabulary = train_data->vocabulary().size();
  state.tokenizer = train_data->tokenizer_name();
  state.tokenizer_config = train_data->tokenizer_config();
  state.train = identity_of(*train_data);
  state.validation = identity_of(*validation);
  check_same_run(*group, state, *train_data, *validation);
  const auto model = make_model(state.settings, state.vocabulary, device);
  if (!arguments.checkpoint.empty()) load_weights(*model, cli::weights_file(arguments.checkpoint));

  RunRecord record = open_record(
      *group, [&] { return ProjectDirectory::create(arguments.project.empty() ? "" : cli::tidy(arguments.project)); });
  introduce(record, state, *model, device);
  if (!arguments.checkpoint.empty()) record.say("Loaded finetune checkpoint located at: " + arguments.checkpoint);
  warn_of_short_run(record, state.settings,
                    train_data->size() / state.settings.sequences_a_step() * state.settings.epochs);
  record.say("Starting " + state.settings.mode + " job");
  cli::StatusLine line;
  Trainer trainer(model, train_data, validation, state, std::move(record), trainer_options(arguments.options, group),
                  events_on(line, group->is_first()));
  return train_and_tell(trainer, line);
}

int go_on(const ResumedRun& arguments, const Group& group) {
  const std::string checkpoint = cli::newest_checkpoint(arguments.checkpoint);
  RunState state = read_checkpoint_state(checkpoint);
  check_words(arguments, checkpoint, state, *group);
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
  if (group->local_rank() == 0) {
    check_identity(*train_data, state.train);
    check_identity(*validation, state.validation);
  }
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
  state.settings.device = arguments.options.device.value_or(state.settings.device);
  state.settings.threads = arguments.options.threads.value_or(state.settings.threads);
  const torch::Device device = prepare(state.settings, *group);
  must_equal("vocabulary", std::to_string(train_data->vocabulary().size()), std::to_string(state.vocabulary));
  check_same_run(*group, state, *train_data, *validation);
  const auto model = make_model(state.settings, state.vocabulary, device);
  const std::uint64_t before = std::exchange(state.settings.epochs, epochs);

  // The tables are cut only once nothing else can fail.
  RunRecord record = open_record(*group, [&] { return ProjectDirectory::reopen(cli::project_of(checkpoint)); });
  cli::StatusLine line;
  Trainer trainer(model, train_data, validation, state, std::move(record), trainer_options(arguments.options, group),
                  events_on(line, group->is_first()));
  trainer.load(checkpoint);
  introduce(trainer.record(), state, *model, device);
  trainer.record().say("Resuming from " + checkpoint + ": epoch " + std::to_string(state.next.epoch) + ", step " +
                       std::to_string(state.next.step));
  if (stretched) {
    trainer.record().say("The decay of the learning rate is stretched from " + std::to_string(before) + " to " +
                         std::to_string(epochs) + " epochs: this is no longer the same run");
  }
  return train_and_tell(trainer, line);
}

}  // namespace

int run(const NewRun& arguments, const Group& group) {
  return cli::in_a_line([&] { return start(arguments, group); });
}
int run(const ResumedRun& arguments, const Group& group) {
  return cli::in_a_line([&] { return go_on(arguments, group); });
}

}  // namespace train
