// The options of aria-train, and their help.
#include "arguments.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>

#include "../cli/program.hpp"
#include "../cli/token_lines.hpp"

namespace train {
namespace {

using aria::nn::TrainSettings;

constexpr const char* kAboutPretrain = R"(Trains a model from nothing.

MODEL is test, small, small2048, medium, large, xlarge, or a JSON file like
examples/config/models/small.json. TRAIN and VAL are data sets of `aria tokenized-dataset`,
with sequences as long as the model's max_seq_len. The run is written to the folder
experiments/N: logs.txt, loss.csv, epoch.csv, the curve loss.svg, and checkpoints/.
Ctrl-C writes a checkpoint and stops.

Example:
  aria-train pretrain small train.jsonl val.jsonl --epochs 10 --bs 32 --workers 2
)";

constexpr const char* kAboutFinetune = R"(Trains a model further, on other data and more gently.

CHECKPOINT is a folder that aria-train wrote, or a file with the weights: .safetensors, or
Python's .bin, .pt or .pth of torch.save(dict(model.state_dict()), path). All else is as with
pretrain.

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
  add("bs", "sequences that go through the model at once", text("32"), "N");
  add("accumulate", "so many of these make a step", text("1"), "N");
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
  add("no-shuffle", "in the order of the file, in every epoch");
  add("lr", "learning rate after the warm-up", text(short_text(schedule.peak).c_str()), "X");
  add("warmup", "steps until then", text(std::to_string(schedule.warmup).c_str()), "N");
  add("end-ratio", "the last learning rate, as a share of --lr", text("0.1"), "X");
  add("weight-decay", "of AdamW", text("0.01"), "X");
  add("beta1", "of AdamW", text("0.9"), "X");
  add("beta2", "of AdamW", text("0.95"), "X");
  add("eps", "of AdamW", text("1e-5"), "X");
  add("clip", "the greatest norm of the gradients; 0: any", text("0"), "X");
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

void read_optimizer(const cxxopts::ParseResult& arguments, TrainSettings& settings) {
  const auto number = [&](const char* name) { return cli::number_of<double>(arguments, name); };
  settings.peak_rate = number("lr");
  settings.end_ratio = number("end-ratio");
  settings.warmup = cli::number_of<std::uint64_t>(arguments, "warmup");
  settings.optimizer = {number("beta1"), number("beta2"), number("eps"), number("weight-decay")};
  settings.clip = number("clip");
}

TrainSettings read_settings(const cxxopts::ParseResult& arguments) {
  TrainSettings settings;
  const auto number = [&](const char* name) { return cli::number_of<std::uint64_t>(arguments, name); };
  if (arguments.count("epochs") == 0) throw cli::UsageError("--epochs is missing");
  settings.epochs = number("epochs");
  settings.batch_size = number("bs");
  settings.accumulate = number("accumulate");
  settings.seed = number("seed");
  settings.device = cli::value_of<std::string>(arguments, "device");
  settings.deterministic = arguments.count("deterministic") != 0;
  settings.augment = arguments.count("no-augment") == 0;
  settings.shuffle = arguments.count("no-shuffle") == 0;
  settings.pitch_range = static_cast<std::int64_t>(std::min<std::uint64_t>(number("aug-pitch"), 1000));
  settings.velocity_range = static_cast<std::int64_t>(std::min<std::uint64_t>(number("aug-velocity"), 1000));
  settings.tempo_range = cli::number_of<double>(arguments, "aug-tempo");
  settings.label_smoothing = cli::number_of<double>(arguments, "label-smoothing");
  const auto precision = aria::nn::find_precision(cli::value_of<std::string>(arguments, "precision"));
  if (!precision) throw cli::UsageError("--precision must be fp32 or bf16");
  settings.precision = *precision;
  read_optimizer(arguments, settings);
  try {
    settings.validate(option_of);
  } catch (const aria::Error& error) {
    throw cli::UsageError(error.message());
  }
  return settings;
}

}  // namespace

std::optional<NewRun> read_new_run(const std::string& mode, const std::vector<std::string>& words) {
  const bool finetune = mode == "finetune";
  cxxopts::Options options("aria-train " + mode, finetune ? kAboutFinetune : kAboutPretrain);
  options.positional_help(finetune ? "MODEL CHECKPOINT TRAIN VAL" : "MODEL TRAIN VAL").custom_help("[OPTION...]");
  add_new_options(options, finetune ? aria::nn::finetune_schedule() : aria::nn::pretrain_schedule());
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
  run.settings = read_settings(arguments);
  run.settings.mode = mode;
  run.settings.model_name = cli::value_of<std::string>(arguments, "model");
  run.settings.model = aria::ModelConfig::find(run.settings.model_name);
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
  if (run.epochs == 0U) throw cli::UsageError("--epochs must be at least 1");
  run.step = number_if_said(arguments, "rstep");
  run.batch_size = number_if_said(arguments, "bs");
  run.project = cli::text_if_said(arguments, "pdir");
  run.options = read_run_options(arguments);
  return run;
}

}  // namespace train
