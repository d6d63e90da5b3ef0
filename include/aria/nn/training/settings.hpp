// What decides the result of a training run, down to the bit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <aria/config/any_model_config.hpp>
#include <aria/config/json_view.hpp>
#include <aria/nn/json_object.hpp>
#include <aria/nn/precision.hpp>
#include <aria/nn/training/recipe.hpp>
#include <aria/nn/training/schedule.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// The defaults are the original's.
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-5;
  double weight_decay = 0.01;
  bool decay_all = true;  ///< else embeddings, biases and the weights of norms are left out

  friend bool operator==(const AdamWOptions&, const AdamWOptions&) = default;
};

/// A run with the same settings and data gives the same numbers, on one kind of machine. They are part of every
/// checkpoint.
struct TrainSettings {
  std::string mode = "pretrain";  ///< or "finetune"
  std::string model_name;         ///< as it was asked for; for people
  AnyModelConfig model;
  std::uint64_t epochs = 1;
  std::uint64_t steps = 0;        ///< all steps of the run, in whatever epoch it ends then; 0: all epochs
  std::uint64_t batch_size = 32;  ///< sequences of a process that go through the model at once
  std::uint64_t accumulate = 1;   ///< so many of these make a step
  std::uint64_t processes = 1;
  std::uint64_t seed = 0;
  Precision precision = Precision::fp32;
  bool shuffle = true;
  bool augment = true;
  std::int64_t pitch_range = 5;     ///< of the augmentations, see default_augmentations: semitones,
  std::int64_t velocity_range = 1;  ///< steps of velocity,
  double tempo_range = 0.2;         ///< and share of the tempo, each up and down
  double label_smoothing = 0;       ///< of the loss, in training alone
  bool deterministic = false;       ///< on a GPU: equal to the bit every time, and slower
  std::string device = "cpu";
  std::uint64_t threads = 1;
  std::uint64_t validate_every = 0;  ///< steps from one validation to the next; 0: only at the end of each epoch
  Recipe recipe = Recipe::aria;
  double peak_rate = 3e-4;  ///< learning rate after the warm-up, see `schedule`
  double end_ratio = 0.1;   ///< share of it at the end
  std::uint64_t warmup = 1000;
  AdamWOptions optimizer;
  double clip = 0;  ///< gradients are scaled to this norm where theirs is larger; 0: never

  /// Sequences that make a step, of all processes.
  std::uint64_t sequences_a_step() const noexcept { return batch_size * accumulate * processes; }

  /// Steps of a whole run.
  std::uint64_t total_steps(std::uint64_t steps_per_epoch) const noexcept {
    return steps != 0 ? steps : steps_per_epoch * epochs;
  }

  /// The learning rate of each step, from 0, of a run of so many.
  std::function<double(std::uint64_t)> schedule(std::uint64_t total) const {
    if (recipe == Recipe::aria) return LinearSchedule{peak_rate, warmup, total, end_ratio};
    return CosineSchedule{peak_rate, warmup, total, end_ratio, recipe == Recipe::split_lakh ? warmup : 0};
  }

  JsonObject to_json() const {
    JsonObject json;
    json.add("mode", mode).add("model_name", model_name).add_raw("model", model.to_json());
    json.add("epochs", epochs).add("steps", steps).add("validate_every", validate_every);
    json.add("batch_size", batch_size).add("accumulate", accumulate);
    json.add("processes", processes).add("seed", seed).add("precision", name_of(precision));
    json.add("shuffle", shuffle).add("augment", augment).add("deterministic", deterministic);
    json.add("pitch_range", pitch_range).add("velocity_range", velocity_range).add("tempo_range", tempo_range);
    json.add("label_smoothing", label_smoothing);
    json.add("device", device).add("threads", threads);
    json.add("recipe", name_of(recipe));
    json.add("peak_rate", peak_rate).add("end_ratio", end_ratio).add("warmup", warmup);
    json.add("beta1", optimizer.beta1).add("beta2", optimizer.beta2).add("eps", optimizer.eps);
    json.add("weight_decay", optimizer.weight_decay).add("decay_all", optimizer.decay_all).add("clip", clip);
    return json;
  }

