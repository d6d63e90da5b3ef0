// What an application does first: the bytes of a MIDI file to notes. One of two translation units that use the library.
#include <array>
#include <iostream>

#include <aria/support/error.hpp>

#include "notes.hpp"

int main() {
  // One note: C4 for a beat of 96 ticks.
  constexpr std::array<unsigned char, 34> kFile = {
      'M', 'T', 'h', 'd', 0, 0, 0, 6,  0,    0,    0,  1,  0,    96,                              // header
      'M', 'T', 'r', 'k', 0, 0, 0, 12, 0x00, 0x90, 60, 64, 0x60, 0x80, 60, 0, 0, 0xff, 0x2f, 0};  // track
  try {
    for (const aria::NoteMsg& note : notes_of(std::as_bytes(std::span(kFile)))) {
      std::cout << "pitch " << int(note.pitch()) << ", ticks " << note.start().count << " to " << note.end().count
                << '\n';
    }
  } catch (const aria::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
