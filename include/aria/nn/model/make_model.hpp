// Models by their configuration.
#pragma once

#include <cstdint>
#include <memory>

#include <aria/config/any_model_config.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/gpt2_lm.hpp>
#include <aria/nn/model/transformer_lm.hpp>

namespace aria::nn {

/// A new model with weights drawn by libtorch's generator: torch::manual_seed decides them. `vocabulary` is for those
/// that do not say it themselves.
inline std::shared_ptr<CausalTransformer> make_model(const AnyModelConfig& config, std::uint64_t vocabulary) {
  if (const Gpt2Config* const gpt2 = config.gpt2()) return std::make_shared<Gpt2LM>(*gpt2);
  return std::make_shared<TransformerLM>(*config.aria(), static_cast<std::int64_t>(vocabulary));
}

}  // namespace aria::nn
