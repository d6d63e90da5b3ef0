// Which way of shuffling suits the inputs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <aria/dataset/line_shuffle_inputs.hpp>
#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/support/available_memory.hpp>
#include <aria/support/memory_block.hpp>
#include <aria/support/temporary_file.hpp>

namespace aria {

/// The strategy, chosen by a look at the beginnings of some inputs, and the room that it will need.
class ShufflePlan {
 public:
  /// Lines shorter than that on average are moved rather than read one by one: a system call costs as much as copying
  /// some hundred bytes four times.
  static constexpr std::uint64_t kGatheredLine = 512;

  /// Throws as ShuffleInputs::open.
  ShufflePlan(const ShuffleInputs& inputs, const ShuffleMemory& memory, ShuffleStrategy wanted)
      : bytes_(inputs.bytes()), strategy_(wanted) {
    sample(inputs);
    if (strategy_ != ShuffleStrategy::automatic) return;
    // The output fills the page cache as well.
    const bool cached = bytes_ <= available_memory().value_or(0) / 2;
    const bool fits = lines() <= memory.index() / 20;  // 16 bytes each, and some for an estimate that is too low
    const bool gather = inputs.can_be_open_together() && average_line_ >= kGatheredLine && fits && cached;
    strategy_ = gather ? ShuffleStrategy::gather : ShuffleStrategy::buckets;
  }

  ShuffleStrategy strategy() const noexcept { return strategy_; }

  /// About how much room the buckets take: all text, twelve bytes more a line, and buckets that are divided.
  std::uint64_t temporary_bytes() const noexcept { return bytes_ + lines() * 12 + bytes_ / 16; }

 private:
  std::uint64_t lines() const noexcept { return bytes_ / average_line_ + 1; }

  void sample(const ShuffleInputs& inputs) {
    constexpr std::size_t kFiles = 16, kBytes = 64 << 10;
    MemoryBlock text(kBytes);
    std::uint64_t bytes = 0, lines = 0;
    const std::size_t step = std::max<std::size_t>(1, inputs.size() / kFiles);
    for (std::size_t i = 0; i < inputs.size(); i += step) {
      const auto file = inputs.open(i);
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kBytes, file->size - inputs[i].begin));
      read_at(file->descriptor, text.data(), size, inputs[i].begin, inputs[i].path);
      bytes += size;
      lines += static_cast<std::uint64_t>(std::count(text.data(), text.data() + size, '\n'));
    }
    average_line_ = std::max<std::uint64_t>(1, bytes / std::max<std::uint64_t>(1, lines));
  }

  std::uint64_t bytes_;
  std::uint64_t average_line_ = 1;
  ShuffleStrategy strategy_;
};

}  // namespace aria
