// "Ah! vous dirai-je, maman" (France, 18th century; Twinkle, twinkle, little star), for piano.
// The theme with the bass that Mozart gave it (K. 265), two variations of our own, and the theme again.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score ah_vous_dirai_je() {
  const auto song = [](const Phrase& outer, const Phrase& inner) { return outer + 2 * inner + outer; };
  const Phrase theme = song(notes(4, "| mf C5 C5 G5 G5 | A5 A5 G5:2 | F5:1 F5 E5 E5 | D5 D5 C5:2"),
                            notes(4, "| mp G5 G5 F5 F5 | E5 E5 D5:2"));
  const Phrase theme_left = song(notes(4, "| mp C3 C4 E4 C4 | F4 C4 E4 C4 | D4 B3 C4 A3 | F3 G3 C3:2"),
                                 notes(4, "| p E4 G3 D4 G3 | C4 G3 B3 G3"));
  // Every note with its neighbours above and below.
  const Phrase running = song(notes(4, R"(
      | mf D5:.25 C5 B4 C5 D5 C5 B4 C5 A5 G5 F#5 G5 A5 G5 F#5 G5
      | B5 A5 G#5 A5 B5 A5 G#5 A5 A5 G5 F#5 G5 A5 G5 F#5 G5
      | G5 F5 E5 F5 G5 F5 E5 F5 F5 E5 D#5 E5 F5 E5 D#5 E5
      | E5 D5 C#5 D5 E5 D5 C#5 D5 D5 C5 B4 C5 C5:1)"),
                              notes(4, R"(
      | mp A5:.25 G5 F#5 G5 A5 G5 F#5 G5 G5 F5 E5 F5 G5 F5 E5 F5
      | F5 E5 D#5 E5 F5 E5 D#5 E5 E5 D5 C#5 D5 D5:1)"));
  const Phrase minor = song(notes(4, "| p C5 C5 G5 G5 | Ab5 Ab5 G5:2 | F5:1 F5 Eb5 Eb5 | D5 D5 C5:2"),
                            notes(4, "| pp G5 G5 F5 F5 | Eb5 Eb5 D5:2"));
  const Phrase minor_left = song(figure(2, "1:.5 2 3 2", R"(p
      C3 G3 Eb4 | C3 G3 Eb4 | F3 Ab3 C4 | C3 G3 Eb4 | B2 G3 D4 | C3 G3 C4 | G2 D3 B3 | C3 G3 C4)"),
                                 figure(2, "1:.5 2 3 2", "pp C3 G3 Eb4 | D3 G3 B3 | C3 G3 C4 | G2 D3 B3"));
  return {"ah_vous_dirai_je",
          {112, 72, 4},
          {{kPiano, (theme & theme_left) + (running & theme_left) + (minor & minor_left) +
                        louder(15, theme & up(12, theme) & theme_left)}}};
}

}  // namespace compose
