#include <aria/config/any_model_config.hpp>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/training_recipe.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::AnyModelConfig;
using aria::ErrorCode;
using aria::Gpt2Config;
using aria::ModelConfig;
using aria::ModelPreset;
using aria::TrainingRecipe;

constexpr std::string_view kAria =
    R"({"d_model": 64, "n_heads": 4, "n_layers": 3, "ff_mult": 4, "drop_p": 0.25, "max_seq_len": 128, )"
    R"("grad_checkpoint": true})";

TrainingRecipe recipe_in(const std::string& json) {
  const aria::JsonDocument document(R"({"training": )" + json + '}');
  return TrainingRecipe::from_view(document.root()["training"]);
}

std::string fault_of(const std::string& json) {
  const aria::Error error = test::error_of([&] { recipe_in(json); });
  CHECK(error.code() == ErrorCode::invalid_config);
  return error.message();
}

}  // namespace

TEST_CASE("AnyModelConfig: a model type makes it a GPT-2", "[config]") {
  const AnyModelConfig aria_model = AnyModelConfig::from_json(kAria);
  REQUIRE(aria_model.aria() != nullptr);
  CHECK(aria_model.gpt2() == nullptr);
  CHECK(*aria_model.aria() == ModelConfig::from_json(kAria));
  CHECK(aria_model.max_seq_len() == 128);
  CHECK(aria_model.vocabulary() == std::nullopt);
  const AnyModelConfig gpt2 =
      AnyModelConfig::from_json(R"({"n_positions": 77, "vocab_size": 5, "model_type": "gpt2"})");
  REQUIRE(gpt2.gpt2() != nullptr);
  CHECK(gpt2.aria() == nullptr);
  CHECK(gpt2.max_seq_len() == 77);
  CHECK(gpt2.vocabulary() == 5);
  CHECK_FALSE(gpt2 == aria_model);
  for (const AnyModelConfig& config : {aria_model, gpt2}) CHECK(AnyModelConfig::from_json(config.to_json()) == config);
  CHECK(aria_model.to_json() == aria_model.aria()->to_json());
  CHECK(gpt2.to_json() == gpt2.gpt2()->to_json());
  const auto code = [](std::string_view json) {
    return test::error_of([&] { AnyModelConfig::from_json(json); }).code();
  };
  CHECK(code(R"({"model_type": "llama"})") == ErrorCode::invalid_config);
  CHECK(code("{}") == ErrorCode::invalid_config);
  CHECK(code("[1]") == ErrorCode::invalid_config);
  CHECK(code("{") == ErrorCode::invalid_json);
}

TEST_CASE("ModelPreset: the named ones are the files beside config.json", "[config]") {
  const std::filesystem::path folder = ARIA_SOURCE_FOLDER "/examples/config/models";
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.insert(file.path().stem().string());
  CHECK(files == std::set<std::string>(ModelPreset::names().begin(), ModelPreset::names().end()));
  for (const std::string_view name : ModelPreset::names()) {
    CAPTURE(name);
    const std::string path = (folder / (std::string(name) + ".json")).string();
    const ModelPreset preset = ModelPreset::find(std::string(name));
    CHECK(preset == ModelPreset::find(path));
    CHECK(preset.to_json() == test::read_text(path));
    CHECK(preset.training.has_value() == name.starts_with("lakh-"));
  }
  for (const std::string_view name : ModelConfig::names()) {
    CHECK(ModelPreset::find(std::string(name)).model == AnyModelConfig(ModelConfig::find(std::string(name))));
  }
}

