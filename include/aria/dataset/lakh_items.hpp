// What the pipeline of the Lakh recipe works on at once: a few files of a split, or some copies of one.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <aria/dataset/lakh_tree.hpp>
#include <aria/support/directory_walk.hpp>

namespace aria::detail {

struct LakhItem {
  std::uint64_t number = 0;
  std::size_t split = 0;
  bool begins_split = false;
  std::span<const FoundFile> files{};
  std::uint32_t first_copy = 0;
  std::uint32_t end_copy = 1;

  std::uint32_t copies() const noexcept { return end_copy - first_copy; }
  std::uint64_t bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const FoundFile& file : files) sum += file.size;
    return sum;
  }
};

/// The files of the splits that are wanted, in order. Small files go together, so that threads wait for each other less
/// often; many copies of a piece are several items, so that memory stays bounded. Where there are copies to be drawn,
/// an item has one file.
class LakhItems {
 public:
  using Splits = std::bitset<kLakhSplits.size()>;
  using Copies = std::function<std::uint32_t(std::size_t split)>;

  LakhItems(const LakhTree& tree, const Splits& splits, const Copies& copies) : tree_(tree), splits_(splits) {
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) copies_[split] = copies(split);
  }

  std::optional<LakhItem> next() {
    while (split_ < kLakhSplits.size() && (!splits_[split_] || file_ == tree_.splits[split_].size())) {
      ++split_;
      file_ = 0;
    }
    if (split_ == kLakhSplits.size()) return std::nullopt;
    const std::span<const FoundFile> left = std::span(tree_.splits[split_]).subspan(file_);
    const std::uint32_t copies = copies_[split_];
    LakhItem item{.number = number_++, .split = split_, .begins_split = file_ == 0 && copy_ == 0};
    item.files = left.first(copies == 1 ? some(left) : 1);
    item.first_copy = copy_;
    item.end_copy = std::min(copy_ + kCopies, copies);
    copy_ = item.end_copy == copies ? 0 : item.end_copy;
    if (copy_ == 0) file_ += item.files.size();
    return item;
  }

 private:
  static constexpr std::uint32_t kCopies = 10;
  static constexpr std::uint64_t kTogether = 64 << 10;

  static std::size_t some(std::span<const FoundFile> files) noexcept {
    std::size_t count = 1;
    for (std::uint64_t bytes = files[0].size; count < files.size() && bytes + files[count].size <= kTogether; ++count) {
      bytes += files[count].size;
    }
    return count;
  }

  const LakhTree& tree_;
  Splits splits_;
  std::array<std::uint32_t, kLakhSplits.size()> copies_{};
  std::size_t split_ = 0, file_ = 0;
  std::uint32_t copy_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace aria::detail
