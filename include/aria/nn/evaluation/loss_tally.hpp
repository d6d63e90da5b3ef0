// Losses added up, those of each part of an event apart, and the perplexities that they are.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace aria::nn {

/// Sums of losses in nats. Where events have several tokens, as in the arrival-time encoding (onset, duration, note),
/// those of each are apart, too: the first target of a sequence is the first token of an event, since a flag comes
/// before (scripts/eval-loss.py of the Anticipatory Music Transformer).
///
///     LossTally tally(3);
///     tally.add(losses, targets, pad);  // of one sequence
///     tally.mean(), tally.event_perplexity(), tally.part_perplexity(0)
class LossTally {
 public:
  static constexpr std::size_t kMostParts = 3;

  /// Of events of so many tokens: 1, or 3.
  explicit LossTally(std::size_t parts = 1) noexcept : parts_(parts == kMostParts ? parts : 1) {}

  std::size_t parts() const noexcept { return parts_; }

  /// Adds those of a sequence's targets that are not padding.
  void add(std::span<const float> losses, std::span<const std::int64_t> targets, std::int64_t pad) noexcept {
    for (std::size_t i = 0; i < losses.size(); ++i) {
      if (targets[i] == pad) continue;
      numbers_[i % parts_] += static_cast<double>(losses[i]);
      ++numbers_[kMostParts + i % parts_];
    }
  }

  /// Targets that were added.
  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(sum_of(kMostParts)); }

  /// Of all targets; 0 where there is none.
  double mean() const noexcept {
    const double targets = sum_of(kMostParts);
    return targets == 0 ? 0 : sum_of(0) / targets;
  }

  /// e to the mean loss of an event's tokens together.
  double event_perplexity() const noexcept { return std::exp(static_cast<double>(parts_) * mean()); }

  /// e to the mean loss of the tokens that are this part of their events; 1 where there is none.
  double part_perplexity(std::size_t part) const noexcept {
    const double targets = numbers_[kMostParts + part];
    return std::exp(targets == 0 ? 0 : numbers_[part] / targets);
  }

  /// The sums and counts themselves, for processes that add them up.
  std::span<double> numbers() noexcept { return numbers_; }

 private:
  double sum_of(std::size_t first) const noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < parts_; ++i) sum += numbers_[first + i];
    return sum;
  }

  std::size_t parts_;
  std::array<double, 2 * kMostParts> numbers_{};
};

}  // namespace aria::nn
