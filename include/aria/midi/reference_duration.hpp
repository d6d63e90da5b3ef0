// Durations as the original computes them: part of the reference reading only. TempoMap has the right ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <aria/midi/messages.hpp>
#include <aria/midi/units.hpp>

namespace aria {

/// get_duration_ms of aria/data/midi.py: for a start behind the last tempo change the sum begins with a negative part
/// at the tempo before, and ends before a single late tempo change last 0 ms. Doubles are added in the original's
/// order. Nothing where the original divides by zero. `tempos` must be in the order of ticks, and not empty.
inline std::optional<Milliseconds> reference_milliseconds(Ticks start, Ticks end, std::span<const TempoMsg> tempos,
                                                          int ticks_per_beat) {
  const auto not_before = std::lower_bound(tempos.begin(), tempos.end() - 1, start,
                                           [](const TempoMsg& tempo, Ticks tick) { return tempo.tick < tick; });
  auto first = static_cast<std::size_t>(not_before - tempos.begin());
  if (first > 0) --first;

  bool divided_by_zero = false;
  const auto seconds = [&](Ticks ticks, std::uint64_t tempo) {
    divided_by_zero = divided_by_zero || ticks_per_beat == 0;
    return static_cast<double>(ticks.count) * (static_cast<double>(tempo) * 1e-6 / ticks_per_beat);
  };
  double duration = 0;
  Ticks at = start;
  for (std::size_t i = first; i + 1 < tempos.size(); ++i) {
    const Ticks next = tempos[i + 1].tick;
    const bool ends_here = end < next;
    duration += seconds((ends_here ? end : next) - at, tempos[i].tempo);
    if (ends_here) break;
    at = next;
  }
  if (end > tempos.back().tick) duration += seconds(end - at, tempos.back().tempo);
  if (divided_by_zero) return std::nullopt;
  return Milliseconds{static_cast<std::int64_t>(std::nearbyint(duration * 1e3))};
}

}  // namespace aria
