// Piano rolls: time to the right, pitch upwards, a rectangle a note, in rows like the staves of a score.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/drawing/key_names.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/piano_roll_grid.hpp>
#include <aria/drawing/piano_roll_lanes.hpp>
#include <aria/drawing/piano_roll_layout.hpp>
#include <aria/drawing/piece_clock.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/utf8.hpp>

namespace aria {

namespace detail {

/// "synth lead"
inline std::string spaced_sound_name(std::size_t sound) {
  std::string name(sound_name(sound));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// The start of a text that fits into a width, with an ellipsis where something is missing.
inline std::string shortened(std::string_view text, double font_size, double width) {
  if (text_width(text, font_size) <= width) return std::string(text);
  std::size_t end = 0;
  for (double used = font_size; end < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text.substr(end)), 1);
    used += text_width(text.substr(end, length), font_size);
    if (used > width) break;
    end += length;
  }
  return std::string(text.substr(0, end)) + "\xe2\x80\xa6";
}

/// Fill and outline of a group of notes.
struct NoteInk {
  std::string fill;
  std::string stroke;
};

/// The last shade is that of the prompt.
inline constexpr std::size_t kPromptShade = kShadeCount;

inline NoteInk note_ink(std::size_t sound, std::size_t shade) {
  const Rgb color = kSoundColors[sound];
  if (shade == kPromptShade) return {hex_color(mixed(color, kWhite, 0.86)), hex_color(mixed(color, kWhite, 0.35))};
  return {hex_color(shaded(color, shade)), hex_color(mixed(color, kBlack, 0.3))};
}

class PianoRollPainter {
 public:
  PianoRollPainter(const MidiDict& piece, const PianoRollOptions& options)
      : piece_(piece),
        options_(options),
        clock_(piece),
        layout_(piano_roll_layout(piece, clock_, options)),
        lanes_(layout_.notes, has_pedal()),
        with_titles_(layout_.notes.size() <= options.max_titles) {
    const bool names = lanes_.has_drums();
    plot_x_ = names ? 104 : 48;
    plot_width_ = options.width - plot_x_ - kRight;
    for (const RollNote& note : layout_.notes) ++counts_[note.sound];
    order_sounds();
  }

  std::string paint() {
    const double head = head_height();
    std::vector<RowPlan> plans = plan_rows(head);
    const double height = plans.empty() ? head + 60 : plans.back().plot.bottom() + kFoot + kMargin;
    Svg svg(options_.width, height);
    svg_ = &svg;
    paint_head();
    if (plans.empty()) {
      svg.text({{"x", options_.width / 2},
                {"y", head + 24},
                {"font-size", 14},
                {"text-anchor", "middle"},
                {"fill", kSoftInk}},
               options_.from || options_.to ? "no notes in this part" : "no notes");
    }
    for (const RowPlan& plan : plans) paint_row(plan);
    return std::move(svg).finish();
  }

 private:
  static constexpr double kMargin = 24, kRight = 28;
  static constexpr double kLine = 14;  // a line of small text
  static constexpr double kFoot = 16;  // the clock below a row
  static constexpr double kBetween = 14, kSkipped = 22;
  static constexpr double kPromptLabel = 82;
  static constexpr const char* kPromptColor = "#c2410c";

  struct RowPlan {
    const RollRow* row;
    Box plot;
    std::vector<RollLabel> tempos;
    std::optional<double> prompt_x;
  };

  bool has_pedal() const {
    return std::any_of(piece_.pedals.begin(), piece_.pedals.end(),
                       [this](const PedalMsg& pedal) { return pedal.down() && pedal.tick() < layout_.to; });
  }

  // Instruments with short notes are drawn over those with long ones.
  void order_sounds() {
    std::array<double, kSoundCount> lengths{};
    for (const RollNote& note : layout_.notes)
      lengths[note.sound] += static_cast<double>((note.end - note.start).count);
    for (std::size_t i = 0; i < kSoundCount; ++i) {
      if (counts_[i] != 0) lengths[i] /= static_cast<double>(counts_[i]);
    }
    std::array<std::size_t, kSoundCount> sounds{};
    std::iota(sounds.begin(), sounds.end(), std::size_t{0});
    std::stable_sort(sounds.begin(), sounds.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; });
    for (std::size_t i = 0; i < kSoundCount; ++i) rank_[sounds[i]] = i;
  }

  // --- where things go

