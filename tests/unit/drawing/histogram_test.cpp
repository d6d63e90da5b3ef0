#include <aria/drawing/histogram.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aria/drawing/bar_chart.hpp>
#include <aria/drawing/page.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/xml.hpp"

namespace {

aria::Distribution distribution_of(const std::vector<double>& values) {
  aria::Distribution out;
  for (const double value : values) out.add(value);
  return out;
}

std::uint64_t total(const aria::Histogram& histogram) {
  std::uint64_t sum = histogram.below + histogram.above;
  for (const auto& bar : histogram.bars) sum += bar.count;
  return sum;
}

const aria::HistogramLabels kLabels = {"Title", "value in seconds", "pieces"};

template <class Panel>
std::string drawing_of(const Panel& panel) {
  aria::Svg svg(500, 300);
  draw(svg, panel, {10, 10, 480, 280});
  return std::move(svg).finish();
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("numbers in labels are short", "[drawing]") {
  using aria::short_number;
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.25) == "0.25");
  CHECK(short_number(120) == "120");
  CHECK(short_number(9999) == "9999");
  CHECK(short_number(9999.7) == "10k");
  CHECK(short_number(12345) == "12.3k");
  CHECK(short_number(999'600) == "1M");
  CHECK(short_number(2.5e9) == "2.5G");
  CHECK(short_number(-20'000) == "-20k");
  CHECK(aria::grouped_number(0) == "0");
  CHECK(aria::grouped_number(999) == "999");
  CHECK(aria::grouped_number(1000) == "1,000");
  CHECK(aria::grouped_number(1234567) == "1,234,567");
}

TEST_CASE("steps are round", "[drawing]") {
  using aria::round_step;
  CHECK(round_step(1) == 1);
  CHECK(round_step(1.1) == 2);
  CHECK(round_step(2) == 2);
  CHECK(round_step(3) == 5);
  CHECK(round_step(6) == 10);
  CHECK(round_step(70) == 100);
  CHECK(round_step(0.03) == Approx(0.05));
  CHECK(aria::linear_steps(-0.5, 0.5, 0.5) == std::vector<double>{-0.5, 0, 0.5});
  CHECK(aria::linear_steps(3, 9, 5) == std::vector<double>{5});
  const double digits[] = {1, 2, 5};
  CHECK(aria::logarithmic_steps(0.2, 20, digits) == std::vector<double>{0.2, 0.5, 1, 2, 5, 10, 20});
}

TEST_CASE("an axis maps its ends to its positions", "[drawing]") {
  const aria::Axis linear{10, 20, 100, 300, false};
  CHECK(linear(10) == 100);
  CHECK(linear(20) == 300);
  CHECK(linear(15) == 200);
  const aria::Axis downwards{0, 4, 300, 100, false};
  CHECK(downwards(1) == 250);
  const aria::Axis logarithmic{1, 100, 0, 200, true};
  CHECK(logarithmic(10) == Approx(100));

  std::vector<std::string> labels;
  for (const auto& tick : aria::axis_ticks(logarithmic, 10)) labels.push_back(tick.label);
  CHECK(labels == std::vector<std::string>{"1", "2", "5", "10", "20", "50", "100"});
  CHECK(aria::axis_ticks(logarithmic, 4).size() == 3);  // 1 10 100
  CHECK(aria::axis_ticks({0, 1000, 0, 1, false}, 5).size() == 6);
}

TEST_CASE("bars of equal width have round edges", "[drawing]") {
  // 61 to 139 in eight bars or so: steps of 10.
  std::vector<double> values;
  for (int i = 61; i < 140; i += 2) values.push_back(i);
  const auto histogram = aria::histogram_of(distribution_of(values), kLabels);
  CHECK_FALSE(histogram.logarithmic);
  CHECK(total(histogram) == 40);
  REQUIRE(histogram.bars.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(histogram.bars[i].from == 60 + 10 * static_cast<double>(i));
    CHECK(histogram.bars[i].to == 70 + 10 * static_cast<double>(i));
    CHECK(histogram.bars[i].count == 5);
  }
}

TEST_CASE("the last bar includes its end, but for whole numbers", "[drawing]") {
  const auto shares = aria::histogram_of(distribution_of({0, 0.2, 0.5, 0.99, 1, 1}), kLabels);
  CHECK(shares.bars.back().to == 1);
  CHECK(shares.bars.back().count == 3);
  CHECK(shares.above == 0);
  auto labels = kLabels;
  labels.whole_numbers = true;
  const auto counts = aria::histogram_of(distribution_of({0, 1, 1, 2, 3, 5}), labels);
  REQUIRE(counts.bars.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(counts.bars[i].from == static_cast<double>(i));
  CHECK(counts.bars[1].count == 2);
  CHECK(counts.bars[4].count == 0);
  CHECK(counts.bars[5].count == 1);
}

TEST_CASE("values over several powers of ten get a logarithmic axis", "[drawing]") {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(std::pow(10, i / 100.0));  // 1 to 977
  const auto histogram = aria::histogram_of(distribution_of(values), kLabels);
  CHECK(histogram.logarithmic);
  CHECK(histogram.bars.front().from == 1);
  CHECK(histogram.bars.back().to == 1000);
  CHECK(histogram.bars.size() == 15);  // 1 1.6 2.5 4 6.3 and so on
  CHECK(histogram.bars[5].from == 10);
  CHECK(total(histogram) == 300);
  CHECK(histogram.below + histogram.above == 0);
}

TEST_CASE("values far away from all others are counted, not drawn", "[drawing]") {
  std::vector<double> values(500, 120.0);
  for (int i = 0; i < 500; ++i) values.push_back(60 + i % 100);
  values.push_back(60e6);
  values.push_back(50e6);
  const auto histogram = aria::histogram_of(distribution_of(values), kLabels);
  CHECK(histogram.above == 2);
  CHECK(histogram.bars.back().to <= 200);
  CHECK(total(histogram) == values.size());
  CHECK(drawing_of(histogram).find("pieces not shown: 2 above ") != std::string::npos);
}

TEST_CASE("no value is lost, whatever the values are", "[drawing]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::size_t size = 1 + aria::random_bits(seed, 0) % 300;
    const double decades = 6 * aria::uniform(seed, 1), offset = 12 * aria::uniform(seed, 2) - 3;
    const bool whole = seed % 2 == 0, zeros = seed % 3 == 0;
    aria::Distribution values;
    for (std::size_t i = 3; i < size + 3; ++i) {
      double value = std::pow(10, offset + decades * aria::uniform(seed, i));
      if (whole) value = std::floor(value);
      if (zeros && i % 7 == 0) value = 0;
      values.add(value);
    }
    auto labels = kLabels;
    labels.whole_numbers = whole;
    const auto histogram = aria::histogram_of(values, labels);
    CAPTURE(seed, size, decades, offset);
    CHECK(total(histogram) == size);
    CHECK(histogram.below + histogram.above <= size / 5 + 1);
    REQUIRE(histogram.bars.size() >= 1);
    CHECK(histogram.bars.size() <= 130);
    for (std::size_t i = 0; i < histogram.bars.size(); ++i) {
      CHECK(histogram.bars[i].from < histogram.bars[i].to);
      if (i != 0) CHECK(histogram.bars[i].from == histogram.bars[i - 1].to);
    }
    const std::string svg = drawing_of(histogram);
    CHECK(test::xml_fault(svg) == "");
    CHECK(svg.find("nan") == svg.npos);
  }
}

TEST_CASE("a histogram is drawn with its title, counts and units", "[drawing]") {
  aria::Histogram histogram{
      "Notes <1>", "notes & rests", "pieces", {{0, 10, 3}, {10, 20, 0}, {20, 30, 1200}}, false, {}, 0, 0};
  const std::string svg = drawing_of(histogram);
  CAPTURE(svg);
  CHECK(test::xml_fault(svg) == "");
  CHECK(svg.find(">Notes &lt;1&gt;<") != svg.npos);
  CHECK(svg.find(">notes &amp; rests<") != svg.npos);
  CHECK(svg.find(">1200</text>") != svg.npos);
  CHECK(svg.find("<title>pieces, 20 to 30: 1,200</title>") != svg.npos);
  CHECK(occurrences(svg, "<rect") == 1 + 2);  // the background, and no bar for nothing
  CHECK(svg.find("not shown") == svg.npos);
  histogram.below = 7;
  CHECK(drawing_of(histogram).find("pieces not shown: 7 below 0") != svg.npos);
}

TEST_CASE("a histogram of nothing says so", "[drawing]") {
  const std::string svg = drawing_of(aria::histogram_of({}, kLabels));
  CHECK(test::xml_fault(svg) == "");
  CHECK(svg.find("no values") != svg.npos);
}

TEST_CASE("bars of a chart are as long as their amounts", "[drawing]") {
  const std::string svg = drawing_of(aria::BarChart{"Kinds", {{"a&b", 4, "4 x"}, {"c", 2, "2 x"}, {"d", 0, "none"}}});
  CAPTURE(svg);
  CHECK(test::xml_fault(svg) == "");
  const auto width_before = [&](const std::string& title) {
    const std::size_t at = svg.find("<title>" + title);
    REQUIRE(at != svg.npos);
    return std::stod(svg.substr(svg.rfind(" width=\"", at) + 8));
  };
  CHECK(width_before("a&amp;b: 4 x") > 100);
  CHECK(width_before("c: 2 x") == Approx(width_before("a&amp;b: 4 x") / 2).margin(0.01));
  CHECK(width_before("d: none") == 0);
  CHECK(test::xml_fault(drawing_of(aria::BarChart{"Kinds", {}})) == "");
}

TEST_CASE("a page holds its panels below each other in two columns", "[drawing]") {
  const auto page_of = [](int panels) {
    aria::PanelPage page("Title & more", "subtitle");
    for (int i = 0; i < panels; ++i) page.add(aria::histogram_of(distribution_of({1, 2, 3}), kLabels));
    return page.svg();
  };
  const auto height_of = [](const std::string& svg) { return std::stod(svg.substr(svg.find(" height=\"") + 9)); };
  for (const int panels : {0, 1, 2, 3}) {
    CHECK(test::xml_fault(page_of(panels)) == "");
    CHECK(occurrences(page_of(panels), ">value in seconds<") == static_cast<std::size_t>(panels));
  }
  CHECK(height_of(page_of(1)) == height_of(page_of(2)));
  CHECK(height_of(page_of(3)) > height_of(page_of(2)));
  CHECK(page_of(1).find("<title>Title &amp; more</title>") != std::string::npos);
}
