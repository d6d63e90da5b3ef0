// Several drawings on one page.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>

namespace aria {

/// Panels of one size in two columns, below a title.
///
///     aria::PanelPage page("music.jsonl", "1,234 pieces");
///     page.add(aria::histogram_of(durations, {"Durations", "duration in seconds", "pieces"}));
///     file.write(page.svg());
class PanelPage {
 public:
  PanelPage(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

  /// Adds a panel: anything with a `draw(Svg&, const Panel&, const Box&)`.
  template <class Panel>
  void add(Panel panel) {
    panels_.push_back([panel = std::move(panel)](Svg& svg, const Box& box) { draw(svg, panel, box); });
  }

  /// The page as the text of an SVG file.
  std::string svg() const {
    const std::size_t columns = std::clamp<std::size_t>(panels_.size(), 1, 2),
                      rows = (panels_.size() + columns - 1) / columns;
    const double width = kMargin + static_cast<double>(columns) * (kWidth + kMargin);
    Svg svg(width, kHead + static_cast<double>(rows) * (kHeight + kMargin));
    svg.title(title_);
    svg.text({{"x", kMargin}, {"y", 38}, {"font-size", 20}, {"font-weight", 600}, {"fill", kInk}}, title_);
    svg.text({{"x", kMargin}, {"y", 58}, {"font-size", 12}, {"fill", kSoftInk}}, subtitle_);
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      panels_[i](svg, {kMargin + static_cast<double>(i % columns) * (kWidth + kMargin),
                       kHead + static_cast<double>(i / columns) * (kHeight + kMargin), kWidth, kHeight});
    }
    return std::move(svg).finish();
  }

 private:
  static constexpr double kMargin = 32, kHead = 84, kWidth = 520, kHeight = 280;

  std::string title_;
  std::string subtitle_;
  std::vector<std::function<void(Svg&, const Box&)>> panels_;
};

}  // namespace aria
