// Johann Pachelbel, Canon in D (about 1690), for three violins and bass.
// The first ten of the phrases that the violins play one after the other, each two bars behind the one before; then we
// go back to the first and close. The harpsichord's chords are ours.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score pachelbel_canon() {
  const Phrase ground = notes(4, "| D3 A2 B2 F#2 | G2 D2 G2 A2");
  const Phrase chords =
      notes(4, "| p F#3+A3+D4 E3+A3+C#4 F#3+B3+D4 F#3+A3+C#4 | G3+B3+D4 F#3+A3+D4 G3+B3+D4 E3+A3+C#4");
  const Phrase opening = notes(4, R"(
    | mp F#5 E5 D5 C#5 | B4 A4 B4 C#5
    | D5 C#5 B4 A4 | G4 F#4 G4 E4)");
  const Phrase canon = opening + notes(4, R"(
    | mp D4:.5 F#4 A4 G4 F#4 D4 F#4 E4 | D4 B3 D4 A4 G4 B4 A4 G4
    | F#4 D4 E4 C#5 D5 F#5 A5 A4 | B4 G4 A4 F#4 D4 D5 D5:.75 C#5:.25
    | mf D5 C#5 D5 D4 C#4 A4 E4 F#4 D4 D5 C#5 B4 C#5 F#5 A5 B5
    | G5 F#5 E5 G5 F#5 E5 D5 C#5 B4 A4 G4 F#4 E4 G4 F#4 E4
    | D4 E4 F#4 G4 A4 E4 A4 G4 F#4 B4 A4 G4 A4 G4 F#4 E4
    | D4 B3 B4 C#5 D5 C#5 B4 A4 G4 F#4 E4 B4 A4 B4 A4 G4
    | f F#4:.5 F#5 E5:1 R:.5 D5 F#5:1 | B5 A5 B5 C#6
    | D6:.5 D5 C#5:1 R:.5 B4 D5:1 | D5:1.5 D5:.5 D5 G5 E5 A5
    | mf A5:.25 F#5:.125 G5 A5:.25 F#5:.125 G5 A5 A4 B4 C#5 D5 E5 F#5 G5
      F#5:.25 D5:.125 E5 F#5:.25 F#4:.125 G4 A4 B4 A4 G4 A4 F#4 G4 A4
    | G4:.25 B4:.125 A4 G4:.25 F#4:.125 E4 F#4 E4 D4 E4 F#4 G4 A4 B4
      G4:.25 B4:.125 A4 B4:.25 C#5:.125 D5 A4 B4 C#5 D5 E5 F#5 G5 A5
    | F#5:.25 D5:.125 E5 F#5:.25 E5:.125 D5 E5 C#5 D5 E5 F#5 E5 D5 C#5
      D5:.25 B4:.125 C#5 D5:.25 D4:.125 E4 F#4 G4 F#4 E4 F#4 D5 C#5 D5
    | B4:.25 D5:.125 C#5 B4:.25 A4:.125 G4 A4 G4 F#4 G4 A4 B4 C#5 D5
      B4:.25 D5:.125 C#5 D5:.25 C#5:.125 B4 C#5 D5 E5 D5 C#5 D5 B4 C#5)");
  const Phrase first_again = notes(4, "| mf F#5 E5 D5 C#5 | B4 A4 B4 C#5");
  return {"pachelbel_canon",
          {56, 36, 6},
          {{kViolin, rest(8) + canon + opening + notes(4, "| D4:4")},
           {kViolin, rest(16) + canon + first_again + notes(4, "| D5:4")},
           {kViolin, rest(24) + canon + notes(4, "| F#5:4")},
           {kCello, 13 * ground + notes(4, "| D2:4")},
           {kHarpsichord, 13 * chords + notes(4, "| F#3+A3+D4:4")}}};
}

}  // namespace compose
