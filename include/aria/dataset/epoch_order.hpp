// The order in which an epoch of training goes through a data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/random.hpp>

namespace aria {

/// One of several processes that share the work, from 0 to count - 1.
struct Rank {
  std::size_t number = 0;
  std::size_t count = 1;
};

/// The sequences of an epoch, in an order that (seed, epoch) decide and nothing else: the same on every machine and
/// whatever happened before, so that a run that goes on in the middle needs no more than a count. All permutations are
/// equally likely (Fisher and Yates, with draws of RandomStream); they take 4 bytes a sequence.
///
///     const EpochOrder order(data.size(), {.seed = 0, .epoch = 3});
///     data.get(order[0], ...)
///
/// Of several ranks each takes every count-th place, so that the first B sequences of W ranks are the first B * W of
/// the whole.
class EpochOrder {
 public:
  struct Options {
    std::uint64_t seed = 0;
    std::uint64_t epoch = 0;
    bool shuffle = true;  ///< else in the order of the file
    Rank rank{};
  };

  /// Throws too_large for 2^32 sequences and more, and invalid_argument for a rank that is none.
  EpochOrder(std::size_t size, const Options& options) : size_(size), options_(options) {
    if (size > std::numeric_limits<std::uint32_t>::max()) {
      throw Error(ErrorCode::too_large, std::to_string(size) + " sequences are more than an epoch can have (2^32 - 1)");
    }
    if (options.rank.number >= options.rank.count)
      throw Error(ErrorCode::invalid_argument, "a rank must be below their number");
    if (options.shuffle) shuffle(RandomStream(options.seed, options.epoch, kPurpose));
  }

  /// What it was made of.
  const Options& options() const noexcept { return options_; }

  /// How many sequences this rank has.
  std::size_t size() const noexcept {
    const Rank& rank = options_.rank;
    return size_ > rank.number ? (size_ - rank.number - 1) / rank.count + 1 : 0;
  }

  /// The number of the i-th one in the data set.
  std::size_t operator[](std::size_t i) const noexcept {
    const std::size_t place = options_.rank.number + i * options_.rank.count;
    return places_.empty() ? place : places_[place];
  }

 private:
  static constexpr std::uint64_t kPurpose = 0x6f72646572;  // "order": other draws have other names

  void shuffle(RandomStream random) {
    places_.resize(size_);
    std::iota(places_.begin(), places_.end(), 0U);
    for (std::size_t left = size_; left > 1; --left) {
      std::swap(places_[left - 1], places_[random.below(static_cast<std::uint32_t>(left))]);
    }
  }

  std::size_t size_;
  Options options_;
  std::vector<std::uint32_t> places_;  // empty: as they come
};

}  // namespace aria
