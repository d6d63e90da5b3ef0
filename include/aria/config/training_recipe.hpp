// How a published model was trained: the numbers that go with its size.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/config/json_view.hpp>
#include <aria/config/model_config.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// The numbers of Levanter's trainer section under their names there, and the recipe that says what is done with them.
/// Whoever trains may say something else for each.
struct TrainingRecipe {
  std::string recipe = "split_lakh";        ///< see nn::Recipe
  double learning_rate = 6e-4;              ///< after the warm-up
  double warmup_ratio = 0.01;               ///< share of all steps
  std::uint64_t num_train_steps = 100'000;  ///< all of them
  std::uint64_t train_batch_size = 512;     ///< sequences of a step
  std::uint64_t steps_per_eval = 1000;      ///< from one validation to the next
  double weight_decay = 0.1;                ///< of AdamW, as the following
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double max_grad_norm = 1.0;  ///< greatest norm of the gradients; 0: any

  friend bool operator==(const TrainingRecipe&, const TrainingRecipe&) = default;

  /// Reads an object with some of these keys; the others have the values above, but that the recipe levanter has a beta2
  /// of 0.95. Throws invalid_config where a key is unknown, a value has another type, the recipe is no name, or the
  /// warm-up is no share.
  static TrainingRecipe from_view(const JsonView& json) {
    TrainingRecipe recipe;
    if (json.has("recipe") && json["recipe"].text() == "levanter") recipe.beta2 = 0.95;  // unless it is there
    json.for_each_member([&recipe](std::string_view key, const JsonView& value) {
      bool known = key == "recipe";
      if (known) recipe.recipe = value.text();
      each_number(recipe, [&](std::string_view name, auto& number) {
        if (name != key) return;
        known = true;
        read(value, number);
      });
      if (!known) throw Error(ErrorCode::invalid_config, "the key " + value.way() + " is unknown");
    });
    const auto in_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (!std::all_of(recipe.recipe.begin(), recipe.recipe.end(), in_name)) {
      throw Error(ErrorCode::invalid_config, json.way() + ".recipe must be a name of small letters, digits and _");
    }
    if (!(recipe.warmup_ratio >= 0 && recipe.warmup_ratio <= 1)) {
      throw Error(ErrorCode::invalid_config, json.way() + ".warmup_ratio must lie between 0 and 1");
    }
    return recipe;
  }

  /// The object as a text, each line behind the first one `indent` further in.
  std::string to_json(const std::string& indent = "") const {
    std::string text = "{\n" + indent + "  \"recipe\": \"" + recipe + '"';
    each_number(*this, [&](std::string_view name, const auto& number) {
      text.append(",\n" + indent + "  \"").append(name).append("\": ").append(number_text(number));
    });
    return text + '\n' + indent + '}';
  }

 private:
  template <class R, class Use>
  static void each_number(R& recipe, Use use) {
    use("learning_rate", recipe.learning_rate);
    use("warmup_ratio", recipe.warmup_ratio);
    use("num_train_steps", recipe.num_train_steps);
    use("train_batch_size", recipe.train_batch_size);
    use("steps_per_eval", recipe.steps_per_eval);
    use("weight_decay", recipe.weight_decay);
    use("beta1", recipe.beta1);
    use("beta2", recipe.beta2);
    use("epsilon", recipe.epsilon);
    use("max_grad_norm", recipe.max_grad_norm);
  }

  static void read(const JsonView& value, double& number) { number = value.number(); }
  static void read(const JsonView& value, std::uint64_t& number) { number = value.whole_number(); }
  static std::string number_text(double number) { return detail::decimal_text(number); }
  static std::string number_text(std::uint64_t number) { return std::to_string(number); }
};

}  // namespace aria
