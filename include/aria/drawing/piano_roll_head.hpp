// The head of a piano roll: title, what is missing, and what the colours mean.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/piano_roll_scene.hpp>
#include <aria/drawing/piece_clock.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>

namespace aria {

namespace detail {

class RollHead {
 public:
  explicit RollHead(const RollScene& scene) : scene_(scene), remarks_(remarks()) {}

  double height() const {
    double y = kMargin - 8;
    if (!scene_.options.title.empty()) y += 24;
    if (!scene_.options.subtitle.empty()) y += 20;
    y += 16 * static_cast<double>(remarks_.size());
    if (!scene_.layout.notes.empty()) y += 8 + 18 * static_cast<double>(legend_lines());
    return y + 4;
  }

  void paint(Svg& svg) const {
    double y = kMargin - 8;
    svg.title(scene_.options.title.empty() ? "piano roll" : scene_.options.title);
    if (!scene_.options.title.empty()) {
      svg.text({{"x", kMargin}, {"y", y += 24}, {"font-size", 20}, {"font-weight", 600}, {"fill", kInk}},
               shortened(scene_.options.title, 20, text_room()));
    }
    if (!scene_.options.subtitle.empty()) {
      svg.text({{"x", kMargin}, {"y", y += 20}, {"font-size", 12}, {"fill", kSoftInk}},
               shortened(scene_.options.subtitle, 12, text_room()));
    }
    for (const std::string& line : remarks_) {
      svg.text({{"x", kMargin}, {"y", y += 16}, {"font-size", 11}, {"font-style", "italic"}, {"fill", kInk}}, line);
    }
    if (scene_.layout.notes.empty()) return;
    svg.open("g", {{"font-size", 11}, {"fill", kSoftInk}});
    each_legend_entry([&](const LegendEntry& entry, double x, std::size_t line) {
      paint_entry(svg, entry, x, y + 20 + 18 * static_cast<double>(line));
    });
    svg.close();
  }

 private:
  static constexpr double kMargin = RollScene::kMargin;

  double text_room() const { return scene_.options.width - 2 * kMargin; }

  // What is not in the drawing.
  std::vector<std::string> remarks() const {
    std::vector<std::string> lines;
    if (scene_.options.from || scene_.options.to) {
      const auto time = [](double seconds) { return clock_label(seconds, seconds == std::floor(seconds) ? 0 : 2); };
      lines.push_back(!scene_.clock.has_time()
                          ? "The ticks of this piece take no time: all of it is drawn."
                          : "From " + time(scene_.options.from.value_or(0)) +
                                (scene_.options.to ? " to " + time(*scene_.options.to) : " to the end") + '.');
    }
    if (scene_.layout.notes_left_out != 0) {
      lines.push_back("Left out: " + grouped_number(scene_.layout.notes_left_out) + " of " +
                      grouped_number(scene_.layout.notes_left_out + scene_.layout.notes.size()) + " notes, from " +
                      scene_.time_label(*scene_.layout.left_out_from) + " on.");
    }
    if (scene_.layout.notes_cut_short != 0) {
      lines.push_back("Not drawn to their ends: " + grouped_number(scene_.layout.notes_cut_short) + " long notes.");
    }
    return lines;
  }

  struct LegendEntry {
    enum class Kind { sound, velocities, prompt, marked, bars } kind;
    std::size_t sound = 0;
    std::string text{};
  };

  std::vector<LegendEntry> legend() const {
    using Kind = LegendEntry::Kind;
    std::vector<LegendEntry> entries;
    for (std::size_t sound = 0; sound < kSoundCount; ++sound) {
      if (scene_.counts[sound] == 0) continue;
      entries.push_back({Kind::sound, sound, spaced_sound_name(sound) + ' ' + grouped_number(scene_.counts[sound])});
    }
    const std::size_t first = entries.front().sound;
    entries.push_back({Kind::velocities, first, "soft to loud"});
    if (scene_.options.prompt_end || !scene_.options.given.empty()) {
      entries.push_back({Kind::prompt, first, scene_.options.given_name});
    }
    if (scene_.marked != 0) {
      entries.push_back({Kind::marked, first_marked(), scene_.options.mark_name + ' ' + grouped_number(scene_.marked)});
    }
    if (scene_.has_beats()) {
      const std::string beats = std::to_string(scene_.options.beats_per_bar);
      entries.push_back({Kind::bars, 0, "bars of " + beats + (scene_.options.beats_per_bar == 1 ? " beat" : " beats")});
    }
    return entries;
  }

  std::size_t first_marked() const {
    const auto& notes = scene_.layout.notes;
    return std::find_if(notes.begin(), notes.end(), [](const RollNote& note) { return note.marked; })->sound;
  }

  static double swatch_width(const LegendEntry& entry) {
    if (entry.kind == LegendEntry::Kind::bars) return 0;
    return entry.kind == LegendEntry::Kind::velocities ? 12.0 * kShadeCount + 5 : 17;
  }

  template <class Use>
  std::size_t each_legend_entry(Use use) const {
    double x = kMargin;
    std::size_t line = 0;
    for (const LegendEntry& entry : legend()) {
      const double width = swatch_width(entry) + text_width(entry.text, 11) + 18;
      if (x + width > scene_.options.width - kMargin && x > kMargin) {
        x = kMargin;
        ++line;
      }
      use(entry, x, line);
      x += width;
    }
    return line + 1;
  }

  std::size_t legend_lines() const {
    return each_legend_entry([](const LegendEntry&, double, std::size_t) {});
  }

  static void paint_entry(Svg& svg, const LegendEntry& entry, double x, double y) {
    using Kind = LegendEntry::Kind;
    const auto swatch = [&](double at, std::size_t shade) {
      PathData path;
      if (entry.sound == kDrums) {
        path.diamond(at + 6, y - 4, 5);
      } else {
        path.rectangle({at, y - 8, 12, 8});
      }
      const NoteInk ink = note_ink(entry.sound, shade);
      svg.element("path",
                  {{"d", path.text()}, {"fill", ink.fill}, {"stroke", ink.stroke}, {"stroke-width", ink.stroke_width}});
    };
    if (entry.kind == Kind::sound) swatch(x, kShadeCount - 1);
    if (entry.kind == Kind::prompt) swatch(x, kPromptShade);
    if (entry.kind == Kind::marked) swatch(x, kMarkedShade);
    for (std::size_t i = 0; entry.kind == Kind::velocities && i < kShadeCount; ++i) {
      swatch(x + 12 * static_cast<double>(i), i);
    }
    svg.text({{"x", x + swatch_width(entry)}, {"y", y}}, entry.text);
  }

  const RollScene& scene_;
  const std::vector<std::string> remarks_;
};

}  // namespace detail

}  // namespace aria
