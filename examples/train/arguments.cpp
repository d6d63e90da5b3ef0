// The options of aria-train, and their help.
#include "arguments.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>

#include <aria/config/any_model_config.hpp>

#include "../cli/program.hpp"
#include "../cli/token_lines.hpp"

namespace train {
namespace {

using aria::nn::TrainSettings;

constexpr const char* kAboutPretrain = R"(Trains a model from nothing.

MODEL is test, small, small2048, medium, large, xlarge (EleutherAI's Aria), lakh-small,
lakh-medium, lakh-large (the Anticipatory Music Transformer), or a JSON file like
examples/config/models/small.json. TRAIN and VAL are data sets of `aria tokenized-dataset`, or
lines of `aria lakh`, with sequences as long as the model's context. The run is written to the
folder experiments/N: logs.txt, loss.csv, epoch.csv, the curve loss.svg, and checkpoints/; with
--validate-every, or for lines of events, validation.csv. Ctrl-C writes a checkpoint and stops.

What a model's file says in "training" (the lakh-* ones do) holds unless it is said otherwise:
learning rate, warm-up, steps, sequences a step. Such models take the lines in the order of the
file, which is shuffled already.

Example:
  aria-train pretrain small train.jsonl val.jsonl --epochs 10 --bs 32 --workers 2
  aria-train pretrain lakh-small lakh/train.txt lakh/valid.txt --bs 16 --precision bf16
)";

constexpr const char* kAboutFinetune = R"(Trains a model further, on other data and more gently.

CHECKPOINT is a folder that aria-train wrote, a model folder of Hugging Face's layout, or a file
with the weights: .safetensors, or Python's .bin, .pt or .pth of
torch.save(dict(model.state_dict()), path). All else is as with pretrain, but that learning rate,
length and sequences a step are not those of the model's file.

Example:
  aria-train finetune small experiments/0/checkpoints/epoch10 train.jsonl val.jsonl --epochs 2
)";

constexpr const char* kAboutResume =
    R"(Goes on with a run, as if it had never stopped: tables and weights are equal to the bit.

CHECKPOINT_DIR is a folder that aria-train wrote, or a project directory, whose last checkpoint is
taken. Everything comes from there but --workers; the data sets must be the same files. The
checkpoints behind it get other names. The longer form of the original's works, too, and says
what it finds different:
  aria-train resume MODEL pt|ft TRAIN VAL --cdir DIR --rstep N --epochs N

Example:
  aria-train resume experiments/0/checkpoints/epoch3
)";

auto text() { return cxxopts::value<std::string>(); }
auto text(const char* otherwise) { return cxxopts::value<std::string>()->default_value(otherwise); }

