// A sequence of tokens as events of three, which all operations on sequences share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// An event, a control or a separator, as its three tokens.
struct Triple {
  TokenId time = 0, duration = 0, note = 0;

  friend bool operator==(const Triple&, const Triple&) = default;
};

/// A sequence of tokens, three by three:
///
///     const Triples events(tokens);
///     for (std::size_t i = 0; i < events.size(); ++i) use(events[i]);
///
/// Throws invalid_argument where the number of tokens is no multiple of three.
class Triples {
 public:
  explicit Triples(std::span<const TokenId> tokens) : first_(tokens.data()), size_(tokens.size() / 3) {
    if (tokens.size() % 3 != 0) {
      throw Error(ErrorCode::invalid_argument,
                  "a sequence of " + std::to_string(tokens.size()) + " tokens ends within an event of three");
    }
  }

  std::size_t size() const noexcept { return size_; }
  Triple operator[](std::size_t i) const noexcept {
    const TokenId* const at = first_ + 3 * i;
    return {at[0], at[1], at[2]};
  }

 private:
  const TokenId* first_;
  std::size_t size_;
};

/// When an event or control starts; below 0 where its first token is none of its kind. A separator has no time.
constexpr Bins time_of(const Triple& event, const ArrivalVocabulary& vocabulary = kArrival) noexcept {
  const std::int64_t block = vocabulary.is_control(event.note) ? vocabulary.control : 0;
  return {std::int64_t{event.time} - vocabulary.time - block};
}

/// How long it lasts; below 0 where its second token is none of its kind.
constexpr Bins duration_of(const Triple& event, const ArrivalVocabulary& vocabulary = kArrival) noexcept {
  const std::int64_t block = vocabulary.is_control(event.note) ? vocabulary.control : 0;
  return {std::int64_t{event.duration} - vocabulary.duration - block};
}

namespace detail {

/// No two times are further apart, whatever the ids: longer distances say the same, and sums with them do not overflow.
inline constexpr std::int64_t kFar = std::int64_t{1} << 40;

/// Events are counted from 0, as `print` counts them.
[[noreturn]] inline void refuse_event(std::size_t number, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, "event " + std::to_string(number) + ' ' + std::string(why));
}

/// Writes events behind what a vector holds. Unless `keep` was called at the end, the vector is left as it was, so that
/// an error leaves nothing half-written.
class TripleAppender {
 public:
  TripleAppender(std::vector<TokenId>& out, std::size_t expected) : out_(out), kept_(out.size()) {
    out_.resize(kept_ + 3 * expected);
    point_behind(kept_);
  }
  TripleAppender(const TripleAppender&) = delete;
  TripleAppender& operator=(const TripleAppender&) = delete;
  ~TripleAppender() { out_.resize(kept_); }

  void operator()(const Triple& event) {
    if (end_ - at_ < 3) grow();
    at_[0] = event.time;
    at_[1] = event.duration;
    at_[2] = event.note;
    at_ += 3;
  }

  void keep() noexcept { kept_ = written(); }

 private:
  std::size_t written() const noexcept { return static_cast<std::size_t>(at_ - out_.data()); }

  void point_behind(std::size_t size) noexcept {
    at_ = out_.data() + size;
    end_ = out_.data() + out_.size();
  }

  void grow() {
    const std::size_t size = written();
    out_.resize(size + size / 2 + 96);
    point_behind(size);
  }

  std::vector<TokenId>& out_;
  std::size_t kept_;
  TokenId* at_ = nullptr;
  TokenId* end_ = nullptr;
};

}  // namespace detail

}  // namespace aria::anticipation
