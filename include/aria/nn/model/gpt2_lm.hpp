// GPT-2 as the Anticipatory Music Transformer uses it: learned positions, norms before attention and feed-forward, GELU
// by way of tanh, a head that shares its weights with the embeddings.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

#include <aria/config/gpt2_config.hpp>
#include <aria/nn/model/activation_checkpoint.hpp>
#include <aria/nn/model/attention.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/conv1d.hpp>
#include <aria/nn/model/dropout.hpp>
#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/weights/gpt2_names.hpp>

namespace aria::nn {

namespace detail {

inline torch::nn::LayerNorm gpt2_norm(const Gpt2Config& config) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.n_embd}).eps(config.layer_norm_epsilon));
}

class Gpt2Attention : public torch::nn::Module {
 public:
  Gpt2Attention(const Gpt2Config& config, std::int64_t layer) : heads_(config.n_head) {
    c_attn_ =
        register_module("c_attn", std::make_shared<Conv1d>(config.n_embd, 3 * config.n_embd, config.initializer_range));
    c_proj_ =
        register_module("c_proj", std::make_shared<Conv1d>(config.n_embd, config.n_embd, config.initializer_range));
    double scale = 1;
    if (config.scale_attn_weights) scale /= std::sqrt(static_cast<double>(config.n_embd / heads_));
    if (config.scale_attn_by_inverse_layer_idx) scale /= static_cast<double>(layer + 1);
    options_.scale = scale;
    drop_p_ = config.attn_pdrop;
  }

  torch::Tensor forward(const torch::Tensor& x) const {
    AttentionOptions options = options_;
    options.dropout = is_training() ? drop_p_ : 0;
    return c_proj_->forward(causal_self_attention(qkv(x), options));
  }
  torch::Tensor forward(const torch::Tensor& x, KvCache& cache, std::int64_t layer) const {
    return c_proj_->forward(cached_self_attention(qkv(x), cache, layer, options_));
  }

 private:
  torch::Tensor qkv(const torch::Tensor& x) const {
    return c_attn_->forward(x).view({x.size(0), x.size(1), 3, heads_, x.size(2) / heads_});
  }

  std::int64_t heads_;
  AttentionOptions options_;
  double drop_p_ = 0;
  std::shared_ptr<Conv1d> c_attn_, c_proj_;
};

class Gpt2FeedForward : public torch::nn::Module {
 public:
  explicit Gpt2FeedForward(const Gpt2Config& config) {
    const std::int64_t width = config.n_embd, inner = config.inner_width();
    c_fc_ = register_module("c_fc", std::make_shared<Conv1d>(width, inner, config.initializer_range));
    c_proj_ = register_module("c_proj", std::make_shared<Conv1d>(inner, width, config.initializer_range));
  }

  torch::Tensor forward(const torch::Tensor& x) const {
    return c_proj_->forward(torch::gelu(c_fc_->forward(x), "tanh"));
  }

 private:
  std::shared_ptr<Conv1d> c_fc_, c_proj_;
};

class Gpt2Block : public torch::nn::Module {
 public:
  Gpt2Block(const Gpt2Config& config, std::int64_t layer) : drop_p_(config.resid_pdrop) {
    ln_1_ = register_module("ln_1", gpt2_norm(config));
    attn_ = register_module("attn", std::make_shared<Gpt2Attention>(config, layer));
    ln_2_ = register_module("ln_2", gpt2_norm(config));
    mlp_ = register_module("mlp", std::make_shared<Gpt2FeedForward>(config));
  }

  torch::Tensor forward(const torch::Tensor& x) { return joined(x, attn_->forward(ln_1_(x))); }

  // As layer `layer` of a model with a cache.
  torch::Tensor forward(const torch::Tensor& x, KvCache& cache, std::int64_t layer) {
    return joined(x, attn_->forward(ln_1_(x), cache, layer));
  }

 private:
  // What attention and the feed-forward layer add.
  torch::Tensor joined(const torch::Tensor& x, const torch::Tensor& attention) {
    const torch::Tensor y = add_dropout(x, attention, drop_p_, is_training());
    return add_dropout(y, mlp_->forward(ln_2_(y)), drop_p_, is_training());
  }

  double drop_p_;
  torch::nn::LayerNorm ln_1_{nullptr}, ln_2_{nullptr};
  std::shared_ptr<Gpt2Attention> attn_;
  std::shared_ptr<Gpt2FeedForward> mlp_;
};

