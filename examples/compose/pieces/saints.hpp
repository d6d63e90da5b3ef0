// When the Saints Go Marching In (United States, traditional): three choruses for a New Orleans band.
// The arrangement is ours.
#pragma once

#include <string>

#include "../drums.hpp"
#include "../notation.hpp"
#include "../score.hpp"

namespace compose {

inline Score saints() {
  const Phrase song = notes(4, R"(mf
      R:1 C4 E4 F4 | G4:4 | R:1 C4 E4 F4 | G4:4 | R:1 C4 E4 F4 | G4:2 E4 | C4 E4 | D4:4~
    | D4:1 E4 E4 D4 | C4:3 C4:1 | E4:2 G4:1 G4 | F4:4~ | F4:2 E4:1 F4 | G4:2 E4 | C4 D4 | C4:4)");
  const auto changes = [](const std::string& c, const std::string& c7, const std::string& f, const std::string& g7) {
    return "mp " + c + c + c + c + c + c + c + g7 + g7 + c + c7 + f + f + c + g7 + c;
  };
  // Three notes for guitar and trombone, two for the bass.
  const std::string rhythm =
      changes("| E3 G3 C4 C2 G2 ", "| E3 G3 Bb3 C2 G2 ", "| F3 A3 C4 F2 C2 ", "| F3 G3 B3 G2 D2 ");
  const std::string high = changes("| C4 E4 G4 C5 E5 ", "| C4 E4 G4 Bb4 E5 ", "| C4 F4 A4 C5 F5 ", "| D4 F4 G4 B4 D5 ");
  const Phrase clarinet = figure(4, "1:.5 2 3 4 5 4 3 2", high);
  const Phrase shuffle = drums(
      4, {{kRide, "x..x.xx..x.x"}, {kSnare, "...x..o..X.o"}, {kPedalHat, "...o.....o.."}, {kBassDrum, "x.....x....."}});
  const Phrase final_bar = drums(4, {{kCrash, "X..."}, {kBassDrum, "X..."}});
  return {"saints",
          {168},
          {{kTrumpet, up(12, song) + rest(64) + louder(20, up(12, song)) + notes(4, "| f E5:4")},
           {kClarinet, rest(64) + clarinet + clarinet + notes(4, "| f G5:4")},
           {kTrombone, figure(4, "1:4", rhythm) + louder(10, down(12, song)) + figure(4, "3:1.5 2:.5 1:2", rhythm) +
                           notes(4, "| f C4:4")},
           {kJazzGuitar, 3 * figure(4, "R:1 1+2+3 R 1+2+3", rhythm) + notes(4, "| f E3+G3+C4:4")},
           {kAcousticBass, 3 * figure(4, "4:2 5", rhythm) + notes(4, "| f C2:4")}},
          48 * shuffle + final_bar};
}

}  // namespace compose
