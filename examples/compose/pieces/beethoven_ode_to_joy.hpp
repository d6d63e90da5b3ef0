// Ludwig van Beethoven, the theme of the last movement of the Ninth Symphony (1824).
// As in the symphony, cellos and basses begin alone and the others join; the harmony and the trumpets are ours.
#pragma once

#include <string>

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score beethoven_ode_to_joy() {
  // Four bars ask, four answer, four go elsewhere, and the answer comes back; the second half is repeated.
  const auto song = [](const std::string& question, const std::string& answer, const std::string& middle) {
    return notes(4, question + answer + middle + answer + middle + answer);
  };
  // The answer comes back a beat early: the tie behind "streng geteilt".
  const Phrase melody = song("| mf F#4:1 F#4 G4 A4 | A4 G4 F#4 E4 | D4 D4 E4 F#4 | F#4:1.5 E4:.5 E4:2 ",
                             "| F#4:1 F#4 G4 A4 | A4 G4 F#4 E4 | D4 D4 E4 F#4 | E4:1.5 D4:.5 D4:2 ",
                             "| E4:1 E4 F#4 D4 | E4 F#4:.5 G4 F#4:1 D4 | E4 F#4:.5 G4 F#4:1 E4 | D4 E4 A3 F#4~ ");
  const Phrase alto = song("| mp A4:1 A4 A4 A4 | A4 A4 A4 A4 | F#4 F#4 A4 A4 | A4:2 A4 ",
                           "| A4:1 A4 A4 A4 | A4 A4 A4 A4 | F#4 F#4 A4 A4 | G4:2 F#4 ",
                           "| A4:1 A4 A4 F#4 | A4 A4 A4 F#4 | A4 A4 C#5 C#5 | B4 G#4 A4 A4 ");
  const Phrase tenor = song("| mp D4:1 D4 C#4 D4 | D4 C#4 D4 C#4 | D4 D4 E4 D4 | D4:1.5 C#4:.5 C#4:2 ",
                            "| D4:1 D4 C#4 D4 | D4 C#4 D4 C#4 | D4 D4 E4 D4 | C#4:2 D4 ",
                            "| C#4:1 C#4 D4 D4 | C#4 E4 D4 D4 | C#4 E4 F#4 F#4 | F#4 D4 C#4 D4 ");
  const Phrase bass = song("| mf D3:1 D3 E3 F#3 | F#3 E3 D3 A2 | B2 B2 C#3 D3 | A2:2 A2 ",
                           "| D3:1 D3 E3 F#3 | F#3 E3 D3 A2 | B2 B2 C#3 D3 | A2:2 D3 ",
                           "| A2:1 A2 D3 B2 | A2 C#3 D3 B2 | A2 C#3 A#2 A#2 | B2 E3 A2 A2 ");
  const Phrase silence = rest(96);
  return {"beethoven_ode_to_joy",
          {152, 110, 4},
          {{kViolin, silence + silence + louder(15, up(12, melody))},
           {kViolin, silence + tenor + louder(15, alto)},
           {kViola, silence + melody + louder(15, tenor)},
           {kCello, louder(-20, down(12, melody)) + bass + louder(15, bass)},
           {kContrabass, louder(-20, down(24, melody)) + down(12, bass) + louder(15, down(12, bass))},
           {kTrumpet, silence + silence + louder(20, melody)}}};
}

}  // namespace compose
