#include <aria/drawing/line_chart.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <aria/drawing/column_thinning.hpp>
#include <aria/drawing/page.hpp>
#include <aria/drawing/value_range.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/xml.hpp"

namespace {

using aria::LineChart;
using Style = aria::LineChart::Style;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kWidth = 480;  // of the box

LineChart chart_of(std::vector<LineChart::Point> points, Style style = Style::strong_line) {
  LineChart chart{"Title", "step", "loss"};
  chart.series.push_back({"training", std::move(points), style});
  return chart;
}

std::string drawing_of(const LineChart& chart) {
  aria::Svg svg(500, 300);
  draw(svg, chart, {10, 10, kWidth, 280});
  std::string text = std::move(svg).finish();
  CHECK(test::xml_fault(text) == "");
  CHECK(text.find("nan") == text.npos);
  CHECK(text.find("inf") == text.npos);
  return text;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// An attribute of the first element with this title; empty where there is no such element.
std::string attribute(const std::string& svg, const std::string& title, const std::string& name) {
  const std::size_t at = svg.find("><title>" + title + "</title>");
  if (at == svg.npos) return {};
  const std::size_t begin = svg.find(' ' + name + "=\"", svg.rfind('<', at)) + name.size() + 3;
  return svg.substr(begin, svg.find('"', begin) - begin);
}

// Where a path goes: one list of positions for each of its pieces.
std::vector<std::vector<LineChart::Point>> pieces_of(const std::string& path) {
  std::vector<std::vector<LineChart::Point>> pieces;
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == 'M') pieces.emplace_back();
    std::size_t used = 0;
    const double x = std::stod(path.substr(++at), &used);
    at += used + 1;
    const double y = std::stod(path.substr(at), &used);
    at += used;
    pieces.back().push_back({x, y});
  }
  return pieces;
}

std::vector<std::vector<LineChart::Point>> pieces_of_training(const LineChart& chart) {
  return pieces_of(attribute(drawing_of(chart), "training", "d"));
}

std::vector<std::string> labels_of(const std::vector<aria::AxisTick>& ticks) {
  std::vector<std::string> labels;
  labels.reserve(ticks.size());
  for (const aria::AxisTick& tick : ticks) labels.push_back(tick.label);
  return labels;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("thinning keeps the extremes of every column, in their order", "[drawing]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    struct Column {
      double top = kInfinity, bottom = -kInfinity;
    };
    std::map<double, Column> wanted;
    std::vector<aria::PlottedPoint> points;
    aria::RandomStream random(seed);
    aria::ColumnThinning thinning([&](const aria::PlottedPoint& point) { points.push_back(point); });
    double x = -3;
    const double pace = 2 * random.uniform();
    for (int i = 0; i < 500; ++i) {
      x += pace * random.uniform();
      const double y = random.below(50);
      thinning.add(x, y);
      Column& column = wanted[std::floor(x)];
      column = {std::min(column.top, y), std::max(column.bottom, y)};
    }
    thinning.finish();
    std::map<double, Column> found;
    std::map<double, int> counts;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (i != 0) CHECK(points[i].number > points[i - 1].number);
      CHECK(points[i].begins == (i == 0));
      Column& column = found[std::floor(points[i].x)];
      column = {std::min(column.top, points[i].y), std::max(column.bottom, points[i].y)};
      CHECK(++counts[std::floor(points[i].x)] <= 2);
    }
    REQUIRE(found.size() == wanted.size());
    for (const auto& [at, column] : wanted) {
      CHECK(found[at].top == column.top);
      CHECK(found[at].bottom == column.bottom);
    }
  }
}

TEST_CASE("thinning knows gaps between columns", "[drawing]") {
  std::string passed;
  aria::ColumnThinning thinning([&](const aria::PlottedPoint& point) {
    passed += (point.begins ? "|" : "") + std::to_string(point.number) + ' ';
  });
  thinning.gap();        // 0
  thinning.add(0.2, 5);  // 1
  thinning.gap();        // 2: within a column
  thinning.add(0.8, 7);  // 3
  thinning.add(1.5, 7);  // 4
  thinning.gap();        // 5
  thinning.gap();        // 6
  thinning.add(2, 7);    // 7
  thinning.add(2.1, 9);  // 8
  thinning.add(2.2, 8);  // 9: between the two
  thinning.gap();        // 10
  thinning.finish();
  thinning.finish();
  CHECK(passed == "|1 3 4 |7 8 ");
}

