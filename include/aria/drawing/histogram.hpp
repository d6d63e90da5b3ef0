// Histograms: how often values lie between round numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/support/distribution.hpp>

namespace aria {

/// How many values are at least `from` and below `to`; the last bar of a histogram may include its end.
struct HistogramBar {
  double from = 0;
  double to = 0;
  std::uint64_t count = 0;
};

/// A histogram, ready to be drawn.
struct Histogram {
  std::string title;
  std::string values;              ///< what lies along the axis, with its unit: "duration in seconds"
  std::string counts;              ///< what is counted: "pieces"
  std::vector<HistogramBar> bars;  ///< side by side, in order
  bool logarithmic = false;
  std::vector<AxisTick> ticks;  ///< labels of the value axis; round numbers where empty
  std::uint64_t below = 0;      ///< values below the first bar
  std::uint64_t above = 0;      ///< values above the last bar
};

namespace detail {

// Chooses round edges for the bars of a histogram.
class HistogramEdges {
 public:
  HistogramEdges(const Distribution& values, bool whole_numbers) : values_(values), whole_(whole_numbers) {
    // More values deserve more bars: Rice's rule.
    wanted_ = std::clamp(2 * std::cbrt(static_cast<double>(values.count())), 8.0, 40.0);
    low_ = values.quantile(0.05);
    high_ = values.quantile(0.95);
    logarithmic_ = low_ > 0 && high_ / low_ > 10;
    edges_ = logarithmic_ ? logarithmic_edges() : linear_edges();
  }

  bool logarithmic() const noexcept { return logarithmic_; }
  const std::vector<double>& edges() const noexcept { return edges_; }

 private:
  // A few values far away from all others must not squeeze those together.
  std::vector<double> linear_edges() const {
    double from = values_.min(), to = values_.max();
    const double most = values_.quantile(0.99), least = values_.quantile(0.01);
    if (to - most > 2 * (most - least)) to = most;
    if (least - from > 2 * (most - least)) from = least;
    if (from < to / 3) from = 0;
    const double room = whole_ ? wanted_ : std::max(to * 0.05, 0.01);
    double step = round_step(std::max((to - from) / wanted_, room / wanted_));
    if (whole_) step = std::max(step, 1.0);
    from = std::floor(from / step + 1e-9);
    // The last bar includes its end, but where it stands for one whole number and the next bar begins there.
    const bool includes_end = !whole_ && to == values_.max();
    to = includes_end ? std::ceil(to / step - 1e-9) : std::floor(to / step + 1e-9) + 1;
    for (; to - from < 5; ++to) from = std::max(0.0, from - 1);  // one bar alone would have no scale
    std::vector<double> edges;
    for (double i = from; i <= to; ++i) edges.push_back(step < 1 ? i / std::round(1 / step) : i * step);
    return edges;
  }

  // Preferred numbers (ISO 3, rounded): the bars of a series are about equally wide.
  std::vector<double> logarithmic_edges() const {
    static constexpr std::array kFine = {1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0};
    static constexpr std::array kMedium = {1.0, 1.6, 2.5, 4.0, 6.3};
    static constexpr std::array kCoarse = {1.0, 3.15};
    const double from = std::max(values_.min(), low_ / 10), to = std::min(values_.max(), high_ * 10);
    const double decades = std::max(std::log10(to / from), 0.5);
    const std::span<const double> digits = decades * 10 <= wanted_ * 1.5  ? std::span<const double>(kFine)
                                           : decades * 5 <= wanted_ * 1.5 ? std::span<const double>(kMedium)
                                                                          : std::span<const double>(kCoarse);
    // One decade more at either end, cut to the first edges that hold all values.
    std::vector<double> edges = logarithmic_steps(from / 10, to * 10, digits);
    if (whole_) {
      for (double& edge : edges) edge = std::max(1.0, std::round(edge));
      edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    }
    constexpr double kNear = 1 + 1e-12;  // as Distribution rounds
    const auto first = std::upper_bound(edges.begin() + 1, edges.end(), from * kNear) - 1;
    const auto last = std::upper_bound(first, edges.end() - 1, to * kNear);
    return {first, last + 1};
  }

  const Distribution& values_;
  const bool whole_;
  double wanted_ = 0;
  double low_ = 0;
  double high_ = 0;
  bool logarithmic_ = false;
  std::vector<double> edges_;
};

}  // namespace detail

/// What a histogram says about its values.
struct HistogramLabels {
  std::string title;
  std::string values;
  std::string counts;
  bool whole_numbers = false;  ///< the values are counts: no bar is narrower than 1
};

/// Divides values into bars with round edges: equally wide ones, or on a logarithmic axis where the values extend over
/// more than a decade or so. A few values very far from the others are counted as `below` and `above` only.
inline Histogram histogram_of(const Distribution& values, const HistogramLabels& labels) {
  Histogram out{labels.title, labels.values, labels.counts, {}, false, {}, 0, 0};
  if (values.empty()) return out;
  const detail::HistogramEdges chosen(values, labels.whole_numbers);
  const std::vector<double>& edges = chosen.edges();
  out.logarithmic = chosen.logarithmic();
  out.below = values.count_below(edges.front());
  std::uint64_t reached = out.below;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const std::uint64_t up_to = values.count_below(edges[i + 1]);
    out.bars.push_back({edges[i], edges[i + 1], up_to - reached});
    reached = up_to;
  }
  out.above = values.count() - reached;
  if (values.max() <= edges.back()) out.bars.back().count += std::exchange(out.above, 0);
  if (out.logarithmic) {  // an axis without a zero has no reason to begin or end where nothing is
    const auto holds_some = [](const HistogramBar& bar) { return bar.count != 0; };
    out.bars.erase(out.bars.begin(), std::find_if(out.bars.begin(), out.bars.end() - 1, holds_some));
    out.bars.erase(std::find_if(out.bars.rbegin(), out.bars.rend() - 1, holds_some).base(), out.bars.end());
  }
  return out;
}

