// What is left of a MidiDict that was written as a MIDI file and read again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/midi/event.hpp>
#include <aria/midi/midi_dict.hpp>

namespace test {

/// Whether all notes sound for some time and can be heard: a note-on of velocity 0 is a note-off.
inline bool all_notes_sound(const aria::MidiDict& piece) {
  return std::all_of(piece.notes.begin(), piece.notes.end(),
                     [](const aria::NoteMsg& note) { return note.start() < note.end() && note.velocity() != 0; });
}

/// The notes of a piece whose notes all sound, after they went through a track. A note-off names no note, so it ends
/// all of its channel and pitch: a note ends where the first of them does behind its start. Notes that start together
/// come out in the order of their ends, which the pen writes, at one tick, in the order of the notes.
class NotesThroughMidi {
 public:
  explicit NotesThroughMidi(const std::vector<aria::NoteMsg>& notes) : notes_(notes), by_end_(notes.size()) {
    std::iota(by_end_.begin(), by_end_.end(), std::size_t{0});
    std::stable_sort(by_end_.begin(), by_end_.end(), [this](std::size_t a, std::size_t b) {
      return std::pair(key(a), notes_[a].end()) < std::pair(key(b), notes_[b].end());
    });
  }

  std::vector<aria::NoteMsg> notes() const {
    struct Through {
      aria::NoteMsg note;
      std::size_t closed_by;
    };
    std::vector<Through> all;
    for (std::size_t i = 0; i < notes_.size(); ++i) {
      const std::size_t closer = first_end_behind_start(i);
      const aria::NoteMsg& note = notes_[i];
      all.push_back({{note.start(), notes_[closer].end(), note.pitch(), note.velocity(), note.channel()}, closer});
    }
    std::stable_sort(all.begin(), all.end(), [](const Through& a, const Through& b) {
      const auto order = [](const Through& x) { return std::tuple(x.note.start(), x.note.end(), x.closed_by); };
      return order(a) < order(b);
    });
    std::vector<aria::NoteMsg> result;
    for (const Through& through : all) result.push_back(through.note);
    return result;
  }

 private:
  unsigned key(std::size_t i) const { return notes_[i].channel() * 128U + notes_[i].pitch(); }

  std::size_t first_end_behind_start(std::size_t i) const {
    const std::pair wanted(key(i), notes_[i].start());
    return *std::upper_bound(by_end_.begin(), by_end_.end(), wanted, [this](const auto& start, std::size_t other) {
      return start < std::pair(key(other), notes_[other].end());
    });
  }

  const std::vector<aria::NoteMsg>& notes_;
  std::vector<std::size_t> by_end_;
};

/// MidiDict::from_midi(piece.to_midi()) for a piece in the order of ticks whose notes all sound. What a .mid cannot
/// hold is gone: texts and metadata, which to_midi does not write; empty lists of tempo changes and instruments, for
/// which reading has defaults; and that notes of one channel and pitch overlap.
inline aria::MidiDict through_midi(const aria::MidiDict& piece) {
  aria::MidiDict out = piece;
  out.meta.clear();
  out.metadata.clear();
  if (out.tempos.empty()) out.tempos.push_back({aria::Ticks{0}, aria::kDefaultTempo});
  if (out.instruments.empty()) out.instruments.emplace_back(aria::Ticks{0}, 0U, 0U);
  out.notes = NotesThroughMidi(piece.notes).notes();
  return out;
}

}  // namespace test
