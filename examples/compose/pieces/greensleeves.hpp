// Greensleeves (England, 16th century), for flute, violin, guitar and bass with a frame drum's rhythm.
// The accompaniment is ours.
#pragma once

#include <string>

#include "../drums.hpp"
#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score greensleeves() {
  // In 3/4, two bars for one of 6/8. The upbeat of the next verse belongs into the last bar.
  const Phrase verse = notes(3, R"(mp
    A4:1 | C5:2 D5:1 | E5:1.5 F#5:.5 E5:1 | D5:2 B4:1 | G4:1.5 A4:.5 B4:1
         | C5:2 A4:1 | A4:1.5 G#4:.5 A4:1 | B4:2 G#4:1 | E4:2 A4:1
         | C5:2 D5:1 | E5:1.5 F#5:.5 E5:1 | D5:2 B4:1 | G4:1.5 A4:.5 B4:1
         | C5:1.5 B4:.5 A4:1 | G#4:1.5 F#4:.5 G#4:1 | A4:3~ | A4:3
    f    | G5:3 | G5:1.5 F#5:.5 E5:1 | D5:2 B4:1 | G4:1.5 A4:.5 B4:1
    mf   | C5:2 A4:1 | A4:1.5 G#4:.5 A4:1 | B4:2 G#4:1 | E4:3
    f    | G5:3 | G5:1.5 F#5:.5 E5:1 | D5:2 B4:1 | G4:1.5 A4:.5 B4:1
    mp   | C5:1.5 B4:.5 A4:1 | G#4:1.5 F#4:.5 G#4:1 | A4:3~ | A4:2)");
  const std::string a_minor = "| A2 E3 A3 C4 ", c_major = "| C3 G3 C4 E4 ", g_major = "| G2 D3 G3 B3 ",
                    e_major = "| E2 B2 E3 G#3 ";
  const std::string first_line = a_minor + a_minor + g_major + g_major + a_minor + a_minor + e_major + e_major;
  const std::string refrain = c_major + c_major + g_major + g_major;
  const std::string close = a_minor + e_major + a_minor + a_minor;
  const std::string chords = "p " + first_line + a_minor + a_minor + g_major + g_major + close +  //
                             "mp " + refrain + a_minor + a_minor + e_major + e_major + refrain + close;
  const Phrase guitar = figure(3, "1:.5 2 3 4 3 2", chords);
  const Phrase bass = down(12, figure(3, "1:2 2:1", chords));
  const Phrase drum = drums(3, {{kBassDrum, "x....."}, {kSideStick, "..o.oo"}});
  return {"greensleeves",
          {144, 96, 6},
          {{kFlute, verse + rest(96) + rest(1)},
           {kViolin, rest(96) + verse + rest(1)},
           {kNylonGuitar, rest(1) + 2 * guitar},
           {kAcousticBass, rest(1) + rest(96) + bass}},
          rest(97) + 32 * drum};
}

}  // namespace compose
