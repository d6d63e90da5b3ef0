// Phrases of music and what can be done with them: one after the other, at the same time, again, higher.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <aria/midi/units.hpp>

namespace compose {

/// The ticks of one beat, which is always a quarter note here.
inline constexpr int kTicksPerBeat = 480;

inline aria::Ticks beats(double count) { return {std::llround(count * kTicksPerBeat)}; }

struct Note {
  aria::Ticks start, length;
  int pitch = 0;     ///< 60 is middle C
  int velocity = 0;  ///< 1 to 127
};

/// What one player plays for a while. It may start and end with a rest.
struct Phrase {
  std::vector<Note> notes;
  aria::Ticks length;
};

inline Phrase rest(double count) { return {{}, beats(count)}; }

/// `second` after `first`.
inline Phrase operator+(Phrase first, const Phrase& second) {
  for (Note note : second.notes) {
    note.start = note.start + first.length;
    first.notes.push_back(note);
  }
  first.length = first.length + second.length;
  return first;
}

/// The phrase `times` times.
inline Phrase operator*(int times, const Phrase& phrase) {
  Phrase all;
  for (int i = 0; i < times; ++i) all = std::move(all) + phrase;
  return all;
}

/// Both at the same time, like two hands.
inline Phrase operator&(Phrase a, const Phrase& b) {
  a.notes.insert(a.notes.end(), b.notes.begin(), b.notes.end());
  a.length = std::max(a.length, b.length);
  return a;
}

/// Higher by so many semitones: 12 are an octave.
inline Phrase up(int semitones, Phrase phrase) {
  for (Note& note : phrase.notes) note.pitch += semitones;
  return phrase;
}

inline Phrase down(int semitones, Phrase phrase) { return up(-semitones, std::move(phrase)); }

/// Louder by so much velocity; softer, where negative.
inline Phrase louder(int velocity, Phrase phrase) {
  for (Note& note : phrase.notes) note.velocity = std::clamp(note.velocity + velocity, 1, 127);
  return phrase;
}

}  // namespace compose