namespace detail {

// Draws one histogram into a box.
class HistogramPainter {
 public:
  HistogramPainter(Svg& svg, const Histogram& what, const Box& box) : svg_(svg), what_(what), box_(box) {
    plot_ = {box.x + 44, box.y + 40, box.width - 52, box.height - 80};
    std::uint64_t most = 1;
    for (const HistogramBar& bar : what.bars) most = std::max(most, bar.count);
    const double step = std::max(1.0, round_step(static_cast<double>(most) / 5));
    counts_ = {0, std::ceil(static_cast<double>(most) / step) * step, plot_.bottom(), plot_.y, false};
    values_ = {what.bars.front().from, what.bars.back().to, plot_.x, plot_.right(), what.logarithmic};
  }

  void paint() {
    draw_title(svg_, box_, what_.title, outside());
    paint_counts();
    paint_bars();
    paint_values();
  }

 private:
  // "pieces not shown: 2 below 16"
  std::string outside() const {
    std::string note;
    if (what_.below != 0) note = grouped_number(what_.below) + " below " + short_number(values_.from);
    if (what_.above != 0) {
      note += (note.empty() ? "" : ", ") + grouped_number(what_.above) + " above " + short_number(values_.to);
    }
    return note.empty() ? note : what_.counts + " not shown: " + note;
  }

  void paint_counts() {
    svg_.open("g", {{"font-size", 10}, {"text-anchor", "end"}, {"fill", kSoftInk}});
    for (const AxisTick& tick : axis_ticks(counts_, 5)) {
      if (tick.value != std::round(tick.value)) continue;
      const double y = counts_(tick.value);
      svg_.element("line", {{"x1", plot_.x}, {"y1", y}, {"x2", plot_.right()}, {"y2", y}, {"stroke", kGridColor}});
      svg_.text({{"x", plot_.x - 6}, {"y", y + 3.5}}, tick.label);
    }
    svg_.text({{"x", box_.x}, {"y", box_.y + 30}, {"text-anchor", "start"}}, what_.counts);
    svg_.close();
  }

  void paint_bars() {
    svg_.open("g", {{"fill", kBarColor}});
    for (const HistogramBar& bar : what_.bars) {
      if (bar.count == 0) continue;
      const double x = values_(bar.from), width = values_(bar.to) - x, y = counts_(static_cast<double>(bar.count));
      const double gap = width > 4 ? 1 : 0;
      svg_.element("rect", {{"x", x + gap / 2}, {"y", y}, {"width", width - gap}, {"height", plot_.bottom() - y}},
                   hint_of(bar));
    }
    svg_.close();
    if (labels_fit()) paint_bar_labels();
  }

  static std::string label_of(const HistogramBar& bar) { return short_number(static_cast<double>(bar.count)); }

  // The labels of some bars without those of the others would mislead.
  bool labels_fit() const {
    return std::all_of(what_.bars.begin(), what_.bars.end(), [this](const HistogramBar& bar) {
      return values_(bar.to) - values_(bar.from) >= 5.5 * static_cast<double>(label_of(bar).size());
    });
  }

  void paint_bar_labels() {
    svg_.open("g", {{"font-size", 9}, {"text-anchor", "middle"}, {"fill", kSoftInk}});
    for (const HistogramBar& bar : what_.bars) {
      if (bar.count == 0) continue;
      const double x = (values_(bar.from) + values_(bar.to)) / 2;
      svg_.text({{"x", x}, {"y", counts_(static_cast<double>(bar.count)) - 3}}, label_of(bar));
    }
    svg_.close();
  }

  // What a browser shows over a bar: "pieces, 20 to 50: 1,234".
  std::string hint_of(const HistogramBar& bar) const {
    const bool single = bar.to - bar.from == 1 && bar.from == std::round(bar.from);
    const std::string where = short_number(bar.from) + (single ? "" : " to " + short_number(bar.to));
    return what_.counts + ", " + where + ": " + grouped_number(bar.count);
  }

  void paint_values() {
    const double y = plot_.bottom();
    svg_.element("line", {{"x1", plot_.x}, {"y1", y}, {"x2", plot_.right()}, {"y2", y}, {"stroke", kSoftInk}});
    svg_.open("g", {{"font-size", 10}, {"text-anchor", "middle"}, {"fill", kSoftInk}});
    for (const AxisTick& tick : what_.ticks.empty() ? axis_ticks(values_, 12) : what_.ticks) {
      const double x = values_(tick.value);
      svg_.element("line", {{"x1", x}, {"y1", y}, {"x2", x}, {"y2", y + 4}, {"stroke", kSoftInk}});
      svg_.text({{"x", x}, {"y", y + 15}}, tick.label);
    }
    svg_.text({{"x", plot_.x + plot_.width / 2}, {"y", y + 31}, {"font-size", 11}},
              what_.values + (what_.logarithmic ? " (logarithmic)" : ""));
    svg_.close();
  }

  Svg& svg_;
  const Histogram& what_;
  const Box box_;
  Box plot_;
  Axis counts_;
  Axis values_;
};

}  // namespace detail

/// Draws a histogram into `box`: title, bars with their counts, both axes. Only the title where there is no bar.
inline void draw(Svg& svg, const Histogram& histogram, const Box& box) {
  if (histogram.bars.empty()) return draw_title(svg, box, histogram.title, "no values");
  detail::HistogramPainter(svg, histogram, box).paint();
}

}  // namespace aria