// "0.0003"
std::string short_text(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

void add_run_options(cxxopts::Options& options) {
  cxxopts::OptionAdder add = options.add_options();
  add("workers", "threads that prepare batches (default: 1); the result does not depend on it", text(), "N");
  add("spc", "steps from one checkpoint to the next (default: one at the end of each epoch)", text(), "N");
  add("keep", "keep the last N checkpoints (default: all)", text(), "N");
  add("if-disk-full", "what to do where a checkpoint has no room: go-on (default) or stop", text(), "WHAT");
  add("encoding", token_lines::kEncodingHelp, text(), "NAME");
  add("nproc", "start so many processes on this machine, which share the work; --bs is that of each", text("1"), "N");
  add("rank-timeout", "a process that shows no sign of life for so long is lost, and the run ends", text("30"),
      "SECONDS");
}

void add_new_options(cxxopts::Options& options, const aria::nn::LinearSchedule& schedule) {
  cxxopts::OptionAdder add = options.add_options();
  add("epochs", "times that training goes through the data", text(), "N");
  add("steps", "steps of the whole run, in place of --epochs", text(), "N");
  add("bs", "sequences that go through the model at once", text("32"), "N");
  add("accumulate", "so many of these make a step (default: 1, or as the model's file has it)", text(), "N");
  add("recipe", "aria, split_lakh or levanter: how the learning rate and the weight decay go", text(), "NAME");
  add("validate-every", "steps from one validation to the next (default: at the end of each epoch)", text(), "N");
  add("pdir", "project directory, new or empty (default: experiments/N)", text(), "DIR");
  add("seed", "decides weights, order, dropout and augmentation", text("0"), "N");
  add("precision", "fp32 or bf16", text("fp32"), "NAME");
  add("device", "auto, cpu, cuda or cuda:N", text("auto"), "NAME");
  add("threads", "of the processor, for the model (default: one a core)", text(), "N");
  add("deterministic", "on a GPU: the same bits every time, and slower");
  add("no-augment", "train on the sequences as they are");
  add("aug-pitch", "augmentation: semitones up and down", text("5"), "N");
  add("aug-velocity", "augmentation: steps of velocity up and down", text("1"), "N");
  add("aug-tempo", "augmentation: share of the tempo up and down", text("0.2"), "X");
  add("label-smoothing", "of the loss in training", text("0"), "X");
  add("shuffle", "in another order in every epoch: the default of --recipe aria");
  add("no-shuffle", "in the order of the file: the default of the other recipes");
  const auto unless_said = [](const std::string& what, const std::string& aria, const std::string& lakh) {
    return what + " (default: " + aria + "; lakh-small: " + lakh + ')';
  };
  add("lr", unless_said("learning rate after the warm-up", short_text(schedule.peak), "6e-4"), text(), "X");
  add("warmup", unless_said("steps until then", std::to_string(schedule.warmup), "1 % of all"), text(), "N");
  add("end-ratio", unless_said("the last learning rate, as a share of --lr", "0.1", "0"), text(), "X");
  add("weight-decay", unless_said("of AdamW", "0.01", "0.1"), text(), "X");
  add("beta1", unless_said("of AdamW", "0.9", "0.9"), text(), "X");
  add("beta2", unless_said("of AdamW", "0.95", "0.999"), text(), "X");
  add("eps", unless_said("of AdamW", "1e-5", "1e-8"), text(), "X");
  add("clip", unless_said("the greatest norm of the gradients; 0: any", "0", "1"), text(), "X");
}

std::optional<std::uint64_t> number_if_said(const cxxopts::ParseResult& arguments, const char* name) {
  if (arguments.count(name) == 0) return std::nullopt;
  return cli::number_of<std::uint64_t>(arguments, name);
}

// The options by the names of their settings, where these differ.
std::string option_of(std::string_view setting) {
  if (setting == "batch_size") return "--bs";
  if (setting.ends_with("_range")) return "--aug-" + std::string(setting.substr(0, setting.find('_')));
  if (setting == "peak_rate") return "--lr";
  std::string option = "--" + std::string(setting);
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

RunOptions read_run_options(const cxxopts::ParseResult& arguments) {
  RunOptions options;
  options.workers = number_if_said(arguments, "workers");
  options.steps_per_checkpoint = number_if_said(arguments, "spc");
  options.keep = number_if_said(arguments, "keep");
  options.encoding = token_lines::encoding_of(arguments);
  if (arguments.count("threads") != 0)
    options.threads = cli::number_within<std::uint64_t>(arguments, "threads", 1, 4096);
  if (arguments.count("device") != 0) options.device = cli::text_if_said(arguments, "device");
  options.processes = cli::number_within<std::uint64_t>(arguments, "nproc", 1, 4096);
  options.rank_timeout = cli::number_within<std::uint64_t>(arguments, "rank-timeout", 1, 86'400);
  if (options.workers.value_or(0) > 128) throw cli::UsageError("--workers must lie between 0 and 128");
  if (const std::string full = cli::text_if_said(arguments, "if-disk-full"); !full.empty()) {
    if (full != "go-on" && full != "stop") throw cli::UsageError("--if-disk-full must be go-on or stop");
    options.stop_if_disk_is_full = full == "stop";
  }
  return options;
}

// What a recipe has for what is not said.
void take_recipe(const cxxopts::ParseResult& arguments, const std::optional<aria::TrainingRecipe>& training,
                 NewRun& run) {
  TrainSettings& settings = run.settings;
  const std::string name = arguments.count("recipe") != 0 ? cli::text_if_said(arguments, "recipe")
                           : training                     ? training->recipe
                                                          : "aria";
  const auto recipe = aria::nn::find_recipe(name);
  if (!recipe) throw cli::UsageError("the recipe must be aria, split_lakh or levanter, and is " + name);
  settings.recipe = *recipe;
  settings.shuffle = *recipe == aria::nn::Recipe::aria;
  if (settings.recipe == aria::nn::Recipe::aria) return;
  const aria::TrainingRecipe numbers = training.value_or(aria::TrainingRecipe());
  const bool levanter = settings.recipe == aria::nn::Recipe::levanter;
  const double beta2 = levanter && numbers.recipe != name ? 0.95 : numbers.beta2;
  settings.end_ratio = levanter ? 0.1 : 0;
  settings.optimizer = {numbers.beta1, beta2, numbers.epsilon, numbers.weight_decay, /*decay_all=*/!levanter};
  settings.clip = numbers.max_grad_norm;
  run.warmup_share = numbers.warmup_ratio;
  if (settings.mode == "finetune") return;  // gently, and as long as is said
  settings.peak_rate = numbers.learning_rate;
  if (!training) return;
  settings.steps = training->num_train_steps;
  settings.validate_every = training->steps_per_eval;
  run.sequences_a_step = training->train_batch_size;
}

void read_optimizer(const cxxopts::ParseResult& arguments, NewRun& run) {
  TrainSettings& settings = run.settings;
  const auto read = [&](const char* name, double& number) {
    if (arguments.count(name) != 0) number = cli::number_of<double>(arguments, name);
  };
  read("lr", settings.peak_rate);
  read("end-ratio", settings.end_ratio);
  read("beta1", settings.optimizer.beta1);
  read("beta2", settings.optimizer.beta2);
  read("eps", settings.optimizer.eps);
  read("weight-decay", settings.optimizer.weight_decay);
  read("clip", settings.clip);
  if (const auto warmup = number_if_said(arguments, "warmup")) {
    settings.warmup = *warmup;
    run.warmup_share.reset();
  }
}

// How long the run is: epochs, or steps.
void read_length(const cxxopts::ParseResult& arguments, TrainSettings& settings) {
  const auto epochs = number_if_said(arguments, "epochs"), steps = number_if_said(arguments, "steps");
  if (epochs && steps) throw cli::UsageError("--epochs and --steps exclude each other");
  if (steps == 0U) throw cli::UsageError("--steps must be at least 1");
  if (!epochs && !steps && settings.steps == 0) throw cli::UsageError("--epochs is missing, or --steps");
  if (epochs) settings.steps = 0;
  settings.epochs = epochs.value_or(settings.epochs);
  settings.steps = steps.value_or(settings.steps);
  settings.validate_every = number_if_said(arguments, "validate-every").value_or(settings.validate_every);
}

bool shuffle_of(const cxxopts::ParseResult& arguments, bool otherwise) {
  const bool yes = arguments.count("shuffle") != 0, no = arguments.count("no-shuffle") != 0;
  if (yes && no) throw cli::UsageError("--shuffle and --no-shuffle exclude each other");
  return yes || (otherwise && !no);
}

void read_settings(const cxxopts::ParseResult& arguments, NewRun& run) {
  TrainSettings& settings = run.settings;
  const auto number = [&](const char* name) { return cli::number_of<std::uint64_t>(arguments, name); };
  read_length(arguments, settings);
  settings.batch_size = number("bs");
  if (const auto accumulate = number_if_said(arguments, "accumulate")) {
    settings.accumulate = *accumulate;
    run.sequences_a_step.reset();
  }
  settings.seed = number("seed");
  settings.device = cli::value_of<std::string>(arguments, "device");
  settings.deterministic = arguments.count("deterministic") != 0;
  settings.augment = arguments.count("no-augment") == 0;
  settings.shuffle = shuffle_of(arguments, settings.shuffle);
  settings.pitch_range = static_cast<std::int64_t>(std::min<std::uint64_t>(number("aug-pitch"), 1000));
  settings.velocity_range = static_cast<std::int64_t>(std::min<std::uint64_t>(number("aug-velocity"), 1000));
  settings.tempo_range = cli::number_of<double>(arguments, "aug-tempo");
  settings.label_smoothing = cli::number_of<double>(arguments, "label-smoothing");
  const auto precision = aria::nn::find_precision(cli::value_of<std::string>(arguments, "precision"));
  if (!precision) throw cli::UsageError("--precision must be fp32 or bf16");
  settings.precision = *precision;
  read_optimizer(arguments, run);
  try {
    settings.validate(option_of);
  } catch (const aria::Error& error) {
    throw cli::UsageError(error.message());
  }
}

aria::nn::LinearSchedule schedule_of(const std::string& mode) {
  return mode == "finetune" ? aria::nn::finetune_schedule() : aria::nn::pretrain_schedule();
}

}  // namespace

std::optional<NewRun> read_new_run(const std::string& mode, const std::vector<std::string>& words) {
  const bool finetune = mode == "finetune";
  cxxopts::Options options("aria-train " + mode, finetune ? kAboutFinetune : kAboutPretrain);
  options.positional_help(finetune ? "MODEL CHECKPOINT TRAIN VAL" : "MODEL TRAIN VAL").custom_help("[OPTION...]");
  add_new_options(options, schedule_of(mode));
  add_run_options(options);
  std::vector<std::string> names = {"model", "train", "val"};
  if (finetune) names.insert(names.begin() + 1, "checkpoint");
  for (const std::string& name : names) options.add_options("positional")(name, "", text());
  const cxxopts::ParseResult arguments = cli::parse(options, words, names);
  if (arguments.count("help") != 0) {
    std::cout << options.help({""});
    return std::nullopt;
  }
  NewRun run;
  run.settings.mode = mode;
  run.settings.model_name = cli::value_of<std::string>(arguments, "model");
  const aria::nn::LinearSchedule schedule = schedule_of(mode);
  run.settings.peak_rate = schedule.peak;
  run.settings.warmup = schedule.warmup;
  const aria::ModelPreset preset = aria::ModelPreset::find(run.settings.model_name);
  run.settings.model = preset.model;
  take_recipe(arguments, preset.training, run);
  read_settings(arguments, run);
  run.checkpoint = finetune ? cli::value_of<std::string>(arguments, "checkpoint") : "";
  run.train = cli::value_of<std::string>(arguments, "train");
  run.validation = cli::value_of<std::string>(arguments, "val");
  run.project = cli::text_if_said(arguments, "pdir");
  run.options = read_run_options(arguments);
  return run;
}

std::optional<ResumedRun> read_resumed_run(const std::vector<std::string>& words) {
  cxxopts::Options options("aria-train resume", kAboutResume);
  options.positional_help("CHECKPOINT_DIR").custom_help("[OPTION...]");
  cxxopts::OptionAdder add = options.add_options();
  add("epochs", "the new total of epochs (default: that of the run)", text(), "N");
  add("steps", "the new total of steps, of a run that counts these", text(), "N");
  add("cdir", "the checkpoint, in the longer form", text(), "DIR");
  add("rstep", "the step that comes next, to be checked", text(), "N");
  add("bs", "to be checked", text(), "N");
  add("pdir", "to be checked", text(), "DIR");
  add("device", "another device than before; the last bits may differ", text(), "NAME");
  add("threads", "another number of threads than before; the last bits may differ", text(), "N");
  add_run_options(options);
  options.add_options("positional")("checkpoint", "", cxxopts::value<std::vector<std::string>>());
  const cxxopts::ParseResult arguments = cli::parse(options, words, {"checkpoint"}, /*required=*/false);
  if (arguments.count("help") != 0) {
    std::cout << options.help({""});
    return std::nullopt;
  }
  ResumedRun run;
  std::vector<std::string> named;
  if (arguments.count("checkpoint") != 0) named = cli::value_of<std::vector<std::string>>(arguments, "checkpoint");
  if (named.size() == 1) {
    run.checkpoint = named[0];
    if (arguments.count("cdir") != 0) throw cli::UsageError("--cdir belongs to the form MODEL pt|ft TRAIN VAL");
  } else if (named.size() == 4) {
    if (arguments.count("cdir") == 0) throw cli::UsageError("--cdir is missing");
    if (named[1] != "pt" && named[1] != "ft")
      throw cli::UsageError("the second word must be pt or ft, and is " + named[1]);
    run.checkpoint = cli::value_of<std::string>(arguments, "cdir");
    run.model = named[0];
    run.mode = named[1] == "pt" ? "pretrain" : "finetune";
    run.train = named[2];
    run.validation = named[3];
  } else {
    throw cli::UsageError("give CHECKPOINT_DIR, or MODEL pt|ft TRAIN VAL --cdir DIR");
  }
  run.epochs = number_if_said(arguments, "epochs");
  run.steps = number_if_said(arguments, "steps");
  if (run.epochs == 0U) throw cli::UsageError("--epochs must be at least 1");
  if (run.steps == 0U) throw cli::UsageError("--steps must be at least 1");
  if (run.epochs && run.steps) throw cli::UsageError("--epochs and --steps exclude each other");
  run.step = number_if_said(arguments, "rstep");
  run.batch_size = number_if_said(arguments, "bs");
  run.project = cli::text_if_said(arguments, "pdir");
  run.options = read_run_options(arguments);
  return run;
}

}  // namespace train
