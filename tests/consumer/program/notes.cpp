#include "notes.hpp"

#include <aria/midi.hpp>

std::vector<aria::NoteMsg> notes_of(std::span<const std::byte> midi) { return aria::MidiDict::from_midi(midi).notes; }
