// What training and sampling ask of a model: hidden states of token ids, and the weights that turn these into logits.
#pragma once

#include <cstdint>
#include <string>

#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/model/linear_cross_entropy.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// The sizes from which memory and work follow.
struct TransformerSizes {
  std::int64_t vocabulary = 0;
  std::int64_t max_seq_len = 0;  ///< the longest sequence that it takes
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t feed_forward_width = 0;
  bool activation_checkpoints = false;
};

/// A decoder-only transformer with a head for language modelling. A base class, unlike the concepts of the core: it is
/// a torch::nn::Module, which is one, and training needs to be compiled but once for all models.
class CausalTransformer : public torch::nn::Module {
 public:
  explicit CausalTransformer(const TransformerSizes& sizes) : sizes_(sizes) {}

  const TransformerSizes& sizes() const noexcept { return sizes_; }

  /// Hidden states (batch, length, width) of `ids` (batch, length; int64), after the last norm. Throws invalid_argument
  /// where they are longer than max_seq_len.
  virtual torch::Tensor hidden(const torch::Tensor& ids) = 0;

  /// The same for `ids` that come behind those in a cache of this model's, which they join. Not for training.
  virtual torch::Tensor hidden_behind(KvCache& cache, const torch::Tensor& ids) = 0;

  /// What a file offers, under the names that this model has for it, where files of other programs have others. Throws
  /// invalid_weights where that is no model of this kind.
  virtual TensorOffers adapted(TensorOffers offers) const { return offers; }

  /// A cache that holds nothing yet.
  KvCache make_cache() const { return KvCache(sizes_.layers, sizes_.max_seq_len); }

  /// The weights of the head: (vocabulary, width).
  virtual torch::Tensor head_weight() const = 0;

  /// Logits (batch, length, vocabulary): what follows after each position.
  torch::Tensor forward(const torch::Tensor& ids) { return torch::linear(hidden(ids), head_weight()); }

  /// The sum of the losses of all targets that are not padding, see linear_cross_entropy; `source` and `target` are
  /// (batch, length).
  torch::Tensor loss_sum(const torch::Tensor& source, const torch::Tensor& target, std::int64_t pad,
                         double smoothing = 0) {
    return linear_cross_entropy(hidden(source).flatten(0, 1), head_weight(), target.flatten(), pad, smoothing);
  }

  /// The loss of each target, (batch, length) in fp32; 0 where it is padding. Not for training.
  torch::Tensor token_losses(const torch::Tensor& source, const torch::Tensor& target, std::int64_t pad) {
    const torch::NoGradGuard no_graph;
    return linear_token_losses(hidden(source).flatten(0, 1), head_weight(), target.flatten(), pad).view_as(target);
  }

 protected:
  /// Throws invalid_argument where a sequence has more than max_seq_len tokens.
  void check_length(std::int64_t length) const {
    if (length <= sizes_.max_seq_len) return;
    throw Error(ErrorCode::invalid_argument, "a sequence of " + std::to_string(length) +
                                                 " tokens is longer than the model's max_seq_len of " +
                                                 std::to_string(sizes_.max_seq_len));
  }

 private:
  TransformerSizes sizes_;
};

}  // namespace aria::nn