TEST_CASE("axes of values have round ends and room", "[drawing]") {
  const auto ends = [](double least, double greatest, std::size_t steps) {
    const aria::Axis axis = aria::value_axis({least, greatest}, 300, 20, steps);
    CHECK(axis(axis.from) == 300);
    CHECK(axis(axis.to) == 20);
    return std::pair(axis.from, axis.to);
  };
  CHECK(ends(1.3, 9.4, 5) == std::pair(0.0, 10.0));
  CHECK(ends(0, 10, 5) == std::pair(0.0, 10.0));
  CHECK(ends(-7, 13, 5) == std::pair(-10.0, 15.0));
  CHECK(ends(0, 0, 4) == std::pair(-1.0, 1.0));
  const auto [low, high] = ends(2, 2, 4);
  CHECK(low < 2);
  CHECK(high > 2);
  const aria::Axis logarithmic = aria::value_axis({1, 100}, 0, 1, 5, true);
  CHECK(logarithmic.from < 1);
  CHECK(logarithmic.from > 0.5);
  CHECK(logarithmic.to > 100);
}

TEST_CASE("labels of ticks differ", "[drawing]") {
  CHECK(labels_of(aria::distinct_ticks({0, 20000}, 4)) == Labels{"0", "5000", "10k", "15k", "20k"});
  CHECK(labels_of(aria::distinct_ticks({100'000, 100'300}, 3)) == Labels{"100000", "100100", "100200", "100300"});
  CHECK(labels_of(aria::distinct_ticks({2.00001, 2.00003}, 2)) == Labels{"2.00001", "2.00002", "2.00003"});
  CHECK(labels_of(aria::distinct_ticks({1.2, 11, 0, 1, true}, 8)) == Labels{"1.5", "2", "3", "5", "7", "10"});
  CHECK(labels_of(aria::distinct_ticks({1.2, 11, 0, 1, true}, 4)) == Labels{"2", "5", "10"});
  CHECK(labels_of(aria::distinct_ticks({2.1, 2.9, 0, 1, true}, 4)) == Labels{"2.2", "2.4", "2.6", "2.8"});
}

TEST_CASE("a line chart has a title, labels, a legend and its lines", "[drawing]") {
  LineChart chart{"Loss <1>", "step & more", "loss \"x\""};
  chart.series.push_back({"a < b", {{0, 1}, {100, 3}, {200, 2}}, Style::faint_line});
  chart.series.push_back({"c & d", {{0, 2}, {200, 2}}, Style::strong_line});
  chart.series.push_back({"", {{0, 2.5}, {200, 2.5}}, Style::strong_line});
  chart.series.push_back({"marks", {{100, 2.25}}, Style::marks});
  const std::string svg = drawing_of(chart);
  CAPTURE(svg);
  for (const char* text :
       {"Loss &lt;1&gt;", "step &amp; more", "loss &quot;x&quot;", "a &lt; b", "c &amp; d", "marks"}) {
    CHECK(occurrences(svg, '>' + std::string(text) + "</text>") == 1);
  }
  CHECK(occurrences(svg, "<title>a &lt; b</title>") == 1);
  CHECK(occurrences(svg, "<title>marks: 2.25 at 100</title>") == 1);
  CHECK(occurrences(svg, "<path") == 4 + 3);  // the legend leaves out what has no name
  CHECK(svg.find(">200</text>") != svg.npos);
  CHECK(svg.find("no values") == svg.npos);

  const auto line = pieces_of(attribute(svg, "a &lt; b", "d"));
  REQUIRE(line.size() == 1);
  REQUIRE(line[0].size() == 3);
  CHECK(line[0][1].x - line[0][0].x == Approx(line[0][2].x - line[0][1].x).margin(0.11));
  CHECK(line[0][0].y - line[0][1].y == Approx(2 * (line[0][2].y - line[0][1].y)).margin(0.21));
}

