// The transformer of EleutherAI's Aria: rotary positions, norms before attention and feed-forward, exact GELU.
#pragma once

#include <cstdint>
#include <memory>

#include <aria/config/model_config.hpp>
#include <aria/nn/model/activation_checkpoint.hpp>
#include <aria/nn/model/attention.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/dropout.hpp>
#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/model/linear.hpp>
#include <aria/nn/model/rotary.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

namespace detail {

// Holds the frequencies under their name in the original's state dict. What is computed with is RotaryTable, which has
// the same.
struct RotaryBuffer : torch::nn::Module {
  explicit RotaryBuffer(std::int64_t head_size) { register_buffer("inv_freq", rotary_frequencies(head_size)); }
};

// A block. Parameters are registered in the order of the original's, so that the same seed draws the same weights.
class AriaBlock : public torch::nn::Module {
 public:
  explicit AriaBlock(const ModelConfig& config)
      : drop_p_(config.drop_p), attention_drop_p_(config.attention_drop_p), heads_(config.n_heads) {
    const std::int64_t width = config.d_model, inner = width * config.ff_mult;
    register_module("rotary_emb", std::make_shared<RotaryBuffer>(width / heads_));
    mixed_qkv_ = register_module("mixed_qkv", make_linear(width, 3 * width, false));
    att_proj_linear_ = register_module("att_proj_linear", make_linear(width, width, true));
    ff_linear_1_ = register_module("ff_linear_1", make_linear(width, inner, true));
    ff_linear_2_ = register_module("ff_linear_2", make_linear(inner, width, true));
    norm1_ = register_module("norm1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    norm2_ = register_module("norm2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
  }

  torch::Tensor forward(const torch::Tensor& x, const RotaryTable::Angles& angles) {
    return joined(
        x, causal_self_attention(qkv(x), {.angles = angles, .dropout = is_training() ? attention_drop_p_ : 0.0}));
  }

  // As layer `layer` of a model with a cache.
  torch::Tensor forward(const torch::Tensor& x, const RotaryTable::Angles& angles, KvCache& cache, std::int64_t layer) {
    return joined(x, cached_self_attention(qkv(x), cache, layer, {.angles = angles}));
  }

 private:
  static torch::nn::Linear make_linear(std::int64_t in, std::int64_t out, bool bias) {
    return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(bias));
  }

  torch::Tensor qkv(const torch::Tensor& x) {
    return apply_linear(norm1_(x), mixed_qkv_).view({x.size(0), x.size(1), 3, heads_, x.size(2) / heads_});
  }

  // What attention and the feed-forward layer add.
  torch::Tensor joined(const torch::Tensor& x, const torch::Tensor& attention) {
    const torch::Tensor y = add_dropout(x, apply_linear(attention, att_proj_linear_), drop_p_, is_training());
    return add_dropout(y, feed_forward(norm2_(y)), drop_p_, is_training());
  }

  torch::Tensor feed_forward(const torch::Tensor& x) {
    return apply_linear(torch::gelu(apply_linear(x, ff_linear_1_)), ff_linear_2_);
  }

  double drop_p_, attention_drop_p_;
  std::int64_t heads_;
  torch::nn::Linear mixed_qkv_{nullptr}, att_proj_linear_{nullptr}, ff_linear_1_{nullptr}, ff_linear_2_{nullptr};
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
};

// All but the head.
class AriaTransformer : public torch::nn::Module {
 public:
  AriaTransformer(const ModelConfig& config, std::int64_t vocabulary)
      : rotary_(config.d_model / config.n_heads, config.max_seq_len), checkpoints_(config.grad_checkpoint) {
    const std::int64_t width = config.d_model;
    tok_embeddings_ = register_module("tok_embeddings", torch::nn::Embedding(vocabulary, width));
    out_layer_norm_ = register_module("out_layer_norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    layers_ = register_module("encode_layers", torch::nn::ModuleList());
    for (std::int64_t i = 0; i < config.n_layers; ++i) layers_->push_back(std::make_shared<AriaBlock>(config));
  }

  torch::Tensor forward(const torch::Tensor& ids) {
    torch::Tensor x = tok_embeddings_(ids);
    const RotaryTable::Angles angles = rotary_.at(0, ids.size(1), ids.device());
    for (const auto& layer : *layers_) {
      auto* block = layer->as<AriaBlock>();
      if (checkpoints_ && x.requires_grad()) {
        x = checkpointed(x, [block, angles](const torch::Tensor& in) { return block->forward(in, angles); });
      } else {
        x = block->forward(x, angles);
      }
    }
    return out_layer_norm_(x);
  }

  torch::Tensor forward(const torch::Tensor& ids, KvCache& cache) {
    torch::Tensor x = tok_embeddings_(ids);
    const RotaryTable::Angles angles = rotary_.at(cache.length(), ids.size(1), ids.device());
    for (std::size_t i = 0; i < layers_->size(); ++i) {
      x = layers_->at<AriaBlock>(i).forward(x, angles, cache, static_cast<std::int64_t>(i));
    }
    cache.advance(ids.size(1));
    return out_layer_norm_(x);
  }

 private:
  RotaryTable rotary_;
  bool checkpoints_;
  torch::nn::Embedding tok_embeddings_{nullptr};
  torch::nn::LayerNorm out_layer_norm_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
};

}  // namespace detail

/// The original's `TransformerLM` (EleutherAI/aria, aria/model/model.py): the names of its state dict, its biases,
/// dropouts and initialisation, so that the same seed gives the same weights as in Python.
///
///     torch::manual_seed(0);
///     TransformerLM model(ModelConfig::find("small"), tokenizer.vocabulary().size());
///     model.forward(ids)  // (batch, length) -> (batch, length, vocabulary)
class TransformerLM : public CausalTransformer {
 public:
  TransformerLM(const ModelConfig& config, std::int64_t vocabulary)
      : CausalTransformer({.vocabulary = vocabulary,
                           .max_seq_len = config.max_seq_len,
                           .layers = config.n_layers,
                           .width = config.d_model,
                           .heads = config.n_heads,
                           .feed_forward_width = config.d_model * config.ff_mult,
                           .activation_checkpoints = config.grad_checkpoint}) {
    model_ = register_module("model", std::make_shared<detail::AriaTransformer>(config, vocabulary));
    lm_head_ =
        register_module("lm_head", torch::nn::Linear(torch::nn::LinearOptions(config.d_model, vocabulary).bias(false)));
  }

  torch::Tensor hidden(const torch::Tensor& ids) override {
    check_length(ids.size(1));
    return model_->forward(ids);
  }

  torch::Tensor hidden_behind(KvCache& cache, const torch::Tensor& ids) override {
    check_length(cache.length() + ids.size(1));
    return model_->forward(ids, cache);
  }

  torch::Tensor head_weight() const override { return lm_head_->weight; }

 private:
  std::shared_ptr<detail::AriaTransformer> model_;
  torch::nn::Linear lm_head_{nullptr};
};

}  // namespace aria::nn