// All but the head.
class Gpt2Transformer : public torch::nn::Module {
 public:
  explicit Gpt2Transformer(const Gpt2Config& config)
      : drop_p_(config.embd_pdrop), checkpoints_(config.gradient_checkpointing) {
    wte_ = register_module("wte", make_embedding(config.vocab_size, config.n_embd, config.initializer_range));
    wpe_ = register_module("wpe", make_embedding(config.n_positions, config.n_embd, config.initializer_range / 2));
    h_ = register_module("h", torch::nn::ModuleList());
    for (std::int64_t i = 0; i < config.n_layer; ++i) h_->push_back(std::make_shared<Gpt2Block>(config, i));
    ln_f_ = register_module("ln_f", gpt2_norm(config));
  }

  torch::Tensor forward(const torch::Tensor& ids) {
    torch::Tensor x = embedded(ids, 0);
    for (const auto& layer : *h_) {
      auto* block = layer->as<Gpt2Block>();
      if (checkpoints_ && x.requires_grad()) {
        x = checkpointed(x, [block](const torch::Tensor& in) { return block->forward(in); });
      } else {
        x = block->forward(x);
      }
    }
    return ln_f_(x);
  }

  torch::Tensor forward(const torch::Tensor& ids, KvCache& cache) {
    torch::Tensor x = embedded(ids, cache.length());
    for (std::size_t i = 0; i < h_->size(); ++i) {
      x = h_->at<Gpt2Block>(i).forward(x, cache, static_cast<std::int64_t>(i));
    }
    cache.advance(ids.size(1));
    return ln_f_(x);
  }

  const torch::Tensor& token_weight() const { return wte_->weight; }

 private:
  static torch::nn::Embedding make_embedding(std::int64_t count, std::int64_t width, double deviation) {
    torch::nn::EmbeddingOptions options(count, width);
    options._weight(torch::empty({count, width}).normal_(0, deviation));
    return torch::nn::Embedding(options);
  }

  // Of tokens and of the positions from `first` on.
  torch::Tensor embedded(const torch::Tensor& ids, std::int64_t first) {
    const torch::Tensor x = wte_(ids) + wpe_->weight.narrow(0, first, ids.size(1));
    if (!is_training() || drop_p_ <= 0) return x;
    return add_dropout(torch::zeros_like(x), x, drop_p_, true);
  }

  double drop_p_;
  bool checkpoints_;
  torch::nn::Embedding wte_{nullptr}, wpe_{nullptr};
  torch::nn::ModuleList h_{nullptr};
  torch::nn::LayerNorm ln_f_{nullptr};
};

}  // namespace detail

/// GPT-2 (Radford et al.: "Language models are unsupervised multitask learners", 2019) with the names and layouts of
/// GPT2LMHeadModel of Hugging Face's transformers, new weights as in Levanter: N(0, initializer_range), for positions
/// half of it, biases 0. Dropout is on embeddings and on what each layer adds.
///
///     torch::manual_seed(0);
///     Gpt2LM model(*ModelPreset::find("lakh-small").model.gpt2());
///     model.forward(ids)  // (batch, length) -> (batch, length, vocab_size)
class Gpt2LM : public CausalTransformer {
 public:
  explicit Gpt2LM(const Gpt2Config& config)
      : CausalTransformer({.vocabulary = config.vocab_size,
                           .max_seq_len = config.n_positions,
                           .layers = config.n_layer,
                           .width = config.n_embd,
                           .heads = config.n_head,
                           .feed_forward_width = config.inner_width(),
                           .activation_checkpoints = config.gradient_checkpointing}),
        config_(config) {
    transformer_ = register_module("transformer", std::make_shared<detail::Gpt2Transformer>(config));
  }

  const Gpt2Config& config() const noexcept { return config_; }

  torch::Tensor hidden(const torch::Tensor& ids) override {
    check_length(ids.size(1));
    return transformer_->forward(ids);
  }

  torch::Tensor hidden_behind(KvCache& cache, const torch::Tensor& ids) override {
    check_length(cache.length() + ids.size(1));
    return transformer_->forward(ids, cache);
  }

  torch::Tensor head_weight() const override { return transformer_->token_weight(); }

  TensorOffers adapted(TensorOffers offers) const override { return gpt2_offers(std::move(offers)); }

 private:
  Gpt2Config config_;
  std::shared_ptr<detail::Gpt2Transformer> transformer_;
};

}  // namespace aria::nn