  double x_of(const RollRow& row, Ticks tick) const {
    const auto from = static_cast<double>(row.from.count), to = static_cast<double>(row.to.count);
    const double width = plot_width_ * (to - from) / static_cast<double>(layout_.row_span.count);
    return Axis{from, to, plot_x_, plot_x_ + width, false}(static_cast<double>(tick.count));
  }

  std::vector<RowPlan> plan_rows(double y) const {
    std::vector<RowPlan> plans;
    TempoLabels tempos(piece_.tempos, layout_.bar.count != 0);
    for (const RollRow& row : layout_.rows) {
      RowPlan plan{&row, {}, {}, prompt_x(row)};
      plan.tempos = tempos.next_row(row, [&](Ticks tick) { return x_of(row, tick); });
      if (row.skipped_from < row.from) y += kSkipped;
      if (!plan.tempos.empty() || plan.prompt_x) y += kLine;
      y += kLine;
      plan.plot = {plot_x_, y, x_of(row, row.to) - plot_x_, lanes_.height()};
      y = plan.plot.bottom() + kFoot + kBetween;
      plans.push_back(std::move(plan));
    }
    return plans;
  }

  // A prompt that ends between two rows ends at the start of the second.
  std::optional<double> prompt_x(const RollRow& row) const {
    if (!options_.prompt_end) return std::nullopt;
    const Ticks end = *options_.prompt_end;
    const bool last = &row == &layout_.rows.back();
    if (end < row.from || end > row.to || (end == row.to && !last)) return std::nullopt;
    return x_of(row, end);
  }

  // --- the head of the page

  double text_room() const { return options_.width - 2 * kMargin; }

  double head_height() const {
    double y = kMargin - 8;
    if (!options_.title.empty()) y += 24;
    if (!options_.subtitle.empty()) y += 20;
    y += 16 * static_cast<double>(remarks().size());
    if (!layout_.notes.empty()) y += 8 + 18 * static_cast<double>(legend_lines());
    return y + 4;
  }

  // What is not in the drawing.
  std::vector<std::string> remarks() const {
    std::vector<std::string> lines;
    if (options_.from || options_.to) {
      const auto time = [](double seconds) { return clock_label(seconds, seconds == std::floor(seconds) ? 0 : 2); };
      lines.push_back(!clock_.has_time() ? "The ticks of this piece take no time: all of it is drawn."
                                         : "From " + time(options_.from.value_or(0)) +
                                               (options_.to ? " to " + time(*options_.to) : " to the end") + '.');
    }
    if (layout_.notes_left_out != 0) {
      lines.push_back("Left out: " + grouped_number(layout_.notes_left_out) + " of " +
                      grouped_number(layout_.notes_left_out + layout_.notes.size()) + " notes, from " +
                      time_label(*layout_.left_out_from) + " on.");
    }
    if (layout_.notes_cut_short != 0) {
      lines.push_back("Not drawn to their ends: " + grouped_number(layout_.notes_cut_short) + " long notes.");
    }
    return lines;
  }

  std::string time_label(Ticks tick, int decimals = 0) const {
    if (clock_.has_time()) return clock_label(clock_.seconds(tick), decimals);
    return "tick " + grouped_number(static_cast<std::uint64_t>(tick.count));
  }

  void paint_head() {
    double y = kMargin - 8;
    svg_->title(options_.title.empty() ? "piano roll" : options_.title);
    if (!options_.title.empty()) {
      svg_->text({{"x", kMargin}, {"y", y += 24}, {"font-size", 20}, {"font-weight", 600}, {"fill", kInk}},
                 shortened(options_.title, 20, text_room()));
    }
    if (!options_.subtitle.empty()) {
      svg_->text({{"x", kMargin}, {"y", y += 20}, {"font-size", 12}, {"fill", kSoftInk}},
                 shortened(options_.subtitle, 12, text_room()));
    }
    for (const std::string& line : remarks()) {
      svg_->text({{"x", kMargin}, {"y", y += 16}, {"font-size", 11}, {"font-style", "italic"}, {"fill", kInk}}, line);
    }
    if (layout_.notes.empty()) return;
    svg_->open("g", {{"font-size", 11}, {"fill", kSoftInk}});
    each_legend_entry([&](const LegendEntry& entry, double x, std::size_t line) {
      paint_legend_entry(entry, x, y + 20 + 18 * static_cast<double>(line));
    });
    svg_->close();
  }

  // --- the legend

