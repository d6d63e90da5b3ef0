// Ludwig van Beethoven, Bagatelle in A minor, WoO 59, "Für Elise" (1810). The opening section with its repeats.
#pragma once

#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score beethoven_fur_elise() {
  // 3/8. Each section starts with an upbeat of two sixteenths and leaves that much room at its end.
  const Phrase theme = notes(1.5, R"(pp
    E5:.25 D#5 | E5 D#5 E5 B4 D5 C5 | A4:.5 R:.25 C4 E4 A4 | B4:.5 R:.25 E4 G#4 B4 | C5:.5 R:.25 E4 E5 D#5
    | E5 D#5 E5 B4 D5 C5 | A4:.5 R:.25 C4 E4 A4 | B4:.5 R:.25 E4 C5 B4 |)");
  const Phrase theme_left = notes(1.5, R"(pp
    R:.5 | R:1.5 | A2:.25 E3 A3 R:.75 | E2:.25 E3 G#3 R:.75 | A2:.25 E3 A3 R:.75
    | R:1.5 | A2:.25 E3 A3 R:.75 | E2:.25 E3 G#3 R:.75 |)");
  const Phrase middle = notes(1.5, R"(mp
    C5:.25 D5 | E5:.75 G4:.25 F5 E5 | D5:.75 F4:.25 E5 D5 | C5:.75 E4:.25 D5 C5
    | p B4:.5 R:.25 E4 E5 R | R E5 E6 R R D#5 | E5 R R D#5)");
  const Phrase middle_left = notes(1.5, R"(mp
    R:.5 | C3:.25 G3 C4 R:.75 | G2:.25 G3 B3 R:.75 | A2:.25 E3 A3 R:.75
    | p E2:.25 E3 E4 R R E4 | E5 R R D#5 E5 R | R D#5 E5 R)");
  const Phrase theme_pedal = notes(1.5, R"(
    R:.5 | R:1.5 | A2:.75 R | E2 R | A2 R | R:1.5 | A2:.75 R | E2 R |)");
  const Phrase middle_pedal = notes(1.5, "R:.5 | C3:.75 R | G2 R | A2 R | E2:4");

  const Phrase close = notes(1.5, "| A4:1"), on = notes(1.5, "| A4:.5 R:.25 B4:.25");
  const Phrase close_left = notes(1.5, "| A2:.25 E3 A3 R"), close_pedal = notes(1.5, "| A2:.75 R:.25");
  const Phrase end = notes(1.5, "| A4:1.5"), end_left = notes(1.5, "| A2:.25 E3 A3:1");
  const Phrase section = middle + theme;
  const Phrase section_left = middle_left + theme_left, section_pedal = middle_pedal + theme_pedal;
  const Phrase right = theme + close + theme + on + section + on + section + end;
  const Phrase left = theme_left + close_left + theme_left + close_left + section_left + close_left + section_left;
  const Phrase pedal =
      theme_pedal + close_pedal + theme_pedal + close_pedal + section_pedal + close_pedal + section_pedal;
  return {"beethoven_fur_elise", {72, 48, 4}, {{kPiano, right & (left + end_left), pedal + notes(1.5, "| A2:1.5")}}};
}

}  // namespace compose
