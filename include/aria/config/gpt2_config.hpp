// The configuration of a GPT-2, in the layout of Hugging Face's config.json.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aria/config/json_view.hpp>
#include <aria/config/model_config.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>

namespace aria {

/// The hyperparameters of a GPT-2, under their names in config.json (transformers, GPT2Config). What is missing in a
/// file has the values that are missing there, too: those of the smallest published GPT-2.
///
///     const auto config = aria::Gpt2Config::from_file("model/config.json");
///     config.to_json()  // what GPT2LMHeadModel.from_pretrained reads
struct Gpt2Config {
  std::int64_t vocab_size = 50257;   ///< tokens
  std::int64_t n_positions = 1024;   ///< the longest sequence, in tokens
  std::int64_t n_embd = 768;         ///< numbers that stand for a token between the layers
  std::int64_t n_layer = 12;         ///< blocks
  std::int64_t n_head = 12;          ///< heads of attention
  std::int64_t n_inner = 0;          ///< units of the inner layer of a block; 0: 4 * n_embd
  double embd_pdrop = 0.1;           ///< dropout of embeddings in training, in [0, 1),
  double resid_pdrop = 0.1;          ///< of what attention and the inner layer add,
  double attn_pdrop = 0.1;           ///< and of attention weights
  double layer_norm_epsilon = 1e-5;  ///< added to variances
  double initializer_range = 0.02;   ///< standard deviation of new weights; of positions half of it, as in Levanter
  bool scale_attn_weights = true;    ///< products of queries and keys are divided by sqrt(n_embd / n_head),
  bool scale_attn_by_inverse_layer_idx = false;  ///< and by the number of the layer, from 1
  bool gradient_checkpointing = false;           ///< compute activations twice in training rather than keep them

  friend bool operator==(const Gpt2Config&, const Gpt2Config&) = default;

  /// The same without what is for training alone.
  Gpt2Config numbers() const {
    Gpt2Config config = *this;
    config.n_inner = inner_width();
    config.embd_pdrop = config.resid_pdrop = config.attn_pdrop = 0;
    config.initializer_range = Gpt2Config().initializer_range;
    config.gradient_checkpointing = false;
    return config;
  }

  std::int64_t inner_width() const noexcept { return n_inner != 0 ? n_inner : 4 * n_embd; }

  /// Reads a config.json. Keys that have nothing to do with the numbers may have any value. Throws invalid_config, with
  /// the key and its value, where a key has a value that no model can have, or one that would change the numbers in a
  /// way that is not known here: another activation, weights of the head of their own, pruned heads. Throws
  /// invalid_json.
  static Gpt2Config from_json(std::string_view json);

  /// The same from a file. Throws not_found or io, too.
  static Gpt2Config from_file(const std::string& path) { return read_json_file(path, from_json); }

  /// The text of a config.json.
  std::string to_json() const;

