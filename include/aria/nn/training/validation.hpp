// The loss of a model on a data set.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <aria/dataset/epoch_order.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/data/batch_stream.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/precision.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/training/train_step.hpp>

namespace aria::nn {

struct ValidationOptions {
  std::size_t batch_size = 32;
  std::size_t workers = 1;
  Precision precision = Precision::fp32;
  std::function<void(std::uint64_t done, std::uint64_t total)> on_progress{};  ///< in sequences; may be empty
};

/// The mean loss over all targets of a data set that are not padding; every sequence counts once, of several processes
/// each takes its share, and the model is in evaluation mode meanwhile. 0 where there is no target.
inline double validation_loss(CausalTransformer& model, const std::shared_ptr<const SequenceSource>& data,
                              const ValidationOptions& options, ProcessGroup& group) {
  const torch::NoGradGuard no_graph;
  const torch::Device device = model.head_weight().device();
  const std::int64_t pad = data->vocabulary().pad();
  const bool was_training = model.is_training();
  model.eval();
  BatchStream batches(BatchDataset(data, {}, device.is_cuda()),
                      EpochSampler(EpochOrder(data->size(), {.shuffle = false, .rank = rank_in(group)})),
                      {.batch_size = options.batch_size, .workers = options.workers});
  std::array<double, 2> sums{};  // losses, targets
  auto& [loss, count] = sums;
  std::uint64_t done = 0;
  while (const std::optional<Batch> batch = batches.next()) {
    const AutocastGuard autocast(options.precision, device.type());
    const Batch here = batch->to(device);
    loss += model.loss_sum(here.source, here.target, pad).item<double>();
    count += static_cast<double>(target_count({&*batch, 1}, pad));
    done += batch->indices.size() * group.size();
    if (options.on_progress) options.on_progress(std::min<std::uint64_t>(done, data->size()), data->size());
  }
  model.train(was_training);
  group.sum(sums);
  return count == 0 ? 0 : loss / count;
}

inline double validation_loss(CausalTransformer& model, const std::shared_ptr<const SequenceSource>& data,
                              const ValidationOptions& options) {
  SingleProcess alone;
  return validation_loss(model, data, options, alone);
}

}  // namespace aria::nn
