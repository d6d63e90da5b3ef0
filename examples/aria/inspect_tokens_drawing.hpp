// The histograms of `aria inspect --svg` about TokenizedDatasets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/token_statistics.hpp>
#include <aria/drawing.hpp>
#include <aria/token/tokenizer.hpp>

#include "inspect_drawing.hpp"
#include "inspect_tokens.hpp"

namespace inspect {

inline aria::BarChart row_chart(std::string title, const std::vector<TokenRow>& rows, std::uint64_t whole) {
  aria::BarChart chart{std::move(title), {}};
  for (const auto& [name, count] : rows) {
    chart.rows.push_back({name, static_cast<double>(count), counted_share(count, whole)});
  }
  return chart;
}

/// "piano 60 45" for ["piano", 60, 45]: what a name in a chart has room for.
inline std::string short_token(std::string_view json) {
  constexpr std::size_t kRoom = 15;
  std::string text;
  for (const char c : json) {
    if (std::string_view("[],\"").find(c) == std::string_view::npos) text += c;
  }
  if (text.size() <= kRoom) return text;
  std::size_t end = kRoom - 2;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // whole characters
  return text.substr(0, end) + "..";
}

/// On which values times lie, in milliseconds. The last one stands for all that is longer.
struct TimeGrid {
  std::int32_t step, last;
};

template <aria::TypedTokenizer T>
TimeGrid grid_of(const T& tokenizer) {
  return {tokenizer.time_step(), tokenizer.max_time()};
}

/// Milliseconds in bars of equal width. The longest ones, which would squeeze the others together, are only counted; so
/// is the last value of the grid.
inline aria::Histogram time_histogram(const aria::ValueCounts& times, TimeGrid grid, std::string title,
                                      std::string values, std::string counts) {
  aria::Histogram out{std::move(title), std::move(values), std::move(counts), {}, false, {}, 0, 0};
  if (times.empty()) return out;
  constexpr double kBars = 50, kShown = 0.95;
  const std::int32_t last = grid.last;
  const std::uint64_t shorter = times.total() - times[last];
  const double most = times.quantile(kShown * static_cast<double>(shorter) / static_cast<double>(times.total()));
  const double step = grid.step;
  const double width = step * std::max(1.0, aria::round_step(std::max(most, 1.0) / step / kBars));
  for (double from = 0; from <= most || out.bars.size() < 5; from += width) out.bars.push_back({from, from + width, 0});
  for (const auto& [time, count] : times.counts()) {
    const auto bar = static_cast<std::size_t>(std::max(0, time) / width);
    (time < last && bar < out.bars.size() ? out.bars[bar].count : out.above) += count;
  }
  return out;
}

/// A bar for each step of the tokenizer's grid of velocities, labelled below it.
template <aria::TypedTokenizer T>
aria::Histogram velocity_histogram(const aria::TokenStatistics& about, const T& tokenizer) {
  const char* counts = about.of(aria::TokenKind::velocity) != 0 ? "velocity tokens" : "notes";
  aria::Histogram out{"Velocities", "velocity", counts, {}, false, {}, 0, 0};
  if (about.velocities.empty()) return out;
  const int step = tokenizer.velocity_step(), most = tokenizer.max_velocity();
  const int count = (most + step - 1) / step + 1, labels_each = (count + 15) / 16;
  for (int i = 0; i < count; ++i) {
    const double from = i * step;
    out.bars.push_back({from, from + step, 0});
    if (i % labels_each == 0) out.ticks.push_back({from + step / 2.0, std::to_string(std::min(i * step, most))});
  }
  for (const auto& [velocity, times] : about.velocities.counts()) {
    out.bars[static_cast<std::size_t>(std::clamp((velocity + step / 2) / step, 0, count - 1))].count += times;
  }
  return out;
}

/// A page of histograms: lengths, kinds, frequent tokens, and where tokens have a meaning, what notes are like.
template <aria::Tokenizer T>
std::string draw_tokens(const aria::TokenStatistics& about, const T& tokenizer, const std::string& title,
                        const std::string& subtitle) {
  constexpr std::size_t kFrequent = 12;
  const std::uint64_t music = about.tokens - about.padding;
  aria::PanelPage page(title, subtitle);
  page.add(aria::histogram_of(about.lengths, {"Lengths", "tokens of a sequence, without padding", "sequences", true}));
  page.add(row_chart(about.typed ? "Kinds of tokens" : "Roles of tokens", kind_rows(about), music));
  if constexpr (aria::TypedTokenizer<T>) {
    page.add(row_chart("Instruments", sound_rows(about.notes_of), about.notes()));
    page.add(data_byte_histogram(about.pitches, "Pitches", kPitchAxis, 12, octave_label));
    if (!about.durations.empty()) {
      page.add(time_histogram(about.durations, grid_of(tokenizer), "Durations", "duration of a note in milliseconds",
                              "notes"));
    }
    page.add(time_histogram(about.waits, grid_of(tokenizer), "Waits", "wait in milliseconds", "waits"));
    page.add(velocity_histogram(about, tokenizer));
  }
  std::vector<TokenRow> frequent = frequent_rows(about, tokenizer.vocabulary(), kFrequent);
  for (auto& [name, count] : frequent) name = short_token(name);
  page.add(row_chart("Most frequent tokens", frequent, music));
  return page.svg();
}

}  // namespace inspect
