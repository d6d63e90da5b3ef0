// The times in which the damper pedal of a channel is down.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include <aria/midi/midi_dict.hpp>
#include <aria/midi/units.hpp>

namespace aria {

/// The pedal is down from `down` to `up`.
struct PedalInterval {
  Ticks down;
  Ticks up;
  friend bool operator==(const PedalInterval&, const PedalInterval&) = default;
};

using PedalIntervals = std::array<std::vector<PedalInterval>, 16>;

/// The pedal intervals of every channel, in order. A second "down" without an "up" between them is ignored. A pedal
/// that stays down goes up at `end`, or where it went down if that is later.
inline PedalIntervals pedal_intervals(const MidiDict& piece, Ticks end) {
  PedalIntervals intervals;
  std::array<std::optional<Ticks>, 16> down{};
  for (const PedalMsg& message : piece.pedals) {
    auto& since = down[message.channel()];
    if (message.down()) {
      if (!since) since = message.tick();
    } else if (since) {
      intervals[message.channel()].push_back({*since, message.tick()});
      since.reset();
    }
  }
  for (std::size_t channel = 0; channel < down.size(); ++channel) {
    if (const auto since = down[channel]) intervals[channel].push_back({*since, std::max(*since, end)});
  }
  return intervals;
}

/// The same, with a pedal that stays down going up where the last of `piece.notes` ends.
inline PedalIntervals pedal_intervals(const MidiDict& piece) {
  return pedal_intervals(piece, piece.notes.empty() ? Ticks{0} : piece.notes.back().end());
}

}  // namespace aria
