// New runs and those that go on: from words to a Trainer, and what is said meanwhile.
#include "run.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <aria/config/any_model_config.hpp>
#include <aria/nn/model/make_model.hpp>
#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/training/check_run.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/nn/training/project_directory.hpp>
#include <aria/nn/training/same_run.hpp>
#include <aria/nn/training/trainer.hpp>
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

std::shared_ptr<CausalTransformer> new_model(const TrainSettings& settings, std::uint64_t vocabulary,
                                             const torch::Device& device) {
  torch::manual_seed(settings.seed);
  auto model = make_model(settings.model, vocabulary);
  model->to(device);
  return model;
}

// What the recipe says in shares, in steps and batches. Throws invalid_argument where a step cannot have its sequences.
void fit_recipe(const NewRun& arguments, std::uint64_t sequences, TrainSettings& settings) {
  if (const auto wanted = arguments.sequences_a_step) {
    const std::uint64_t at_once = settings.batch_size * settings.processes;
    settings.accumulate = *wanted / at_once;
    if (*wanted % at_once != 0 || settings.accumulate == 0) {
      throw Error(ErrorCode::invalid_argument,
                  "a step of " + settings.model_name + " has " + std::to_string(*wanted) +
                      " sequences, which is no multiple of the " + std::to_string(at_once) +
                      " that go through the model at once: choose another --bs, or say --accumulate");
    }
  }
  if (arguments.warmup_share) {
    const std::uint64_t total = settings.total_steps(sequences / settings.sequences_a_step());
    settings.warmup = static_cast<std::uint64_t>(*arguments.warmup_share * static_cast<double>(total));
  }
  settings.validate();
}

// The weights with which finetuning begins. A folder that says what model they are of must say the same.
void load_start(CausalTransformer& model, const std::string& checkpoint, const TrainSettings& settings) {
  const std::string path = cli::newest_checkpoint(checkpoint);
  if (const aria::Gpt2Config* const ours = settings.model.gpt2();
      ours != nullptr && std::filesystem::exists(ModelFolderFiles::config(path))) {
    check_same_numbers(*ours, settings.model_name, path);
  }
  load_model_weights(model, path);
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
  if (!arguments.model.empty() && aria::ModelPreset::find(arguments.model).model != state.settings.model) {
    must_equal("model", arguments.model, state.settings.model_name);
    must_equal("model", aria::ModelPreset::find(arguments.model).model.to_json(), state.settings.model.to_json());
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

// The total of a run.
struct RunLength {
  std::uint64_t epochs = 0, steps = 0;

  std::string number() const { return std::to_string(steps != 0 ? steps : epochs); }
  std::string text() const { return number() + (steps != 0 ? " steps" : " epochs"); }
  friend bool operator==(const RunLength&, const RunLength&) = default;
};

// That of a run that goes on with so many sequences. Throws where nothing is left of it.
RunLength new_length(const ResumedRun& arguments, const RunState& state, std::uint64_t sequences) {
  RunLength length{state.settings.epochs, state.settings.steps};
  if (length.steps != 0 ? arguments.epochs.has_value() : arguments.steps.has_value()) {
    throw Error(ErrorCode::invalid_argument,
                "the run counts " + std::string(length.steps != 0 ? "steps: --steps" : "epochs: --epochs") +
                    " N goes on to a new total");
  }
  const auto refuse = [](std::uint64_t done, std::uint64_t total, const std::string& unit) {
    throw Error(ErrorCode::invalid_argument, "the run has finished " + unit + ' ' + std::to_string(done) + " of " +
                                                 std::to_string(total) + ": there is nothing left to do; --" + unit +
                                                 "s N goes on to a new total");
  };
  length.epochs = arguments.epochs.value_or(length.epochs);
  length.steps = arguments.steps.value_or(length.steps);
  const bool stretched = arguments.epochs && *arguments.epochs != state.settings.epochs;
  if (length.steps != 0) {
    // Behind the last step of an epoch its validation and its checkpoint are still to come.
    const bool ends_epoch = state.next.step == sequences / state.settings.sequences_a_step();
    if (length.steps < state.next.total_steps + (ends_epoch ? 0 : 1)) {
      refuse(state.next.total_steps, length.steps, "step");
    }
  } else if (length.epochs < state.next.epoch && (stretched || state.next.step == 0)) {
    refuse(state.next.epoch - 1, length.epochs, "epoch");
  }
  return length;
}

int start(const NewRun& arguments, const Group& group) {
  RunState state;
  state.settings = arguments.settings;
  state.settings.processes = group->size();
  state.settings.threads = arguments.options.threads.value_or(default_threads(*group));
  set_policy(state.checkpoints, arguments.options);
  const auto train_data = open_data(arguments.train, arguments.options.encoding, augmented(state.settings));
  const auto validation = open_data(arguments.validation, arguments.options.encoding, nullptr);
  fit_recipe(arguments, train_data->size(), state.settings);
  check_run(*train_data, *validation, state.settings);
  const torch::Device device = prepare(state.settings, *group);
  state.vocabulary = train_data->vocabulary().size();
  state.tokenizer = train_data->tokenizer_name();
  state.tokenizer_config = train_data->tokenizer_config();
  state.train = identity_of(*train_data);
  state.validation = identity_of(*validation);
  check_same_run(*group, state, *train_data, *validation);
  const auto model = new_model(state.settings, state.vocabulary, device);
  if (!arguments.checkpoint.empty()) load_start(*model, arguments.checkpoint, state.settings);

  RunRecord record = open_record(
      *group, [&] { return ProjectDirectory::create(arguments.project.empty() ? "" : cli::tidy(arguments.project)); });
  introduce(record, state, *model, device);
  if (!arguments.checkpoint.empty()) record.say("Loaded finetune checkpoint located at: " + arguments.checkpoint);
  warn_of_short_run(record, state.settings,
                    state.settings.total_steps(train_data->size() / state.settings.sequences_a_step()));
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
  const RunLength length = new_length(arguments, state, train_data->size());
  set_policy(state.checkpoints, arguments.options);
  state.train.path = identity_of(*train_data).path;  // they may have moved
  state.validation.path = identity_of(*validation).path;
  state.settings.device = arguments.options.device.value_or(state.settings.device);
  state.settings.threads = arguments.options.threads.value_or(state.settings.threads);
  const torch::Device device = prepare(state.settings, *group);
  must_equal("vocabulary", std::to_string(train_data->vocabulary().size()), std::to_string(state.vocabulary));
  check_same_run(*group, state, *train_data, *validation);
  const auto model = new_model(state.settings, state.vocabulary, device);
  const RunLength before{state.settings.epochs, state.settings.steps};
  state.settings.epochs = length.epochs;
  state.settings.steps = length.steps;
  state.settings.validate();

  // The tables are cut only once nothing else can fail.
  RunRecord record = open_record(*group, [&] { return ProjectDirectory::reopen(cli::project_of(checkpoint)); });
  cli::StatusLine line;
  Trainer trainer(model, train_data, validation, state, std::move(record), trainer_options(arguments.options, group),
                  events_on(line, group->is_first()));
  trainer.load(checkpoint);
  introduce(trainer.record(), state, *model, device);
  trainer.record().say("Resuming from " + checkpoint + ": epoch " + std::to_string(state.next.epoch) + ", step " +
                       std::to_string(state.next.step));
  if (length != before) {
    trainer.record().say("The decay of the learning rate is stretched from " + before.number() + " to " +
                         length.text() + ": this is no longer the same run");
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
