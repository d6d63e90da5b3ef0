// Johann Sebastian Bach, Prelude in C major, BWV 846 (The Well-Tempered Clavier I, 1722). Complete.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score bach_prelude() {
  // Bars 1 to 32: five notes each, which the hands break in the same way twice a bar.
  constexpr std::string_view kChords = R"(
    mp C4 E4 G4 C5 E5 | C4 D4 A4 D5 F5 | B3 D4 G4 D5 F5 | C4 E4 G4 C5 E5
    | mf C4 E4 A4 E5 A5 | C4 D4 F#4 A4 D5 | B3 D4 G4 D5 G5 | mp B3 C4 E4 G4 C5
    | A3 C4 E4 G4 C5 | D3 A3 D4 F#4 C5 | p G3 B3 D4 G4 B4 | mp G3 Bb3 E4 G4 C#5
    | p F3 A3 D4 A4 D5 | mp F3 Ab3 D4 F4 B4 | p E3 G3 C4 G4 C5 | E3 F3 A3 C4 F4
    | D3 F3 A3 C4 F4 | G2 D3 G3 B3 F4 | pp C3 E3 G3 C4 E4 | p C3 G3 Bb3 C4 E4
    | F2 F3 A3 C4 E4 | mp F#2 C3 A3 C4 Eb4 | mf Ab2 F3 B3 C4 D4 | G2 F3 G3 B3 D4
    | mp G2 E3 G3 C4 E4 | mf G2 D3 G3 C4 F4 | G2 D3 G3 B3 F4 | f G2 Eb3 A3 C4 F#4
    | G2 E3 G3 C4 G4 | mf G2 D3 G3 C4 F4 | G2 D3 G3 B3 F4 | mp C2 C3 G3 Bb3 E4 )";
  const Phrase bass = figure(4, "1:2 1", kChords) + notes(4, "| p C2:4 | C2 | C2");
  const Phrase tenor =
      figure(4, "R:.25 2:1.75 R:.25 2:1.75", kChords) + notes(4, "| p R:.25 C3:3.75 | R:.25 B2:3.75 | C3:4");
  const Phrase right = figure(4, "R:.5 3:.25 4 5 3 4 5 R:.5 3:.25 4 5 3 4 5", kChords) + notes(4, R"(
    | mp R:.5 F3:.25 A3 C4 F4 C4 A3 C4 A3 F3 A3 F3 D3 F3 D3
    | p R:.5 G4:.25 B4 D5 F5 D5 B4 D5 B4 G4 B4 D4 F4 E4 D4
    | pp E4+G4+C5:4)");
  return {"bach_prelude_bwv846", {72, 40, 8}, {{kPiano, bass & tenor & right, bass}}};
}

}  // namespace compose