TEST_CASE("series differ in colour, and in dashes or shape", "[drawing]") {
  LineChart chart{"Title", "x", "y"};
  for (int i = 0; i < 4; ++i) {
    chart.series.push_back({"line" + std::to_string(i), {{0, 1.0 * i}, {9, 1.0 * i}}, Style::strong_line});
  }
  chart.series.push_back({"mark4", {{5, 1}}, Style::marks});
  chart.series.push_back({"mark5", {{5, 2}}, Style::marks});
  const std::string svg = drawing_of(chart);
  std::vector<std::string> colors, dashes;
  for (int i = 0; i < 4; ++i) {
    colors.push_back(attribute(svg, "line" + std::to_string(i), "stroke"));
    dashes.push_back(attribute(svg, "line" + std::to_string(i), "stroke-dasharray"));
  }
  colors.push_back(attribute(svg, "mark4: 1 at 5", "fill"));
  colors.push_back(attribute(svg, "mark5: 2 at 5", "fill"));
  CHECK(attribute(svg, "mark4: 1 at 5", "d").find('l') != std::string::npos);
  CHECK(attribute(svg, "mark5: 2 at 5", "d").find('h') != std::string::npos);
  for (std::vector<std::string>* all : {&colors, &dashes}) {
    std::sort(all->begin(), all->end());
    CHECK(std::adjacent_find(all->begin(), all->end()) == all->end());
    CHECK_FALSE(all->front().empty());
  }
}

TEST_CASE("a line chart of a million points is small and keeps spikes", "[drawing]") {
  std::vector<LineChart::Point> points;
  points.reserve(1'000'000);
  for (int i = 0; i < 1'000'000; ++i) points.push_back({1.0 * i, 2 + aria::uniform(1, static_cast<std::uint64_t>(i))});
  points[654'321].y = 40;
  points[123'456].y = -40;
  for (const Style style : {Style::faint_line, Style::strong_line}) {
    const auto pieces = pieces_of_training(chart_of(points, style));
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].size() > 2 * (kWidth - 80));
    CHECK(pieces[0].size() <= 2 * kWidth);
    double top = kInfinity, bottom = 0, top_x = 0, bottom_x = 0;
    for (const LineChart::Point& point : pieces[0]) {
      if (point.y < top) top = point.y, top_x = point.x;
      if (point.y > bottom) bottom = point.y, bottom_x = point.x;
    }
    CHECK(bottom - top > 150);  // the rest lies within 3
    CHECK(top_x == Approx(pieces[0][0].x + (pieces[0].back().x - pieces[0][0].x) * 0.654321).margin(1));
    CHECK(bottom_x == Approx(pieces[0][0].x + (pieces[0].back().x - pieces[0][0].x) * 0.123456).margin(1));
  }
  const std::string svg = drawing_of(chart_of(points, Style::marks));
  CHECK(svg.find("<title>training: 40 at 654321</title>") != svg.npos);
  CHECK(occurrences(svg, "<path") <= 2 * kWidth);
}

