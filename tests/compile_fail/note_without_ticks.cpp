#include <aria/midi/messages.hpp>

// A position is no number: otherwise start and pitch could be swapped unnoticed.
aria::NoteMsg note() {
#ifdef BAD_LINE
  return aria::NoteMsg(0, 480, 60, 64, 0);
#endif
  return aria::NoteMsg(aria::Ticks{0}, aria::Ticks{480}, 60, 64, 0);
}
