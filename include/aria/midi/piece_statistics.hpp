// What a piece is like: how long and dense it is, what it plays and on what, its tempo and its use of the pedal.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aria/config/instrument.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/tempo_map.hpp>
#include <aria/midi/units.hpp>

namespace aria {

/// How often each value from 0 to 127 occurs: pitches or velocities.
class DataByteCounts {
 public:
  void add(unsigned value) noexcept { ++counts_[value & 127]; }
  void add(const DataByteCounts& other) noexcept {
    for (unsigned value = 0; value < counts_.size(); ++value) counts_[value] += other.counts_[value];
  }

  std::uint64_t operator[](unsigned value) const noexcept { return counts_[value]; }
  std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

  /// The smallest value that at least `share` (0 to 1) of all values do not exceed: 0 asks for the lowest, 0.5 for the
  /// median, 1 for the highest. 0 where there is none.
  unsigned quantile(double share) const noexcept {
    const double wanted = std::max(1.0, std::ceil(share * static_cast<double>(total()) - 1e-9));
    double reached = 0;
    for (unsigned value = 0; value < counts_.size(); ++value) {
      reached += static_cast<double>(counts_[value]);
      if (reached >= wanted) return value;
    }
    return 0;
  }

 private:
  std::array<std::uint64_t, 128> counts_{};
};

/// Numbers about one piece. Times follow the TempoMap, without rounding.
struct PieceStatistics {
  std::uint64_t notes = 0;
  double seconds = 0;  ///< from the first start of a note to the last end of any: the sounding time
  DataByteCounts pitches;
  DataByteCounts velocities;
  std::array<std::uint64_t, kSoundCount> notes_of{};  ///< by instrument class, then drums

  std::uint64_t tempo_changes = 0;  ///< to another tempo, within the sounding time
  double beats_per_minute = 0;  ///< beats in the sounding time by its minutes; 0 where there is no such thing (SMPTE)
  double slowest = 0;           ///< beats a minute while notes sound; 0 where there are none
  double fastest = 0;

  std::uint64_t pedal_changes = 0;  ///< how often the pedal of a channel goes down or up
  double pedal_seconds = 0;         ///< part of the sounding time in which the pedal of any channel is down

  std::string composer;  ///< empty where it is not known

  /// Notes by sounding time, nothing where that is 0.
  std::optional<double> notes_per_second() const noexcept {
    if (!(seconds > 0)) return std::nullopt;
    return static_cast<double>(notes) / seconds;
  }

  /// Part of the sounding time in which a pedal is down, 0 to 1.
  double pedal_share() const noexcept { return seconds > 0 ? pedal_seconds / seconds : 0; }
};

namespace detail {

// Looks at the lists of a piece one after the other.
class PieceCounter {
 public:
  explicit PieceCounter(const MidiDict& piece) : piece_(piece), time_(piece.tempos, piece.ticks_per_beat) {
    if (piece.notes.empty()) return;
    start_ = end_ = piece.notes.front().start();
    for (const NoteMsg& note : piece.notes) end_ = std::max(end_, note.end());
  }

  PieceStatistics count() {
    out_.seconds = time_.seconds(start_, end_);
    count_notes();
    count_tempos();
    count_pedals();
    for (const auto& [key, value] : piece_.metadata) {
      if (key == "composer") out_.composer = value;
    }
    return std::move(out_);
  }

 private:
  // A note belongs to the program that its channel has when it starts, a change at the same tick included.
  void count_notes() {
    std::array<unsigned, 16> programs{};
    auto change = piece_.instruments.begin();
    out_.notes = piece_.notes.size();
    for (const NoteMsg& note : piece_.notes) {
      for (; change != piece_.instruments.end() && change->tick() <= note.start(); ++change) {
        programs[change->channel() & 15] = change->program();
      }
      const unsigned channel = note.channel() & 15;
      out_.pitches.add(note.pitch());
      out_.velocities.add(note.velocity());
      ++out_.notes_of[channel == kDrumChannel ? kDrums : static_cast<std::size_t>(instrument_of(programs[channel]))];
    }
  }

  // Every tempo that is in force for some of the sounding time.
  void count_tempos() {
    if (piece_.ticks_per_beat <= 0 || !(out_.seconds > 0)) return;
    const double beats = static_cast<double>((end_ - start_).count) / piece_.ticks_per_beat;
    out_.beats_per_minute = beats * 60 / out_.seconds;
    std::optional<std::uint64_t> before;
    const auto use = [&](std::uint64_t tempo, Ticks from, Ticks to) {
      if (std::max(from, start_) >= std::min(to, end_)) return;
      if (before && *before != tempo) ++out_.tempo_changes;
      before = tempo;
      if (tempo == 0) return;  // a beat that takes no time has no beats a minute
      const double per_minute = 60e6 / static_cast<double>(tempo);
      out_.slowest = out_.slowest == 0 ? per_minute : std::min(out_.slowest, per_minute);
      out_.fastest = std::max(out_.fastest, per_minute);
    };
    std::uint64_t tempo = kDefaultTempo;
    Ticks since{0};
    for (const TempoMsg& change : piece_.tempos) {
      use(tempo, since, change.tick);
      tempo = change.tempo;
      since = change.tick;
    }
    use(tempo, since, end_);
  }

  void count_pedals() {
    std::bitset<16> down;
    Ticks since{0};
    const auto release = [&](Ticks at) {
      const Ticks from = std::max(since, start_), to = std::min(at, end_);
      if (from < to) out_.pedal_seconds += time_.seconds(from, to);
    };
    for (const PedalMsg& message : piece_.pedals) {
      const unsigned channel = message.channel() & 15;
      if (down[channel] == message.down()) continue;
      ++out_.pedal_changes;
      if (down.none()) since = message.tick();
      down[channel] = message.down();
      if (down.none()) release(message.tick());
    }
    if (down.any()) release(end_);
  }

  const MidiDict& piece_;
  const TempoMap time_;
  Ticks start_;
  Ticks end_;
  PieceStatistics out_;
};

}  // namespace detail

/// Counts what there is in a piece. Lists have to be in the order of ticks, as they always are after reading.
///
///     const auto about = aria::piece_statistics(aria::MidiDict::from_midi("piece.mid"));
///     about.seconds                            // 61.5
///     about.notes_of[aria::kDrums]             // 0
///     about.notes_per_second().value_or(0)     // 7.8
inline PieceStatistics piece_statistics(const MidiDict& piece) { return detail::PieceCounter(piece).count(); }

}  // namespace aria