TEST_CASE("points that are not finite are gaps in a line", "[drawing]") {
  const auto sizes = [](std::vector<LineChart::Point> points) {
    const std::string svg = drawing_of(chart_of(std::move(points)));
    std::string text;
    for (const auto& piece : pieces_of(attribute(svg, "training", "d"))) text += std::to_string(piece.size()) + ' ';
    return text;
  };
  CHECK(sizes({{0, 1}, {1, 2}, {2, 3}, {3, 4}}) == "4 ");
  CHECK(sizes({{0, 1}, {1, 2}, {2, kNan}, {3, 4}, {4, 5}, {5, 6}}) == "2 3 ");
  CHECK(sizes({{0, kInfinity}, {1, 2}, {2, 4}, {3, -kInfinity}, {4, kNan}, {5, 4}, {6, 5}, {7, kNan}}) == "2 2 ");
  CHECK(sizes({{0, 1}, {kNan, 2}, {2, 1e200}, {3, 4}, {kInfinity, 5}, {5, 6}, {6, 7}}) == "2 ");  // and two dots
  // Gaps too narrow to be seen do not undo the thinning.
  std::vector<LineChart::Point> points;
  points.reserve(100'000);
  for (int i = 0; i < 100'000; ++i) points.push_back({1.0 * i, i % 2 == 0 ? kNan : i % 7});
  CHECK(drawing_of(chart_of(points)).size() < 30'000);
}

TEST_CASE("a point between two gaps is a dot", "[drawing]") {
  const std::string svg = drawing_of(chart_of({{0, 1}, {1, kNan}, {2, 3}, {3, kNan}, {4, 5}, {5, 6}}));
  CHECK(occurrences(svg, "<title>training</title>") == 2);
  const auto line = pieces_of(attribute(svg, "training", "d"));
  REQUIRE(line.size() == 1);
  CHECK(line[0].size() == 2);
  CHECK(svg.find("stroke-width=\"4\"") != svg.npos);
}

TEST_CASE("a line chart of nothing says so", "[drawing]") {
  LineChart logarithmic = chart_of({{0, 0}, {1, -1}});
  logarithmic.logarithmic = true;
  for (const LineChart& chart : {LineChart{"Title", "step", "loss"}, chart_of({}), chart_of({{0, kNan}, {kNan, 0}}),
                                 chart_of({{0, kNan}}, Style::marks), logarithmic}) {
    const std::string svg = drawing_of(chart);
    CHECK(svg.find(">no values</text>") != svg.npos);
    CHECK(svg.find(">Title</text>") != svg.npos);
    CHECK(svg.find("<path") == svg.npos);
    CHECK(svg.find("<line") == svg.npos);
  }
}

TEST_CASE("one point, and values that are all the same, lie within the axes", "[drawing]") {
  const auto one = pieces_of_training(chart_of({{5, 2.5}}));
  REQUIRE(one.size() == 1);
  REQUIRE(one[0].size() == 2);
  CHECK(one[0][0].x == one[0][1].x);
  CHECK(one[0][0].x > 100);
  CHECK(one[0][0].y > 60);
  CHECK(one[0][0].y < 230);
  const auto same = pieces_of_training(chart_of({{0, 3}, {10, 3}, {20, 3}}));
  REQUIRE(same.size() == 1);
  REQUIRE(same[0].size() == 3);
  CHECK(same[0][0].y == same[0][2].y);
  CHECK(same[0][0].y > 60);
  CHECK(same[0][0].y < 230);
  CHECK(drawing_of(chart_of({{0, 0}}, Style::marks)).find("<title>training: 0 at 0</title>") != std::string::npos);
}

TEST_CASE("a logarithmic line chart leaves out what is not above 0", "[drawing]") {
  LineChart chart = chart_of({{0, 1}, {1, 10}, {2, 100}, {3, 0}, {4, 100}, {5, 1}});
  chart.logarithmic = true;
  const auto pieces = pieces_of_training(chart);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0][0].y - pieces[0][1].y == Approx(pieces[0][1].y - pieces[0][2].y).margin(0.11));
  CHECK(drawing_of(chart).find(">loss (logarithmic)</text>") != std::string::npos);
}

TEST_CASE("between whole numbers of steps there are no ticks", "[drawing]") {
  CHECK(drawing_of(chart_of({{0, 1}, {2, 5}})).find(">0.5</text>") == std::string::npos);
  CHECK(drawing_of(chart_of({{0, 10}, {1.5, 50}})).find(">0.5</text>") != std::string::npos);
}

TEST_CASE("a line chart can be drawn whatever the values are", "[drawing]") {
  const double tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  for (const double a :
       {0.0, 1.0, -1.0, tiny, -tiny, 1e-150, 1e-149, 1e150, -1e150, 1e151, huge, -huge, 1e17, 1 + 1e-9}) {
    for (const double b : {0.0, 1.0, tiny, 1e-151, 1.5e-150, 1e-12, 1e150, 1e17 + 16, 1 + 1e-15, huge, kNan}) {
      for (const bool logarithmic : {false, true}) {
        CAPTURE(a, b, logarithmic);
        LineChart chart = chart_of({{a, b}, {b, a}, {1, a}, {2, b}});
        chart.logarithmic = logarithmic;
        CHECK(drawing_of(chart).size() < 20'000);
      }
    }
  }
  // Nor does it matter how small the box is, or how long the names are.
  LineChart chart = chart_of({{0, 1}, {1, 2}});
  chart.series[0].name = std::string(200, 'x');
  for (const double size : {0.0, 1.0, 50.0}) {
    aria::Svg svg(100, 100);
    draw(svg, chart, {0, 0, size, size});
    const std::string text = std::move(svg).finish();
    CHECK(test::xml_fault(text) == "");
  }
}

TEST_CASE("a line chart is a panel of a page", "[drawing]") {
  aria::PanelPage page("Title", "subtitle");
  page.add(chart_of({{0, 1}, {1, 2}}));
  CHECK(test::xml_fault(page.svg()) == "");
  CHECK(occurrences(page.svg(), "<title>training</title>") == 1);
}
