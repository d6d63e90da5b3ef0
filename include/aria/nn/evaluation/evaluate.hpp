// The losses of a model on a data set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include <aria/dataset/epoch_order.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/data/batch_stream.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/precision.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

struct EvaluationOptions {
  std::size_t batch_size = 32;
  std::size_t workers = 1;
  Precision precision = Precision::fp32;
  std::size_t subsample = 1;  ///< every so many-th sequence is taken, the first one among them
  std::function<void(std::uint64_t done, std::uint64_t total)> on_progress{};  ///< in sequences; may be empty
  /// Is given the ids of every sequence that was taken; may be empty.
  std::function<void(std::span<const std::int64_t> ids)> on_sequence{};
};

namespace detail {

// A model is in evaluation mode as long as it lives, and then as it was.
class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& model) : model_(model), was_training_(model.is_training()) {
    model_.eval();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() { model_.train(was_training_); }

 private:
  torch::nn::Module& model_;
  bool was_training_;
};

inline void add_batch(CausalTransformer& model, const Batch& batch, std::int64_t pad, const EvaluationOptions& options,
                      LossTally& tally) {
  const torch::Device device = model.head_weight().device();
  const AutocastGuard autocast(options.precision, device.type());
  const Batch there = batch.to(device);
  const torch::Tensor losses = model.token_losses(there.source, there.target, pad).to(torch::kCPU).contiguous();
  const auto length = static_cast<std::size_t>(losses.size(1));
  for (std::int64_t row = 0; row < losses.size(0); ++row) {
    const auto begin = static_cast<std::ptrdiff_t>(row * losses.size(1));
    tally.add({losses.data_ptr<float>() + begin, length}, {batch.target.data_ptr<std::int64_t>() + begin, length}, pad);
    if (options.on_sequence) options.on_sequence({batch.source.data_ptr<std::int64_t>() + begin, length});
  }
}

}  // namespace detail

/// The losses of all targets of a data set that are not padding; every sequence counts once, of several processes each
/// takes its share, and the model is in evaluation mode meanwhile.
inline LossTally evaluate(CausalTransformer& model, const std::shared_ptr<const SequenceSource>& data,
                          const EvaluationOptions& options, ProcessGroup& group) {
  const torch::NoGradGuard no_graph;
  const detail::EvaluationMode mode(model);
  const std::uint64_t total = (data->size() + options.subsample - 1) / options.subsample;
  const Rank rank{group.rank() * options.subsample, group.size() * options.subsample};
  BatchStream batches(BatchDataset(data, {}, model.head_weight().device().is_cuda()),
                      EpochSampler(EpochOrder(data->size(), {.shuffle = false, .rank = rank})),
                      {.batch_size = options.batch_size, .workers = options.workers});
  LossTally tally(data->event_size());
  std::uint64_t done = 0;
  while (const std::optional<Batch> batch = batches.next()) {
    detail::add_batch(model, *batch, data->vocabulary().pad(), options, tally);
    done += batch->indices.size() * group.size();
    if (options.on_progress) options.on_progress(std::min(done, total), total);
  }
  group.sum(tally.numbers());
  return tally;
}

inline LossTally evaluate(CausalTransformer& model, const std::shared_ptr<const SequenceSource>& data,
                          const EvaluationOptions& options = {}) {
  SingleProcess alone;
  return evaluate(model, data, options, alone);
}

}  // namespace aria::nn
