// Line charts: how values change along an axis, such as losses in training.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/drawing/column_thinning.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/drawing/value_range.hpp>

namespace aria {

/// Series of points over one pair of axes; a panel of a PanelPage.
///
/// However many points a series has, at most two are drawn in a column of pixels, the lowest and the highest, so that
/// no spike is lost. Points that are not finite, lie beyond 1e150 or on a logarithmic axis are not above 0 are left
/// out, and lines have gaps there.
///
///     aria::LineChart chart{"Loss", "step", "loss"};
///     chart.series.push_back({"training", losses, aria::LineChart::Style::faint_line});
///     chart.series.push_back({"validation", {{1000, 2.5}, {2000, 2.25}}, aria::LineChart::Style::marks});
///     page.add(chart);
struct LineChart {
  /// For what is noisy, what matters, and single values.
  enum class Style : std::uint8_t { faint_line, strong_line, marks };

  struct Point {
    double x = 0;
    double y = 0;
  };

  struct Series {
    std::string name{};           ///< not in the legend where empty
    std::vector<Point> points{};  ///< in the order of x
    Style style = Style::strong_line;
  };

  std::string title{};
  std::string x_label{};         ///< what lies along the axis, with its unit: "step"
  std::string y_label{};         ///< what the values are: "loss"
  std::vector<Series> series{};  ///< later ones are drawn over earlier ones
  bool logarithmic = false;      ///< the axis of the values
};

namespace detail {

// How a series is told from others: up to six have colours of their own, and up to four of one style dashes or shapes
// of their own, for people who see few colours.
struct SeriesLook {
  LineChart::Style style{};
  std::string color{};
  std::size_t variant = 0;  // among the series of its style

  bool is_line() const noexcept { return style != LineChart::Style::marks; }
  double width() const noexcept { return style == LineChart::Style::faint_line ? 1 : 2; }
};

// They differ in lightness as well as in hue. Vermilion, green and orange are those of Okabe and Ito ("Color Universal
// Design", 2008).
inline constexpr std::array<Rgb, 6> kSeriesColors = {{
    {0x2a, 0x84, 0xc6},  // blue
    {0x10, 0x35, 0x6b},  // navy blue
    {0xd5, 0x5e, 0x00},  // vermilion
    {0x00, 0x9e, 0x73},  // bluish green
    {0x9a, 0x3a, 0x78},  // purple
    {0xe6, 0x9f, 0x00},  // orange
}};

inline std::vector<SeriesLook> series_looks(const LineChart& chart) {
  std::vector<SeriesLook> looks;
  std::array<std::size_t, 3> of_style{};
  for (const LineChart::Series& series : chart.series) {
    const Rgb color = kSeriesColors[looks.size() % kSeriesColors.size()];
    const bool faint = series.style == LineChart::Style::faint_line;
    looks.push_back({series.style, hex_color(faint ? mixed(color, kWhite, 0.5) : color),
                     of_style[static_cast<std::size_t>(series.style)]++});
  }
  return looks;
}

inline void draw_line(Svg& svg, const SeriesLook& look, const PathData& path, double width,
                      std::string_view hint = {}) {
  static constexpr std::array kDashes = {"none", "7 5", "1 5", "9 5 1 5"};
  svg.element("path",
              {{"d", path.text()},
               {"fill", "none"},
               {"stroke", look.color},
               {"stroke-width", width},
               {"stroke-dasharray", kDashes[look.variant % kDashes.size()]},
               {"stroke-linejoin", "round"},
               {"stroke-linecap", "round"}},
              hint);
}

// Diamonds, squares, and both again hollow; white around them, or the colour, so that lines below do not blur them.
inline void draw_mark(Svg& svg, const SeriesLook& look, double x, double y, std::string_view hint = {}) {
  PathData shape;
  if (look.variant % 2 == 0) {
    shape.diamond(x, y, 5);
  } else {
    shape.rectangle({x - 3.5, y - 3.5, 7, 7});
  }
  const bool hollow = look.variant / 2 % 2 != 0;
  svg.element("path",
              {{"d", shape.text()},
               {"fill", hollow ? "#fff" : look.color},
               {"stroke", hollow ? look.color : "#fff"},
               {"stroke-width", hollow ? 1.5 : 1}},
              hint);
}

// The names of series, at the right of the row that begins with the label of the values, and in more rows below it
// where there is no room.
class ChartLegend {
 public:
  static constexpr double kPitch = 15, kSample = 22, kGap = 16;  // pixels

