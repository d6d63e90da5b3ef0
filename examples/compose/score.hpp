// A piece for several players, and how it becomes an aria::MidiDict.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <aria/midi.hpp>

#include "phrase.hpp"

namespace compose {

/// General MIDI programs, counted from 0.
enum Program {
  kPiano = 0,
  kHarpsichord = 6,
  kDrawbarOrgan = 16,
  kChurchOrgan = 19,
  kNylonGuitar = 24,
  kJazzGuitar = 26,
  kAcousticBass = 32,
  kFingeredBass = 33,
  kViolin = 40,
  kViola = 41,
  kCello = 42,
  kContrabass = 43,
  kStrings = 48,
  kChoir = 52,
  kTrumpet = 56,
  kTrombone = 57,
  kTenorSax = 66,
  kOboe = 68,
  kClarinet = 71,
  kFlute = 73,
};

struct Part {
  Program program;
  Phrase music;
  Phrase pedal{};  ///< the pedal is down while a note of this phrase sounds
};

/// In beats a minute. Over the last `slowing_beats` beats of the piece it falls to `last`.
struct Tempo {
  double beats_per_minute = 120;
  double last = beats_per_minute;
  double slowing_beats = 0;
};

struct Score {
  std::string name;  ///< of the file, without ending
  Tempo tempo;
  std::vector<Part> parts;
  Phrase drums{};
};

/// The tempo changes with every beat of a ritardando.
inline void add_tempos(const Tempo& tempo, aria::Ticks length, aria::MidiDict& piece) {
  const auto add = [&piece](aria::Ticks tick, double beats_per_minute) {
    piece.tempos.push_back({tick, static_cast<std::uint64_t>(std::llround(60e6 / beats_per_minute))});
  };
  add({0}, tempo.beats_per_minute);
  for (double done = 1; done <= tempo.slowing_beats; ++done) {
    add(length - beats(tempo.slowing_beats - done + 1),
        tempo.beats_per_minute + (tempo.last - tempo.beats_per_minute) * done / tempo.slowing_beats);
  }
}

/// Adds a phrase to the notes of a piece. Fingers are lifted shortly before the next note is due.
inline void add_notes(const Phrase& phrase, int transposition, unsigned channel, aria::MidiDict& piece) {
  for (const Note& note : phrase.notes) {
    const aria::Ticks lift{std::min<std::int64_t>(kTicksPerBeat / 16, note.length.count / 8)};
    piece.notes.emplace_back(note.start, note.start + note.length - lift,
                             static_cast<unsigned>(note.pitch + transposition), static_cast<unsigned>(note.velocity),
                             channel);
  }
}

/// The pedal goes up with each new harmony and down right behind it, as pianists do.
inline void add_pedal(const Phrase& phrase, unsigned channel, aria::MidiDict& piece) {
  for (const Note& note : phrase.notes) {
    piece.pedals.emplace_back(note.start + aria::Ticks{kTicksPerBeat / 16}, channel, true);
    piece.pedals.emplace_back(note.start + note.length, channel, false);
  }
}

/// Puts messages into the order of their ticks, which a MidiDict requires.
template <class Messages>
void sort_by_tick(Messages& messages) {
  std::stable_sort(messages.begin(), messages.end(),
                   [](const auto& a, const auto& b) { return aria::tick_of(a) < aria::tick_of(b); });
}

/// The piece, higher by `transposition` semitones, drums excepted. Throws invalid_argument where a part is not as long
/// as the first one: somebody has miscounted.
inline aria::MidiDict to_midi_dict(const Score& score, int transposition) {
  aria::MidiDict piece;
  piece.ticks_per_beat = kTicksPerBeat;
  const aria::Ticks length = score.parts.front().music.length;
  add_tempos(score.tempo, length, piece);
  unsigned channel = 0;
  for (const Part& part : score.parts) {
    if (part.music.length != length) {
      throw aria::Error(aria::ErrorCode::invalid_argument,
                        score.name + ": the part of program " + std::to_string(part.program) + " has another length");
    }
    piece.instruments.emplace_back(aria::Ticks{0}, channel, part.program);
    add_notes(part.music, transposition, channel, piece);
    add_pedal(part.pedal, channel, piece);
    if (++channel == aria::kDrumChannel) ++channel;
  }
  add_notes(score.drums, 0, aria::kDrumChannel, piece);
  sort_by_tick(piece.pedals);
  sort_by_tick(piece.notes);
  return piece;
}

}  // namespace compose
