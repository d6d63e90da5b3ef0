// The histograms of `aria inspect --svg`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aria/dataset/statistics.hpp>
#include <aria/drawing.hpp>

namespace inspect {

/// A bar for each value from the lowest to the highest that occurs, in whole groups of `group`, labelled there.
/// `counts` are DataByteCounts or ValueCounts.
template <class Counts>
aria::Histogram data_byte_histogram(const Counts& counts, std::string title, std::string values, unsigned group,
                                    std::string (*label)(unsigned)) {
  aria::Histogram out{std::move(title), std::move(values), "notes", {}, false, {}, 0, 0};
  if (counts.total() == 0) return out;
  const unsigned from = static_cast<unsigned>(counts.quantile(0)) / group * group;
  const unsigned to = std::min(128U, (static_cast<unsigned>(counts.quantile(1)) / group + 1) * group);
  for (unsigned value = from; value < to; ++value) {
    out.bars.push_back({double(value), double(value) + 1, counts[value]});
    if (value % group == 0) out.ticks.push_back({double(value) + 0.5, label(value)});
  }
  return out;
}

/// General MIDI calls key 60 middle C, which is C4.
inline constexpr const char* kPitchAxis = "pitch (C4 = 60 = middle C)";
inline std::string octave_label(unsigned pitch) { return "C" + std::to_string(static_cast<int>(pitch) / 12 - 1); }

/// How much each instrument class is used, the most first.
inline aria::BarChart sound_chart(const aria::DatasetStatistics& about) {
  aria::BarChart chart{"Instruments", {}};
  for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
    const auto& use = about.sounds[sound];
    if (use.notes == 0) continue;
    std::string label = aria::grouped_number(use.notes) + " notes";
    if (about.pieces > 1) {
      label += " in " + aria::grouped_number(use.pieces) + (use.pieces == 1 ? " piece" : " pieces");
    }
    chart.rows.push_back({std::string(aria::sound_name(sound)), static_cast<double>(use.notes), std::move(label)});
  }
  std::stable_sort(chart.rows.begin(), chart.rows.end(),
                   [](const auto& a, const auto& b) { return a.amount > b.amount; });
  return chart;
}

/// A page of histograms. Values of which there is one a piece are drawn where there are several pieces.
inline std::string draw_statistics(const aria::DatasetStatistics& about, const std::string& title,
                                   const std::string& subtitle) {
  aria::PanelPage page(title, subtitle);
  if (about.pieces > 1) {
    page.add(aria::histogram_of(about.seconds, {"Durations", "duration in seconds", "pieces"}));
    page.add(aria::histogram_of(about.note_counts, {"Notes a piece", "notes", "pieces", true}));
    page.add(aria::histogram_of(about.note_rates, {"Notes a second", "notes a second", "pieces"}));
    page.add(aria::histogram_of(about.beats_per_minute, {"Tempos", "mean tempo in beats a minute", "pieces"}));
  }
  page.add(data_byte_histogram(about.pitches, "Pitches", kPitchAxis, 12, octave_label));
  page.add(data_byte_histogram(about.velocities, "Velocities", "velocity (1 to 127)", 8,
                               [](unsigned velocity) { return std::to_string(velocity); }));
  page.add(sound_chart(about));
  if (about.pieces_with_pedal != 0 && about.pieces > 1) {
    page.add(aria::histogram_of(about.pedal_shares, {"Pedal", "share of the duration with the pedal down", "pieces"}));
  }
  return page.svg();
}

}  // namespace inspect
