// The batches of one epoch, one after the other, prepared by threads beside the training.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <aria/nn/data/batch.hpp>
#include <aria/nn/data/batch_dataset.hpp>
#include <aria/nn/data/epoch_sampler.hpp>
#include <aria/nn/torch.hpp>

namespace aria::nn {

/// A loader of libtorch over a data set, and how long was waited for it. Errors of the data set arrive as they were
/// thrown, at the batch that they belong to.
///
///     BatchStream batches(BatchDataset(data, draw), EpochSampler(order), {.batch_size = 32, .workers = 2});
///     while (const std::optional<Batch> batch = batches.next()) ...
class BatchStream {
 public:
  struct Options {
    std::size_t batch_size = 32;
    std::size_t workers = 1;  ///< 0: batches are made when they are asked for
  };

  BatchStream(BatchDataset data, EpochSampler sampler, const Options& options)
      : loader_(torch::data::make_data_loader(
            std::move(data), std::move(sampler),
            torch::data::DataLoaderOptions(options.batch_size).workers(options.workers))) {}

  std::optional<Batch> next() {
    const auto start = std::chrono::steady_clock::now();
    std::optional<Batch> batch;
    try {
      if (!at_) {
        at_.emplace(loader_->begin());
      } else {
        ++*at_;
      }
      if (*at_ != loader_->end()) batch = std::move(**at_);
    } catch (const torch::data::WorkerException& error) {
      std::rethrow_exception(error.original_exception);
    }
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return batch;
  }

  /// Seconds that `next` has taken so far.
  double waited() const noexcept { return waited_; }

 private:
  using Loader = torch::data::StatelessDataLoader<BatchDataset, EpochSampler>;

  std::unique_ptr<Loader> loader_;
  std::optional<torch::data::Iterator<Batch>> at_;
  double waited_ = 0;
};

}  // namespace aria::nn