  ChartLegend(const LineChart& chart, double label_end, const Box& box) : chart_(chart), right_(box.right()) {
    double x = label_end + kGap;
    for (std::size_t i = 0; i < chart.series.size(); ++i) {
      const std::string& name = chart.series[i].name;
      if (name.empty()) continue;
      const double width = kSample + 6 + width_of(name);
      if (x + width > right_) {
        end_row(x);
        x = box.x;
        ++rows_;
      }
      entries_.push_back({i, x, box.y + kPitch * static_cast<double>(rows_ - 1)});
      x += width + kGap;
    }
    end_row(x);
  }

  std::size_t rows() const noexcept { return rows_; }

  void paint(Svg& svg, const std::vector<SeriesLook>& looks) const {
    for (const Entry& entry : entries_) {
      const SeriesLook& look = looks[entry.series];
      const double middle = entry.y - 3.5;  // of the letters
      if (look.is_line()) {
        PathData sample;
        sample.horizontal(entry.x, entry.x + kSample, middle);
        draw_line(svg, look, sample, look.width());
      } else {
        draw_mark(svg, look, entry.x + kSample / 2, middle);
      }
      svg.text({{"x", entry.x + kSample + 6}, {"y", entry.y}}, chart_.series[entry.series].name);
    }
  }

  // About how wide a text of size 10 is.
  static double width_of(std::string_view text) {
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };  // a character
    return 5.4 * static_cast<double>(std::count_if(text.begin(), text.end(), starts));
  }

 private:
  struct Entry {
    std::size_t series = 0;
    double x = 0;
    double y = 0;
  };

  // Moves the entries of the row to the right.
  void end_row(double x) {
    for (; placed_ < entries_.size(); ++placed_) entries_[placed_].x += right_ - (x - kGap);
  }

  const LineChart& chart_;
  const double right_;
  std::size_t rows_ = 1;
  std::size_t placed_ = 0;
  std::vector<Entry> entries_;
};

// Draws one line chart into a box.
class LineChartPainter {
 public:
  LineChartPainter(Svg& svg, const LineChart& what, const Box& box)
      : svg_(svg),
        what_(what),
        box_(box),
        looks_(series_looks(what)),
        y_label_(what.y_label + (what.logarithmic ? " (logarithmic)" : "")),
        label_y_(box.y + (what.title.empty() ? 10 : 30)),
        legend_(what, box.x + ChartLegend::width_of(y_label_), {box.x, label_y_, box.width - kRight, 0}) {
    for (const LineChart::Series& series : what.series) add(series);
  }

  // False where there is no point: nothing is to be seen but the title.
  bool paint() {
    if (values_.empty()) return false;
    if (!what_.title.empty()) draw_title(svg_, box_, what_.title);
    lay_out();
    paint_y();
    paint_x();
    for (std::size_t i = 0; i < what_.series.size(); ++i) paint_series(what_.series[i], looks_[i]);
    return true;
  }

 private:
  static constexpr double kRight = 16;  // for half of the last label

  bool is_drawable(const LineChart::Point& point) const noexcept {
    return ValueRange::fits(point.x) && ValueRange::fits(point.y, what_.logarithmic);
  }

  void add(const LineChart::Series& series) {
    for (const LineChart::Point& point : series.points) {
      if (!is_drawable(point)) continue;
      along_.add(point.x);
      values_.add(point.y);
      whole_ = whole_ && point.x == std::floor(point.x);
    }
  }

  void lay_out() {
    const double top = label_y_ + 12 + ChartLegend::kPitch * static_cast<double>(legend_.rows() - 1);
    const double height = std::max(box_.bottom() - 40 - top, 20.0);
    const auto rows = static_cast<std::size_t>(std::clamp(height / 40, 2.0, 8.0));
    y_ = value_axis(values_, top + height, top, rows, what_.logarithmic);
    y_ticks_ = distinct_ticks(y_, rows);
    double left = 36;
    for (const AxisTick& tick : y_ticks_) left = std::max(left, 8 + ChartLegend::width_of(tick.label));
    plot_ = {box_.x + left, top, std::max(box_.width - left - kRight, 20.0), height};
    const ValueRange along = along_.widened();
    x_ = {along.least, along.greatest, plot_.x, plot_.right(), false};
  }

