// Keys and values of what a model has seen: so that each new token costs one position of work, not all of them.
#pragma once

#include <algorithm>
#include <array>
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
    const std::int64_t count = keys.size(2), end = length_ + count;
    const KeysAndValues all = room_for(layer, {keys.size(0), keys.size(1), count, keys.size(3)}, keys.options());
    all.keys.narrow(2, length_, count).copy_(keys);
    all.values.narrow(2, length_, count).copy_(values);
    return {all.keys.narrow(2, 0, end), all.values.narrow(2, 0, end)};
  }

  /// The memory of a layer, with room for new positions (batch, heads, count, head_size) at `length()`: for those who
  /// write them themselves.
  KeysAndValues room_for(std::int64_t layer, const std::array<std::int64_t, 4>& added,
                         const torch::TensorOptions& options) {
    const auto i = static_cast<std::size_t>(layer);
    make_room(keys_[i], added, options);
    make_room(values_[i], added, options);
    return {keys_[i], values_[i]};
  }

  /// Called once all layers have their new positions.
  void advance(std::int64_t count) noexcept { length_ += count; }

  /// Keeps only the sequences of these numbers, (count) of int64.
  void keep_rows(const torch::Tensor& rows) {
    for (auto* tensors : {&keys_, &values_}) {
      for (torch::Tensor& tensor : *tensors) {
        if (tensor.defined()) tensor = tensor.index_select(0, rows);
      }
    }
  }

  /// Forgets all positions from `length` on.
  void truncate(std::int64_t length) noexcept { length_ = std::min(length_, length); }

 private:
  void make_room(torch::Tensor& all, const std::array<std::int64_t, 4>& added,
                 const torch::TensorOptions& options) const {
    const std::int64_t end = length_ + added[2];
    if (all.defined() && all.size(2) >= end) return;
    constexpr std::int64_t kLeast = 64;
    const std::int64_t room = std::max(end, std::min(longest_, std::max(kLeast, 2 * end)));
    torch::Tensor larger = torch::empty({added[0], added[1], room, added[3]}, options);
    if (all.defined()) larger.narrow(2, 0, length_).copy_(all.narrow(2, 0, length_));
    all = larger;
  }

  std::vector<torch::Tensor> keys_, values_;
  std::int64_t longest_, length_ = 0;
};

}  // namespace aria::nn
