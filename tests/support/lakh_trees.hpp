// Trees of MIDI files for the Lakh recipe: long and short pieces, broken files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <aria/midi/midi_dict.hpp>
#include <aria/midi/midi_writer.hpp>

#include "data.hpp"
#include "random_piece.hpp"

namespace test {

/// Path in the tree -> contents, in the order of the recipe.
using LakhFiles = std::map<std::string, std::string>;

struct LakhPieceOptions {
  unsigned notes = 400;
  unsigned instruments = 1;
  unsigned pauses = 0;           ///< how often nothing is played for a while
  unsigned pause_seconds = 0;    ///< at most
  unsigned longest_ticks = 600;  ///< of a note; a second has 960
};

/// A piece of random notes, up to an eighth of a second apart, without a tempo change.
inline std::string lakh_piece(std::uint64_t seed, const LakhPieceOptions& options) {
  Dice dice(seed);
  aria::MidiDict piece;
  piece.ticks_per_beat = 480;
  piece.tempos.push_back({aria::Ticks{0}, 500'000});
  for (unsigned i = 0; i < options.instruments; ++i) {
    // More of them than channels take turns.
    piece.instruments.emplace_back(aria::Ticks{i / 8 * 1920}, i % 8, (7 * i + 3) % 128);
  }
  std::int64_t tick = dice.small(200);
  const unsigned channels = options.instruments < 8 ? options.instruments : 8;
  for (unsigned i = 0; i < options.notes; ++i) {
    const std::int64_t end = tick + 1 + dice.small(options.longest_ticks);
    piece.notes.push_back(
        {aria::Ticks{tick}, aria::Ticks{end}, 30 + dice.small(60), 1 + dice.small(127), dice.small(channels)});
    tick += dice.small(120);
    if (options.pauses != 0 && dice.one_in(options.notes / options.pauses + 1)) {
      tick += 960 * static_cast<std::int64_t>(1 + dice.small(options.pause_seconds));
    }
  }
  const auto bytes = piece.to_midi();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A piece of 681 notes that fills two sequences exactly, the second of which takes too long for the vocabulary.
inline std::string lakh_piece_of_two_sequences() {
  aria::MidiDict piece;
  piece.ticks_per_beat = 480;
  piece.tempos.push_back({aria::Ticks{0}, 500'000});
  piece.instruments.emplace_back(aria::Ticks{0}, 0, 12);
  std::int64_t tick = 0;
  for (unsigned i = 0; i < 681; ++i) {
    piece.notes.push_back({aria::Ticks{tick}, aria::Ticks{tick + 100}, 50 + i % 7, 80, 0});
    tick += i < 340 ? 240 : 480;
  }
  const auto bytes = piece.to_midi();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A tree with all that the recipe meets: pieces that give sequences with and without pauses, pieces that are too
/// short, too long or have too many instruments, and files that are broken.
inline LakhFiles lakh_files(std::uint64_t seed) {
  LakhFiles files;
  Dice dice(seed);
  const auto piece = [&](LakhPieceOptions options) { return lakh_piece(dice.below(1 << 30), options); };
  files["0/a.mid"] = piece({.notes = 300, .instruments = 1});
  files["0/a.mid-2.mid"] = piece({.notes = 900, .instruments = 5});
  files["0/b.mid"] = piece({.notes = 400, .instruments = 3, .pauses = 3, .pause_seconds = 250});
  files["0/broken.mid"] = "MThd, and no more";
  files["0/c.midi"] = piece({.notes = 341, .instruments = 2, .longest_ticks = 20'000});
  files["0/d.mid"] = piece({.notes = 350, .instruments = 2, .pauses = 340, .pause_seconds = 10});
  files["0/e.mid"] = piece({.notes = 700, .instruments = 16, .pauses = 5, .pause_seconds = 40});
  files["3/few.mid"] = piece({.notes = 99, .pauses = 10, .pause_seconds = 9});
  files["3/long.mid"] = piece({.notes = 300, .pauses = 299, .pause_seconds = 90});
  files["3/many.mid"] = piece({.notes = 900, .instruments = 24});
  files["3/nothing.mid"] = "";
  files["b/broken.mid"] = files["0/a.mid"].substr(0, 10);
  files["b/two.mid"] = lakh_piece_of_two_sequences();
  files["d/a.mid"] = piece({.notes = 1200, .instruments = 4, .pauses = 4, .pause_seconds = 130});
  for (unsigned i = 0; i < 4; ++i) {
    const std::string name = "r" + std::to_string(i) + ".mid";
    const PieceOptions any{.max_notes = 900, .ticks = 90'000};
    const auto bytes = random_piece(dice.below(1 << 30), any).to_midi();
    files["d/" + name] = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  files["e/a.mid"] = piece({.notes = 800, .instruments = 4, .pauses = 2, .pause_seconds = 130});
  files["e/b.mid"] = files["0/b.mid"];
  files["f/cut.mid"] = files["0/e.mid"].substr(0, files["0/e.mid"].size() / 2);
  files["f/z.mid"] = piece({.notes = 500, .instruments = 2});
  return files;
}

inline void write_files(const LakhFiles& files, const std::filesystem::path& folder) {
  for (const auto& [name, bytes] : files) write_text(folder / name, bytes);
}

/// All files directly in a folder, without the journal.
inline LakhFiles files_directly_in(const std::filesystem::path& folder) {
  LakhFiles files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != ".aria-state") files[name] = read_text(entry.path());
  }
  return files;
}

}  // namespace test
