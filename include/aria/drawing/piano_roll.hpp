// Piano rolls: time to the right, pitch upwards, a rectangle a note, in rows like the staves of a score.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/piano_roll_grid.hpp>
#include <aria/drawing/piano_roll_head.hpp>
#include <aria/drawing/piano_roll_lanes.hpp>
#include <aria/drawing/piano_roll_layout.hpp>
#include <aria/drawing/piano_roll_notes.hpp>
#include <aria/drawing/piano_roll_scene.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/units.hpp>

namespace aria {

namespace detail {

/// Draws bars from where any channel's pedal goes down to where the last one goes up. Rows are painted in order.
class RollPedalPainter {
 public:
  RollPedalPainter(Svg& svg, const RollScene& scene) : svg_(svg), scene_(scene) {}

  /// `y` is the upper edge of the lane.
  void paint(const RollRow& row, double y) {
    constexpr double kLeastWidth = 0.5, kLeastGap = 0.7;  // gaps that nobody could see are closed
    PathData path;
    std::optional<std::pair<double, double>> bar;
    const auto finish_bar = [&] {
      if (bar) path.rectangle({bar->first, y, bar->second - bar->first, RollLanes::kPedalHeight});
    };
    each_stretch(row, [&](Ticks down, Ticks up) {
      const double from = scene_.x_of(row, down), to = std::max(scene_.x_of(row, up), from + kLeastWidth);
      if (bar && from - bar->second < kLeastGap) {
        bar->second = std::max(bar->second, to);
        return;
      }
      finish_bar();
      bar = {from, to};
    });
    finish_bar();
    if (!path.empty()) svg_.element("path", {{"class", "pedal"}, {"d", path.text()}, {"fill", kColor}}, "pedal");
  }

 private:
  static constexpr const char* kColor = "#9aa5b4";

  // Calls `use(down, up)` for each stretch in the row.
  template <class Use>
  void each_stretch(const RollRow& row, Use use) {
    const auto& messages = scene_.piece.pedals;
    const Ticks end = std::min(row.to, scene_.layout.to);
    const auto report = [&](Ticks up) {
      const Ticks from = std::max(since_, row.from), to = std::min(up, end);
      if (from < to) use(from, to);
    };
    for (; next_ < messages.size() && messages[next_].tick() < row.to; ++next_) {
      const PedalMsg& message = messages[next_];
      const bool was_down = down_.any();
      down_[message.channel() & 15] = message.down();
      if (!was_down && down_.any()) since_ = message.tick();
      if (was_down && down_.none()) report(message.tick());
    }
    if (down_.any()) report(end);
  }

  Svg& svg_;
  const RollScene& scene_;
  // After the rows so far.
  std::size_t next_ = 0;
  std::bitset<16> down_;  // by channel
  Ticks since_;
};

/// Draws rows below each other, with what stands above each of them.
class PianoRollPainter {
 public:
  explicit PianoRollPainter(const RollScene& scene)
      : scene_(scene), head_(scene), rows_(rows_below(head_.height())), svg_(scene.options.width, page_height()) {}

  std::string paint() && {
    head_.paint(svg_);
    if (rows_.empty()) paint_nothing();
    RollGridPainter grid(svg_, scene_);
    RollPedalPainter pedal(svg_, scene_);
    RollNotePainter notes(svg_, scene_);
    for (const Row& row : rows_) {
      paint_skipped(row);
      grid.paint(*row.what, row.plot);
      paint_tempos(row);
      if (scene_.lanes.has_pedal()) pedal.paint(*row.what, row.plot.y + scene_.lanes.pedal_top());
      notes.paint(*row.what, row.plot);
      paint_prompt_end(row);
    }
    return std::move(svg_).finish();
  }

 private:
  static constexpr double kLine = 14;  // a line of small text
  static constexpr double kFoot = 16;  // the clock below a row
  static constexpr double kBetween = 14, kSkipped = 22, kNothing = 60;
  static constexpr double kTempoLabel = 52, kPromptLabel = 82;  // how wide they are
  static constexpr const char* kPromptColor = "#c2410c";

  struct Row {
    const RollRow* what;
    Box plot;  // of all lanes
    std::vector<RollLabel> tempos;
    std::optional<double> prompt_x;

    bool has_labels() const noexcept { return !tempos.empty() || prompt_x; }
    double labels_y() const noexcept { return plot.y - kLine - 4; }
  };

