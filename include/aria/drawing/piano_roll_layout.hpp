// What of a piece a piano roll shows, and how it is divided into rows.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/drawing/piece_clock.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// How a piano roll is drawn, and how much of a piece.
struct PianoRollOptions {
  std::string title;
  std::string subtitle;
  unsigned beats_per_bar = 4;  ///< 1 to 64; a MidiDict knows no time signature
  /// 1 to 1000; by default as many as last about 16 seconds, more in long pieces and on wide pages.
  std::optional<unsigned> bars_per_row{};
  double width = 1280;                ///< of the page, 400 to 10,000
  std::optional<double> from{};       ///< draws only what sounds from here on, in seconds
  std::optional<double> to{};         ///< and up to here
  std::optional<Ticks> prompt_end{};  ///< notes that start before are drawn as what was given, not as what was made
  /// The same for these notes of the piece, by their index, whenever they start. Those behind the end were not given.
  std::vector<bool> given{};
  std::string given_name = "prompt";  ///< what the legend calls these
  /// By the index of a note in the piece: notes that are drawn in a colour of their own. Those behind the end are not.
  std::vector<bool> marked{};
  std::string mark_name = "marked";  ///< what the legend calls these
  std::size_t max_notes = 50'000;    ///< what comes after them is left out
  std::size_t max_titles = 6'000;    ///< with more notes than these, only groups of notes say what they are
  std::size_t max_rows = 64;         ///< what comes after them is left out
};

/// A note as it is drawn.
struct RollNote {
  Ticks start;
  Ticks end;  ///< after the start; one tick for drums, as it matters when they are struck, not for how long
  std::uint8_t pitch = 0;
  std::uint8_t velocity = 0;
  std::uint8_t sound = 0;  ///< an instrument class, or kDrums
  bool given = false;      ///< as part of the prompt
  bool marked = false;
};

/// A row of a piano roll, as the staves of a score are. `from` and `to` lie on bars.
struct RollRow {
  Ticks from;
  Ticks to;
  /// Two rows or more right before this one, in which no note starts or ends, are not drawn. They begin here; at
  /// `from` where there are none.
  Ticks skipped_from;
  std::vector<std::uint32_t> notes;  ///< those that sound in the row, as indices
};

/// What is drawn where in time. Its size is bounded by the options, whatever the piece is.
struct RollLayout {
  Ticks from;                   ///< the part of the piece: what sounds before is cut off
  Ticks to;                     ///< and what sounds behind
  Ticks bar;                    ///< 0 where there are no beats: a division of 0 or of SMPTE
  Ticks beat;                   ///< the same
  Ticks row_span;               ///< of a whole row; the last one may be shorter
  std::vector<RollNote> notes;  ///< by start
  std::vector<RollRow> rows;    ///< none where there is no note

  // What is not drawn.
  std::uint64_t notes_left_out = 0;
  std::optional<Ticks> left_out_from;  ///< where the first of them starts
  std::uint64_t notes_cut_short = 0;   ///< notes over so many rows that their ends are not drawn
};

namespace detail {

class RollLayouter {
 public:
  RollLayouter(const MidiDict& piece, const PieceClock& clock, const PianoRollOptions& options)
      : piece_(piece), clock_(clock), options_(options) {}

  RollLayout layout() {
    find_part();
    take_notes();
    if (out_.notes.empty()) return std::move(out_);
    choose_grid();
    place_rows();
    fill_rows();
    return std::move(out_);
  }

 private:
  static constexpr double kLeastSeconds = 16, kMostSeconds = 32;  // of a row
  static constexpr std::int64_t kBeatsPerRow = 256;               // at most, where seconds say nothing
  static constexpr std::int64_t kUnknownSpan = 16'384;            // ticks of a row where nobody knows what a tick is

  static constexpr std::size_t kMostParts = 100'000;  // of notes that are drawn in more than two rows

  static Ticks end_of(const NoteMsg& note) noexcept { return std::max(note.end(), note.start() + Ticks{1}); }

