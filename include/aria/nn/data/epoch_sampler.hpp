// EpochOrder as a torch::data sampler.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <aria/dataset/epoch_order.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// Gives the sequences of one epoch, or of one rank's share of it, from any place on: see EpochOrder.
///
///     const EpochOrder order(data->size(), {.seed = 0, .epoch = 3});
///     EpochSampler sampler(order, {.first = 320});  // 320 are done already
///
/// A loader asks its sampler ahead of what is consumed. So a run that is interrupted counts what it has consumed, and
/// begins there again; `save` and `load` keep what was handed out.
class EpochSampler : public torch::data::samplers::Sampler<> {
 public:
  struct Range {
    std::size_t first = 0;         ///< places of the order before it are left out
    std::size_t end = SIZE_MAX;    ///< and those from here on; what is beyond the last one counts as that
    bool drop_incomplete = false;  ///< whether a last batch that is not full is left out
  };

  explicit EpochSampler(EpochOrder order) : EpochSampler(std::move(order), Range()) {}
  EpochSampler(EpochOrder order, Range range)
      : order_(std::make_shared<const EpochOrder>(std::move(order))),
        first_(std::min(range.first, order_->size())),
        end_(std::min(range.end, order_->size())),
        drop_incomplete_(range.drop_incomplete),
        next_(first_) {}

  void reset(torch::optional<std::size_t> = torch::nullopt) override { next_ = first_; }

  torch::optional<std::vector<std::size_t>> next(std::size_t batch_size) override {
    const std::size_t count = next_ < end_ ? std::min(batch_size, end_ - next_) : 0;
    if (count == 0 || (drop_incomplete_ && count < batch_size)) return torch::nullopt;
    std::vector<std::size_t> indices(count);
    for (std::size_t& index : indices) index = (*order_)[next_++];
    return indices;
  }

  /// Writes how many places are handed out, and of which order.
  void save(torch::serialize::OutputArchive& archive) const override {
    std::vector<std::int64_t> numbers = order_numbers();
    numbers.push_back(static_cast<std::int64_t>(next_));
    archive.write("order_and_next", torch::tensor(numbers), /*is_buffer=*/true);
  }

  /// Goes on behind the places that were handed out: also after a `reset`, with which loaders begin. Throws
  /// invalid_argument where the other sampler had another order.
  void load(torch::serialize::InputArchive& archive) override {
    torch::Tensor saved;
    archive.read("order_and_next", saved, /*is_buffer=*/true);
    const std::vector<std::int64_t> ours = order_numbers();
    const auto size = static_cast<std::int64_t>(ours.size());
    if (saved.dim() != 1 || saved.size(0) != size + 1 || !torch::equal(saved.narrow(0, 0, size), torch::tensor(ours))) {
      throw Error(ErrorCode::invalid_argument,
                  "the sampler that was saved had another order: sequences, seed, epoch, "
                  "shuffling, rank and ranks must be the same");
    }
    const std::int64_t place = saved[size].item<std::int64_t>();
    if (place < 0 || static_cast<std::size_t>(place) > order_->size()) {
      throw Error(ErrorCode::invalid_argument,
                  "a sampler cannot go on at place " + std::to_string(place) + " of " + std::to_string(order_->size()));
    }
    first_ = next_ = static_cast<std::size_t>(place);
  }

 private:
  std::vector<std::int64_t> order_numbers() const {
    const EpochOrder::Options& options = order_->options();
    return {static_cast<std::int64_t>(order_->size()),      static_cast<std::int64_t>(options.seed),
            static_cast<std::int64_t>(options.epoch),       options.shuffle ? 1 : 0,
            static_cast<std::int64_t>(options.rank.number), static_cast<std::int64_t>(options.rank.count)};
  }

  std::shared_ptr<const EpochOrder> order_;
  std::size_t first_, end_;
  bool drop_incomplete_;
  std::size_t next_;
};

}  // namespace aria::nn
