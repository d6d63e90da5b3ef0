// MIDI files with a track for every instrument, at a tick a bin: what sequences of the encodings become.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/event_writer.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Puts a file of type 1 together (compound_to_midi in anticipation/convert.py): 120 beats a minute and half the time
/// resolution as ticks a beat, so that a tick is a bin. Tracks stand in the order of their first notes; their channels
/// count up and leave out that of the drums. Standard: where there are more instruments than channels, they go to
/// further ports (meta event 0x21). Reference: they are an error, drums count as if they took the next channel as well,
/// and note-offs have a velocity of 64.
class InstrumentTracks {
 public:
  explicit InstrumentTracks(Reading reading = Reading::standard, const Settings& settings = {})
      : reading_(reading), division_(static_cast<std::int16_t>(settings.time_resolution / 2)) {
    places_.fill(kNone);
  }

  /// In the order of times. Throws invalid_argument for a sixteenth instrument in the reference reading.
  void note_on(Bins time, std::uint8_t instrument, std::uint8_t pitch, std::uint8_t velocity) {
    if (places_[instrument] == kNone) add_track(instrument);
    write(time, places_[instrument], status::note_on, pitch, velocity);
  }

  /// Of an instrument that has no track yet, this does nothing.
  void note_off(Bins time, std::uint8_t instrument, std::uint8_t pitch) {
    if (places_[instrument] == kNone) return;
    // With a velocity of 0 the status can keep running.
    const bool reference = reading_ == Reading::reference;
    write(time, places_[instrument], reference ? status::note_off : status::note_on, pitch, reference ? 64 : 0);
  }

  /// Hands the file to a sink of write_midi_file.
  template <class Sink>
  void finish(Sink&& sink) {
    write_midi_file({.format = 1, .tracks = 0, .division = division_}, tracks_, std::forward<Sink>(sink));
  }

 private:
  static constexpr std::uint8_t kNone = 255;
  static constexpr unsigned kChannels = 16;

  void add_track(std::uint8_t instrument) {
    const bool drums = instrument == kDrumInstrument;
    const unsigned channel = drums ? kDrumChannel : next_channel_;
    if (channel >= kChannels && reading_ == Reading::reference) {
      throw Error(ErrorCode::invalid_argument, "has more instruments than MIDI has channels");
    }
    places_[instrument] = static_cast<std::uint8_t>(tracks_.size());
    channels_.push_back(static_cast<std::uint8_t>(channel % kChannels));
    TrackWriter& track = tracks_.emplace_back();
    if (const std::byte port{static_cast<unsigned char>(channel / kChannels)}; port != std::byte{0}) {
      track.write({{0}, status::meta, meta_type::port, 0, std::span(&port, 1)});
    }
    write({0}, places_[instrument], status::program_change, drums ? 0 : instrument, 0);
    if (drums && reading_ == Reading::standard) return;  // they take no other's channel
    if (++next_channel_ % kChannels == kDrumChannel) ++next_channel_;
  }

  void write(Bins time, std::uint8_t place, unsigned status, std::uint8_t data1, std::uint8_t data2) {
    tracks_[place].write({Ticks{time.count}, static_cast<std::uint8_t>(status | channels_[place]), data1, data2, {}});
  }

  Reading reading_;
  std::int16_t division_;
  std::array<std::uint8_t, 256> places_;  // of instruments, in tracks_
  std::vector<TrackWriter> tracks_;
  std::vector<std::uint8_t> channels_;
  unsigned next_channel_ = 0;
};

namespace detail {

// The start or the end of a note. Starts go first where times are equal.
struct NoteEdge {
  std::int64_t time;
  bool is_end;
  std::uint32_t note;
};

inline std::vector<NoteEdge> note_edges(std::span<const CompoundEvent> notes, Reading reading,
                                        const Settings& settings) {
  std::vector<NoteEdge> edges;
  edges.reserve(2 * notes.size());
  for (std::uint32_t i = 0; i < notes.size(); ++i) {
    const CompoundEvent& note = notes[i];
    const bool guess = note.duration == kUnknownDuration && reading == Reading::standard;
    const std::int64_t duration = guess ? settings.time_resolution / 4 : note.duration.count;
    edges.push_back({note.time.count, false, i});
    edges.push_back({note.time.count + duration, true, i});
  }
  std::stable_sort(edges.begin(), edges.end(), [](const NoteEdge& a, const NoteEdge& b) {
    return std::pair(a.time, a.is_end) < std::pair(b.time, b.is_end);
  });
  return edges;
}

}  // namespace detail

/// Writes notes as a MIDI file to a sink of write_midi_file. An unknown duration is a quarter of a second; in the
/// reference reading the note ends before it starts, as in the original. Throws as InstrumentTracks does.
template <class Sink>
void compound_to_midi(std::span<const CompoundEvent> notes, Sink&& sink, Reading reading = Reading::standard,
                      const Settings& settings = {}) {
  InstrumentTracks tracks(reading, settings);
  for (const detail::NoteEdge& edge : detail::note_edges(notes, reading, settings)) {
    const CompoundEvent& note = notes[edge.note];
    if (edge.is_end) {
      tracks.note_off({edge.time}, note.instrument, note.pitch);
    } else {
      tracks.note_on({edge.time}, note.instrument, note.pitch, note.velocity);
    }
  }
  tracks.finish(std::forward<Sink>(sink));
}

/// The velocity of notes of the interarrival encoding, which has none (anticipation/convert.py).
inline constexpr std::uint8_t kInterarrivalVelocity = 96;

/// Writes tokens of the interarrival encoding as a MIDI file. Separators are passed over: what follows goes on in time.
/// Throws invalid_argument for ids outside of the vocabulary, and as InstrumentTracks does.
template <class Sink>
void interarrival_to_midi(std::span<const TokenId> tokens, Sink&& sink, Reading reading = Reading::standard,
                          const Settings& settings = {}) {
  const InterarrivalVocabulary vocabulary(settings);
  InstrumentTracks tracks(reading, settings);
  Bins now{0};
  for (const TokenId token : tokens) {
    if (token >= vocabulary.size) {
      throw Error(ErrorCode::invalid_argument, std::to_string(token) + " is no token of the interarrival encoding");
    }
    if (token == vocabulary.separator) continue;
    if (token < vocabulary.note_on) {
      now = now + Bins{token - vocabulary.time};
      continue;
    }
    const bool is_on = token < vocabulary.note_off;
    const std::uint32_t note = token - (is_on ? vocabulary.note_on : vocabulary.note_off);
    const auto instrument = static_cast<std::uint8_t>(note / vocabulary.pitches);
    const auto pitch = static_cast<std::uint8_t>(note % vocabulary.pitches);
    if (is_on) {
      tracks.note_on(now, instrument, pitch, kInterarrivalVelocity);
    } else {
      tracks.note_off(now, instrument, pitch);
    }
  }
  tracks.finish(std::forward<Sink>(sink));
}

}  // namespace aria::anticipation
