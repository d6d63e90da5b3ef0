// The data sets of the library as a torch::data data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/data/batch.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// A TokenizedDataset, a LineDataset or another SequenceDataset, whatever its transform, for torch::data's loaders and
/// samplers. A loader copies it for every worker: what is copied is a pointer.
///
///     auto data = std::make_shared<aria::TokenizedDataset<aria::LazyTokenizer>>("train.jsonl", tokenizer);
///     data->set_transform(aria::default_augmentations(tokenizer));
///     auto loader = torch::data::make_data_loader(aria::nn::BatchDataset(data, {.seed = 0, .epoch = 3}),
///                                                 torch::data::samplers::RandomSampler(data->size()),
///                                                 torch::data::DataLoaderOptions().batch_size(32).workers(2));
///     for (const aria::nn::Batch& batch : *loader) batch.source  // (32, max_seq_len), int64
///
/// What a transform draws belongs to (seed, epoch, index), so it does not depend on the workers. An error of the data
/// set arrives as torch::data::WorkerException where there are workers.
class BatchDataset : public torch::data::datasets::BatchDataset<BatchDataset, Batch> {
 public:
  explicit BatchDataset(std::shared_ptr<const SequenceSource> data, EpochDraw draw = {}, bool pin_memory = false)
      : data_(std::move(data)), draw_(draw), pin_memory_(pin_memory) {}

  template <class Data>
  explicit BatchDataset(std::shared_ptr<Data> data, EpochDraw draw = {}, bool pin_memory = false)
      : BatchDataset(source_of(std::move(data)), draw, pin_memory) {}

  Batch get_batch(at::ArrayRef<std::size_t> indices) override {
    const auto rows = static_cast<std::int64_t>(indices.size());
    const auto options = torch::TensorOptions().dtype(torch::kLong).pinned_memory(pin_memory_);
    const auto length = static_cast<std::int64_t>(data_->max_seq_len());
    Batch batch{torch::empty({rows, length}, options), torch::empty({rows, length}, options), indices.vec()};
    fill_batch(*data_, batch.indices, draw_, batch.source.data_ptr<std::int64_t>(),
               batch.target.data_ptr<std::int64_t>(), scratch_);
    return batch;
  }

  torch::optional<std::size_t> size() const override { return data_->size(); }

  const std::shared_ptr<const SequenceSource>& data() const noexcept { return data_; }

 private:
  std::shared_ptr<const SequenceSource> data_;
  EpochDraw draw_;
  bool pin_memory_;
  Sample scratch_;
};

}  // namespace aria::nn
