// The notes of a piano roll: their shapes, colours and titles.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/drawing/key_names.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/piano_roll_lanes.hpp>
#include <aria/drawing/piano_roll_layout.hpp>
#include <aria/drawing/piano_roll_scene.hpp>
#include <aria/drawing/svg.hpp>

namespace aria {

namespace detail {

/// Draws notes in groups of one instrument and shade, to say colours once for many notes.
class RollNotePainter {
 public:
  RollNotePainter(Svg& svg, const RollScene& scene)
      : svg_(svg), scene_(scene), with_titles_(scene.layout.notes.size() <= scene.options.max_titles) {
    order_sounds();
  }

  /// `plot` holds the lanes of the row.
  void paint(const RollRow& row, const Box& plot) {
    std::vector<std::uint32_t> notes = row.notes;
    std::stable_sort(notes.begin(), notes.end(), [this](std::uint32_t a, std::uint32_t b) {
      return group_of(scene_.layout.notes[a]) < group_of(scene_.layout.notes[b]);
    });
    for (auto from = notes.begin(); from != notes.end();) {
      const std::size_t group = group_of(scene_.layout.notes[*from]);
      const auto to =
          std::find_if(from, notes.end(), [&](std::uint32_t i) { return group_of(scene_.layout.notes[i]) != group; });
      paint_group(row, plot, {from, to});
      from = to;
    }
  }

 private:
  // Instruments with short notes are drawn over those with long ones.
  void order_sounds() {
    std::array<double, kSoundCount> lengths{};
    for (const RollNote& note : scene_.layout.notes)
      lengths[note.sound] += static_cast<double>((note.end - note.start).count);
    for (std::size_t i = 0; i < kSoundCount; ++i) {
      if (scene_.counts[i] != 0) lengths[i] /= static_cast<double>(scene_.counts[i]);
    }
    std::array<std::size_t, kSoundCount> sounds{};
    std::iota(sounds.begin(), sounds.end(), std::size_t{0});
    std::stable_sort(sounds.begin(), sounds.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; });
    for (std::size_t i = 0; i < kSoundCount; ++i) rank_[sounds[i]] = i;
  }

  std::size_t shade_of_note(const RollNote& note) const {
    if (note.marked) return kMarkedShade;
    if (note.given) return kPromptShade;
    return shade_of(note.velocity);
  }

  std::size_t group_of(const RollNote& note) const { return rank_[note.sound] * kInkCount + shade_of_note(note); }

  // Notes of one instrument and shade.
  void paint_group(const RollRow& row, const Box& plot, const std::vector<std::uint32_t>& notes) {
    const RollNote& first = scene_.layout.notes[notes.front()];
    const NoteInk ink = note_ink(first.sound, shade_of_note(first));
    const std::string name(sound_name(first.sound));
    PathData path;
    if (!with_titles_) {
      for (const std::uint32_t i : notes) add_note(row, plot, scene_.layout.notes[i], path);
      svg_.element("path",
                   {{"class", name},
                    {"d", path.text()},
                    {"fill", ink.fill},
                    {"stroke", ink.stroke},
                    {"stroke-width", ink.stroke_width}},
                   title_of_group(first));
      return;
    }
    svg_.open("g", {{"class", name}, {"fill", ink.fill}, {"stroke", ink.stroke}, {"stroke-width", ink.stroke_width}});
    for (const std::uint32_t i : notes) {
      path.clear();
      add_note(row, plot, scene_.layout.notes[i], path);
      svg_.element("path", {{"d", path.text()}}, title_of(scene_.layout.notes[i]));
    }
    svg_.close();
  }

  void add_note(const RollRow& row, const Box& plot, const RollNote& note, PathData& path) const {
    constexpr double kLeastWidth = 1.5, kWide = 4, kGap = 1.2;
    const double from = scene_.x_of(row, std::max({note.start, row.from, scene_.layout.from}));
    if (note.sound == kDrums) {
      path.diamond(from, plot.y + scene_.lanes.drum_y(note.pitch), RollLanes::kDrumHeight * 0.38);
      return;
    }
    // A gap behind a note keeps repeated ones apart.
    double width = scene_.x_of(row, std::min({note.end, row.to, scene_.layout.to})) - from;
    if (width > kWide) width -= kGap;
    width = std::max(width, kLeastWidth);
    const double height = scene_.lanes.key_height() - 0.8;
    path.rectangle({from, plot.y + scene_.lanes.pitch_y(note.pitch) + 0.4, width, height});
  }

  // "C4, piano, velocity 80, 0:12.35 for 0.25 s", "Side Stick, velocity 80, 0:12.35"
  std::string title_of(const RollNote& note) const {
    const bool drum = note.sound == kDrums;
    const std::string name =
        drum ? drum_name(note.pitch) : pitch_name(note.pitch) + ", " + spaced_sound_name(note.sound);
    return name + ", velocity " + std::to_string(note.velocity) + ", " + scene_.time_label(note.start, 2) +
           (drum ? "" : " for " + length_label(note)) + (note.marked ? ", " + scene_.options.mark_name : "");
  }

  std::string length_label(const RollNote& note) const {
    if (!scene_.clock.has_time())
      return grouped_number(static_cast<std::uint64_t>((note.end - note.start).count)) + " ticks";
    return short_number(std::round(1e3 * (scene_.clock.seconds(note.end) - scene_.clock.seconds(note.start))) / 1e3) +
           " s";
  }

  std::string title_of_group(const RollNote& note) const {
    const std::size_t shade = shade_of_note(note);
    const std::string name = spaced_sound_name(note.sound);
    if (shade == kPromptShade) return name + ", " + scene_.options.given_name;
    if (shade == kMarkedShade) return name + ", " + scene_.options.mark_name;
    return name + ", velocity " + std::to_string(kShadeVelocities[shade]) + " to " +
           std::to_string(kShadeVelocities[shade + 1] - 1);
  }

  Svg& svg_;
  const RollScene& scene_;
  const bool with_titles_;
  std::array<std::size_t, kSoundCount> rank_{};  // in which order instruments are drawn
};

}  // namespace detail

}  // namespace aria
