// Models of either family by name or file, and how the published ones were trained.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <aria/config/gpt2_config.hpp>
#include <aria/config/json_view.hpp>
#include <aria/config/model_config.hpp>
#include <aria/config/training_recipe.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// The configuration of EleutherAI's Aria or of a GPT-2.
class AnyModelConfig {
 public:
  AnyModelConfig() = default;
  AnyModelConfig(const ModelConfig& config) : config_(config) {}  // NOLINT: either is one
  AnyModelConfig(const Gpt2Config& config) : config_(config) {}   // NOLINT

  /// Reads what has "model_type" as a Gpt2Config, all else as a ModelConfig. Throws as these do.
  static AnyModelConfig from_json(std::string_view json) {
    const JsonDocument document(json);
    if (document.root().has("model_type")) return Gpt2Config::from_json(json);
    return ModelConfig::from_json(json);
  }

  std::string to_json() const {
    return std::visit([](const auto& config) { return config.to_json(); }, config_);
  }

  /// The longest sequence, in tokens.
  std::int64_t max_seq_len() const noexcept {
    const Gpt2Config* const gpt2 = this->gpt2();
    return gpt2 != nullptr ? gpt2->n_positions : aria()->max_seq_len;
  }

  /// How many tokens it knows, where it says that: Aria's leaves it to the tokenizer.
  std::optional<std::int64_t> vocabulary() const noexcept {
    const Gpt2Config* const gpt2 = this->gpt2();
    return gpt2 != nullptr ? std::optional(gpt2->vocab_size) : std::nullopt;
  }

  /// The configuration of that family; null where it is the other one.
  const ModelConfig* aria() const noexcept { return std::get_if<ModelConfig>(&config_); }
  const Gpt2Config* gpt2() const noexcept { return std::get_if<Gpt2Config>(&config_); }

  friend bool operator==(const AnyModelConfig&, const AnyModelConfig&) = default;

 private:
  std::variant<ModelConfig, Gpt2Config> config_;
};

/// A model with a name, and how it was trained: of EleutherAI's Aria "test", "small", "small2048", "medium", "large"
/// and "xlarge"; of the Anticipatory Music Transformer (train/lakh-*.yaml) "lakh-small", "lakh-medium" and
/// "lakh-large".
struct ModelPreset {
  AnyModelConfig model;
  std::optional<TrainingRecipe> training{};  ///< in the key "training" of the file

  friend bool operator==(const ModelPreset&, const ModelPreset&) = default;

  static std::span<const std::string_view> names() noexcept;

  /// One of `names()`, or what the file at a path holds. Throws not_found, which names the known ones, io, invalid_json
  /// or invalid_config.
  static ModelPreset find(const std::string& name_or_path);

  static ModelPreset from_json(std::string_view json) {
    ModelPreset preset{AnyModelConfig::from_json(json)};
    const JsonDocument document(json);
    if (document.root().has("training")) preset.training = TrainingRecipe::from_view(document.root()["training"]);
    return preset;
  }

  /// The text of a file, as in examples/config/models.
  std::string to_json() const {
    std::string text = model.to_json();
    if (!training) return text;
    text.erase(text.find_last_not_of("\n}") + 1);
    return text + ",\n  \"training\": " + training->to_json("  ") + "\n}\n";
  }
};

namespace detail {

inline Gpt2Config lakh_model(std::int64_t width, std::int64_t layers, std::int64_t heads, bool checkpointing) {
  Gpt2Config config;
  config.vocab_size = 55028;  // of the arrival-time encoding
  config.n_embd = width;
  config.n_layer = layers;
  config.n_head = heads;
  config.attn_pdrop = 0;
  config.scale_attn_by_inverse_layer_idx = true;
  config.gradient_checkpointing = checkpointing;
  return config;
}

inline ModelPreset lakh_preset(const Gpt2Config& config, double rate) {
  TrainingRecipe training;
  training.learning_rate = rate;
  return {config, training};
}

inline std::optional<ModelPreset> named_preset(std::string_view name) {
  if (name == "lakh-small") return lakh_preset(lakh_model(768, 12, 12, false), 6e-4);
  if (name == "lakh-medium") return lakh_preset(lakh_model(1024, 24, 16, true), 3e-4);
  if (name == "lakh-large") return lakh_preset(lakh_model(1280, 36, 20, true), 2e-4);
  for (const std::string_view known : ModelConfig::names()) {
    if (name == known) return ModelPreset{ModelConfig::find(std::string(name))};
  }
  return std::nullopt;
}

inline constexpr std::array<std::string_view, 9> kPresetNames = {
    "test", "small", "small2048", "medium", "large", "xlarge", "lakh-small", "lakh-medium", "lakh-large"};

}  // namespace detail

inline std::span<const std::string_view> ModelPreset::names() noexcept { return detail::kPresetNames; }

inline ModelPreset ModelPreset::find(const std::string& name_or_path) {
  if (auto preset = detail::named_preset(name_or_path)) return *std::move(preset);
  try {
    return read_json_file(name_or_path, from_json);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw detail::no_such_model(name_or_path, names());
  }
}

}  // namespace aria