TEST_CASE("ModelPreset: the sizes and rates of train/lakh-*.yaml", "[config]") {
  struct Size {
    std::string name;
    std::int64_t width, layers, heads;
    double rate;
  };
  for (const auto& [name, width, layers, heads, rate] : std::vector<Size>{{"lakh-small", 768, 12, 12, 6e-4},
                                                                          {"lakh-medium", 1024, 24, 16, 3e-4},
                                                                          {"lakh-large", 1280, 36, 20, 2e-4}}) {
    CAPTURE(name);
    const ModelPreset preset = ModelPreset::find(name);
    const Gpt2Config* const model = preset.model.gpt2();
    REQUIRE(model != nullptr);
    CHECK_NOTHROW(model->validate());
    CHECK(model->vocab_size == 55028);
    CHECK(model->n_positions == 1024);
    CHECK(model->n_embd == width);
    CHECK(model->n_layer == layers);
    CHECK(model->n_head == heads);
    CHECK(model->scale_attn_by_inverse_layer_idx);
    CHECK(model->attn_pdrop == 0);
    CHECK(model->resid_pdrop == 0.1);
    CHECK(model->embd_pdrop == 0.1);
    REQUIRE(preset.training);
    TrainingRecipe expected;
    expected.learning_rate = rate;
    CHECK(*preset.training == expected);
    CHECK(expected.recipe == "split_lakh");
    CHECK(expected.num_train_steps == 100'000);
    CHECK(expected.train_batch_size == 512);
  }
}

TEST_CASE("ModelPreset: one of either family comes back from its JSON, with its training and without", "[config]") {
  for (const std::string& name : {std::string("small"), std::string("lakh-small")}) {
    for (const bool trains : {false, true}) {
      CAPTURE(name, trains);
      ModelPreset preset = ModelPreset::find(name);
      preset.training.reset();
      if (trains) preset.training = TrainingRecipe{.recipe = "levanter", .learning_rate = 1.0 / 3};
      CHECK(ModelPreset::from_json(preset.to_json()) == preset);
    }
  }
}

TEST_CASE("ModelPreset: a path of a file, and what is known otherwise", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "mine.json").string();
  const aria::Error missing = test::error_of([&] { ModelPreset::find(path); });
  CHECK(missing.code() == ErrorCode::not_found);
  CHECK(std::string(missing.what()) ==
        path +
            ": is no model configuration: give one of test, small, small2048, medium, large, xlarge, lakh-small, "
            "lakh-medium, lakh-large, or the path of a JSON file");
  CHECK(test::error_of([] { ModelPreset::find("Lakh-small"); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([] { ModelPreset::find(""); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([&] { ModelPreset::find(folder.path().string()); }).code() == ErrorCode::io);
  test::write_text(path, kAria);
  CHECK(ModelPreset::find(path) == ModelPreset{ModelConfig::from_json(kAria)});
  test::write_text(path, R"({"model_type": "gpt2", "n_layer": 4, "training": {"learning_rate": 0.5}})");
  const ModelPreset preset = ModelPreset::find(path);
  CHECK(preset.model.gpt2()->n_layer == 4);
  CHECK(preset.training->learning_rate == 0.5);
  test::write_text(path, R"({"model_type": "gpt2", "training": {"learning_rate": "fast"}})");
  const aria::Error error = test::error_of([&] { ModelPreset::find(path); });
  CHECK(error.code() == ErrorCode::invalid_config);
  CHECK(error.place().path == path);
  CHECK(error.message() == "training.learning_rate must be a number");
}

TEST_CASE("TrainingRecipe: what is missing has the values of the paper", "[config]") {
  CHECK(recipe_in("{}") == TrainingRecipe());
  const TrainingRecipe recipe =
      recipe_in(R"({"recipe": "levanter", "learning_rate": 1, "warmup_ratio": 0.5, "num_train_steps": 2,
                    "train_batch_size": 3, "steps_per_eval": 4, "weight_decay": 5.5, "beta1": 0.6, "beta2": 0.7,
                    "epsilon": 1e-9, "max_grad_norm": 0})");
  CHECK(recipe == TrainingRecipe{"levanter", 1, 0.5, 2, 3, 4, 5.5, 0.6, 0.7, 1e-9, 0});
  CHECK(recipe_in(recipe.to_json()) == recipe);
  CHECK(recipe_in(TrainingRecipe().to_json("    ")) == TrainingRecipe());
  CHECK(TrainingRecipe().to_json("  ").starts_with(
      "{\n    \"recipe\": \"split_lakh\",\n    \"learning_rate\": 6e-04,\n"));
  CHECK(TrainingRecipe().to_json("  ").ends_with("\"max_grad_norm\": 1\n  }"));
}

TEST_CASE("TrainingRecipe: other keys and types are named", "[config]") {
  CHECK(fault_of(R"({"lr": 1})") == "the key training.lr is unknown");
  CHECK(fault_of(R"({"recipe": 1})") == "training.recipe must be a text");
  CHECK(fault_of(R"({"recipe": "a \"b\""})") == "training.recipe must be a name of small letters, digits and _");
  CHECK(fault_of(R"({"beta1": null})") == "training.beta1 must be a number");
  CHECK(fault_of(R"({"num_train_steps": 1.5})") == "training.num_train_steps must be a whole number of at least 0");
  CHECK(fault_of(R"({"train_batch_size": -1})") == "training.train_batch_size must be a whole number of at least 0");
  CHECK(fault_of("[]") == "training must be an object");
  CHECK(fault_of("null") == "training must be an object");
}