  void paint_y() {
    svg_.open("g", {{"font-size", 10}, {"fill", kSoftInk}});
    for (const AxisTick& tick : y_ticks_) {
      const double y = y_(tick.value);
      svg_.element("line", {{"x1", plot_.x}, {"y1", y}, {"x2", plot_.right()}, {"y2", y}, {"stroke", kGridColor}});
      svg_.text({{"x", plot_.x - 6}, {"y", y + 3.5}, {"text-anchor", "end"}}, tick.label);
    }
    svg_.text({{"x", box_.x}, {"y", label_y_}}, y_label_);
    legend_.paint(svg_, looks_);
    svg_.close();
  }

  void paint_x() {
    const double y = plot_.bottom();
    const auto at_most = static_cast<std::size_t>(std::clamp(plot_.width / 64, 2.0, 12.0));
    svg_.element("line", {{"x1", plot_.x}, {"y1", y}, {"x2", plot_.right()}, {"y2", y}, {"stroke", kSoftInk}});
    svg_.open("g", {{"font-size", 10}, {"text-anchor", "middle"}, {"fill", kSoftInk}});
    for (const AxisTick& tick : distinct_ticks(x_, at_most)) {
      if (whole_ && tick.value != std::floor(tick.value)) continue;  // there is no half of a step
      const double x = x_(tick.value);
      svg_.element("line", {{"x1", x}, {"y1", y}, {"x2", x}, {"y2", y + 4}, {"stroke", kSoftInk}});
      svg_.text({{"x", x}, {"y", y + 15}}, tick.label);
    }
    svg_.text({{"x", plot_.x + plot_.width / 2}, {"y", y + 31}, {"font-size", 11}}, what_.x_label);
    svg_.close();
  }

  void paint_series(const LineChart::Series& series, const SeriesLook& look) {
    if (look.is_line()) return paint_line(series, look);
    for_plotted(series, [&](const PlottedPoint& at) {
      const LineChart::Point& point = series.points[at.number];
      draw_mark(svg_, look, at.x, at.y, series.name + ": " + full_number(point.y) + " at " + full_number(point.x));
    });
  }

  void paint_line(const LineChart::Series& series, const SeriesLook& look) {
    PathData path, dots;
    PlottedPoint last;
    const auto end_piece = [&] {
      if (!last.begins) return;  // it is no point alone between two gaps
      dots.line_from(last.x, last.y);
      dots.line_to(last.x, last.y);
    };
    for_plotted(series, [&](const PlottedPoint& at) {
      if (at.begins) {
        end_piece();
      } else {
        if (last.begins) path.line_from(last.x, last.y);
        path.line_to(at.x, at.y);
      }
      last = at;
    });
    end_piece();
    if (!path.empty()) draw_line(svg_, look, path, look.width(), series.name);
    if (!dots.empty()) draw_line(svg_, look, dots, look.width() + 2, series.name);
  }

  template <class Use>
  void for_plotted(const LineChart::Series& series, Use use) const {
    ColumnThinning<Use> columns(std::move(use));
    for (const LineChart::Point& point : series.points) {
      if (is_drawable(point)) {
        columns.add(x_(point.x), y_(point.y));
      } else {
        columns.gap();
      }
    }
    columns.finish();
  }

  Svg& svg_;
  const LineChart& what_;
  const Box box_;
  const std::vector<SeriesLook> looks_;
  const std::string y_label_;
  const double label_y_;
  const ChartLegend legend_;
  ValueRange along_;
  ValueRange values_;
  bool whole_ = true;  // x, of all points
  Box plot_;
  Axis x_;
  Axis y_;
  std::vector<AxisTick> y_ticks_;
};

}  // namespace detail

/// Draws a line chart into `box`: title, legend, both axes, the series. Only the title where there is no point.
inline void draw(Svg& svg, const LineChart& chart, const Box& box) {
  if (!detail::LineChartPainter(svg, chart, box).paint()) draw_title(svg, box, chart.title, "no values");
}

}  // namespace aria
