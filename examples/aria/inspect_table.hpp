// The tables of `aria inspect`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <aria/dataset/inspection.hpp>
#include <aria/drawing/axis.hpp>

#include "../cli/progress_bar.hpp"
#include "../cli/table.hpp"

namespace inspect {

using aria::grouped_number;

/// "12.3 s" below a minute, "1:05" and "2:03:04" from there.
inline std::string duration_text(double seconds) {
  if (seconds >= 59.95) return cli::clock_text(seconds + 0.5);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

/// About three digits: "0.52", "7.8", "120", "1,204".
inline std::string number_text(double value) {
  if (value >= 99.95) return grouped_number(static_cast<std::uint64_t>(std::min(value + 0.5, 1e18)));
  char text[32];
  std::snprintf(text, sizeof text, value >= 9.995 ? "%.1f" : "%.2f", value);
  return text;
}

inline std::string percent_text(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

inline std::string count_text(double value) {
  return grouped_number(static_cast<std::uint64_t>(std::min(value, 1e18)));
}

inline double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// "C4": the name of a key, 60 being middle C.
inline std::string pitch_name(unsigned pitch) {
  static constexpr const char* kNames[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
  return kNames[pitch % 12] + std::to_string(static_cast<int>(pitch) / 12 - 1);
}

inline std::string range_text(const aria::DataByteCounts& counts, bool pitches) {
  if (counts.total() == 0) return "-";
  const auto one = [&](double share) {
    const unsigned value = counts.quantile(share);
    return std::to_string(value) + (pitches ? " (" + pitch_name(value) + ")" : "");
  };
  return one(0) + " to " + one(1) + ", median " + one(0.5);
}

inline std::string tempo_range_text(double slowest, double fastest) {
  if (slowest == 0) return "-";
  const std::string low = number_text(slowest), high = number_text(fastest);
  return (low == high ? low : low + " to " + high) + " beats a minute";
}

/// Names and what there is to say of each, below each other.
class Facts {
 public:
  explicit Facts(std::ostream& out) : out_(out) {}

  void add(std::string_view name, std::string_view fact) {
    constexpr std::size_t kWidth = 18;
    out_ << name << std::string(name.size() < kWidth ? kWidth - name.size() : 1, ' ') << fact << '\n';
  }

 private:
  std::ostream& out_;
};

inline void print_quantiles(const aria::DatasetStatistics& about, std::ostream& out) {
  cli::Table table;
  table.add({"a piece", "min", "5 %", "median", "95 %", "max"});
  const auto add = [&](const char* name, const aria::Distribution& values, std::string (*text)(double)) {
    if (values.empty()) return;
    table.add({name, text(values.min()), text(values.quantile(0.05)), text(values.quantile(0.5)),
               text(values.quantile(0.95)), text(values.max())});
  };
  add("duration", about.seconds, duration_text);
  add("notes", about.note_counts, count_text);
  add("notes a second", about.note_rates, number_text);
  add("beats a minute", about.beats_per_minute, number_text);
  add("tempo changes", about.tempo_changes, count_text);
  add("pedal changes", about.pedal_changes, count_text);
  add("pedal down", about.pedal_shares, percent_text);
  out << '\n';
  table.print(out);
}

inline void print_sounds(const aria::DatasetStatistics& about, std::ostream& out) {
  const bool several = about.pieces > 1;
  cli::Table table;
  table.add(several ? std::vector<std::string>{"instrument", "pieces", "", "notes", ""}
                    : std::vector<std::string>{"instrument", "notes", ""});
  for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
    const auto& use = about.sounds[sound];
    if (use.notes == 0) continue;
    std::vector<std::string> row = {std::string(aria::sound_name(sound))};
    if (several) row.insert(row.end(), {grouped_number(use.pieces), percent_text(share_of(use.pieces, about.pieces))});
    row.insert(row.end(), {grouped_number(use.notes), percent_text(share_of(use.notes, about.notes))});
    table.add(std::move(row));
  }
  out << '\n';
  table.print(out);
}

/// The composers of most pieces, and how many others there are.
inline void print_composers(const aria::DatasetStatistics& about, std::ostream& out) {
  constexpr std::size_t kShown = 20;
  using Row = std::pair<std::string, std::uint64_t>;
  std::vector<Row> rows(about.composers.begin(), about.composers.end());
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.second > b.second; });
  std::uint64_t others = about.other_composers, known = about.other_composers;
  cli::Table table;
  table.add({"composer", "pieces", ""});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [name, pieces] = rows[i];
    known += pieces;
    if (i < kShown) {
      table.add({cli::printable(name), grouped_number(pieces), percent_text(share_of(pieces, about.pieces))});
    } else {
      others += pieces;
    }
  }
  if (known == 0) return;
  if (others != 0) table.add({"(others)", grouped_number(others), percent_text(share_of(others, about.pieces))});
  const std::uint64_t unknown = about.pieces - known;
  if (unknown != 0) table.add({"(not known)", grouped_number(unknown), percent_text(share_of(unknown, about.pieces))});
  out << '\n';
  table.print(out);
}

