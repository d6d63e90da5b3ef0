// The table of an evaluation, and its drawing.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <aria/drawing.hpp>
#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/float_text.hpp>

namespace eval {

/// A row: what one checkpoint has reached.
struct Result {
  std::uint64_t step = 0;
  aria::nn::LossTally losses;
  double bits_a_second = 0;
};

namespace detail {

// As numpy rounds to three digits.
inline double rounded(double value) {
  return std::isfinite(value * 1000) ? std::nearbyint(value * 1000) / 1000 : value;
}

}  // namespace detail

/// The lines of the table end as those of Python's csv module do.
inline std::string header(bool with_parts) {
  return with_parts ? "step,loss,bpe,event_ppl,onset_ppl,dur_ppl,note_ppl\r\n" : "step,loss,bpe\r\n";
}

inline std::string row(const Result& result) {
  const auto rounded_text = [](double value) { return ',' + aria::nn::float_text(detail::rounded(value)); };
  const aria::nn::LossTally& losses = result.losses;
  std::string text =
      std::to_string(result.step) + rounded_text(losses.mean()) + ',' + aria::nn::float_text(result.bits_a_second);
  if (losses.parts() == 3) {
    text += rounded_text(losses.event_perplexity());
    for (std::size_t part = 0; part < 3; ++part) text += rounded_text(losses.part_perplexity(part));
  }
  return text + "\r\n";
}

/// Losses over steps, and perplexities where there are any.
inline std::string drawing(const std::vector<Result>& results, const std::string& title, const std::string& subtitle) {
  using Style = aria::LineChart::Style;
  const auto series = [&](const std::string& name, auto value) {
    std::vector<aria::LineChart::Point> points;
    for (const Result& result : results) points.push_back({static_cast<double>(result.step), value(result.losses)});
    return aria::LineChart::Series{name, std::move(points), results.size() > 1 ? Style::strong_line : Style::marks};
  };
  aria::PanelPage page(title, subtitle);
  aria::LineChart loss{"Loss", "step", "nats a token"};
  loss.series.push_back(series("", [](const auto& losses) { return losses.mean(); }));
  page.add(loss);
  if (results.empty() || results.front().losses.parts() != 3) return page.svg();
  aria::LineChart perplexity{"Perplexity", "step", "perplexity"};
  perplexity.logarithmic = true;
  perplexity.series.push_back(series("event", [](const auto& losses) { return losses.event_perplexity(); }));
  const char* const names[] = {"onset", "duration", "note"};
  for (std::size_t part = 0; part < 3; ++part) {
    perplexity.series.push_back(
        series(names[part], [part](const auto& losses) { return losses.part_perplexity(part); }));
  }
  page.add(perplexity);
  return page.svg();
}

}  // namespace eval
