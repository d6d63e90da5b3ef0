// What lies behind the notes of a piano roll: keys, bars, beats and the clock.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/drawing/key_names.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/piano_roll_lanes.hpp>
#include <aria/drawing/piano_roll_layout.hpp>
#include <aria/drawing/piano_roll_scene.hpp>
#include <aria/drawing/piece_clock.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/units.hpp>

namespace aria {

/// A text at a place in time.
struct RollLabel {
  double x = 0;
  std::string text;
};

namespace detail {

/// Says the tempo where it changes so much that one hears it, and seldom enough to be read. Rows are asked for in
/// order.
class TempoLabels {
 public:
  static constexpr double kLeastDistance = 68;  // pixels
  static constexpr double kLeastRatio = 1.04;

  TempoLabels(std::span<const TempoMsg> tempos, bool has_beats) : tempos_(tempos), has_beats_(has_beats) {}

  template <class XOf>
  std::vector<RollLabel> next_row(const RollRow& row, XOf x_of) {
    std::vector<RollLabel> labels;
    if (!has_beats_) return labels;
    for (; next_ < tempos_.size() && tempos_[next_].tick <= row.from; ++next_) now_ = tempos_[next_].tempo;
    consider(x_of(row.from), labels);
    for (; next_ < tempos_.size() && tempos_[next_].tick < row.to; ++next_) {
      now_ = tempos_[next_].tempo;
      consider(x_of(tempos_[next_].tick), labels);
    }
    return labels;
  }

 private:
  void consider(double x, std::vector<RollLabel>& labels) {
    if (now_ == 0) return;  // a beat that takes no time has no beats a minute
    const double ratio = shown_ == 0 ? 0 : static_cast<double>(now_) / static_cast<double>(shown_);
    if (ratio < kLeastRatio && ratio * kLeastRatio > 1) return;
    if (!labels.empty() && x < labels.back().x + kLeastDistance) return;
    const double per_minute = 60e6 / static_cast<double>(now_);
    const double rounded = per_minute >= 20 ? std::round(per_minute) : per_minute;
    labels.push_back({x, "\xe2\x99\xa9 = " + short_number(rounded)});  // a quarter note
    shown_ = now_;
  }

  std::span<const TempoMsg> tempos_;
  bool has_beats_;
  std::size_t next_ = 0;
  std::uint64_t now_ = kDefaultTempo;
  std::uint64_t shown_ = 0;
};

/// Draws one row's background into `plot`, which holds all lanes.
class RollGridPainter {
 public:
  RollGridPainter(Svg& svg, const RollScene& scene)
      : svg_(svg), layout_(scene.layout), lanes_(scene.lanes), clock_(scene.clock), page_width_(scene.options.width) {}

  void paint(const RollRow& row, const Box& plot) {
    row_ = &row;
    plot_ = plot;
    time_ = {static_cast<double>(row.from.count), static_cast<double>(row.to.count), plot.x, plot.right(), false};
    paint_keys();
    paint_bars();
    paint_frame();
    paint_names();
    if (clock_.has_time()) {
      paint_clock();
    } else {
      paint_ticks();
    }
  }

 private:
  static constexpr const char* kBlackKeyColor = "#f1f3f6";
  static constexpr const char* kBarLineColor = "#bcc4cf";
  static constexpr const char* kOctaveColor = "#d3d9e1";

  void stroke(const PathData& path, const char* color) {
    if (!path.empty()) svg_.element("path", {{"d", path.text()}, {"stroke", color}, {"fill", "none"}});
  }

  void paint_keys() {
    PathData black, octaves;
    if (lanes_.has_pitches()) {
      for (unsigned pitch = lanes_.low(); pitch <= lanes_.high(); ++pitch) {
        const double y = plot_.y + lanes_.pitch_y(pitch);
        if (is_black_key(pitch)) black.rectangle({plot_.x, y, plot_.width, lanes_.key_height()});
        if (pitch % 12 == 0) octaves.horizontal(plot_.x, plot_.right(), y + lanes_.key_height());
      }
    }
    for (std::size_t lane = 1; lane < lanes_.drum_names().size(); lane += 2) {
      const double y = plot_.y + lanes_.drum_lane_y(lane) - RollLanes::kDrumHeight / 2;
      black.rectangle({plot_.x, y, plot_.width, RollLanes::kDrumHeight});
    }
    svg_.open("g", {{"shape-rendering", "crispEdges"}});
    if (!black.empty()) svg_.element("path", {{"d", black.text()}, {"fill", kBlackKeyColor}});
    stroke(octaves, kOctaveColor);
    svg_.close();
  }

  // Every so many bars that they keep a distance of `least` pixels: 1, 2, 4, ...
  std::int64_t bars_apart(double least) const {
    const double width = pixels(layout_.bar);
    std::int64_t bars = 1;
    while (width * static_cast<double>(bars) < least && bars < kTickLimit) bars *= 2;
    return bars;
  }

  double pixels(Ticks ticks) const {
    return static_cast<double>(ticks.count) * plot_.width / static_cast<double>((row_->to - row_->from).count);
  }

  // Calls `use` with each multiple of `step` in the row, its ends included, and where it is drawn.
  template <class Use>
  void each_multiple(std::int64_t step, Use use) const {
    for (std::int64_t tick = (row_->from.count + step - 1) / step * step; tick <= row_->to.count; tick += step) {
      use(tick, time_(static_cast<double>(tick)));
    }
  }

