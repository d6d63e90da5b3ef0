// Amazing Grace (the tune New Britain, United States, 1829): three verses. The accompaniment is ours.
#pragma once

#include <string>

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score amazing_grace() {
  const Phrase verse = notes(3, R"(mf
    D4:1 | G4:2 B4:.5 G4 | B4:2 A4:1 | G4:2 E4:1 | D4:2 D4:1
         | G4:2 B4:.5 G4 | B4:2 A4:1 | D5:3~ | D5:2 B4:1
    f    | D5:2 B4:.5 G4 | B4:2 A4:1 | G4:2 E4:1 | D4:2 D4:1
    mp   | G4:2 B4:.5 G4 | B4:2 A4:1 | G4:3~ | G4:2)");
  const std::string g = "| G2 D3 G3 B3 ", c = "| C3 G3 C4 E4 ", d = "| D3 A3 D4 F#4 ", d7 = "| D3 A3 C4 F#4 ",
                    e_minor = "| E2 B2 E3 G3 ";
  const std::string chords = "p " + g + g + c + g + g + e_minor + d + d7 +  //
                             "mp " + g + g + c + g + e_minor + d7 + g + g;
  const Phrase guitar = figure(3, "1:.5 2 3 4 3 2", chords);
  const Phrase organ = figure(3, "2+3+4:3", chords);
  const Phrase bass = down(12, figure(3, "1:2 1:1", chords));
  const Phrase silence = rest(48);
  return {"amazing_grace",
          {92, 60, 6},
          {{kFlute, up(12, verse) + silence + up(12, verse) + rest(1)},
           {kNylonGuitar, rest(1) + guitar + silence + guitar},
           {kChoir, silence + verse + verse + rest(1)},
           {kChurchOrgan, rest(1) + silence + organ + organ},
           {kFingeredBass, rest(1) + silence + bass + bass}}};
}

}  // namespace compose
