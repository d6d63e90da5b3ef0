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
///     EpochSampler sampler(EpochOrder(data->size(), {.seed = 0, .epoch = 3}), {.first = 320});  // 320 are done
///     already
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

  /// Writes how many places are handed out, and has the sampler go on behind them: also after a `reset`, with which
  /// loaders begin.
  void save(torch::serialize::OutputArchive& archive) const override {
    archive.write("next", torch::tensor(static_cast<std::int64_t>(next_)), /*is_buffer=*/true);
  }
  /// Throws invalid_argument for a place that the order does not have.
  void load(torch::serialize::InputArchive& archive) override {
    torch::Tensor next;
    archive.read("next", next, /*is_buffer=*/true);
    const std::int64_t place = next.item<std::int64_t>();
    if (place < 0 || static_cast<std::size_t>(place) > order_->size()) {
      throw Error(ErrorCode::invalid_argument,
                  "a sampler cannot go on at place " + std::to_string(place) + " of " + std::to_string(order_->size()));
    }
    first_ = next_ = static_cast<std::size_t>(place);
  }

 private:
  std::shared_ptr<const EpochOrder> order_;
  std::size_t first_, end_;
  bool drop_incomplete_;
  std::size_t next_;
};

}  // namespace aria::nn
