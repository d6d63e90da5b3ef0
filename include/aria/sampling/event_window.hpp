// What a model of events sees of a piece: its last events, with times that count from the earliest of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Where the window begins in sequences of one length that grow an event at a time.
///
/// It holds 6 tokens less than events have room for in a model's context: 1017 of 1024 (anticipation/sample.py). There
/// it moves with every event, so that all times in it change, and nothing that was computed before is right any more.
/// Here it moves by `step` events at once, or by half of it where that is less, and then stays for as long.
class EventWindow {
 public:
  /// For a context of `max_seq_len` tokens, of which one is a flag. With a step of 1 it is the original's.
  EventWindow(std::size_t max_seq_len, std::size_t step)
      : most_(max_seq_len < kLeast ? 0 : 3 * ((max_seq_len - 1) / 3 - 2)),
        step_(std::max<std::size_t>(1, std::min(step, most_ / 6))) {}

  /// A context below that has no room for an event and those that it follows.
  static constexpr std::size_t kLeast = 13;

  /// The most tokens in it.
  std::size_t most() const noexcept { return most_; }

  /// The first token of the window.
  std::size_t begin() const noexcept { return begin_; }

  /// For sequences of `length` tokens, at least as many as before.
  void extend(std::size_t length) noexcept {
    if (length - begin_ > most_) begin_ = length - most_ + 3 * (step_ - 1);
  }

  /// Moves on by a step, or by half of the window where that is less; at least one event is left of two.
  void shorten(std::size_t length) noexcept {
    const std::size_t events = (length - begin_) / 3;
    begin_ += 3 * std::max<std::size_t>(1, std::min(step_, events / 2));
  }

 private:
  std::size_t most_, step_, begin_ = 0;
};

/// Replaces `out` by a flag and the events and controls of a window, whose times count from `offset`.
inline void relative_window(TokenId flag, std::span<const TokenId> window, Bins offset, std::vector<TokenId>& out) {
  out.assign(1, flag);
  out.insert(out.end(), window.begin(), window.end());
  const auto shift = static_cast<TokenId>(offset.count);
  for (std::size_t i = 1; i < out.size(); i += 3) out[i] -= shift;
}

}  // namespace aria::anticipation
