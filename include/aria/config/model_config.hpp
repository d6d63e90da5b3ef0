// Model configurations: how large a transformer is, by name or from a JSON file in the layout of EleutherAI's Aria.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>

namespace aria {

/// The hyperparameters of a decoder-only transformer with rotary embeddings: the keys of config/models/*.json of
/// EleutherAI's Aria, and one of ours.
///
///     aria::ModelConfig config = aria::ModelConfig::find("small2048");
///     config.n_layers = 12;
///     config.validate();
///     file.write(config.to_json());  // ModelConfig::find("mine.json") reads it, and so does the original
struct ModelConfig {
  std::int64_t d_model = 0;       ///< numbers that stand for a token between the layers
  std::int64_t n_heads = 0;       ///< heads of attention; d_model / n_heads is even
  std::int64_t n_layers = 0;      ///< blocks
  std::int64_t ff_mult = 0;       ///< the inner layer of a block has ff_mult times d_model units
  double drop_p = 0;              ///< dropout in training, in [0, 1)
  std::int64_t max_seq_len = 0;   ///< tokens
  bool grad_checkpoint = false;   ///< compute activations twice in training rather than keep them
  double attention_drop_p = 0.1;  ///< dropout of attention weights in training; always 0.1 in the original

  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;

  /// Reads an object with the members of this struct as keys; "attention_drop_p" may be missing. The original's
  /// "vocab_size" and "pad_id" are passed over: the tokenizer decides them; and "training", which ModelPreset reads.
  /// Throws invalid_config (the message names the key and its value) or invalid_json.
  static ModelConfig from_json(std::string_view json);

  /// The same from a file. Throws not_found or io, too.
  static ModelConfig from_file(const std::string& path) { return read_json_file(path, from_json); }

  /// One of `names()`, with the numbers of the original, or what the file at a path holds.
  /// Throws what from_file throws; not_found names the known ones.
  static ModelConfig find(const std::string& name_or_path);

  /// "test", "small", "small2048", "medium", "large", "xlarge": those of examples/config/models.
  static std::span<const std::string_view> names() noexcept;

  /// The text of a file, as in examples/config/models. "attention_drop_p" is written only where it is not 0.1: the
  /// original knows no such key.
  std::string to_json() const;

  /// Throws invalid_config where no model can have these numbers; the message names the key and its value.
  void validate() const;
};

namespace detail {

// A whole number of a ModelConfig, from 1 to `most`. The bounds keep products of all of them within 64 bits.
struct ModelNumber {
  std::string_view key;
  std::int64_t ModelConfig::*member;
  std::int64_t most;
};

inline constexpr std::array kModelNumbers = {
    ModelNumber{"d_model", &ModelConfig::d_model, 1 << 16},
    ModelNumber{"n_heads", &ModelConfig::n_heads, 1 << 10},
    ModelNumber{"n_layers", &ModelConfig::n_layers, 1 << 10},
    ModelNumber{"ff_mult", &ModelConfig::ff_mult, 1 << 6},
    ModelNumber{"max_seq_len", &ModelConfig::max_seq_len, 1 << 24},
};

// A probability of a ModelConfig, in [0, 1).
struct ModelProbability {
  std::string_view key;
  double ModelConfig::*member;
};

inline constexpr std::array kModelProbabilities = {
    ModelProbability{"drop_p", &ModelConfig::drop_p},
    ModelProbability{"attention_drop_p", &ModelConfig::attention_drop_p},
};

inline constexpr std::string_view kGradCheckpointKey = "grad_checkpoint";
inline constexpr double kOriginalAttentionDropP = 0.1;

inline constexpr std::array<std::string_view, 6> kModelNames = {"test",   "small", "small2048",
                                                                "medium", "large", "xlarge"};

// In the order of the names.
inline constexpr std::array<ModelConfig, kModelNames.size()> kModelConfigs = {{
    {128, 4, 4, 4, 0.1, 256, false},
    {512, 8, 16, 4, 0.1, 512, false},
    {512, 8, 16, 4, 0.1, 2048, false},
    {512, 8, 32, 4, 0.1, 2048, false},
    {768, 12, 64, 4, 0.1, 2048, true},
    {768, 12, 96, 4, 0.1, 4096, true},
}};

inline std::string decimal_text(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

inline Error wrong_model_value(std::string_view key, const std::string& wanted, const std::string& value) {
  return Error(ErrorCode::invalid_config, std::string(key) + " must be " + wanted + ", and is " + value);
}

inline std::string wanted_number(const ModelNumber& number) {
  return "a whole number from 1 to " + std::to_string(number.most);
}

inline constexpr const char* kWantedProbability = "a number of at least 0 and below 1";

template <class T>
T model_value(const JsonView& value, const std::string& wanted) {
  T out{};
  if (value.element().get(out) != simdjson::SUCCESS) {
    throw wrong_model_value(value.way(), wanted, excerpt(value.to_json()));
  }
  return out;
}

inline Error no_such_model(const std::string& name, std::span<const std::string_view> names) {
  std::string known;
  for (const std::string_view other : names) known.append(known.empty() ? "" : ", ").append(other);
  return Error(ErrorCode::not_found, "is no model configuration: give one of " + known + ", or the path of a JSON file",
               {.path = name});
}

// A misspelt key must not be without effect, nor one of two values of a key.
inline void check_model_keys(const JsonView& root) {
  std::vector<std::string_view> known = {kGradCheckpointKey, "vocab_size", "pad_id", "training"};
  for (const ModelNumber& number : kModelNumbers) known.push_back(number.key);
  for (const ModelProbability& probability : kModelProbabilities) known.push_back(probability.key);
  std::vector<std::string> keys = root.keys();
  for (const std::string& key : keys) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw Error(ErrorCode::invalid_config,
                  "the key " + excerpt(key) + " with the value " + excerpt(root[key].to_json()) + " is unknown");
    }
  }
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice != keys.end()) throw Error(ErrorCode::invalid_config, "the key " + *twice + " is there twice");
}

}  // namespace detail

