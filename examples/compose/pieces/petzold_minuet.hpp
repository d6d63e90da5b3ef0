// Christian Petzold, Minuet in G major (before 1725), BWV Anh. 114; long taken for Bach's, in whose wife's notebook it
// stands. Complete, with both repeats, without the ornaments.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score petzold_minuet() {
  const Phrase right_1 = notes(3, R"(mf
    | D5:1 G4:.5 A4 B4 C5 | D5:1 G4 G4 | E5 C5:.5 D5 E5 F#5 | G5:1 G4 G4
    | C5:1 D5:.5 C5 B4 A4 | B4:1 C5:.5 B4 A4 G4 | F#4:1 G4:.5 A4 B4 G4 | A4:3
    | D5:1 G4:.5 A4 B4 C5 | D5:1 G4 G4 | E5 C5:.5 D5 E5 F#5 | G5:1 G4 G4
    | C5:1 D5:.5 C5 B4 A4 | B4:1 C5:.5 B4 A4 G4 | A4:1 B4:.5 A4 G4 F#4 | G4:3)");
  const Phrase left_1 = notes(3, R"(mp
    | G3+B3+D4:2 A3:1 | B3:3 | C4 | B3 | A3 | G3 | D4:1 B3 G3 | D4:1 D3:.5 C4 B3 A3
    | B3:2 A3:1 | G3 B3 G3 | C4:3 | B3:1 C4:.5 B3 A3 G3 | A3:2 F#3:1 | G3:2 B3:1 | C4 D4 D3 | G3:2 G2:1)");
  const Phrase right_2 = notes(3, R"(f
    | B5:1 G5:.5 A5 B5 G5 | A5:1 D5:.5 E5 F#5 D5 | G5:1 E5:.5 F#5 G5 D5 | C#5:1 B4:.5 C#5 A4:1
    | A4:.5 B4 C#5 D5 E5 F#5 | G5:1 F#5 E5 | F#5 A4 C#5 | D5:3
    | p D5:1 G4:.5 F#4 G4:1 | E5 G4:.5 F#4 G4:1 | D5 C5 B4 | A4:.5 G4 F#4 G4 A4:1
    | mf D4:.5 E4 F#4 G4 A4 B4 | C5:1 B4 A4 | B4:.5 D5 G4:1 F#4 | B3+D4+G4:3)");
  const Phrase left_2 = notes(3, R"(mf
    | G3:3 | F#3 | E3:1 G3 E3 | A3:2 A2:1 | A3:3 | B3:1 D4 C#4 | D4 F#3 A3 | D4 D3 C4
    | p B3:2 B3:1 | C4:2 C4:1 | B3 A3 G3 | D4:2 R:1 | mp D3:2 F#3:1 | E3 G3 F#3 | G3 B2 D3 | G3 D3 G2)");
  const Phrase left_2_inner = rest(24) + notes(3, "| p R:1 D4:2 | R:1 E4:2");
  return {
      "petzold_minuet", {132, 88, 6}, {{kHarpsichord, 2 * (right_1 & left_1) + 2 * (right_2 & left_2 & left_2_inner)}}};
}

}  // namespace compose
