// What many pieces are like, in memory that does not grow with their number.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <aria/midi/piece_statistics.hpp>
#include <aria/support/distribution.hpp>

namespace aria {

/// In how many pieces an instrument class plays, and how many notes.
struct SoundUse {
  std::uint64_t pieces = 0;
  std::uint64_t notes = 0;
};

/// Numbers about pieces, added up one at a time. Values of pieces are kept as Distributions, so that all of it takes
/// about 1 MB as a rule and less than 10 MB at worst, however many pieces there are.
///
///     aria::DatasetStatistics about;
///     while (file.next(piece)) about.add(aria::piece_statistics(piece));
///     about.seconds.quantile(0.5)  // half of the pieces are no longer than this
///
/// The order of the pieces makes no difference, but for the rounding of sums and for which composers are named where
/// there are more than kMaxComposers.
struct DatasetStatistics {
  static constexpr std::size_t kMaxComposers = 2000, kMaxComposerBytes = 200;

  std::uint64_t pieces = 0;
  std::uint64_t notes = 0;
  std::uint64_t pieces_with_pedal = 0;
  std::uint64_t pieces_with_tempo_changes = 0;

  // One value a piece.
  Distribution seconds;           ///< sounding time
  Distribution note_counts;       ///< notes
  Distribution note_rates;        ///< notes a second, of pieces that take time
  Distribution beats_per_minute;  ///< of pieces that have beats and take time
  Distribution tempo_changes;
  Distribution pedal_changes;
  Distribution pedal_shares;  ///< 0 to 1

  // One value a note.
  DataByteCounts pitches;
  DataByteCounts velocities;
  std::array<SoundUse, kSoundCount> sounds;

  // Over all tempos in force while notes sound; 0 where there are none.
  double slowest = 0;
  double fastest = 0;

  std::map<std::string, std::uint64_t, std::less<>> composers;  ///< pieces by composer
  std::uint64_t other_composers = 0;  ///< pieces of composers beyond kMaxComposers or with a name beyond all measure

  void add(const PieceStatistics& piece) {
    ++pieces;
    notes += piece.notes;
    pieces_with_pedal += piece.pedal_changes != 0;
    pieces_with_tempo_changes += piece.tempo_changes != 0;
    seconds.add(piece.seconds);
    note_counts.add(static_cast<double>(piece.notes));
    if (const auto rate = piece.notes_per_second()) note_rates.add(*rate);
    if (piece.beats_per_minute > 0) beats_per_minute.add(piece.beats_per_minute);
    tempo_changes.add(static_cast<double>(piece.tempo_changes));
    pedal_changes.add(static_cast<double>(piece.pedal_changes));
    pedal_shares.add(piece.pedal_share());
    pitches.add(piece.pitches);
    velocities.add(piece.velocities);
    for (std::size_t sound = 0; sound < kSoundCount; ++sound) {
      sounds[sound].pieces += piece.notes_of[sound] != 0;
      sounds[sound].notes += piece.notes_of[sound];
    }
    if (piece.slowest > 0) slowest = slowest > 0 ? std::min(slowest, piece.slowest) : piece.slowest;
    fastest = std::max(fastest, piece.fastest);
    if (!piece.composer.empty()) add_composer(piece.composer);
  }

 private:
  void add_composer(const std::string& name) {
    const auto known = composers.find(name);
    if (known != composers.end()) {
      ++known->second;
    } else if (composers.size() < kMaxComposers && name.size() <= kMaxComposerBytes) {
      composers.emplace(name, 1);
    } else {
      ++other_composers;
    }
  }
};

}  // namespace aria
