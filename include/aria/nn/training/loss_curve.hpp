// The loss curve of a training, from the two files that a training writes into its project directory.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/drawing/line_chart.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/drawing/value_range.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>
#include <aria/support/file.hpp>

namespace aria::nn {

namespace detail {

// A row of loss.csv. Rows of a training come in this order.
struct LossRow {
  std::uint64_t epoch = 0;
  std::uint64_t step = 0;
  double loss = 0;

  bool read(std::string_view line);
  bool is_before(const LossRow& other) const noexcept {
    return epoch != other.epoch ? epoch < other.epoch : step < other.step;
  }
};

// A row of epoch.csv.
struct EpochRow {
  std::uint64_t epoch = 0;
  double train_loss = 0;
  double val_loss = 0;

  bool read(std::string_view line);
  bool is_before(const EpochRow& other) const noexcept { return epoch < other.epoch; }
};

// Reads numbers with commas between them, and nothing else.
template <class... Numbers>
bool read_numbers(std::string_view line, Numbers&... numbers) {
  const char* at = line.data();
  const char* const end = at + line.size();
  bool good = true, first = true;
  const auto read_one = [&](auto& number) {
    if (!std::exchange(first, false)) {
      good = good && at != end && *at == ',';
      if (!good) return;
      ++at;
    }
    const auto [stop, error] = std::from_chars(at, end, number);
    good = good && error == std::errc();
    at = stop;
  };
  (read_one(numbers), ...);
  return good && at == end;
}

inline bool LossRow::read(std::string_view line) { return read_numbers(line, epoch, step, loss); }
inline bool EpochRow::read(std::string_view line) { return read_numbers(line, epoch, train_loss, val_loss); }

// Appends a row. A training that went on from an earlier checkpoint writes some rows again: those that were written
// before, and what came behind them, are no part of the model's past any more.
template <class Row>
void add_row(std::vector<Row>& rows, const Row& row) {
  while (!rows.empty() && !rows.back().is_before(row)) rows.pop_back();
  rows.push_back(row);
}

// The lines of a text that end with a line feed, without it and without the carriage return of Python's csv module. A
// last line without one is passed over: the process that was writing it has been killed, or is at it just now.
class WholeLines {
 public:
  explicit WholeLines(std::string_view text) noexcept : rest_(text) {}

  bool next(std::string_view& line) noexcept {
    const std::size_t end = rest_.find('\n');
    if (end == rest_.npos) return false;
    line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return true;
  }

  std::uint64_t number() const noexcept { return number_; }

 private:
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

// The rows of a file whose first line is `header`.
template <class Row>
std::vector<Row> read_rows(const std::string& path, std::string_view header) {
  ByteBuffer text;
  read_file(path, text);
  WholeLines lines(text.view());
  std::string_view line;
  const auto refuse = [&](const char* wanted) {
    throw Error(ErrorCode::invalid_text, '"' + excerpt(line) + "\" is not " + wanted + std::string(header),
                {.path = path, .line = lines.number()});
  };
  std::vector<Row> rows;
  if (lines.next(line) && line != header) refuse("the line ");
  for (Row row; lines.next(line); add_row(rows, row)) {
    if (!row.read(line)) refuse("a row of ");
  }
  return rows;
}

// The mean of the last values, of those among them that are finite.
class TrailingMean {
 public:
  explicit TrailingMean(std::size_t window) : recent_(window, std::numeric_limits<double>::quiet_NaN()) {}

  double add(double value) {
    include(recent_[next_], -1);
    include(recent_[next_] = value, 1);
    if (++next_ == recent_.size()) start_over();
    return count_ > 0 ? sum_ / count_ : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  void include(double value, int times) {
    if (!std::isfinite(value)) return;
    sum_ += times * value;
    count_ += times;
  }

  // Rounding errors must not add up over a long training.
  void start_over() {
    next_ = 0;
    sum_ = count_ = 0;
    for (const double value : recent_) include(value, 1);
  }

  std::vector<double> recent_;
  std::size_t next_ = 0;
  double sum_ = 0;
  double count_ = 0;
};

// What a loss curve shows: x counts steps from the beginning of the training.
struct LossPoints {
  using Points = std::vector<LineChart::Point>;