inline ModelConfig ModelConfig::from_json(std::string_view json) {
  const JsonDocument document(json);
  const JsonView root = document.root();
  detail::check_model_keys(root);
  ModelConfig config;
  for (const detail::ModelNumber& number : detail::kModelNumbers) {
    config.*number.member = detail::model_value<std::int64_t>(root[number.key], detail::wanted_number(number));
  }
  for (const detail::ModelProbability& probability : detail::kModelProbabilities) {
    if (probability.member == &ModelConfig::attention_drop_p && !root.has(probability.key)) continue;
    config.*probability.member = detail::model_value<double>(root[probability.key], detail::kWantedProbability);
  }
  config.grad_checkpoint = detail::model_value<bool>(root[detail::kGradCheckpointKey], "true or false");
  config.validate();
  return config;
}

inline void ModelConfig::validate() const {
  for (const detail::ModelNumber& number : detail::kModelNumbers) {
    const std::int64_t value = this->*number.member;
    if (value >= 1 && value <= number.most) continue;
    throw detail::wrong_model_value(number.key, detail::wanted_number(number), std::to_string(value));
  }
  for (const detail::ModelProbability& probability : detail::kModelProbabilities) {
    const double value = this->*probability.member;
    if (value >= 0 && value < 1) continue;
    throw detail::wrong_model_value(probability.key, detail::kWantedProbability, detail::decimal_text(value));
  }
  // Rotary embeddings turn the numbers of a head by twos.
  if (d_model % n_heads == 0 && d_model / n_heads % 2 == 0) return;
  throw detail::wrong_model_value("d_model", "an even multiple of n_heads, which is " + std::to_string(n_heads),
                                  std::to_string(d_model));
}

inline std::span<const std::string_view> ModelConfig::names() noexcept { return detail::kModelNames; }

inline ModelConfig ModelConfig::find(const std::string& name_or_path) {
  const auto name = std::find(names().begin(), names().end(), name_or_path);
  if (name != names().end()) return detail::kModelConfigs[static_cast<std::size_t>(name - names().begin())];
  try {
    return from_file(name_or_path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw detail::no_such_model(name_or_path, names());
  }
}

inline std::string ModelConfig::to_json() const {
  std::string text;
  const auto add = [&text](std::string_view key, const std::string& value) {
    text.append(text.empty() ? "{\n" : ",\n").append("  \"").append(key).append("\": ").append(value);
  };
  const auto add_number = [&](const detail::ModelNumber& number) {
    add(number.key, std::to_string(this->*number.member));
  };
  // The order of the original: the length of sequences comes behind the dropout.
  const auto numbers = std::span(detail::kModelNumbers);
  for (const detail::ModelNumber& number : numbers.first(numbers.size() - 1)) add_number(number);
  add("drop_p", detail::decimal_text(drop_p));
  add_number(numbers.back());
  add(detail::kGradCheckpointKey, grad_checkpoint ? "true" : "false");
  if (attention_drop_p != detail::kOriginalAttentionDropP) {
    add("attention_drop_p", detail::decimal_text(attention_drop_p));
  }
  return text + "\n}\n";
}

}  // namespace aria
