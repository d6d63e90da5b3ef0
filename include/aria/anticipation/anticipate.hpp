// Anticipation: controls stand among the events, some seconds ahead of their time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// How far ahead of its time a control stands: five seconds.
inline constexpr Bins kDelta{Settings{}.delta()};

namespace detail {

// Is given events one by one, and puts the controls between them.
class Interleaver {
 public:
  Interleaver(std::span<const TokenId> controls, Bins delta, const ArrivalVocabulary& vocabulary, TripleAppender& put)
      : tokens_(controls),
        controls_(controls),
        zero_(vocabulary.time),
        ahead_(std::int64_t{vocabulary.control} + vocabulary.time + std::clamp(delta.count, -kFar, kFar)),
        put_(put) {
    find_due();
  }

  void operator()(const Triple& event) {
    while (time_ >= due_) {
      put_(controls_[next_++]);
      find_due();
    }
    put_(event);
    time_ = std::int64_t{event.time} - zero_;
  }

  std::span<const TokenId> unconsumed() const noexcept { return tokens_.subspan(3 * next_); }

 private:
  // From which time of the event before it on the next control may stand.
  void find_due() noexcept {
    due_ = std::numeric_limits<std::int64_t>::max();
    if (next_ == controls_.size()) return;
    due_ = controls_[next_].time - ahead_;
  }

  std::span<const TokenId> tokens_;
  Triples controls_;
  std::int64_t zero_;   // the token of time 0
  std::int64_t ahead_;  // from the token of a control's time to when it is due
  TripleAppender& put_;
  std::size_t next_ = 0;
  std::int64_t time_ = 0;  // of the last event
  std::int64_t due_ = 0;
};

}  // namespace detail

/// Appends to `out` the events with the controls between them, and returns the controls for which there was no place.
/// Both are in the order of time. A control stands before the first event whose predecessor starts at most `delta`
/// before it; the first event's predecessor is the beginning of the piece. None stands behind the last event.
///
///     events at 0, 100, 200; a control at 550, delta 500  ->  0, 100, the control, 200
///
/// Without controls the events are appended as they are. Else throws invalid_argument where `events` has a control or a
/// separator. (anticipation/ops.py; arXiv 2306.08620, section 3.)
inline std::span<const TokenId> anticipate(std::span<const TokenId> events, std::span<const TokenId> controls,
                                           std::vector<TokenId>& out, Bins delta = kDelta,
                                           const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples all(events);
  detail::TripleAppender put(out, (events.size() + controls.size()) / 3);
  detail::Interleaver interleave(controls, delta, vocabulary, put);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Triple event = all[i];
    if (!controls.empty() && vocabulary.is_control(event.note)) {
      detail::refuse_event(i, "is a control or a separator already");
    }
    interleave(event);
  }
  put.keep();
  return interleave.unconsumed();
}

}  // namespace aria::anticipation