  struct LegendEntry {
    enum class Kind { sound, velocities, prompt, bars } kind;
    std::size_t sound = 0;
    std::string text{};
  };

  std::vector<LegendEntry> legend() const {
    using Kind = LegendEntry::Kind;
    std::vector<LegendEntry> entries;
    for (std::size_t sound = 0; sound < kSoundCount; ++sound) {
      if (counts_[sound] == 0) continue;
      entries.push_back({Kind::sound, sound, spaced_sound_name(sound) + ' ' + grouped_number(counts_[sound])});
    }
    const std::size_t first = entries.front().sound;
    entries.push_back({Kind::velocities, first, "soft to loud"});
    if (options_.prompt_end) entries.push_back({Kind::prompt, first, "prompt"});
    if (layout_.bar.count != 0) {
      const std::string beats = std::to_string(options_.beats_per_bar);
      entries.push_back({Kind::bars, 0, "bars of " + beats + (options_.beats_per_bar == 1 ? " beat" : " beats")});
    }
    return entries;
  }

  static double swatch_width(const LegendEntry& entry) {
    if (entry.kind == LegendEntry::Kind::bars) return 0;
    return entry.kind == LegendEntry::Kind::velocities ? 12.0 * kShadeCount + 5 : 17;
  }

  template <class Use>
  std::size_t each_legend_entry(Use use) const {
    double x = kMargin;
    std::size_t line = 0;
    for (const LegendEntry& entry : legend()) {
      const double width = swatch_width(entry) + text_width(entry.text, 11) + 18;
      if (x + width > options_.width - kMargin && x > kMargin) {
        x = kMargin;
        ++line;
      }
      use(entry, x, line);
      x += width;
    }
    return line + 1;
  }

  std::size_t legend_lines() const {
    return each_legend_entry([](const LegendEntry&, double, std::size_t) {});
  }

  void paint_legend_entry(const LegendEntry& entry, double x, double y) {
    using Kind = LegendEntry::Kind;
    const auto swatch = [&](double at, std::size_t shade) {
      PathData path;
      if (entry.sound == kDrums) {
        path.diamond(at + 6, y - 4, 5);
      } else {
        path.rectangle({at, y - 8, 12, 8});
      }
      const NoteInk ink = note_ink(entry.sound, shade);
      svg_->element("path", {{"d", path.text()}, {"fill", ink.fill}, {"stroke", ink.stroke}, {"stroke-width", 0.5}});
    };
    if (entry.kind == Kind::sound) swatch(x, kShadeCount - 1);
    if (entry.kind == Kind::prompt) swatch(x, kPromptShade);
    for (std::size_t i = 0; entry.kind == Kind::velocities && i < kShadeCount; ++i) {
      swatch(x + 12 * static_cast<double>(i), i);
    }
    svg_->text({{"x", x + swatch_width(entry)}, {"y", y}}, entry.text);
  }

  // --- rows

  void paint_row(const RowPlan& plan) {
    if (plan.row->skipped_from < plan.row->from) paint_skipped(plan);
    RollGridPainter(*svg_, layout_, lanes_, clock_, options_.width).paint(*plan.row, plan.plot);
    paint_tempos(plan);
    paint_pedal(plan);
    paint_notes(plan);
    if (plan.prompt_x) paint_prompt_end(plan);
  }

  double labels_y(const RowPlan& plan) const { return plan.plot.y - kLine - 4; }

  void paint_skipped(const RowPlan& plan) {
    const RollRow& row = *plan.row;
    const bool labels = !plan.tempos.empty() || plan.prompt_x;
    const double y = plan.plot.y - kLine - (labels ? kLine : 0) - kSkipped / 2;
    std::string text = time_label(row.skipped_from) + " to " + time_label(row.from);
    if (layout_.bar.count != 0) {
      text += " (bars " + grouped_number(static_cast<std::uint64_t>(row.skipped_from.count / layout_.bar.count + 1)) +
              " to " + grouped_number(static_cast<std::uint64_t>(row.from.count / layout_.bar.count)) + ')';
    }
    text += ": no note starts or ends";
    svg_->text({{"x", plot_x_}, {"y", y}, {"font-size", 11}, {"font-style", "italic"}, {"fill", kSoftInk}},
               shortened(text, 11, options_.width - plot_x_ - 4));
  }

