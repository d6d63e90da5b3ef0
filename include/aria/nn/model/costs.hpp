// What a model costs: parameters, floating-point operations, memory.
#pragma once

#include <cstdint>

#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/precision.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// Trainable numbers of a model.
inline std::uint64_t parameter_count(const torch::nn::Module& model) {
  std::uint64_t count = 0;
  for (const torch::Tensor& parameter : model.parameters()) count += static_cast<std::uint64_t>(parameter.numel());
  return count;
}

/// Floating-point operations of training on one token: 6 for every weight that is multiplied with (forward once,
/// backward twice), and 12 * layers * width * length for the products of attention (Chowdhery et al.: "PaLM", 2022,
/// appendix B). What activation checkpointing computes again is not counted, so that a share of a peak says how much is
/// useful.
inline double training_flops_per_token(const TransformerSizes& sizes, std::int64_t length) {
  const double width = static_cast<double>(sizes.width), layers = static_cast<double>(sizes.layers);
  const double block = 4 * width * width + 2 * width * static_cast<double>(sizes.feed_forward_width);
  const double weights = layers * block + width * static_cast<double>(sizes.vocabulary);
  return 6 * weights + 12 * layers * width * static_cast<double>(length);
}

/// About how many bytes training takes on the device: weights, gradients and two moments in fp32, and what is kept of
/// `sequences` sequences at once until gradients are there (after Korthikanti et al.: "Reducing activation
/// recomputation in large transformer models", 2022: 34 bytes for each number of a token's width in a layer, in half
/// precision; attention weights are not kept). With activation checkpoints, a layer's input and one whole layer.
/// `head_rows` are the positions whose logits exist at once.
inline double training_memory(const TransformerSizes& sizes, std::uint64_t parameters, std::int64_t sequences,
                              Precision precision, std::int64_t head_rows) {
  const double tokens = static_cast<double>(sequences * sizes.max_seq_len), width = static_cast<double>(sizes.width);
  const double bytes = precision == Precision::bf16 ? 2 : 4;
  const double feed_forward = static_cast<double>(sizes.feed_forward_width) / width;
  const double layer = tokens * width * bytes * (9 + 2 * feed_forward);
  const double input = tokens * width * 4;
  const double layers = static_cast<double>(sizes.layers);
  const double activations = sizes.activation_checkpoints ? layers * input + layer : layers * layer;
  const double head =
      static_cast<double>(sizes.vocabulary) * (2 * width * 4 + 8 * static_cast<double>(head_rows)) + 2 * input;
  return 16.0 * static_cast<double>(parameters) + activations + head;
}

}  // namespace aria::nn