  /// Throws invalid_config, naming the key.
  static TrainSettings from_json(const JsonView& json) {
    TrainSettings settings;
    settings.mode = json["mode"].text();
    settings.model_name = json["model_name"].text();
    settings.model = model_in(json["model"]);
    settings.epochs = json["epochs"].whole_number();
    settings.steps = json["steps"].whole_number();
    settings.validate_every = json["validate_every"].whole_number();
    settings.batch_size = json["batch_size"].whole_number();
    settings.accumulate = json["accumulate"].whole_number();
    settings.processes = json["processes"].whole_number();
    settings.seed = json["seed"].whole_number();
    const auto precision = find_precision(json["precision"].text());
    if (!precision) throw Error(ErrorCode::invalid_config, "settings.precision must be fp32 or bf16");
    settings.precision = *precision;
    settings.shuffle = json["shuffle"].boolean();
    settings.augment = json["augment"].boolean();
    settings.deterministic = json["deterministic"].boolean();
    settings.pitch_range = static_cast<std::int64_t>(json["pitch_range"].whole_number());
    settings.velocity_range = static_cast<std::int64_t>(json["velocity_range"].whole_number());
    settings.tempo_range = json["tempo_range"].number();
    settings.label_smoothing = json["label_smoothing"].number();
    settings.device = json["device"].text();
    settings.threads = json["threads"].whole_number();
    const auto recipe = find_recipe(json["recipe"].text());
    if (!recipe) throw Error(ErrorCode::invalid_config, "settings.recipe must be aria, split_lakh or levanter");
    settings.recipe = *recipe;
    settings.peak_rate = json["peak_rate"].number();
    settings.end_ratio = json["end_ratio"].number();
    settings.warmup = json["warmup"].whole_number();
    settings.optimizer = {json["beta1"].number(), json["beta2"].number(), json["eps"].number(),
                          json["weight_decay"].number(), json["decay_all"].boolean()};
    settings.clip = json["clip"].number();
    settings.validate();
    return settings;
  }

  /// Throws invalid_config, naming the value. `name` turns the names of to_json into those that a user knows them by.
  void validate(const std::function<std::string(std::string_view)>& name = [](std::string_view key) {
    return std::string(key);
  }) const {
    const auto want = [&](bool right, std::string_view key, const char* rule) {
      if (!right) throw Error(ErrorCode::invalid_config, name(key) + " must " + rule);
    };
    constexpr std::uint64_t kMost = std::uint64_t{1} << 24, kMostSteps = std::uint64_t{1} << 40;
    want(mode == "pretrain" || mode == "finetune", "mode", "be pretrain or finetune");
    want(epochs >= 1 && epochs <= kMost, "epochs", "lie between 1 and 2^24");
    want(steps <= kMostSteps, "steps", "be at most 2^40");
    want(validate_every <= kMostSteps, "validate_every", "be at most 2^40");
    want(warmup <= kMostSteps, "warmup", "be at most 2^40");
    want(batch_size >= 1 && batch_size <= kMost, "batch_size", "lie between 1 and 2^24");
    want(accumulate >= 1 && accumulate <= 65536, "accumulate", "lie between 1 and 65536");
    want(processes >= 1 && processes <= 65536, "processes", "lie between 1 and 65536");
    want(threads >= 1 && threads <= 4096, "threads", "lie between 1 and 4096");
    want(peak_rate >= 0 && peak_rate <= 1e6, "peak_rate", "lie between 0 and a million");
    want(end_ratio >= 0 && end_ratio <= 1, "end_ratio", "lie between 0 and 1");
    want(optimizer.beta1 >= 0 && optimizer.beta1 < 1, "beta1", "be at least 0 and below 1");
    want(optimizer.beta2 >= 0 && optimizer.beta2 < 1, "beta2", "be at least 0 and below 1");
    want(optimizer.eps >= 0 && optimizer.eps <= 1, "eps", "lie between 0 and 1");
    want(optimizer.weight_decay >= 0 && optimizer.weight_decay <= 1e6, "weight_decay", "lie between 0 and a million");
    want(pitch_range >= 0 && pitch_range <= 127, "pitch_range", "lie between 0 and 127");
    want(velocity_range >= 0 && velocity_range <= 127, "velocity_range", "lie between 0 and 127");
    want(tempo_range >= 0 && tempo_range < 1, "tempo_range", "be at least 0 and below 1");
    want(label_smoothing >= 0 && label_smoothing < 1, "label_smoothing", "be at least 0 and below 1");
    want(clip >= 0 && clip <= 1e30, "clip", "be at least 0");
  }

 private:
  // Its errors know only the way from the model on.
  static AnyModelConfig model_in(const JsonView& json) {
    try {
      return AnyModelConfig::from_json(json.to_json());
    } catch (const Error& error) {
      throw Error(error.code(), json.way() + ": " + error.message());
    }
  }
};

}  // namespace aria::nn
