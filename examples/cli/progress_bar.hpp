// A bar on a terminal that says how far long work has come, how fast it goes and how long it will take.
#pragma once

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

/// The text of the bar, without moving the cursor: "[####------]  40%  104/260 files  1320 files/s  0:12 left".
inline std::string bar_text(const aria::Progress& progress, double seconds, const std::string& unit) {
  constexpr int kWidth = 30;
  const double rate = seconds > 0 ? static_cast<double>(progress.done) / seconds : 0;
  char text[256];
  if (progress.total == 0) {
    std::snprintf(text, sizeof text, "%llu %s  %.0f %s/s", static_cast<unsigned long long>(progress.done), unit.c_str(),
                  rate, unit.c_str());
    return text;
  }
  const double share = std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
  const int full = static_cast<int>(share * kWidth);
  const double left =
      rate > 0 ? static_cast<double>(progress.total - std::min(progress.done, progress.total)) / rate : 0;
  std::snprintf(text, sizeof text, "[%s%s] %3.0f%%  %llu/%llu %s  %.0f %s/s  %s left", std::string(full, '#').c_str(),
                std::string(kWidth - full, '-').c_str(), 100 * share, static_cast<unsigned long long>(progress.done),
                static_cast<unsigned long long>(progress.total), unit.c_str(), rate, unit.c_str(),
                clock_text(left).c_str());
  return text;
}

/// Draws on standard error where that is a terminal, ten times a second at most, and wipes the bar away at its end.
class ProgressBar {
 public:
  explicit ProgressBar(std::string unit) : unit_(std::move(unit)), visible_(::isatty(STDERR_FILENO) == 1) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() {
    if (drawn_) std::fputs("\r\033[K", stderr);
  }

  /// What to give to the work; empty where nobody would see it.
  aria::ProgressCallback callback() {
    if (!visible_) return {};
    return [this](const aria::Progress& progress) { draw(progress); };
  }

 private:
  using Clock = std::chrono::steady_clock;

  void draw(const aria::Progress& progress) {
    const auto now = Clock::now();
    if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    drawn_ = true;
    const std::string text = bar_text(progress, std::chrono::duration<double>(now - start_).count(), unit_);
    std::fprintf(stderr, "\r%s\033[K", text.c_str());
    std::fflush(stderr);
  }

  std::string unit_;
  bool visible_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_{};
};

/// The same callback for work that counts bytes, where the bar's unit is "MB".
inline aria::ProgressCallback in_megabytes(aria::ProgressCallback draw) {
  if (!draw) return {};
  return [draw = std::move(draw)](const aria::Progress& bytes) {
    draw({bytes.done / 1'000'000, bytes.total / 1'000'000});
  };
}

}  // namespace cli