  void paint_tempos(const RowPlan& plan) {
    constexpr double kWidth = 52;
    if (plan.tempos.empty()) return;
    svg_->open("g", {{"font-size", 10}, {"fill", kSoftInk}});
    for (const RollLabel& tempo : plan.tempos) {
      const double x = std::min(tempo.x, options_.width - kWidth);
      if (plan.prompt_x && x + kWidth > prompt_label_x(plan) && x < prompt_label_x(plan) + kPromptLabel) continue;
      svg_->text({{"x", x}, {"y", labels_y(plan)}}, tempo.text);
    }
    svg_->close();
  }

  // Behind the line, or where there is no room before it.
  double prompt_label_x(const RowPlan& plan) const {
    const double x = *plan.prompt_x + 5;
    return x + kPromptLabel > options_.width ? *plan.prompt_x - kPromptLabel : x;
  }

  void paint_prompt_end(const RowPlan& plan) {
    const double x = *plan.prompt_x, y = labels_y(plan);
    svg_->open("g", {{"fill", kPromptColor}, {"stroke-width", 1.5}});
    svg_->element("line", {{"x1", x}, {"y1", y - 8}, {"x2", x}, {"y2", plan.plot.bottom()}, {"stroke", kPromptColor}});
    svg_->text({{"x", prompt_label_x(plan)}, {"y", y}, {"font-size", 10}, {"font-weight", 600}}, "end of prompt");
    svg_->close();
  }

  // Bars from where any channel's pedal goes down to where the last one goes up. Gaps that nobody could see are closed.
  void paint_pedal(const RowPlan& plan) {
    constexpr double kLeastGap = 0.7;
    if (!lanes_.has_pedal()) return;
    PathData path;
    std::optional<std::pair<double, double>> bar;
    const auto flush = [&] {
      if (bar)
        path.rectangle(
            {bar->first, plan.plot.y + lanes_.pedal_top(), bar->second - bar->first, RollLanes::kPedalHeight});
    };
    each_pedal(*plan.row, [&](Ticks down, Ticks up) {
      const double from = x_of(*plan.row, down), to = std::max(x_of(*plan.row, up), from + 0.5);
      if (bar && from - bar->second < kLeastGap) {
        bar->second = std::max(bar->second, to);
        return;
      }
      flush();
      bar = {from, to};
    });
    flush();
    if (!path.empty()) svg_->element("path", {{"class", "pedal"}, {"d", path.text()}, {"fill", "#9aa5b4"}}, "pedal");
  }

  // Calls `use(down, up)` for each stretch in a row. Rows are asked for in order.
  template <class Use>
  void each_pedal(const RollRow& row, Use use) {
    const Ticks end = std::min(row.to, layout_.to);
    const auto report = [&](Ticks up) {
      const Ticks from = std::max(pedal_since_, row.from);
      if (from < std::min(up, end)) use(from, std::min(up, end));
    };
    for (; next_pedal_ < piece_.pedals.size() && piece_.pedals[next_pedal_].tick() < row.to; ++next_pedal_) {
      const PedalMsg& message = piece_.pedals[next_pedal_];
      const bool was_down = pedals_down_.any();
      pedals_down_[message.channel() & 15] = message.down();
      if (!was_down && pedals_down_.any()) pedal_since_ = message.tick();
      if (was_down && pedals_down_.none()) report(message.tick());
    }
    if (pedals_down_.any()) report(end);
  }

  // --- notes

  std::size_t shade_of_note(const RollNote& note) const {
    if (options_.prompt_end && note.start < *options_.prompt_end) return kPromptShade;
    return shade_of(note.velocity);
  }

  std::size_t group_of(const RollNote& note) const {
    return rank_[note.sound] * (kPromptShade + 1) + shade_of_note(note);
  }

  void paint_notes(const RowPlan& plan) {
    std::vector<std::uint32_t> notes = plan.row->notes;
    std::stable_sort(notes.begin(), notes.end(), [this](std::uint32_t a, std::uint32_t b) {
      return group_of(layout_.notes[a]) < group_of(layout_.notes[b]);
    });
    for (auto from = notes.begin(); from != notes.end();) {
      const std::size_t group = group_of(layout_.notes[*from]);
      const auto to =
          std::find_if(from, notes.end(), [&](std::uint32_t i) { return group_of(layout_.notes[i]) != group; });
      paint_group(plan, {from, to});
      from = to;
    }
  }