  std::vector<Row> rows_below(double y) const {
    std::vector<Row> rows;
    TempoLabels tempos(scene_.piece.tempos, scene_.has_beats());
    for (const RollRow& what : scene_.layout.rows) {
      Row row{&what, {}, {}, prompt_x(what)};
      row.tempos = tempos.next_row(what, [&](Ticks tick) { return scene_.x_of(what, tick); });
      y += kLine + (row.has_labels() ? kLine : 0) + (what.skipped_from < what.from ? kSkipped : 0);
      row.plot = {scene_.plot_x, y, scene_.x_of(what, what.to) - scene_.plot_x, scene_.lanes.height()};
      y = row.plot.bottom() + kFoot + kBetween;
      rows.push_back(std::move(row));
    }
    return rows;
  }

  double page_height() const {
    return rows_.empty() ? head_.height() + kNothing : rows_.back().plot.bottom() + kFoot + RollScene::kMargin;
  }

  // A prompt that ends between two rows ends at the start of the second.
  std::optional<double> prompt_x(const RollRow& row) const {
    if (!scene_.options.prompt_end) return std::nullopt;
    const Ticks end = *scene_.options.prompt_end;
    const bool last = &row == &scene_.layout.rows.back();
    if (end < row.from || end > row.to || (end == row.to && !last)) return std::nullopt;
    return scene_.x_of(row, end);
  }

  void paint_nothing() {
    const bool part = scene_.options.from || scene_.options.to;
    svg_.open("g", {{"font-size", 14}, {"text-anchor", "middle"}, {"fill", kSoftInk}});
    svg_.text({{"x", scene_.options.width / 2}, {"y", head_.height() + 24}},
              part ? "no notes in this part" : "no notes");
    svg_.close();
  }

  void paint_skipped(const Row& row) {
    const Ticks from = row.what->skipped_from, to = row.what->from;
    if (from == to) return;
    std::string text = scene_.time_label(from) + " to " + scene_.time_label(to);
    if (scene_.has_beats()) {
      const auto bars_before = [this](Ticks tick) {
        return static_cast<std::uint64_t>(tick.count / scene_.layout.bar.count);
      };
      text += " (bars " + grouped_number(bars_before(from) + 1) + " to " + grouped_number(bars_before(to)) + ')';
    }
    const double y = row.plot.y - kLine - (row.has_labels() ? kLine : 0) - kSkipped / 2;
    svg_.text({{"x", row.plot.x}, {"y", y}, {"font-size", 11}, {"font-style", "italic"}, {"fill", kSoftInk}},
              shortened(text + ": no note starts or ends", 11, scene_.options.width - row.plot.x - 4));
  }

  void paint_tempos(const Row& row) {
    if (row.tempos.empty()) return;
    svg_.open("g", {{"font-size", 10}, {"fill", kSoftInk}});
    for (const RollLabel& tempo : row.tempos) {
      const double x = std::min(tempo.x, scene_.options.width - kTempoLabel);
      if (row.prompt_x && x + kTempoLabel > prompt_label_x(row) && x < prompt_label_x(row) + kPromptLabel) continue;
      svg_.text({{"x", x}, {"y", row.labels_y()}}, tempo.text);
    }
    svg_.close();
  }

  // Behind the line, or where there is no room before it.
  double prompt_label_x(const Row& row) const {
    const double x = *row.prompt_x + 5;
    return x + kPromptLabel > scene_.options.width ? *row.prompt_x - kPromptLabel : x;
  }

  void paint_prompt_end(const Row& row) {
    if (!row.prompt_x) return;
    const double x = *row.prompt_x, y = row.labels_y();
    svg_.open("g", {{"fill", kPromptColor}, {"stroke-width", 1.5}});
    svg_.element("line", {{"x1", x}, {"y1", y - 8}, {"x2", x}, {"y2", row.plot.bottom()}, {"stroke", kPromptColor}});
    svg_.text({{"x", prompt_label_x(row)}, {"y", y}, {"font-size", 10}, {"font-weight", 600}}, "end of prompt");
    svg_.close();
  }

  const RollScene& scene_;
  const RollHead head_;
  const std::vector<Row> rows_;
  Svg svg_;
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
  const RollScene scene(piece, options);
  return detail::PianoRollPainter(scene).paint();
}

}  // namespace aria