  void find_part() {
    for (const NoteMsg& note : piece_.notes) out_.to = std::max(out_.to, end_of(note));
    const Ticks last = out_.to;
    if (!clock_.has_time()) return;
    if (options_.to) out_.to = {static_cast<std::int64_t>(std::ceil(clock_.tick_at(*options_.to, {0}, last)))};
    if (options_.from) out_.from = {static_cast<std::int64_t>(std::floor(clock_.tick_at(*options_.from, {0}, last)))};
  }

  // A note belongs to the program that its channel has when it starts, a change at the same tick included.
  void take_notes() {
    std::array<std::uint8_t, 16> programs{};
    auto change = piece_.instruments.begin();
    for (std::size_t i = 0; i < piece_.notes.size(); ++i) {
      const NoteMsg& note = piece_.notes[i];
      for (; change != piece_.instruments.end() && change->tick() <= note.start(); ++change) {
        programs[change->channel() & 15] = change->program();
      }
      const unsigned channel = note.channel() & 15;
      take_note(note, channel == kDrumChannel ? kDrums : static_cast<std::size_t>(instrument_of(programs[channel])),
                is_given(note, i), i < options_.marked.size() && options_.marked[i]);
    }
    std::stable_sort(out_.notes.begin(), out_.notes.end(),
                     [](const RollNote& a, const RollNote& b) { return a.start < b.start; });
    if (out_.notes.empty() || !out_.left_out_from) return;
    out_.to = std::min(out_.to, std::max(*out_.left_out_from, out_.notes.back().start + Ticks{1}));
  }

  bool is_given(const NoteMsg& note, std::size_t i) const {
    if (!options_.given.empty()) return i < options_.given.size() && options_.given[i];
    return options_.prompt_end && note.start() < *options_.prompt_end;
  }

  void take_note(const NoteMsg& note, std::size_t sound, bool given, bool marked) {
    const Ticks end = sound == kDrums ? note.start() + Ticks{1} : end_of(note);
    if (end <= out_.from || note.start() >= out_.to) return;
    if (out_.notes.size() >= options_.max_notes) return leave_out(note.start());
    out_.notes.push_back({note.start(), end, static_cast<std::uint8_t>(note.pitch() & 127),
                          static_cast<std::uint8_t>(note.velocity() & 127), static_cast<std::uint8_t>(sound), given,
                          marked});
  }

  void leave_out(Ticks start) {
    ++out_.notes_left_out;
    out_.left_out_from = std::min(out_.left_out_from.value_or(start), start);
  }

  void choose_grid() {
    std::int64_t unit = 0;  // rows are made of these
    if (piece_.ticks_per_beat > 0) {
      out_.beat = {piece_.ticks_per_beat};
      unit = std::int64_t{piece_.ticks_per_beat} * options_.beats_per_bar;
      out_.bar = {unit};
      out_.row_span = {unit * bars_per_row()};
    } else {
      if (clock_.has_time()) {
        const double per_second = static_cast<double>(kRateTicks) / clock_.seconds({kRateTicks});
        out_.row_span = {std::max<std::int64_t>(1, std::llround(seconds_per_row() * per_second))};
      } else {
        out_.row_span = {kUnknownSpan};
      }
      unit = std::max<std::int64_t>(1, out_.row_span.count / 16);
    }
    origin_ = out_.from.count / unit * unit;
    end_ = origin_ + (out_.to.count - origin_ + unit - 1) / unit * unit;
    const bool fits = end_ - origin_ <= out_.row_span.count;
    if (!fits || options_.bars_per_row) return;
    // A short piece fills its row, but is not blown up beyond measure.
    const std::int64_t least = (out_.row_span.count / unit + 3) / 4 * unit;
    out_.row_span = {std::max(end_ - origin_, least)};
    end_ = origin_ + out_.row_span.count;
  }

  // Rows of long pieces last longer, so that there are not too many of them, and so do those of wide pages.
  double seconds_per_row() const {
    const double all = clock_.seconds(out_.to) - clock_.seconds(out_.from);
    const double wanted = all / static_cast<double>(std::max<std::size_t>(options_.max_rows, 1));
    return std::clamp(wanted, kLeastSeconds, kMostSeconds) * options_.width / 1280;
  }

