// Compound events <-> MidiDict.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/tempo_map.hpp>

namespace aria::anticipation {

/// Replaces the contents of `out` by the notes of a piece, in the order of their onsets. A note has the instrument that
/// its channel has at its onset. Times are exact and rounded once.
inline void compound_from(const MidiDict& piece, std::vector<CompoundEvent>& out, const Settings& settings = {}) {
  const TempoMap time(piece.tempos, piece.ticks_per_beat);
  std::array<std::uint8_t, 16> programs{};
  std::size_t change = 0;
  out.clear();
  out.reserve(piece.notes.size());
  for (const NoteMsg& note : piece.notes) {
    for (; change < piece.instruments.size() && piece.instruments[change].tick() <= note.start(); ++change) {
      programs[piece.instruments[change].channel()] = piece.instruments[change].program();
    }
    const bool drums = note.channel() == kDrumChannel;
    out.push_back({{time.count(Ticks{0}, note.start(), settings.time_resolution)},
                   {time.count(note.start(), note.end(), settings.time_resolution)},
                   note.pitch(),
                   drums ? kDrumInstrument : programs[note.channel()],
                   note.velocity()});
  }
}

namespace detail {

// Which channel plays which instrument. Where there are more of these than channels, they share one and change its
// program.
class ChannelAllocation {
 public:
  explicit ChannelAllocation(MidiDict& piece) : piece_(piece) {}

  std::uint8_t channel_for(std::uint8_t instrument, Ticks now) {
    if (instrument == kDrumInstrument) return static_cast<std::uint8_t>(kDrumChannel);
    auto& place = places_[instrument];
    if (!place) place = count_++ % kMelodic;
    const auto channel = static_cast<std::uint8_t>(*place < kDrumChannel ? *place : *place + 1);
    if (programs_[channel] != instrument) {
      const bool first = !programs_[channel].has_value();
      piece_.instruments.emplace_back(first ? Ticks{0} : now, unsigned{channel}, unsigned{instrument});
      programs_[channel] = instrument;
    }
    return channel;
  }

 private:
  static constexpr unsigned kMelodic = 15;

  MidiDict& piece_;
  std::array<std::optional<unsigned>, 128> places_;
  std::array<std::optional<std::uint8_t>, 16> programs_;
  unsigned count_ = 0;
};

}  // namespace detail

/// The piece that `notes` are, at a tick a bin and 120 beats a minute. A note of an unknown duration lasts a quarter of
/// a second, one of length 0 a bin: short strokes of drums are such. Notes of velocity 0 do not exist.
inline MidiDict to_midi_dict(std::span<const CompoundEvent> notes, const Settings& settings = {}) {
  std::vector<CompoundEvent> sorted(notes.begin(), notes.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  MidiDict piece;
  piece.ticks_per_beat = static_cast<std::int16_t>(settings.time_resolution / 2);
  piece.tempos = {{Ticks{0}, kDefaultTempo}};
  detail::ChannelAllocation channels(piece);
  piece.notes.reserve(sorted.size());
  for (const CompoundEvent& note : sorted) {
    const Ticks start{note.time.count};
    const std::int64_t quarter = settings.time_resolution / 4;
    const std::int64_t length =
        note.duration == kUnknownDuration ? quarter : std::max<std::int64_t>(note.duration.count, 1);
    piece.notes.emplace_back(start, start + Ticks{length}, note.pitch, note.velocity,
                             unsigned{channels.channel_for(note.instrument, start)});
  }
  if (piece.instruments.empty()) piece.instruments.emplace_back(Ticks{0}, 0U, 0U);
  std::stable_sort(piece.instruments.begin(), piece.instruments.end(),
                   [](const auto& a, const auto& b) { return a.tick() < b.tick(); });
  return piece;
}

}  // namespace aria::anticipation