  // Notes of one instrument and shade.
  void paint_group(const RowPlan& plan, const std::vector<std::uint32_t>& notes) {
    const RollNote& first = layout_.notes[notes.front()];
    const NoteInk ink = note_ink(first.sound, shade_of_note(first));
    const std::string name(sound_name(first.sound));
    PathData path;
    if (!with_titles_) {
      for (const std::uint32_t i : notes) add_note(plan, layout_.notes[i], path);
      svg_->element(
          "path",
          {{"class", name}, {"d", path.text()}, {"fill", ink.fill}, {"stroke", ink.stroke}, {"stroke-width", 0.5}},
          title_of_group(first));
      return;
    }
    svg_->open("g", {{"class", name}, {"fill", ink.fill}, {"stroke", ink.stroke}, {"stroke-width", 0.5}});
    for (const std::uint32_t i : notes) {
      path.clear();
      add_note(plan, layout_.notes[i], path);
      svg_->element("path", {{"d", path.text()}}, title_of(layout_.notes[i]));
    }
    svg_->close();
  }

  void add_note(const RowPlan& plan, const RollNote& note, PathData& path) const {
    constexpr double kLeastWidth = 1.5, kWide = 4, kGap = 1.2;
    const RollRow& row = *plan.row;
    const double from = x_of(row, std::max({note.start, row.from, layout_.from}));
    if (note.sound == kDrums) {
      path.diamond(from, plan.plot.y + lanes_.drum_y(note.pitch), RollLanes::kDrumHeight * 0.38);
      return;
    }
    // A gap behind a note keeps repeated ones apart.
    double width = x_of(row, std::min({note.end, row.to, layout_.to})) - from;
    if (width > kWide) width -= kGap;
    width = std::max(width, kLeastWidth);
    const double height = lanes_.key_height() - 0.8;
    path.rectangle({from, plan.plot.y + lanes_.pitch_y(note.pitch) + 0.4, width, height});
  }

  // "C4, piano, velocity 80, 0:12.35 for 0.25 s", "Side Stick, velocity 80, 0:12.35"
  std::string title_of(const RollNote& note) const {
    const bool drum = note.sound == kDrums;
    const std::string name =
        drum ? drum_name(note.pitch) : pitch_name(note.pitch) + ", " + spaced_sound_name(note.sound);
    return name + ", velocity " + std::to_string(note.velocity) + ", " + time_label(note.start, 2) +
           (drum ? "" : " for " + length_label(note));
  }

  std::string length_label(const RollNote& note) const {
    if (!clock_.has_time()) return grouped_number(static_cast<std::uint64_t>((note.end - note.start).count)) + " ticks";
    return short_number(std::round(1e3 * (clock_.seconds(note.end) - clock_.seconds(note.start))) / 1e3) + " s";
  }

  std::string title_of_group(const RollNote& note) const {
    const std::size_t shade = shade_of_note(note);
    const std::string name = spaced_sound_name(note.sound);
    if (shade == kPromptShade) return name + ", prompt";
    return name + ", velocity " + std::to_string(kShadeVelocities[shade]) + " to " +
           std::to_string(kShadeVelocities[shade + 1] - 1);
  }

  const MidiDict& piece_;
  const PianoRollOptions& options_;
  const PieceClock clock_;
  const RollLayout layout_;
  const RollLanes lanes_;
  const bool with_titles_;
  double plot_x_ = 0;
  double plot_width_ = 0;
  std::array<std::uint64_t, kSoundCount> counts_{};
  std::array<std::size_t, kSoundCount> rank_{};
  Svg* svg_ = nullptr;

  // The pedals between two rows.
  std::size_t next_pedal_ = 0;
  std::bitset<16> pedals_down_;
  Ticks pedal_since_;
};

}  // namespace detail

/// A piano roll as the text of an SVG file. Colours tell instruments apart, shades velocities; browsers show what a
/// note is where the pointer rests. Time goes by musical ticks, so that bars are equally wide, and a clock runs below.
/// The file takes about 130 bytes a note, and 45 with more than max_titles of them. Time and size are bounded whatever
/// the piece is; what is left out the drawing says. Throws invalid_argument for options out of their range.
///
///     const auto piece = aria::MidiDict::from_midi("piece.mid");
///     aria::AtomicFile file("piece.svg", aria::IfExists::refuse);
///     file.write(aria::piano_roll_svg(piece, {.title = "My piece", .beats_per_bar = 3}));
///     file.commit();
inline std::string piano_roll_svg(const MidiDict& piece, const PianoRollOptions& options = {}) {
  return detail::PianoRollPainter(piece, options).paint();
}

}  // namespace aria
