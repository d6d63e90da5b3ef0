// A transformer as the sampling loops want it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/model/linear.hpp>
#include <aria/nn/torch.hpp>
#include <aria/sampling/language_model.hpp>
#include <aria/token/token.hpp>

namespace aria::nn {

/// How a SampledTransformer computes.
struct SampledTransformerOptions {
  bool cached = true;  ///< keep keys and values; without, every token computes the whole sequence again
  Precision precision = Precision::fp32;
};

/// Satisfies aria::LanguageModel: batches of sequences on the model's device. The model is put into evaluation mode.
/// With bf16 it belongs to one thread, and weights must not change as long as it lives.
///
///     SampledTransformer sampled(model);
///     Generation generation(sampled, {.temperature = 0.85, .top_p = 0.9});
class SampledTransformer {
 public:
  explicit SampledTransformer(std::shared_ptr<CausalTransformer> model, const SampledTransformerOptions& options = {})
      : model_(std::move(model)), options_(options) {
    model_->eval();
    if (options.precision == Precision::bf16) cast_weights_ = std::make_unique<AutocastCache>();
  }

  std::size_t vocabulary_size() const { return static_cast<std::size_t>(model_->sizes().vocabulary); }
  std::size_t max_seq_len() const { return static_cast<std::size_t>(model_->sizes().max_seq_len); }

  struct Context {
    std::int64_t batch = 0;
    KvCache cache;
    torch::Tensor ids;  ///< all of them, where there is no cache
  };

  Context begin(std::size_t batch) const {
    return {static_cast<std::int64_t>(batch), model_->make_cache(), torch::Tensor()};
  }

  /// Forgets all but the first `length` tokens of each sequence.
  void truncate(Context& context, std::size_t length) const {
    const auto count = static_cast<std::int64_t>(length);
    context.cache.truncate(count);
    if (context.ids.defined()) context.ids = context.ids.narrow(1, 0, std::min(count, context.ids.size(1)));
  }

  /// Keeps only these sequences, in this order.
  void keep_rows(Context& context, std::span<const std::size_t> rows) const {
    const torch::NoGradGuard no_graph;
    const std::vector<std::int64_t> numbers(rows.begin(), rows.end());
    const torch::Tensor index = torch::tensor(numbers, torch::kLong).to(device());
    context.batch = index.size(0);
    context.cache.keep_rows(index);
    if (context.ids.defined()) context.ids = context.ids.index_select(0, index);
  }

  /// Throws invalid_argument where the sequences become longer than the model allows.
  void append(Context& context, std::span<const TokenId> tokens, std::span<float> logits) {
    append(context, tokens, logits, 0, vocabulary_size());
  }

  /// The same, where only the logits of ids `first` to `end` - 1 are computed; the others stay as they are.
  void append(Context& context, std::span<const TokenId> tokens, std::span<float> logits, std::size_t first,
              std::size_t end) {
    const torch::NoGradGuard no_graph;
    const AutocastGuard autocast(AutocastState{options_.precision == Precision::bf16, torch::kBFloat16, true},
                                 device().type());
    const torch::Tensor last = hidden(context, ids_of(context, tokens)).select(1, -1);
    const torch::Tensor weight = head_weight();
    const torch::Tensor out = torch::from_blob(logits.data(), {context.batch, weight.size(0)}, torch::kFloat);
    const auto begin = static_cast<std::int64_t>(first), count = static_cast<std::int64_t>(end - first);
    apply_linear_into(out.narrow(1, begin, count), last, weight.narrow(0, begin, count));
  }

 private:
  // In bf16 the whole is cast, once: a part of it would be cast for every token.
  torch::Tensor head_weight() const {
    const torch::Tensor weight = model_->head_weight();
    if (options_.precision == Precision::fp32) return weight;
    return at::autocast::cached_cast(torch::kBFloat16, weight, weight.device().type());
  }

  torch::Device device() const { return model_->head_weight().device(); }

  torch::Tensor ids_of(const Context& context, std::span<const TokenId> tokens) const {
    const std::vector<std::int64_t> numbers(tokens.begin(), tokens.end());
    return torch::tensor(numbers, torch::kLong).view({context.batch, -1}).to(device());
  }

  torch::Tensor hidden(Context& context, const torch::Tensor& ids) {
    if (options_.cached) return model_->hidden_behind(context.cache, ids);
    context.ids = context.ids.defined() ? torch::cat({context.ids, ids}, 1) : ids;
    return model_->hidden(context.ids);
  }

  std::shared_ptr<CausalTransformer> model_;
  SampledTransformerOptions options_;
  std::unique_ptr<AutocastCache> cast_weights_;
};

static_assert(LanguageModel<SampledTransformer>);

}  // namespace aria::nn
