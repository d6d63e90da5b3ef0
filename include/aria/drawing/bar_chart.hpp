// Bar charts: how much there is of each kind.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>

namespace aria {

/// Named amounts, drawn from top to bottom as lying bars.
struct BarChart {
  struct Row {
    std::string name;
    double amount = 0;  ///< at least 0
    std::string label;  ///< written behind the bar: the amount and its unit
  };

  std::string title;
  std::vector<Row> rows;
};

/// Draws a bar chart into `box`. Bars are never thicker than a line of text needs.
inline void draw(Svg& svg, const BarChart& chart, const Box& box) {
  draw_title(svg, box, chart.title, chart.rows.empty() ? "no values" : "");
  constexpr double kHead = 26, kNames = 92, kCharacter = 6.2;
  double most = 0;
  std::size_t longest = 0;
  for (const BarChart::Row& row : chart.rows) {
    most = std::max(most, row.amount);
    longest = std::max(longest, row.label.size());
  }
  const double pitch =
      std::min(18.0, (box.height - kHead - 8) / static_cast<double>(std::max<std::size_t>(chart.rows.size(), 1)));
  const Axis length{0, most > 0 ? most : 1, 0,
                    std::max(40.0, box.width - kNames - kCharacter * static_cast<double>(longest)), false};
  svg.open("g", {{"font-size", std::min(11.0, pitch * 0.72)}, {"fill", kSoftInk}});
  for (std::size_t i = 0; i < chart.rows.size(); ++i) {
    const BarChart::Row& row = chart.rows[i];
    const double y = box.y + kHead + pitch * static_cast<double>(i), x = box.x + kNames, text_y = y + pitch * 0.7;
    const double width = length(row.amount);
    svg.text({{"x", x - 6}, {"y", text_y}, {"text-anchor", "end"}}, row.name);
    svg.element("rect", {{"x", x}, {"y", y + 1}, {"width", width}, {"height", pitch - 3}, {"fill", kBarColor}},
                row.name + ": " + row.label);
    svg.text({{"x", x + width + 5}, {"y", text_y}}, row.label);
  }
  svg.close();
}

}  // namespace aria
