// The loss curve of a training, from the tables that a training writes into its project directory.
#pragma once

#include <algorithm>
#include <array>
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

// A row of validation.csv, with perplexities or without.
struct ValidationRow : LossRow {
  bool read(std::string_view line);
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
inline bool ValidationRow::read(std::string_view line) {
  std::array<double, 4> perplexities{};
  auto& [event, onset, duration, note] = perplexities;
  return LossRow::read(line) || read_numbers(line, epoch, step, loss, event, onset, duration, note);
}

inline constexpr std::string_view kEventColumns = ",event_ppl,onset_ppl,dur_ppl,note_ppl";

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

// The rows of a file whose first line is `header`, or that with `more_columns` behind it.
template <class Row>
std::vector<Row> read_rows(const std::string& path, std::string_view header, std::string_view more_columns = "") {
  ByteBuffer text;
  read_file(path, text);
  WholeLines lines(text.view());
  std::string_view line;
  const auto refuse = [&](const char* wanted) {
    throw Error(ErrorCode::invalid_text, '"' + excerpt(line) + "\" is not " + wanted + std::string(header),
                {.path = path, .line = lines.number()});
  };
  std::vector<Row> rows;
  const auto is_header = [&] {
    return line.starts_with(header) && (line.size() == header.size() || line.substr(header.size()) == more_columns);
  };
  if (lines.next(line) && !is_header()) refuse("the line ");
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
  std::vector<std::string> after{};  // "epoch 2" or "step 1,000", of the points of `validation`
  std::size_t window = 0;            // steps of a mean
};

inline std::vector<LineChart::Point> mean_points(const std::vector<LineChart::Point>& points, std::size_t window) {
  TrailingMean mean(window);
  std::vector<LineChart::Point> means;
  for (const LineChart::Point& point : points) means.push_back({point.x, mean.add(point.y)});
  return means;
}

// The marks of validation: after epochs, or where that is more, after steps. An epoch ends behind its last step. Only
// what has steps has a place.
class ValidationMarks {
 public:
  ValidationMarks(const std::vector<EpochRow>& epochs, const std::vector<ValidationRow>& steps)
      : epochs_(epochs), steps_(steps), by_step_(!steps.empty()) {}

  // Called for each step in order, with the number of steps up to its end.
  void add(const LossRow& row, double end, bool ends_epoch, LossPoints& points) {
    if (by_step_) {
      while (next_ < steps_.size() && steps_[next_].is_before(row)) ++next_;
      if (next_ == steps_.size() || row.is_before(steps_[next_])) return;
      put(end, steps_[next_].loss, "step " + grouped_number(static_cast<std::uint64_t>(end)), points);
    } else if (ends_epoch) {
      while (next_ < epochs_.size() && epochs_[next_].epoch < row.epoch) ++next_;
      if (next_ == epochs_.size() || epochs_[next_].epoch != row.epoch) return;
      put(end, epochs_[next_].val_loss, "epoch " + std::to_string(row.epoch), points);
    }
  }

 private:
  static void put(double end, double loss, std::string name, LossPoints& points) {
    points.validation.push_back({end, loss});
    points.after.push_back(std::move(name));
  }

  const std::vector<EpochRow>& epochs_;
  const std::vector<ValidationRow>& steps_;
  bool by_step_;
  std::size_t next_ = 0;
};

inline LossPoints loss_points(const std::vector<LossRow>& losses, ValidationMarks marks) {
  constexpr std::size_t kMostSteps = 200;  // as many as the trailing loss of the original has
  LossPoints points;
  points.window = std::clamp<std::size_t>(losses.size() / 50, 1, kMostSteps);
  double begin = 0;  // steps before the epoch
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const LossRow& row = losses[i];
    const double step = begin + static_cast<double>(row.step);
    points.training.push_back({step, row.loss});
    const bool ends_epoch = i + 1 == losses.size() || losses[i + 1].epoch != row.epoch;
    marks.add(row, step + 1, ends_epoch, points);
    if (ends_epoch) begin = step + 1;
  }
  points.mean = mean_points(points.training, points.window);
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
    const bool by_epoch = points.after.front().starts_with("epoch");
    chart.series.push_back(
        {by_epoch ? "validation, after an epoch" : "validation", std::move(points.validation), Style::marks});
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
  return text + ", least " + number(least->y) + " after " + points.after[index];
}

}  // namespace detail

/// The tables of a training.
struct LossTables {
  std::string losses;       ///< the path of loss.csv
  std::string epochs;       ///< of epoch.csv
  std::string validations;  ///< of validation.csv; empty: there is none
};

/// The loss curve of a training as the text of an SVG file: the loss of every step faint, its trailing mean over it,
/// and a mark for the loss in validation. The training may be running still.
///
/// The first two tables are those of EleutherAI's Aria: "epoch,step,loss" and "epoch,avg_train_loss,avg_val_loss" in
/// the first line, then numbers; the third one is as the first, perhaps with four perplexities. Rows that a training
/// wrote again, because it went on from an earlier checkpoint, replace what they go back behind. A last line without a
/// line feed is passed over, and so are epochs without a step in loss.csv.
///
///     file.write(aria::nn::loss_curve_svg({"project/loss.csv", "project/epoch.csv"}, "small, Lakh"));
///
/// Throws not_found or io, and invalid_text with the file and the line where a line is something else.
inline std::string loss_curve_svg(const LossTables& tables, std::string_view title) {
  constexpr double kWidth = 960, kHeight = 540, kMargin = 32, kHead = 74;
  constexpr std::string_view kHeader = "epoch,step,loss";
  const auto losses = detail::read_rows<detail::LossRow>(tables.losses, kHeader);
  const auto epochs = detail::read_rows<detail::EpochRow>(tables.epochs, "epoch,avg_train_loss,avg_val_loss");
  std::vector<detail::ValidationRow> validations;
  if (!tables.validations.empty()) {
    validations = detail::read_rows<detail::ValidationRow>(tables.validations, kHeader, detail::kEventColumns);
  }
  detail::LossPoints points = detail::loss_points(losses, {epochs, validations});
  Svg svg(kWidth, kHeight);
  svg.title(title);
  svg.text({{"x", kMargin}, {"y", 38}, {"font-size", 20}, {"font-weight", 600}, {"fill", kInk}}, title);
  svg.text({{"x", kMargin}, {"y", 58}, {"font-size", 12}, {"fill", kSoftInk}}, detail::loss_summary(points));
  draw(svg, detail::loss_chart(std::move(points)), {kMargin, kHead, kWidth - 2 * kMargin, kHeight - kHead - 20});
  return std::move(svg).finish();
}

}  // namespace aria::nn
