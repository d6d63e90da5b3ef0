// Keys and values of what a model has seen: so that each new token costs one position of work, not all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <aria/nn/torch.hpp>

namespace aria::nn {

/// For each layer, keys and values (batch, heads, length, head_size), in memory that grows by doubling up to a bound.
class KvCache {
 public:
  KvCache(std::int64_t layers, std::int64_t longest)
      : keys_(static_cast<std::size_t>(layers)), values_(static_cast<std::size_t>(layers)), longest_(longest) {}

  /// Positions that all layers have seen.
  std::int64_t length() const noexcept { return length_; }

  struct KeysAndValues {
    torch::Tensor keys, values;
  };

  /// Puts those of new positions behind the others of a layer, and returns all of them.
  KeysAndValues append(std::int64_t layer, const torch::Tensor& keys, const torch::Tensor& values) {
    const auto i = static_cast<std::size_t>(layer);
    const std::int64_t end = length_ + keys.size(2);
    for (auto [all, added] : {std::pair(&keys_[i], &keys), std::pair(&values_[i], &values)}) {
      make_room(*all, *added, end);
      all->narrow(2, length_, added->size(2)).copy_(*added);
    }
    return {keys_[i].narrow(2, 0, end), values_[i].narrow(2, 0, end)};
  }

  /// Called once all layers have their new positions.
  void advance(std::int64_t count) noexcept { length_ += count; }

 private:
  void make_room(torch::Tensor& all, const torch::Tensor& added, std::int64_t end) const {
    if (all.defined() && all.size(2) >= end) return;
    constexpr std::int64_t kLeast = 64;
    const std::int64_t room = std::max(end, std::min(longest_, std::max(kLeast, 2 * end)));
    torch::Tensor larger = torch::empty({added.size(0), added.size(1), room, added.size(3)}, added.options());
    if (all.defined()) larger.narrow(2, 0, length_).copy_(all.narrow(2, 0, length_));
    all = larger;
  }

  std::vector<torch::Tensor> keys_, values_;
  std::int64_t longest_, length_ = 0;
};

}  // namespace aria::nn
