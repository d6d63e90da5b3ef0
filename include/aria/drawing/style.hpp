// The look that all drawings share: dark text and one blue on white, and where the title of a panel stands.
#pragma once

#include <string_view>

#include <aria/drawing/svg.hpp>

namespace aria {

inline constexpr const char* kInk = "#222";           ///< titles
inline constexpr const char* kSoftInk = "#555";       ///< labels and axes
inline constexpr const char* kGridColor = "#e4e6ea";  ///< lines behind what is drawn
inline constexpr const char* kBarColor = "#4a7ab0";

/// The title of a panel at the upper left of its box, and a note at the upper right.
inline void draw_title(Svg& svg, const Box& box, std::string_view title, std::string_view note = {}) {
  svg.text({{"x", box.x}, {"y", box.y + 14}, {"font-size", 14}, {"font-weight", 600}, {"fill", kInk}}, title);
  if (note.empty()) return;
  svg.text({{"x", box.right()}, {"y", box.y + 14}, {"font-size", 10}, {"text-anchor", "end"}, {"fill", kSoftInk}},
           note);
}

}  // namespace aria
