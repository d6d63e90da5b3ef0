// Which events of a piece become controls: what the model is told in advance.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aria/anticipation/instruments.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// One mark an event: 1 where it is a control. Empty where no event is.
using ControlMarks = std::vector<std::uint8_t>;

/// How the k-th copy of a piece is augmented: ten ways in turn (tokenize in anticipation/tokenize.py; arXiv 2306.08620,
/// section 3.2).
enum class ControlChoice : std::uint8_t {
  none,         ///< k = 0: all are events
  spans,        ///< k = 1: spans of `delta_seconds`
  at_random,    ///< k = 2 to 5: every event with the same probability
  instruments,  ///< k = 6 to 9: some of the instruments, where there are several
};

constexpr ControlChoice control_choice(std::uint64_t k) noexcept {
  const auto way = k % 10;
  return way == 0   ? ControlChoice::none
         : way == 1 ? ControlChoice::spans
         : way < 6  ? ControlChoice::at_random
                    : ControlChoice::instruments;
}

/// Marks spans. After an event outside of a span, the next one begins a time later that is exponentially distributed
/// with `rate` spans a second; it lasts settings.delta(). As in the original, a time is drawn at the first event
/// already, and the end of a span is looked at before its beginning, so that spans may follow each other without a gap.
template <RandomSource R>
void mark_spans(std::span<const TokenId> events, double rate, R& random, ControlMarks& marks,
                const Settings& settings = {}) {
  const double scale = 1.0 / rate, resolution = settings.time_resolution;
  bool in_span = true;
  std::int64_t begin = 0, end = 0;
  marks.resize(events.size() / 3);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const std::int64_t time = events[3 * i];
    if (in_span && time >= end) {
      in_span = false;
      const double seconds = scale * -std::log(1.0 - random.uniform());
      begin = time + static_cast<std::int64_t>(resolution * seconds);
    }
    if (!in_span && time >= begin) {
      in_span = true;
      end = time + settings.delta();
    }
    marks[i] = in_span;
  }
}

/// Marks every event with the probability `share`.
template <RandomSource R>
void mark_at_random(std::span<const TokenId> events, double share, R& random, ControlMarks& marks) {
  marks.resize(events.size() / 3);
  for (std::uint8_t& mark : marks) mark = random.uniform() < share;
}

/// `count` of the items, each equally likely: those at the front of a permutation (Fisher and Yates, from the end).
template <RandomSource R>
std::vector<std::uint32_t> choose(std::vector<std::uint32_t> items, std::uint32_t count, R& random) {
  for (auto i = static_cast<std::uint32_t>(items.size()); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
  items.resize(count);
  return items;
}

/// Marks the events of the given instruments.
inline void mark_instruments(std::span<const TokenId> events, std::span<const std::uint32_t> instruments,
                             ControlMarks& marks, const ArrivalVocabulary& vocabulary = kArrival) {
  std::vector<std::uint8_t> of_note(vocabulary.rest - vocabulary.note);
  for (const std::uint32_t instrument : instruments) {
    const auto begin = of_note.begin() + static_cast<std::ptrdiff_t>(instrument) * vocabulary.pitches;
    std::fill(begin, begin + vocabulary.pitches, std::uint8_t{1});
  }
  marks.resize(events.size() / 3);
  for (std::size_t i = 0; i < marks.size(); ++i) marks[i] = of_note[events[3 * i + 2] - vocabulary.note];
}

/// Replaces `marks` by those of the k-th copy of a piece. `events` are all of its events, `playing` what `instruments`
/// says of them. Draws from `random` as the original does from numpy.
template <RandomSource R>
void choose_controls(std::uint64_t k, std::span<const TokenId> events, std::span<const InstrumentCount> playing,
                     R& random, ControlMarks& marks, const Settings& settings = {}) {
  constexpr double kSpansASecond = .05;
  constexpr std::uint32_t kRates = 10;
  marks.clear();
  switch (control_choice(k)) {
    case ControlChoice::none:
      break;
    case ControlChoice::spans:
      mark_spans(events, kSpansASecond, random, marks, settings);
      break;
    case ControlChoice::at_random:
      mark_at_random(events, (1 + random.below(kRates - 1)) / static_cast<double>(kRates), random, marks);
      break;
    case ControlChoice::instruments: {
      if (playing.size() < 2) break;
      std::vector<std::uint32_t> numbers;
      for (const InstrumentCount& one : playing) numbers.push_back(one.instrument);
      const std::uint32_t count = 1 + random.below(static_cast<std::uint32_t>(numbers.size()) - 1);  // not all of them
      mark_instruments(events, choose(std::move(numbers), count, random), marks, ArrivalVocabulary(settings));
      break;
    }
  }
}

/// Replaces `kept` by the events without a mark, and `controls` by the marked ones, as controls. Both keep their order.
inline void separate(std::span<const TokenId> events, std::span<const std::uint8_t> marks, std::vector<TokenId>& kept,
                     std::vector<TokenId>& controls, const ArrivalVocabulary& vocabulary = kArrival) {
  kept.resize(events.size());
  controls.resize(events.size());
  // Every event is written to both, and only one of them goes on: marks are as good as random.
  std::size_t kept_size = 0, controls_size = 0;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      kept[kept_size + j] = events[3 * i + j];
      controls[controls_size + j] = vocabulary.control + events[3 * i + j];
    }
    kept_size += marks[i] != 0 ? 0 : 3;
    controls_size += marks[i] != 0 ? 3 : 0;
  }
  kept.resize(kept_size);
  controls.resize(controls_size);
}

}  // namespace aria::anticipation
