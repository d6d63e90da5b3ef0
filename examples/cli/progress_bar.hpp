// A bar on a terminal that says how far long work has come, how fast it goes and how long it will take.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include <aria/support/progress.hpp>

namespace cli {

/// "1:05" or "2:03:04".
inline std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, seconds));
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", static_cast<unsigned long long>(whole / 3600),
                  static_cast<unsigned long long>(whole / 60 % 60), static_cast<unsigned long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%llu:%02llu", static_cast<unsigned long long>(whole / 60),
                  static_cast<unsigned long long>(whole % 60));
  }
  return text;
}

/// "[####------]"
inline std::string bar_of(double share, int width = 30) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  return '[' + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(width - full), '-') + ']';
}

/// The text of the bar, without moving the cursor: "[####------]  40%  104/260 files  1320 files/s  0:12 left".
inline std::string bar_text(const aria::Progress& progress, double seconds, const std::string& unit) {
  const double rate = seconds > 0 ? static_cast<double>(progress.done) / seconds : 0;
  char text[256];
  if (progress.total == 0) {
    std::snprintf(text, sizeof text, "%llu %s  %.0f %s/s", static_cast<unsigned long long>(progress.done), unit.c_str(),
                  rate, unit.c_str());
    return text;
  }
  const double share = std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
  const double left =
      rate > 0 ? static_cast<double>(progress.total - std::min(progress.done, progress.total)) / rate : 0;
  std::snprintf(text, sizeof text, "%s %3.0f%%  %llu/%llu %s  %.0f %s/s  %s left", bar_of(share).c_str(), 100 * share,
                static_cast<unsigned long long>(progress.done), static_cast<unsigned long long>(progress.total),
                unit.c_str(), rate, unit.c_str(), clock_text(left).c_str());
  return text;
}

/// A line at the foot of a terminal that is written over and over: on standard error where that is one, ten times a
/// second at most, and wiped away at its end.
class StatusLine {
 public:
  StatusLine() : visible_(::isatty(STDERR_FILENO) == 1) {}
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine() { wipe(); }

  /// Whether anybody would see it.
  bool visible() const noexcept { return visible_; }

  /// Shows what `text()` gives, if it is time to.
  template <class Text>
  void show(Text text) {
    const auto now = Clock::now();
    if (!visible_ || (drawn_ && now - last_ < std::chrono::milliseconds(100))) return;
    last_ = now;
    drawn_ = true;
    const std::string whole = text();
    std::fprintf(stderr, "\r%s\033[K", whole.substr(0, width()).c_str());
    std::fflush(stderr);
  }

  /// Makes room for lines that stay.
  void wipe() {
    if (drawn_) std::fputs("\r\033[K", stderr);
    drawn_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // What fits in a row: a line that wraps could not be written over.
  static std::size_t width() {
    struct winsize size {};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - std::size_t{1} : std::string::npos;
  }

  bool visible_;
  bool drawn_ = false;
  Clock::time_point last_{};
};

/// How far work has come, on a StatusLine.
class ProgressBar {
 public:
  explicit ProgressBar(std::string unit) : unit_(std::move(unit)) {}

  /// What to give to the work; empty where nobody would see it.
  aria::ProgressCallback callback() {
    if (!line_.visible()) return {};
    return [this](const aria::Progress& progress) { line_.show([&] { return bar_text(progress, seconds(), unit_); }); };
  }

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  std::string unit_;
  StatusLine line_;
  Clock::time_point start_ = Clock::now();
};

/// The same callback for work that counts bytes, where the bar's unit is "MB".
inline aria::ProgressCallback in_megabytes(aria::ProgressCallback draw) {
  if (!draw) return {};
  return [draw = std::move(draw)](const aria::Progress& bytes) {
    draw({bytes.done / 1'000'000, bytes.total / 1'000'000});
  };
}

}  // namespace cli