  std::int64_t bars_per_row() const {
    if (options_.bars_per_row) return *options_.bars_per_row;
    const double bars = static_cast<double>((out_.to - out_.from).count) / static_cast<double>(out_.bar.count);
    const double wanted = seconds_per_row() * bars / (clock_.seconds(out_.to) - clock_.seconds(out_.from));
    std::int64_t best = 1;
    for (const std::int64_t count : {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}) {
      if (count * options_.beats_per_bar > kBeatsPerRow) break;
      // The nearer one by its ratio; with nothing to compare to, the largest.
      if (!(wanted * wanted < static_cast<double>(best * count))) best = count;
    }
    return best;
  }

  std::int64_t row_of(Ticks tick) const noexcept { return (tick.count - origin_) / out_.row_span.count; }

  // Rows in which a note starts or ends, or the prompt does, by number; and single ones between them.
  void place_rows() {
    std::vector<std::int64_t> busy;
    for (const RollNote& note : out_.notes) {
      busy.push_back(row_of(std::max(note.start, out_.from)));
      busy.push_back(row_of(std::min(note.end, out_.to) - Ticks{1}));
    }
    std::sort(busy.begin(), busy.end());
    busy.erase(std::unique(busy.begin(), busy.end()), busy.end());
    std::int64_t next = 0;
    for (const std::int64_t row : busy) {
      if (row - next == 1) add_row(next++, row);
      if (!add_row(row, next)) return end_rows();
      next = row + 1;
    }
  }

  // False where there is no room for another row.
  bool add_row(std::int64_t row, std::int64_t skipped_from) {
    if (out_.rows.size() >= std::max<std::size_t>(options_.max_rows, 1)) return false;
    const std::int64_t span = out_.row_span.count, from = origin_ + row * span;
    out_.rows.push_back({{from}, {std::min(from + span, end_)}, {origin_ + std::min(row, skipped_from) * span}, {}});
    return true;
  }

  void end_rows() {
    out_.to = out_.rows.back().to;
    while (!out_.notes.empty() && out_.notes.back().start >= out_.to) {
      leave_out(out_.notes.back().start);
      out_.notes.pop_back();
    }
  }

  void fill_rows() {
    std::size_t left = kMostParts + 2 * out_.notes.size();
    for (std::uint32_t i = 0; i < out_.notes.size(); ++i) {
      const RollNote& note = out_.notes[i];
      auto row = std::partition_point(out_.rows.begin(), out_.rows.end(),
                                      [&](const RollRow& other) { return other.to <= note.start; });
      for (; row != out_.rows.end() && row->from < note.end; ++row, --left) {
        if (left == 0) {
          ++out_.notes_cut_short;
          break;
        }
        row->notes.push_back(i);
      }
    }
  }

  static constexpr std::int64_t kRateTicks = 1'000'000;

  const MidiDict& piece_;
  const PieceClock& clock_;
  const PianoRollOptions& options_;
  std::int64_t origin_ = 0;  // of the first row
  std::int64_t end_ = 0;     // of the last one
  RollLayout out_;
};

inline void check(const PianoRollOptions& options) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::invalid_argument, what);
  };
  require(options.beats_per_bar >= 1 && options.beats_per_bar <= 64, "a bar has 1 to 64 beats");
  const unsigned bars = options.bars_per_row.value_or(1);
  require(bars >= 1 && bars <= 1000, "a row has 1 to 1000 bars");
  require(options.width >= 400 && options.width <= 10'000, "the width must lie between 400 and 10000");
  const double from = options.from.value_or(0);
  require(from >= 0 && std::isfinite(from), "the part must start at 0 seconds or later");
  require(!options.to || *options.to > from, "the part must end after its start");
}

}  // namespace detail

/// Divides a piece into rows of equal length, except for the last one. Long stretches in which nothing starts or ends
/// are left out, so that years of silence take no room. Throws invalid_argument for options out of their range.
inline RollLayout piano_roll_layout(const MidiDict& piece, const PieceClock& clock, const PianoRollOptions& options) {
  detail::check(options);
  return detail::RollLayouter(piece, clock, options).layout();
}

}  // namespace aria
