// All events of a piece, some of them marked as controls -> the order in which a model reads them, in one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aria/anticipation/control_choice.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

namespace detail {

// Goes through the marked events, which become controls.
class MarkedEvents {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  MarkedEvents(std::span<const TokenId> events, const ControlMarks& marks) noexcept
      : events_(events.data()), marks_(marks.data()), count_(marks.size()) {
    find(0);
  }

  std::int64_t time() const noexcept { return time_; }  // of the next one

  TokenId* put(TokenId control, TokenId* at) noexcept {
    const TokenId* event = events_ + 3 * next_;
    for (std::size_t j = 0; j < 3; ++j) at[j] = control + event[j];
    find(next_ + 1);
    return at + 3;
  }

 private:
  void find(std::size_t from) noexcept {
    next_ = from;
    while (next_ < count_ && marks_[next_] == 0) ++next_;
    time_ = next_ < count_ ? std::int64_t{events_[3 * next_]} : kNever;
  }

  const TokenId* events_;
  const std::uint8_t* marks_;
  std::size_t count_;
  std::size_t next_ = 0;
  std::int64_t time_ = kNever;
};

}  // namespace detail

/// Appends to `out` what `anticipate` makes of the events without a mark, padded up to the time of the last event of
/// all, and of those with one as controls; returns the number of rests. `events` are those of one piece in the order of
/// their times; `marks` is empty or has one mark each. The pipeline spends its time here, hence one pass over what
/// would be four.
inline std::uint64_t interleave(std::span<const TokenId> events, const ControlMarks& marks, std::vector<TokenId>& out,
                                const Settings& settings = {}) {
  if (events.empty()) return 0;
  const ArrivalVocabulary vocabulary(settings);
  const std::int64_t second = settings.time_resolution, delta = settings.delta();
  const std::int64_t end_time = events[events.size() - 3];
  const std::size_t start = out.size();
  out.resize(start + events.size() + 3 * static_cast<std::size_t>(end_time / second + 1));  // a rest a second at most
  TokenId* at = out.data() + start;
  detail::MarkedEvents controls(events, marks);
  std::int64_t now = 0;
  const auto put = [&](TokenId time, TokenId duration, TokenId note) {
    while (controls.time() - delta <= now) at = controls.put(vocabulary.control, at);
    at[0] = time;
    at[1] = duration;
    at[2] = note;
    at += 3;
    now = time;
  };
  const auto rest_until = [&](std::int64_t time) {
    while (time > now + second) put(static_cast<TokenId>(now + second), vocabulary.duration, vocabulary.rest);
  };
  for (std::size_t i = 0; i < events.size(); i += 3) {
    if (!marks.empty() && marks[i / 3] != 0) continue;
    rest_until(events[i]);
    put(events[i], events[i + 1], events[i + 2]);
  }
  rest_until(end_time);
  while (controls.time() != controls.kNever) at = controls.put(vocabulary.control, at);  // of very short pieces
  const auto written = static_cast<std::size_t>(at - out.data());
  out.resize(written);
  return (written - start - events.size()) / 3;
}

}  // namespace aria::anticipation
