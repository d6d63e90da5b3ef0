// Johann Sebastian Bach, "Jesus bleibet meine Freude" from the cantata BWV 147 (1723).
// Only the melody that the violins and oboes play, three times; the inner voices are simplified, the chorale is left
// out.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score bach_jesu_joy() {
  // 9/8: three groups of three eighths a bar.
  const Phrase melody = notes(4.5, R"(
    | R:.5 G4 A4 B4 D5 C5 C5 E5 D5 | D5 G5 F#5 G5 D5 B4 G4 A4 B4
    | C5 D5 E5 D5 C5 B4 A4 B4 G4   | F#4 G4 A4 D4 F#4 A4 C5 B4 A4
    | B4 G4 A4 B4 D5 C5 C5 E5 D5   | D5 G5 F#5 G5 D5 B4 G4 A4 B4
    | E4 D5 C5 B4 A4 G4 D4 G4 F#4  | G4 B4 D5 G5 D5 B4 G4:1.5)");
  const Phrase middle = notes(4.5, R"(p
    | B3+D4:1.5 B3+D4 G3+C4 | G3+D4 G3+B3 G3+B3 | A3+E4 G3+D4 A3+E4 | A3+D4 A3+D4 A3+C4
    | G3+D4 B3+D4 G3+C4     | G3+D4 G3+B3 G3+B3 | G3+C4 G3+B3 A3+C4 | G3+B3 B3+D4 B3+D4)");
  const Phrase bass = notes(4.5, R"(
    | G2:1.5 G3 E3 | B2 E3 E2 | A2 B2 C3 | D3 F#3 D3
    | G3 G2 E3     | B2 E3 E2 | C3 D3 D2 | G2 G3 G2)");
  const Phrase last = notes(4.5, "| p G4:4.5");
  const Phrase silence = rest(36);
  return {"bach_jesu_joy",
          {90, 60, 8},
          {{kOboe, melody + silence + melody + last},
           {kViolin, silence + melody + up(12, melody) + up(4, last)},
           {kStrings, 3 * middle + down(5, last)},
           {kChurchOrgan, silence + silence + middle + down(8, last)},
           {kCello, 3 * bass + down(24, last)}}};
}

}  // namespace compose
