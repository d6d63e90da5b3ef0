// What an application that uses libsmf does: its own smf_t to notes.
#include <aria/midi/libsmf.hpp>

#include <iostream>

int main() {
  try {
    const aria::SmfPointer smf = aria::new_smf(96);
    aria::SmfTrackWriter track(*smf);
    track.write({.tick = {0}, .status = 0x90, .data1 = 60, .data2 = 64});
    track.write({.tick = {96}, .status = 0x80, .data1 = 60});
    for (const aria::NoteMsg& note : aria::to_midi_dict(*smf).notes) {
      std::cout << "pitch " << int(note.pitch()) << ", ticks " << note.start().count << " to " << note.end().count
                << '\n';
    }
  } catch (const aria::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
