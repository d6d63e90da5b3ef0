// Twelve-bar blues in C for saxophone, organ, guitar, bass and drums: three choruses. Our own.
#pragma once

#include <string>

#include "../drums.hpp"
#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score blues() {
  const Phrase sax = notes(4, R"(mf
    | R:.5 C4 Eb4 E4 G4:1 A4:.5 G4 | Bb4:1 A4:.5 G4:1.5 R:1 | R:.5 C5 Bb4 G4 A4:1 G4:.5 E4 | G4:1 C4:2 R:1
    | R:.5 C4 Eb4 F4 G4:1 A4:.5 G4 | Bb4:1 A4:.5 G4:1.5 R:1 | R:.5 C5 Bb4 G4 A4:1 G4:.5 E4 | G4:1 C4:2 R:1
    | f D5:1 B4:.5 G4 F4:1 G4:.5 B4 | C5:1 A4:.5 F4 Eb4:1 F4 | mf E4:.5 G4 A4 C5 Bb4 G4 E4 C4 | D4:1 F4:.5 B3:1.5 R:1)");
  const auto changes = [](const std::string& c7, const std::string& f7, const std::string& g7) {
    return c7 + c7 + c7 + c7 + f7 + f7 + c7 + c7 + g7 + f7 + c7 + g7;
  };
  const std::string chords = changes("| E3 Bb3 D4 G4 ", "| Eb3 A3 C4 G4 ", "| F3 B3 D4 A4 ");
  const std::string walk = changes("| C2 E2 G2 A2 ", "| F2 A2 C3 D3 ", "| G2 B2 D3 F3 ");
  const Phrase organ = figure(4, "mp R:1 1+2+3:.5 R:1 1+2+3:.5 R:1", chords);
  const Phrase organ_solo = up(12, figure(4, "mf 4:.5 3 2 3 4 R 3 1", chords));
  const Phrase beat = drums(4, {{kClosedHat, "x.x.x.xo"}, {kSnare, "..X...X."}, {kBassDrum, "X...xx.."}});
  const Phrase final_bar = drums(4, {{kCrash, "X..."}, {kBassDrum, "X..."}});
  return {"blues",
          {126},
          {{kTenorSax, sax + rest(48) + louder(10, sax) + notes(4, "| f C5:4")},
           {kDrawbarOrgan, organ + organ_solo + organ + notes(4, "| mf E3+Bb3+D4:4")},
           {kJazzGuitar, rest(48) + 2 * figure(4, "mp R:1 2+3+4 R 2+3+4", chords) + notes(4, "| mf Bb3+D4+G4:4")},
           {kFingeredBass, 3 * figure(4, "mf 1 2 3 4", walk) + notes(4, "| f C2:4")}},
          36 * beat + final_bar};
}

}  // namespace compose