  Points training{};
  Points mean{};
  Points validation{};
  std::vector<std::uint64_t> epochs{};  // of the points of `validation`
  std::size_t window = 0;               // steps of a mean
};

// An epoch ends behind its last step. Only what has steps has a place.
inline LossPoints loss_points(const std::vector<LossRow>& losses, const std::vector<EpochRow>& epochs) {
  constexpr std::size_t kMostSteps = 200;  // as many as the trailing loss of the original has
  LossPoints points;
  points.window = std::clamp<std::size_t>(losses.size() / 50, 1, kMostSteps);
  TrailingMean mean(points.window);
  double begin = 0;  // steps before the epoch
  auto epoch = epochs.begin();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const LossRow& row = losses[i];
    const double step = begin + static_cast<double>(row.step);
    points.training.push_back({step, row.loss});
    points.mean.push_back({step, mean.add(row.loss)});
    if (i + 1 < losses.size() && losses[i + 1].epoch == row.epoch) continue;
    begin = step + 1;
    while (epoch != epochs.end() && epoch->epoch < row.epoch) ++epoch;
    if (epoch == epochs.end() || epoch->epoch != row.epoch) continue;
    points.validation.push_back({begin, epoch->val_loss});
    points.epochs.push_back(row.epoch);
  }
  return points;
}

inline LineChart loss_chart(LossPoints points) {
  using Style = LineChart::Style;
  // Most of a training takes place far below where it begins.
  ValueRange losses;
  for (const LineChart::Point& point : points.training) {
    if (ValueRange::fits(point.y)) losses.add(point.y);
  }
  LineChart chart{{}, "step", "loss"};
  chart.logarithmic = losses.least > 0 && losses.greatest > 3 * losses.least;
  const bool few = points.window < 2;
  chart.series.push_back({"training", std::move(points.training), few ? Style::strong_line : Style::faint_line});
  if (!few) {
    const std::string name = "training, mean of " + std::to_string(points.window) + " steps";
    chart.series.push_back({name, std::move(points.mean), Style::strong_line});
  }
  if (!points.validation.empty()) {
    chart.series.push_back({"validation, after an epoch", std::move(points.validation), Style::marks});
  }
  return chart;
}

// "12,000 steps; training loss 1.234; validation loss 1.345, least 1.305 after epoch 2"
inline std::string loss_summary(const LossPoints& points) {
  if (points.training.empty()) return "no step yet";
  const auto number = [](double loss) { return std::isfinite(loss) ? short_number(loss) : "not finite"; };
  std::string text = grouped_number(points.training.size()) + (points.training.size() == 1 ? " step" : " steps") +
                     "; training loss " + number(points.mean.back().y);
  if (points.validation.empty()) return text;
  text += "; validation loss " + number(points.validation.back().y);
  const auto less = [](const LineChart::Point& a, const LineChart::Point& b) {
    return std::isfinite(a.y) && !(b.y <= a.y);  // what is not finite is the greatest
  };
  const auto least = std::min_element(points.validation.begin(), points.validation.end(), less);
  const auto index = static_cast<std::size_t>(least - points.validation.begin());
  if (index + 1 == points.validation.size()) return text;
  return text + ", least " + number(least->y) + " after epoch " + std::to_string(points.epochs[index]);
}

}  // namespace detail

/// The loss curve of a training as the text of an SVG file: the loss of every step faint, its trailing mean over it,
/// and a mark for the loss in validation where an epoch ends. The training may be running still.
///
/// The files are those of EleutherAI's Aria: "epoch,step,loss" and "epoch,avg_train_loss,avg_val_loss" in the first
/// line, then numbers. Rows that a training wrote again, because it went on from an earlier checkpoint, replace what
/// they go back behind. A last line without a line feed is passed over, and so are epochs without a step in loss.csv.
///
///     file.write(aria::nn::loss_curve_svg("project/loss.csv", "project/epoch.csv", "small, Lakh"));
///
/// Throws not_found or io, and invalid_text with the file and the line where a line is something else.
inline std::string loss_curve_svg(const std::string& loss_csv_path, const std::string& epoch_csv_path,
                                  std::string_view title) {
  constexpr double kWidth = 960, kHeight = 540, kMargin = 32, kHead = 74;
  detail::LossPoints points =
      detail::loss_points(detail::read_rows<detail::LossRow>(loss_csv_path, "epoch,step,loss"),
                          detail::read_rows<detail::EpochRow>(epoch_csv_path, "epoch,avg_train_loss,avg_val_loss"));
  Svg svg(kWidth, kHeight);
  svg.title(title);
  svg.text({{"x", kMargin}, {"y", 38}, {"font-size", 20}, {"font-weight", 600}, {"fill", kInk}}, title);
  svg.text({{"x", kMargin}, {"y", 58}, {"font-size", 12}, {"fill", kSoftInk}}, detail::loss_summary(points));
  draw(svg, detail::loss_chart(std::move(points)), {kMargin, kHead, kWidth - 2 * kMargin, kHeight - kHead - 20});
  return std::move(svg).finish();
}

}  // namespace aria::nn
