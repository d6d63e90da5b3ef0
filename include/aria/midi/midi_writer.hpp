// MidiDict -> MIDI bytes.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aria/midi/event_writer.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

namespace aria {

namespace detail {

// Writes the messages of a MidiDict in the order of a stable sort by tick of: tempo changes, pedal, instruments, then
// start and end of every note. All but the ends are sorted; the ends wait in a heap, which holds as many as notes sound
// at once.
class MidiDictPen {
 public:
  MidiDictPen(const MidiDict& piece, TrackWriter& track) : piece_(piece), track_(track) {}

  void write() {
    for (;;) {
      const Source source = next();
      switch (source) {
        case kTempo:
          write_tempo(piece_.tempos[tempo_++]);
          break;
        case kPedal:
          write_pedal(piece_.pedals[pedal_++]);
          break;
        case kInstrument:
          write_instrument(piece_.instruments[instrument_++]);
          break;
        case kNoteEnd:
          write_note_end();
          break;
        case kNoteStart:
          write_note_start();
          break;
        case kNothing:
          return;
      }
    }
  }

 private:
  // In the order in which they go where ticks are equal. An end in the heap belongs to a note before the next one.
  enum Source { kTempo, kPedal, kInstrument, kNoteEnd, kNoteStart, kNothing };
  using End = std::pair<std::int64_t, std::size_t>;  // tick, index of the note

  Source next() const {
    Source source = kNothing;
    Ticks tick{};
    const auto offer = [&](Source candidate, bool there, auto tick_at) {
      if (!there) return;
      const Ticks at = tick_at();
      if (source != kNothing && at >= tick) return;
      source = candidate;
      tick = at;
    };
    offer(kTempo, tempo_ < piece_.tempos.size(), [&] { return piece_.tempos[tempo_].tick; });
    offer(kPedal, pedal_ < piece_.pedals.size(), [&] { return piece_.pedals[pedal_].tick(); });
    offer(kInstrument, instrument_ < piece_.instruments.size(), [&] { return piece_.instruments[instrument_].tick(); });
    offer(kNoteEnd, !ends_.empty(), [&] { return Ticks{ends_.top().first}; });
    offer(kNoteStart, note_ < piece_.notes.size(), [&] { return piece_.notes[note_].start(); });
    return source;
  }

  void write_tempo(const TempoMsg& message) {
    if (message.tempo >> 24 != 0) throw Error(ErrorCode::invalid_argument, "a tempo does not fit into 24 bits");
    const std::array<std::byte, 3> payload = {std::byte(message.tempo >> 16), std::byte(message.tempo >> 8 & 0xff),
                                              std::byte(message.tempo & 0xff)};
    track_.write({message.tick, status::meta, meta_type::set_tempo, 0, payload});
  }

  void write_pedal(const PedalMsg& message) {
    write_channel(message.tick(), status::control_change, message.channel(), controller::damper_pedal,
                  message.down() ? 127 : 0);
  }

  void write_instrument(const InstrumentMsg& message) {
    write_channel(message.tick(), status::program_change, message.channel(), message.program(), 0);
  }

  void write_note_start() {
    const NoteMsg& note = piece_.notes[note_];
    write_channel(note.start(), status::note_on, note.channel(), note.pitch(), note.velocity());
    ends_.emplace(note.end().count, note_++);
  }

  void write_note_end() {
    const NoteMsg& note = piece_.notes[ends_.top().second];
    ends_.pop();
    write_channel(note.end(), status::note_on, note.channel(), note.pitch(), 0);
  }

  void write_channel(Ticks tick, unsigned status, unsigned channel, std::uint8_t data1, std::uint8_t data2) {
    track_.write({tick, static_cast<std::uint8_t>(status | (channel & 0x0f)), data1, data2, {}});
  }

  const MidiDict& piece_;
  TrackWriter& track_;
  std::size_t tempo_ = 0, pedal_ = 0, instrument_ = 0, note_ = 0;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

}  // namespace detail

/// Writes `piece` as MidiDict::to_midi does, to any sink of write_midi_file.
template <std::invocable<std::span<const std::byte>> Sink>
void write_midi(const MidiDict& piece, Sink&& sink) {
  TrackWriter track;
  detail::MidiDictPen(piece, track).write();
  const MidiHeader header{0, 1, static_cast<std::int16_t>(piece.ticks_per_beat)};
  write_midi_file(header, std::span(&track, 1), std::forward<Sink>(sink));
}

/// The same to a file, which appears whole or not at all. Throws already_exists, not_found or io, too.
inline void write_midi(const MidiDict& piece, const std::string& path, IfExists if_exists = IfExists::refuse) {
  AtomicFile file(path, if_exists);
  write_midi(piece, [&file](std::span<const std::byte> bytes) {
    file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
  file.commit();
}

inline std::vector<std::byte> MidiDict::to_midi() const {
  std::vector<std::byte> all;
  write_midi(*this, [&all](std::span<const std::byte> bytes) { all.insert(all.end(), bytes.begin(), bytes.end()); });
  return all;
}

}  // namespace aria
