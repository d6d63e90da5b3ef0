// The durations and waits of a vocabulary, and what they become at another tempo.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria::detail {

// What every token becomes for one factor.
class StretchedTimes {
 public:
  static constexpr std::uint32_t kWait = 1;
  static constexpr std::uint32_t kTooLong = 2;  // to be one token beside another wait, or at all

  struct Entry {
    TokenId change = 0;      // is added to the token, modulo 2^32
    std::uint32_t wait = 0;  // of a wait: kWait, kTooLong or not, and its steps

    std::uint32_t steps() const noexcept { return wait >> 2; }
  };

  // `entries` for the tokens from `first` on; the last one stands for all others and has nothing in it.
  StretchedTimes(std::size_t first, std::vector<Entry> entries) : first_(first), entries_(std::move(entries)) {}

  const Entry& operator[](TokenId token) const noexcept {
    return entries_[std::min(token - first_, entries_.size() - 1)];  // below first_, the difference is huge
  }

 private:
  std::size_t first_;
  std::vector<Entry> entries_;
};

// The tokens of one kind, durations or waits.
class TimeScale {
 public:
  struct Time {
    TokenId token = 0;
    std::uint32_t steps = 0;
  };

  TimeScale() = default;

  // Steps of `step` milliseconds, `last` of them at most.
  template <TypedTokenizer T>
  TimeScale(const T& tokenizer, TokenKind kind, std::int32_t step, std::int64_t last) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    std::size_t size = 0;
    for (std::int64_t steps = 0; steps <= last; ++steps) {
      const TokenId found = tokenizer.find({.kind = kind, .value = static_cast<std::int32_t>(steps) * step});
      const bool exists = found != vocabulary.unknown();
      if (exists && size == 0) std::fill(tokens_.begin(), tokens_.end(), found);
      tokens_.push_back(exists || tokens_.empty() ? found : tokens_.back());
      if (exists) size = tokens_.size();
    }
    tokens_.resize(size);
    if (tokens_.empty()) return;
    for (TokenId token = 0; token < vocabulary.token_count(); ++token) {
      const TokenView view = tokenizer.view(token);
      if (view.kind != kind) continue;
      const auto steps = std::clamp<std::int64_t>(view.value / step, 0, this->last());
      times_.push_back({token, static_cast<std::uint32_t>(steps)});
    }
  }

  // All there are in the vocabulary.
  const std::vector<Time>& times() const noexcept { return times_; }

  // The steps of the longest one; there must be one.
  std::uint32_t last() const noexcept { return static_cast<std::uint32_t>(tokens_.size()) - 1; }

  // The token of that many steps, up to last(). Where the vocabulary lacks one, the next shorter one stands there, or
  // the shortest of all.
  TokenId token(std::uint64_t steps) const noexcept { return tokens_[static_cast<std::size_t>(steps)]; }

 private:
  std::vector<TokenId> tokens_;
  std::vector<Time> times_;
};

class TimeGrid {
 public:
  // Throws invalid_argument for times on a grid that is none, or has more than 2^20 steps.
  template <TypedTokenizer T>
  explicit TimeGrid(const T& tokenizer) {
    if (!has_times(tokenizer)) return;
    step_ = tokenizer.time_step();
    const std::int64_t last = step_ > 0 ? tokenizer.max_time() / step_ : -1;
    if (last < 0 || last > kMostSteps) {
      throw Error(ErrorCode::invalid_argument, "times cannot lie between 0 and " +
                                                   std::to_string(tokenizer.max_time()) + " ms in steps of " +
                                                   std::to_string(step_) + " ms");
    }
    steps_ = static_cast<std::int32_t>(last) + 1;
    durations_ = TimeScale(tokenizer, TokenKind::duration, step_, last);
    waits_ = TimeScale(tokenizer, TokenKind::wait, step_, last);
    enclose(durations_);
    enclose(waits_);
  }

  const TimeScale& waits() const noexcept { return waits_; }

  // A time becomes round_half_even(factor * time / step) steps. Durations end with the longest one.
  StretchedTimes stretched(double factor) const {
    const std::vector<std::int32_t> steps = stretched_steps(factor);
    const TokenId first = first_;
    std::vector<StretchedTimes::Entry> entries(first < end_ ? end_ - first + 1 : 1);
    for (const TimeScale::Time& time : durations_.times()) {
      const auto length = static_cast<std::uint32_t>(steps[time.steps]);
      entries[time.token - first].change = durations_.token(std::min(length, durations_.last())) - time.token;
    }
    for (const TimeScale::Time& time : waits_.times()) {
      const auto length = static_cast<std::uint32_t>(steps[time.steps]);
      const std::uint32_t too_long = length >= waits_.last() ? StretchedTimes::kTooLong : 0;
      entries[time.token - first] = {waits_.token(std::min(length, waits_.last())) - time.token,
                                     length << 2 | too_long | StretchedTimes::kWait};
    }
    return {first, std::move(entries)};
  }

 private:
  static constexpr std::int64_t kMostSteps = 1 << 20;

  template <TypedTokenizer T>
  static bool has_times(const T& tokenizer) {
    for (TokenId token = 0; token < tokenizer.vocabulary().token_count(); ++token) {
      const TokenKind kind = tokenizer.view(token).kind;
      if (kind == TokenKind::duration || kind == TokenKind::wait) return true;
    }
    return false;
  }

  void enclose(const TimeScale& scale) {
    if (scale.times().empty()) return;
    const TokenId first = scale.times().front().token, end = scale.times().back().token + 1;
    end_ = std::max(end_, end);
    first_ = std::min(first_, first);
  }

  // In doubles and in Python's order of operations.
  std::vector<std::int32_t> stretched_steps(double factor) const {
    constexpr double kNoFraction = 0x1.8p52;  // what is added to it loses its fraction, rounded half to even
    const std::int32_t step = step_;
    std::vector<std::int32_t> stretched(static_cast<std::size_t>(steps_));
    for (std::int32_t i = 0; i < steps_; ++i) {
      const double steps = factor * (i * step) / step;
      stretched[static_cast<std::size_t>(i)] = static_cast<std::int32_t>((steps + kNoFraction) - kNoFraction);
    }
    return stretched;
  }

  std::int32_t step_ = 1;
  std::int32_t steps_ = 0;
  TimeScale durations_, waits_;
  // The durations and waits lie among these tokens.
  TokenId first_ = static_cast<TokenId>(-1);
  TokenId end_ = 0;
};

}  // namespace aria::detail