  void paint_bars() {
    constexpr double kLeastBeat = 6, kLeastBar = 5, kLeastNumber = 28;
    if (layout_.bar.count == 0) return;
    PathData beats, bars;
    if (pixels(layout_.beat) >= kLeastBeat) {
      each_multiple(layout_.beat.count, [&](std::int64_t tick, double x) {
        if (tick % layout_.bar.count != 0) add_line(beats, x);
      });
    }
    each_multiple(layout_.bar.count * bars_apart(kLeastBar), [&](std::int64_t, double x) { add_line(bars, x); });
    svg_.open("g", {{"shape-rendering", "crispEdges"}});
    stroke(beats, kGridColor);
    stroke(bars, kBarLineColor);
    svg_.close();

    svg_.open("g", {{"font-size", 9}, {"fill", kSoftInk}});
    each_multiple(layout_.bar.count * bars_apart(kLeastNumber), [&](std::int64_t tick, double x) {
      if (tick < row_->to.count)
        svg_.text({{"x", x + 1}, {"y", plot_.y - 4}}, std::to_string(tick / layout_.bar.count + 1));
    });
    svg_.close();
  }

  // Through pitches and drums; the gaps between the lanes stay empty.
  void add_line(PathData& path, double x) const {
    if (lanes_.has_pitches()) path.vertical(x, plot_.y, plot_.y + lanes_.pitches_bottom());
    if (lanes_.has_drums()) path.vertical(x, plot_.y + lanes_.drums_top(), plot_.y + lanes_.drums_bottom());
  }

  void paint_frame() {
    PathData frame;
    if (lanes_.has_pitches()) frame.rectangle({plot_.x, plot_.y, plot_.width, lanes_.pitches_bottom()});
    if (lanes_.has_drums()) {
      const double top = lanes_.drums_top();
      frame.rectangle({plot_.x, plot_.y + top, plot_.width, lanes_.drums_bottom() - top});
    }
    svg_.open("g", {{"shape-rendering", "crispEdges"}});
    stroke(frame, kBarLineColor);
    svg_.close();
  }

  void paint_names() {
    const double x = plot_.x - 6;
    svg_.open("g", {{"font-size", 9}, {"text-anchor", "end"}, {"fill", kSoftInk}});
    for (unsigned pitch = lanes_.low(); lanes_.has_pitches() && pitch <= lanes_.high(); ++pitch) {
      if (pitch % 12 != 0) continue;
      svg_.text({{"x", x}, {"y", plot_.y + lanes_.pitch_y(pitch) + lanes_.key_height() / 2 + 3.2}}, pitch_name(pitch));
    }
    for (std::size_t lane = 0; lane < lanes_.drum_names().size(); ++lane) {
      svg_.text({{"x", x - 2}, {"y", plot_.y + lanes_.drum_lane_y(lane) + 3}}, lanes_.drum_names()[lane]);
    }
    if (lanes_.has_pedal()) svg_.text({{"x", x}, {"y", plot_.y + lanes_.pedal_top() + 6}}, "pedal");
    svg_.close();
  }

  // Round times; the start of the row where there is none.
  void paint_clock() {
    constexpr double kLeastStep = 64;  // pixels
    const double from = clock_.seconds(row_->from), to = clock_.seconds(row_->to);
    const double step = clock_step((to - from) * kLeastStep / plot_.width);
    const double first = std::ceil(from / step - 1e-9), count = std::min((to - from) / step + 1, plot_.width);
    std::vector<RollLabel> labels;
    for (int i = 0; i < count; ++i) {  // not by adding steps, which changes nothing where a piece lasts for ages
      const double seconds = (first + i) * step;
      if (seconds > to + 1e-9) break;
      labels.push_back({time_(clock_.tick_at(seconds, row_->from, row_->to)), clock_label(seconds, step < 1 ? 1 : 0)});
    }
    if (labels.empty()) labels.push_back({plot_.x, clock_label(from, 2)});
    paint_labels(labels);
  }

  void paint_ticks() {
    const double step = round_step(std::max(1.0, (time_.to - time_.from) / 12));
    std::vector<RollLabel> labels;
    for (const double tick : linear_steps(time_.from, time_.to, step)) {
      labels.push_back({time_(tick), "tick " + grouped_number(static_cast<std::uint64_t>(tick))});
    }
    paint_labels(labels);
  }

  // Below the lanes; none that would touch the one before it. Without bars, what is labelled is marked in the lanes.
  void paint_labels(const std::vector<RollLabel>& labels) {
    constexpr double kFontSize = 9, kLeastGap = 8, kEdge = 2;
    const double y = plot_.y + lanes_.height();
    PathData marks, lines;
    double end = 0;
    svg_.open("g", {{"font-size", kFontSize}, {"text-anchor", "middle"}, {"fill", kSoftInk}});
    for (const RollLabel& label : labels) {
      const double half = text_width(label.text, kFontSize) / 2;
      const double middle = std::max(std::min(label.x, page_width_ - kEdge - half), kEdge + half);
      if (middle - half < end) continue;
      end = middle + half + kLeastGap;
      marks.vertical(label.x, y, y + 4);
      if (layout_.bar.count == 0) add_line(lines, label.x);
      svg_.text({{"x", middle}, {"y", y + 13}}, label.text);
    }
    svg_.close();
    stroke(marks, kSoftInk);
    stroke(lines, kGridColor);
  }

  Svg& svg_;
  const RollLayout& layout_;
  const RollLanes& lanes_;
  const PieceClock& clock_;
  const double page_width_;
  const RollRow* row_ = nullptr;
  Box plot_;
  Axis time_;
};

}  // namespace detail

}  // namespace aria
