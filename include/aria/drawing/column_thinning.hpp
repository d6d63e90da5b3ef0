// Of any number of points of a line, those that can be seen.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>

namespace aria {

/// Where a point is drawn.
struct PlottedPoint {
  double x = 0;
  double y = 0;
  std::size_t number = 0;  ///< among all that were added, gaps included
  bool begins = false;     ///< there is a gap before it, or nothing
};

/// Passes on the topmost and the lowest point of every column of pixels, in the order in which they were added. Gaps
/// within a column are too narrow to be seen.
///
///     aria::ColumnThinning thinning([&](const aria::PlottedPoint& point) { points.push_back(point); });
///     for (int i = 0; i < 1'000'000; ++i) thinning.add(i * 0.001, loss[i]);
///     thinning.finish();  // 2000 points at most
template <class Use>
class ColumnThinning {
 public:
  explicit ColumnThinning(Use use) : use_(std::move(use)) {}

  void add(double x, double y) {
    const PlottedPoint point{x, y, number_++, false};
    const double column = std::floor(x);
    if (!filled_ || column != column_) {
      finish();
      column_ = column;
      top_ = bottom_ = point;
      begins_ = gap_;
      filled_ = true;
    } else if (y < top_.y) {
      top_ = point;
    } else if (y > bottom_.y) {
      bottom_ = point;
    }
    gap_ = false;
  }

  /// A point that is not there.
  void gap() noexcept {
    ++number_;
    gap_ = true;
  }

  /// Passes on what is left. To be called behind the last point.
  void finish() {
    if (!filled_) return;
    filled_ = false;
    PlottedPoint first = top_, second = bottom_;
    if (second.number < first.number) std::swap(first, second);
    first.begins = begins_;
    use_(std::as_const(first));
    if (second.number != first.number) use_(std::as_const(second));
  }

 private:
  Use use_;
  std::size_t number_ = 0;
  double column_ = 0;
  bool filled_ = false;  // the column has points
  bool begins_ = true;   // there was a gap before the column
  bool gap_ = true;
  PlottedPoint top_;
  PlottedPoint bottom_;
};

}  // namespace aria
