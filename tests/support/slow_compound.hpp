// MIDI bytes -> compound events and interarrival tokens the slow and obvious way, with fractions: what the readers are
// held against.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/reading.hpp>

namespace test {

__extension__ using Wide = __int128;

inline bool is_note(const aria::Event& event) {
  return event.kind() == aria::status::note_on || event.kind() == aria::status::note_off;
}
/// Velocity 0 for a note-off.
inline unsigned velocity_of(const aria::Event& event) {
  return event.kind() == aria::status::note_on ? event.data2 : 0U;
}
inline bool is_program(const aria::Event& event) { return event.kind() == aria::status::program_change; }
inline bool is_tempo(const aria::Event& event) {
  return event.is_meta(aria::meta_type::set_tempo) && event.payload.size() >= 3;
}
inline std::uint32_t tempo_of(const aria::Event& event) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(event.payload[i]); };
  return at(0) * 65'536 + at(1) * 256 + at(2);
}

/// The events of all tracks but the ends of these, in the order of ticks, then of tracks, then of the file.
template <aria::Reading reading>
std::vector<aria::Event> slow_merge(std::span<const std::byte> bytes) {
  std::vector<aria::Event> all;
  for (const aria::BasicTrackView<reading> track : aria::BasicMidiFileView<reading>(bytes)) {
    for (const aria::Event& event : track) {
      if (!event.is_meta(aria::meta_type::end_of_track)) all.push_back(event);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.tick < b.tick; });
  return all;
}

/// Time as a fraction of a second.
class SlowClock {
 public:
  explicit SlowClock(int division, const aria::anticipation::Settings& settings = {})
      : resolution_(settings.time_resolution), smpte_(division < 0) {
    if (!smpte_) {
      denominator_ = Wide{1'000'000} * division;
      return;
    }
    const int word = division + 65'536, frames = 256 - word / 256, ticks = word % 256;
    rate_ = frames == 29 ? 1001 : 1;
    denominator_ = Wide{frames == 29 ? 30'000 : frames} * ticks;
  }

  void set_tempo(std::uint32_t tempo) {
    if (!smpte_) rate_ = tempo;
  }
  void go_to(std::int64_t tick) {
    seconds_ += rate_ * (tick - tick_);
    tick_ = tick;
  }

  /// The numerator of the fraction.
  Wide now() const { return seconds_; }

  /// A numerator in bins, to the nearest, halves to the even one.
  std::int64_t bins(Wide numerator) const {
    if (denominator_ == 0) return 0;
    const Wide wide = numerator * resolution_, whole = wide / denominator_, twice = 2 * (wide % denominator_);
    const bool up = twice > denominator_ || (twice == denominator_ && whole % 2 != 0);
    return static_cast<std::int64_t>(whole + (up ? 1 : 0));
  }

 private:
  Wide resolution_;
  bool smpte_;
  Wide rate_ = 500'000, denominator_ = 0, seconds_ = 0;
  std::int64_t tick_ = 0;
};

/// Calls `note(event, instrument, clock)` with the note-ons and note-offs of a file in the standard reading.
template <class Note>
void slow_play(std::span<const std::byte> bytes, const aria::anticipation::Settings& settings, Note note) {
  SlowClock clock(aria::MidiFileView(bytes).header().division, settings);
  std::array<unsigned, 16> programs{};
  for (const aria::Event& event : slow_merge<aria::Reading::standard>(bytes)) {
    clock.go_to(event.tick.count);
    if (is_tempo(event)) clock.set_tempo(tempo_of(event));
    if (is_program(event)) programs[event.channel()] = event.data1;
    if (is_note(event)) note(event, event.channel() == 9 ? 128U : programs[event.channel()], clock);
  }
}

/// In the standard reading.
inline std::vector<aria::anticipation::CompoundEvent> slow_compound(std::span<const std::byte> bytes,
                                                                    const aria::anticipation::Settings& settings = {}) {
  struct Open {
    std::size_t index;
    Wide onset;
  };
  std::vector<aria::anticipation::CompoundEvent> notes;
  std::map<std::pair<unsigned, unsigned>, std::deque<Open>> sounding;
  slow_play(bytes, settings, [&](const aria::Event& event, unsigned instrument, const SlowClock& clock) {
    auto& open = sounding[{event.channel(), event.data1}];
    if (velocity_of(event) != 0) {
      open.push_back({notes.size(), clock.now()});
      notes.push_back({{clock.bins(clock.now())},
                       aria::anticipation::kUnknownDuration,
                       event.data1,
                       static_cast<std::uint8_t>(instrument),
                       event.data2});
    } else if (!open.empty()) {
      notes[open.front().index].duration = {clock.bins(clock.now() - open.front().onset)};
      open.pop_front();
    }
  });
  return notes;
}

/// In the reference reading: seconds are added up message by message, and a note-off ends the oldest note of its
/// instrument, channel and pitch. For files that it accepts.
inline std::vector<aria::anticipation::CompoundEvent> slow_compound_as_reference(std::span<const std::byte> bytes) {
  using Key = std::tuple<unsigned, unsigned, unsigned>;
  std::vector<aria::anticipation::CompoundEvent> notes;
  std::map<Key, std::deque<std::pair<std::size_t, double>>> sounding;
  std::array<unsigned, 16> programs{};
  const auto bins = [](double seconds) { return static_cast<std::int64_t>(std::nearbyint(100 * seconds)); };
  const int division = aria::BasicMidiFileView<aria::Reading::reference>(bytes).header().division;
  double now = 0, tempo = 500'000;
  std::int64_t tick = 0;
  for (const aria::Event& event : slow_merge<aria::Reading::reference>(bytes)) {
    if (event.tick.count != tick) now += static_cast<double>(event.tick.count - tick) * (tempo * 1e-6 / division);
    tick = event.tick.count;
    if (is_tempo(event)) tempo = tempo_of(event);
    if (is_program(event)) programs[event.channel()] = event.data1;
    if (!is_note(event)) continue;
    const unsigned instrument = event.channel() == 9 ? 128U : programs[event.channel()];
    auto& open = sounding[{instrument, event.channel(), event.data1}];
    if (velocity_of(event) != 0) {
      open.emplace_back(notes.size(), now);
      notes.push_back({{bins(now)}, {-1}, event.data1, static_cast<std::uint8_t>(instrument), event.data2});
    } else if (!open.empty()) {
      notes[open.front().first].duration = {bins(now - open.front().second)};
      open.pop_front();
    }
  }
  return notes;
}

/// The tokens in the standard reading, with the times as they are: uncut ones are no tokens.
inline std::vector<std::int64_t> slow_interarrival(std::span<const std::byte> bytes,
                                                   const aria::anticipation::Settings& settings = {}) {
  const aria::anticipation::InterarrivalVocabulary ids(settings);
  std::vector<std::int64_t> times_and_notes;
  std::int64_t last = 0;
  slow_play(bytes, settings, [&](const aria::Event& event, unsigned instrument, const SlowClock& clock) {
    const std::int64_t now = clock.bins(clock.now());
    times_and_notes.push_back(now - last);
    last = now;
    const auto block = velocity_of(event) != 0 ? ids.note_on : ids.note_off;
    times_and_notes.push_back(block + instrument * ids.pitches + event.data1);
  });
  return times_and_notes;
}

}  // namespace test
