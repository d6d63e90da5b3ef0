// The reference data of the original's model that are beside the project: ../shared/conformance/models/aria_tiny.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <aria/config/gpt2_config.hpp>
#include <aria/config/json_view.hpp>
#include <aria/config/model_config.hpp>
#include <aria/nn/model/gpt2_lm.hpp>
#include <aria/nn/model/transformer_lm.hpp>
#include <aria/nn/weights/model_weights.hpp>

#include "support/data.hpp"

namespace test {

/// The folder of one of the models; nothing in a public clone.
inline std::optional<std::filesystem::path> reference_model(const std::string& name) {
  const auto folder = conformance_folder();
  if (!folder || !std::filesystem::exists(*folder / "models" / name)) return std::nullopt;
  return *folder / "models" / name;
}

/// A tensor of a file, and the greatest difference of two.
inline torch::Tensor tensor_of(const aria::nn::SafetensorsFile& file, const std::string& name) {
  INFO(name);
  const aria::nn::TensorInfo* info = file.find(name);
  REQUIRE(info != nullptr);
  return aria::nn::read_tensor(file, *info);
}
inline double max_difference(const torch::Tensor& a, const torch::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

/// The model whose numbers the reference data are.
inline std::shared_ptr<aria::nn::TransformerLM> tiny_model(const std::filesystem::path& folder,
                                                           bool checkpoints = false) {
  auto config = aria::ModelConfig::from_file((folder / "config.json").string());
  config.attention_drop_p = 0;  // the reference was computed without
  config.grad_checkpoint = checkpoints;
  auto model = std::make_shared<aria::nn::TransformerLM>(config, 503);
  aria::nn::load_weights(*model, (folder / "model.safetensors").string());
  return model;
}
inline constexpr std::int64_t kTinyPad = 2;

/// A small model of our own, with dropout.
inline std::shared_ptr<aria::nn::TransformerLM> small_model(bool checkpoints = false, double drop_p = 0.1,
                                                            std::int64_t vocabulary = 67) {
  torch::manual_seed(7);
  const aria::ModelConfig config{.d_model = 32,
                                 .n_heads = 2,
                                 .n_layers = 3,
                                 .ff_mult = 2,
                                 .drop_p = drop_p,
                                 .max_seq_len = 48,
                                 .grad_checkpoint = checkpoints,
                                 .attention_drop_p = drop_p};
  return std::make_shared<aria::nn::TransformerLM>(config, vocabulary);
}

/// The same of the other family.
inline aria::Gpt2Config small_gpt2_config(double drop_p = 0.1) {
  aria::Gpt2Config config;
  config.vocab_size = 67;
  config.n_positions = 48;
  config.n_embd = 32;
  config.n_layer = 3;
  config.n_head = 2;
  config.embd_pdrop = config.resid_pdrop = config.attn_pdrop = drop_p;
  config.scale_attn_by_inverse_layer_idx = true;
  return config;
}
/// All of its weights are random, so that no part is without effect.
inline std::shared_ptr<aria::nn::Gpt2LM> small_gpt2(const aria::Gpt2Config& config = small_gpt2_config()) {
  torch::manual_seed(7);
  auto model = std::make_shared<aria::nn::Gpt2LM>(config);
  const torch::NoGradGuard no_graph;
  for (torch::Tensor parameter : model->parameters()) parameter.add_(torch::randn_like(parameter), 0.2);
  return model;
}

}  // namespace test