/// All about several pieces.
inline void print_statistics(const aria::DatasetStatistics& about, std::ostream& out) {
  Facts facts(out);
  facts.add("pieces", grouped_number(about.pieces));
  facts.add("notes", grouped_number(about.notes));
  facts.add("total duration", duration_text(about.seconds.sum()));
  facts.add("pitches", range_text(about.pitches, true));
  facts.add("velocities", range_text(about.velocities, false));
  facts.add("tempo", tempo_range_text(about.slowest, about.fastest) + ", changes in " +
                         grouped_number(about.pieces_with_tempo_changes) + " pieces");
  facts.add("pedal", "in " + grouped_number(about.pieces_with_pedal) + " pieces");
  print_quantiles(about, out);
  print_sounds(about, out);
  print_composers(about, out);
}

inline std::string format_text(int format) {
  constexpr const char* kMeanings[] = {"one track", "tracks played together", "tracks on their own"};
  return std::to_string(format) + (format >= 0 && format <= 2 ? std::string(" (") + kMeanings[format] + ")" : "");
}

inline std::string division_text(int division) {
  if (division >= 0) return std::to_string(division) + " ticks a beat";
  const int frames = -(static_cast<std::int16_t>(division) >> 8);
  return "SMPTE, " + std::string(frames == 29 ? "29.97" : std::to_string(frames)) + " frames a second, " +
         std::to_string(division & 0xff) + " ticks a frame";
}

inline std::string losses_text(std::uint64_t unclosed, std::uint64_t empty) {
  return grouped_number(unclosed) + " without an end, " + grouped_number(empty) + " of length 0";
}

/// All about one MIDI file; `about` is made of that file alone.
inline void print_midi_file(const aria::MidiFileInspection& file, const aria::DatasetStatistics& about,
                            std::ostream& out) {
  const aria::PieceStatistics& piece = file.statistics;
  Facts facts(out);
  facts.add("format", format_text(file.header.format));
  const auto announced = static_cast<std::uint16_t>(file.header.tracks);
  facts.add("tracks", std::to_string(file.tracks_read) +
                          (announced == file.tracks_read ? "" : " of " + std::to_string(announced) + " announced"));
  facts.add("division", division_text(file.header.division));
  if (file.losses.truncated_at) facts.add("truncated", "at byte " + std::to_string(*file.losses.truncated_at));
  if (file.losses.unclosed_notes + file.losses.zero_length_notes != 0) {
    facts.add("dropped notes", losses_text(file.losses.unclosed_notes, file.losses.zero_length_notes));
  }
  if (file.losses.ignored_meta_events != 0) {
    facts.add("ignored", grouped_number(file.losses.ignored_meta_events) + " meta events too short for their type");
  }
  facts.add("duration", duration_text(piece.seconds));
  facts.add("notes", grouped_number(piece.notes));
  facts.add("notes a second", piece.notes_per_second() ? number_text(*piece.notes_per_second()) : "-");
  facts.add("pitches", range_text(piece.pitches, true));
  facts.add("velocities", range_text(piece.velocities, false));
  facts.add("tempo", tempo_range_text(piece.slowest, piece.fastest) + ", " + grouped_number(piece.tempo_changes) +
                         (piece.tempo_changes == 1 ? " change" : " changes"));
  facts.add("pedal", grouped_number(piece.pedal_changes) + " changes, down for " + percent_text(piece.pedal_share()) +
                         " of the duration");
  if (!piece.composer.empty()) facts.add("composer", cli::printable(piece.composer));
  if (piece.notes != 0) print_sounds(about, out);
}

/// What could not be read, or not in full, among the files of a folder.
inline void print_files(const aria::FolderInspection& folder, std::ostream& out) {
  Facts facts(out);
  facts.add("MIDI files", grouped_number(folder.found));
  if (folder.truncated != 0) facts.add("truncated", grouped_number(folder.truncated) + " files");
  if (folder.unclosed_notes + folder.zero_length_notes != 0) {
    facts.add("dropped notes", losses_text(folder.unclosed_notes, folder.zero_length_notes));
  }
  if (folder.failed == 0) return;
  facts.add("not readable", grouped_number(folder.failed) + " files");
  for (const auto& failure : folder.first_failures) {
    out << "  " << cli::printable(failure.path) << ": " << failure.reason << '\n';
  }
  if (folder.failed > folder.first_failures.size()) {
    out << "  and " << grouped_number(folder.failed - folder.first_failures.size())
        << " more; aria midi-dataset --report writes a table of all of them\n";
  }
}

}  // namespace inspect
