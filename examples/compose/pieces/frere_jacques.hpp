// Frère Jacques (France, 18th century): a round for four, each three times through.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score frere_jacques() {
  const Phrase song = notes(4, R"(
    | C4 D4 E4 C4 | C4 D4 E4 C4
    | E4 F4 G4:2  | E4:1 F4 G4:2
    | G4:.5 A4 G4 F4 E4:1 C4 | G4:.5 A4 G4 F4 E4:1 C4
    | C4 G3 C4:2  | C4:1 G3 C4:2)");
  const Phrase two_bars = rest(8);
  const Phrase song_3 = louder(-15, song) + song + louder(12, song);
  return {"frere_jacques",
          {120, 90, 4},
          {{kFlute, up(12, song_3) + 3 * two_bars},
           {kClarinet, two_bars + song_3 + 2 * two_bars},
           {kTrumpet, 2 * two_bars + song_3 + two_bars},
           {kCello, 3 * two_bars + down(12, song_3)}}};
}

}  // namespace compose
