// What is left of compound events that were written as a MIDI file and read again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/instrument_tracks.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/units.hpp>

namespace test {

using CompoundEvents = std::vector<aria::anticipation::CompoundEvent>;

/// Whether compound_through_midi knows what comes out: every melodic instrument has a channel of its own, all notes can
/// be heard, and a tick has room for all times. (A file without notes has no tracks, and is refused.)
inline bool midi_can_hold(std::span<const aria::anticipation::CompoundEvent> notes) {
  std::set<unsigned> melodic;
  for (const auto& note : notes) {
    if (note.instrument != aria::anticipation::kDrumInstrument) melodic.insert(note.instrument);
    if (note.velocity == 0 || note.time.count + note.duration.count + 25 >= aria::kTickLimit) return false;
  }
  return !notes.empty() && melodic.size() <= 15;
}

/// Notes that begin together come out in the order of the tracks, which is that of their first notes. A note-off names
/// no note: of the notes of one instrument and pitch, the first to begin gets the first end, and so on. An unknown
/// duration is a quarter of a second.
inline CompoundEvents compound_through_midi(CompoundEvents notes) {
  const auto by_time = [](const auto& a, const auto& b) { return a.time < b.time; };
  std::stable_sort(notes.begin(), notes.end(), by_time);
  std::map<std::pair<unsigned, unsigned>, std::vector<std::int64_t>> ends;
  std::map<unsigned, std::size_t> tracks;
  for (auto& note : notes) {
    if (note.duration == aria::anticipation::kUnknownDuration) note.duration = {25};
    ends[{note.instrument, note.pitch}].push_back((note.time + note.duration).count);
    tracks.emplace(note.instrument, tracks.size());
  }
  for (auto& [key, times] : ends) std::sort(times.begin(), times.end(), std::greater<>());
  for (auto& note : notes) {
    auto& left = ends[{note.instrument, note.pitch}];
    note.duration = {left.back() - note.time.count};
    left.pop_back();
  }
  std::stable_sort(notes.begin(), notes.end(), [&](const auto& a, const auto& b) {
    return std::pair(a.time, tracks[a.instrument]) < std::pair(b.time, tracks[b.instrument]);
  });
  return notes;
}

/// The bytes that a function writes to a sink.
template <class Write>
std::vector<std::byte> bytes_of(Write write) {
  std::vector<std::byte> file;
  write([&file](std::span<const std::byte> bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); });
  return file;
}

inline std::vector<std::byte> midi_of(std::span<const aria::anticipation::CompoundEvent> notes,
                                      aria::Reading reading = aria::Reading::standard) {
  return bytes_of([&](auto sink) { aria::anticipation::compound_to_midi(notes, sink, reading); });
}

}  // namespace test