  /// Throws invalid_config where no model can have these numbers; the message names the key and its value.
  void validate() const;
};

namespace detail {

// A number of a Gpt2Config, and the name that other models have for it, which readers of config.json understand, too.
struct Gpt2Number {
  std::string_view key, other_key;
  std::int64_t Gpt2Config::*member;
  std::int64_t most;
};

inline constexpr std::array kGpt2Numbers = {
    Gpt2Number{"vocab_size", "", &Gpt2Config::vocab_size, 1 << 26},
    Gpt2Number{"n_positions", "max_position_embeddings", &Gpt2Config::n_positions, 1 << 24},
    Gpt2Number{"n_embd", "hidden_size", &Gpt2Config::n_embd, 1 << 16},
    Gpt2Number{"n_layer", "num_hidden_layers", &Gpt2Config::n_layer, 1 << 10},
    Gpt2Number{"n_head", "num_attention_heads", &Gpt2Config::n_head, 1 << 10},
};
inline constexpr Gpt2Number kGpt2Inner = {"n_inner", "", &Gpt2Config::n_inner, 1 << 22};

struct Gpt2Fraction {
  std::string_view key;
  double Gpt2Config::*member;
};

inline constexpr std::array kGpt2Dropouts = {
    Gpt2Fraction{"embd_pdrop", &Gpt2Config::embd_pdrop},
    Gpt2Fraction{"resid_pdrop", &Gpt2Config::resid_pdrop},
    Gpt2Fraction{"attn_pdrop", &Gpt2Config::attn_pdrop},
};
inline constexpr std::array kGpt2Sizes = {
    Gpt2Fraction{"layer_norm_epsilon", &Gpt2Config::layer_norm_epsilon},
    Gpt2Fraction{"initializer_range", &Gpt2Config::initializer_range},
};

struct Gpt2Switch {
  std::string_view key;
  bool Gpt2Config::*member;
};

inline constexpr std::array kGpt2Switches = {
    Gpt2Switch{"scale_attn_weights", &Gpt2Config::scale_attn_weights},
    Gpt2Switch{"scale_attn_by_inverse_layer_idx", &Gpt2Config::scale_attn_by_inverse_layer_idx},
    Gpt2Switch{"gradient_checkpointing", &Gpt2Config::gradient_checkpointing},
};

inline std::string wanted_number(const Gpt2Number& number) {
  return "a whole number from 1 to " + std::to_string(number.most);
}
inline constexpr const char* kWantedSize = "a number above 0 and at most 1";

// Three names of one formula, GELU by way of tanh.
inline constexpr std::array<std::string_view, 3> kTanhGelu = {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"};

class Gpt2ConfigReader {
 public:
  explicit Gpt2ConfigReader(const JsonView& root) : root_(root) {}

  Gpt2Config read() const {
    refuse_what_is_unknown();
    Gpt2Config config;
    for (const Gpt2Number& number : kGpt2Numbers) read_number(number, config);
    if (has(kGpt2Inner.key)) {
      config.n_inner = model_value<std::int64_t>(root_[kGpt2Inner.key], wanted_number(kGpt2Inner) + ", or null");
      if (config.n_inner == 0) refuse(kGpt2Inner.key, wanted_number(kGpt2Inner) + ", or null");
    }
    for (const Gpt2Fraction& fraction : kGpt2Dropouts) {
      if (has(fraction.key)) config.*fraction.member = model_value<double>(root_[fraction.key], kWantedProbability);
    }
    for (const Gpt2Fraction& fraction : kGpt2Sizes) {
      if (has(fraction.key)) config.*fraction.member = model_value<double>(root_[fraction.key], kWantedSize);
    }
    for (const Gpt2Switch& is_on : kGpt2Switches) {
      if (has(is_on.key)) config.*is_on.member = model_value<bool>(root_[is_on.key], "true or false");
    }
    config.validate();
    return config;
  }

 private:
  // A key whose value is null is as good as missing.
  bool has(std::string_view key) const { return root_.has(key) && !root_[key].element().is_null(); }

  [[noreturn]] void refuse(std::string_view key, const std::string& wanted) const {
    throw wrong_model_value(key, wanted, excerpt(root_[key].to_json()));
  }

  void must_be(std::string_view key, bool wanted) const {
    const char* text = wanted ? "true: nothing else is supported" : "false: nothing else is supported";
    if (has(key) && model_value<bool>(root_[key], text) != wanted) refuse(key, text);
  }

  // What would change the numbers, and is not supported.
  void refuse_what_is_unknown() const {
    if (has("model_type") && model_value<std::string_view>(root_["model_type"], "\"gpt2\"") != "gpt2") {
      refuse("model_type", "\"gpt2\"");
    }
    if (has("activation_function")) {
      const std::string wanted = "\"gelu_new\": nothing else is supported";
      const auto name = model_value<std::string_view>(root_["activation_function"], wanted);
      if (std::find(kTanhGelu.begin(), kTanhGelu.end(), name) == kTanhGelu.end()) refuse("activation_function", wanted);
    }
    must_be("tie_word_embeddings", true);
    must_be("add_cross_attention", false);
    for (const std::string_view key : {"quantization_config", "pruned_heads"}) {
      if (has(key) && root_[key].to_json() != "{}") refuse(key, "absent: it is not supported");
    }
  }

  void read_number(const Gpt2Number& number, Gpt2Config& config) const {
    const std::string wanted = wanted_number(number);
    std::optional<std::int64_t> value;
    for (const std::string_view key : {number.key, number.other_key}) {
      if (key.empty() || !has(key)) continue;
      const auto said = model_value<std::int64_t>(root_[key], wanted);
      if (value && *value != said) refuse(key, "equal to " + std::string(number.key));
      value = said;
    }
    config.*number.member = value.value_or(config.*number.member);
  }

  const JsonView& root_;
};

}  // namespace detail

inline Gpt2Config Gpt2Config::from_json(std::string_view json) {
  const JsonDocument document(json);
  (void)document.root().keys();  // an object
  return detail::Gpt2ConfigReader(document.root()).read();
}

inline void Gpt2Config::validate() const {
  for (const detail::Gpt2Number& number : detail::kGpt2Numbers) {
    const std::int64_t value = this->*number.member;
    if (value >= 1 && value <= number.most) continue;
    throw detail::wrong_model_value(number.key, detail::wanted_number(number), std::to_string(value));
  }
  if (n_inner < 0 || n_inner > detail::kGpt2Inner.most) {
    throw detail::wrong_model_value("n_inner", detail::wanted_number(detail::kGpt2Inner), std::to_string(n_inner));
  }
  for (const detail::Gpt2Fraction& fraction : detail::kGpt2Dropouts) {
    const double value = this->*fraction.member;
    if (value >= 0 && value < 1) continue;
    throw detail::wrong_model_value(fraction.key, detail::kWantedProbability, detail::decimal_text(value));
  }
  for (const detail::Gpt2Fraction& fraction : detail::kGpt2Sizes) {
    const double value = this->*fraction.member;
    if (value > 0 && value <= 1) continue;
    throw detail::wrong_model_value(fraction.key, detail::kWantedSize, detail::decimal_text(value));
  }
  if (n_embd % n_head != 0) {
    throw detail::wrong_model_value("n_embd", "a multiple of n_head, which is " + std::to_string(n_head),
                                    std::to_string(n_embd));
  }
}

inline std::string Gpt2Config::to_json() const {
  std::string text = "{\n  \"architectures\": [\"GPT2LMHeadModel\"],\n  \"model_type\": \"gpt2\"";
  const auto add = [&text](std::string_view key, const std::string& value) {
    text.append(",\n  \"").append(key).append("\": ").append(value);
  };
  for (const detail::Gpt2Number& number : detail::kGpt2Numbers) add(number.key, std::to_string(this->*number.member));
  add("n_inner", n_inner == 0 ? "null" : std::to_string(n_inner));
  add("activation_function", "\"gelu_new\"");
  for (const detail::Gpt2Fraction& fraction : detail::kGpt2Dropouts) {
    add(fraction.key, detail::decimal_text(this->*fraction.member));
  }
  for (const detail::Gpt2Fraction& fraction : detail::kGpt2Sizes) {
    add(fraction.key, detail::decimal_text(this->*fraction.member));
  }
  for (const detail::Gpt2Switch& is_on : detail::kGpt2Switches) {
    add(is_on.key, this->*is_on.member ? "true" : "false");
  }
  add("tie_word_embeddings", "true");
  return text + "\n}\n";
}

}  // namespace aria
