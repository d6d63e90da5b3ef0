// Many small shapes as one path: a dozen bytes each.
#pragma once

#include <cmath>
#include <string>

#include <aria/drawing/svg.hpp>

namespace aria {

/// The text of a path's attribute `d`. Coordinates are rounded to tenths.
///
///     aria::PathData notes;
///     notes.rectangle({10, 20.55, 5, 4});  // "M10 20.6h5v4h-5z"
///     svg.element("path", {{"d", notes.text()}, {"fill", "steelblue"}});
class PathData {
 public:
  void rectangle(const Box& box) {
    move(box.x, box.y);
    add('h', box.width);
    add('v', box.height);
    add('h', -box.width);
    text_ += 'z';
  }

  /// A square on its tip, its corners `radius` away from its middle.
  void diamond(double x, double y, double radius) {
    move(x, y - radius);
    for (const auto& [right, down] : {Step{1, 1}, Step{-1, 1}, Step{-1, -1}}) {
      add('l', radius * right);
      add(' ', radius * down);
    }
    text_ += 'z';
  }

  void horizontal(double from, double to, double y) {
    move(from, y);
    add('H', to);
  }

  void vertical(double x, double from, double to) {
    move(x, from);
    add('V', to);
  }

  /// Begins a line that `line_to` goes on with.
  void line_from(double x, double y) { move(x, y); }

  /// A straight line from where the last one ended. One of no length is a dot where lines have round ends.
  void line_to(double x, double y) {
    add('L', x);
    add(' ', y);
  }

  bool empty() const noexcept { return text_.empty(); }
  const std::string& text() const noexcept { return text_; }
  void clear() noexcept { text_.clear(); }

 private:
  struct Step {
    double right, down;
  };

  void move(double x, double y) {
    add('M', x);
    add(' ', y);
  }

  void add(char command, double value) { text_ += command + svg_number(std::round(value * 10) / 10); }

  std::string text_;
};

}  // namespace aria
