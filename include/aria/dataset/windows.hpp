// Token sequences of pieces -> windows of equal length: truncated, strided, padded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aria/config/window_config.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// Throws invalid_argument unless 0 < stride_len <= max_seq_len <= WindowConfig::kMaxSeqLen.
inline void check(const WindowConfig& config) {
  if (config.max_seq_len > WindowConfig::kMaxSeqLen) {
    throw Error(ErrorCode::invalid_argument, "sequences have at most " + std::to_string(WindowConfig::kMaxSeqLen) +
                                                 " tokens, not " + std::to_string(config.max_seq_len));
  }
  if (config.stride_len == 0 || config.stride_len > config.max_seq_len) {
    throw Error(ErrorCode::invalid_argument, "the stride must lie between 1 and the sequence length of " +
                                                 std::to_string(config.max_seq_len) + ", and is " +
                                                 std::to_string(config.stride_len));
  }
}

namespace detail {

template <class T>
concept HasRebase = requires(const T& tokenizer, std::span<TokenId> window) {
  tokenizer.rebase(window);
};

}  // namespace detail

/// Cuts the tokens of one piece into windows. Every window begins with the prefix of the piece; behind it follow body
/// tokens, and in the last window padding. A window does not begin with a continuation (a duration, a wait).
///
/// Standard: a window begins `stride_len` body tokens behind the one before or where the next event is, but not behind
/// its end, so that every body token lies in a window; none holds padding alone. Where there is no event up to the end,
/// it begins with the last one before. Reference: the stride counts the prefix as well, which skips body tokens where
/// it is the whole length, and the last window may hold nothing but padding (_truncate_and_stride in
/// aria/data/datasets.py).
///
/// A tokenizer whose tokens tell times from the beginning of a sequence on has `rebase(std::span<TokenId> window)`,
/// which is given every window to make them do so.
///
///     aria::WindowCutter windows(tokenizer, {.max_seq_len = 512, .stride_len = 256});
///     windows.cut(tokens, [](std::span<const aria::TokenId> window) { use(window); });
template <CheckedTokenizer T>
class WindowCutter {
 public:
  /// Refers to `tokenizer`. Throws as `check` does.
  WindowCutter(const T& tokenizer, const WindowConfig& config, bool padding = true, Reading reading = Reading::standard)
      : tokenizer_(tokenizer),
        length_(static_cast<std::size_t>(config.max_seq_len)),
        stride_(static_cast<std::size_t>(config.stride_len)),
        padding_(padding),
        reading_(reading) {
    check(config);
  }

  /// Calls `take` with every window. Throws invalid_argument where the prefix leaves no room for music.
  template <class Take>
  void cut(std::span<const TokenId> tokens, Take take) {
    const auto body_begin =
        std::find_if(tokens.begin(), tokens.end(), [&](TokenId t) { return tokenizer_.role(t) != TokenRole::prefix; });
    window_.assign(tokens.begin(), body_begin);
    const std::size_t prefix = window_.size();
    if (prefix >= length_) {
      throw Error(ErrorCode::invalid_argument, "the prefix takes " + std::to_string(prefix) +
                                                   " tokens, sequences have " + std::to_string(length_) +
                                                   ": choose longer ones");
    }
    const std::span<const TokenId> body = tokens.subspan(prefix);
    const std::size_t room = length_ - prefix;
    std::size_t begin = 0;
    for (; begin + room < body.size(); begin = next(body, begin, room)) {
      take(window(prefix, body.subspan(begin, room)));
    }
    take(window(prefix, body.subspan(std::min(begin, body.size()))));
  }

 private:
  // The prefix, this part of the body, and padding.
  std::span<const TokenId> window(std::size_t prefix, std::span<const TokenId> part) {
    window_.resize(prefix);
    window_.insert(window_.end(), part.begin(), part.end());
    if constexpr (detail::HasRebase<T>) tokenizer_.rebase(std::span(window_));
    if (padding_) window_.resize(length_, tokenizer_.vocabulary().pad());
    return window_;
  }

  bool continues(TokenId token) const { return tokenizer_.role(token) == TokenRole::continuation; }

  // Where the window behind the one at `begin` begins.
  std::size_t next(std::span<const TokenId> body, std::size_t begin, std::size_t room) const {
    if (reading_ == Reading::reference) {
      std::size_t at = begin + stride_;
      while (at < body.size() && continues(body[at])) ++at;
      return at;
    }
    const std::size_t end = begin + room;  // inside of the body
    const std::size_t wanted = begin + std::min(stride_, room);
    std::size_t at = wanted;
    while (at <= end && continues(body[at])) ++at;
    if (at <= end) return at;
    for (at = end; at > begin && continues(body[at]);) --at;
    return at > begin ? at : end;  // a window of nothing but waits
  }

  const T& tokenizer_;
  std::size_t length_;
  std::size_t stride_;
  bool padding_;
  Reading reading_;
  std::vector<TokenId> window_;
};

}  // namespace aria
