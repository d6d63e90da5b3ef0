// Drum patterns: a row of characters for each drum.
#pragma once

#include <initializer_list>
#include <string_view>

#include "phrase.hpp"

namespace compose {

/// Notes of the drum channel (General MIDI, percussion key map).
enum Drum { kBassDrum = 36, kSideStick = 37, kSnare = 38, kClosedHat = 42, kPedalHat = 44, kCrash = 49, kRide = 51 };

struct DrumRow {
  Drum drum;
  std::string_view hits;  ///< X loud, x, o soft, . nothing; they share the bar evenly
};

/// One bar.
///
///     drums(4, {{kRide,  "x..x.xx..x.x"},    // twelve a bar: a shuffle
///               {kSnare, "...X.....X.."}})
inline Phrase drums(double beats_per_bar, std::initializer_list<DrumRow> rows) {
  Phrase bar = rest(beats_per_bar);
  for (const DrumRow& row : rows) {
    const double step = beats_per_bar / static_cast<double>(row.hits.size());
    for (std::size_t i = 0; i < row.hits.size(); ++i) {
      const char hit = row.hits[i];
      const int velocity = hit == 'X' ? 100 : hit == 'x' ? 78 : hit == 'o' ? 48 : 0;
      if (velocity == 0) continue;
      bar.notes.push_back({beats(step * static_cast<double>(i)), beats(step), row.drum, velocity});
    }
  }
  return bar;
}

}  // namespace compose
