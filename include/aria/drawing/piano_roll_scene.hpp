// All that the parts of a piano roll need to know of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/config/instrument.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/drawing/piano_roll_lanes.hpp>
#include <aria/drawing/piano_roll_layout.hpp>
#include <aria/drawing/piece_clock.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/utf8.hpp>

namespace aria {

/// A piece, what of it is drawn and where, and how much there is of each instrument.
struct RollScene {
  static constexpr double kMargin = 24;  ///< of the page
  static constexpr double kRight = 28;   ///< to the right of the rows

  /// Keeps references. Throws as piano_roll_layout does.
  RollScene(const MidiDict& music, const PianoRollOptions& how)
      : piece(music),
        options(how),
        clock(music),
        layout(piano_roll_layout(music, clock, how)),
        lanes(layout.notes, has_pedal()),
        plot_x(lanes.has_drums() ? 104 : 48) {
    for (const RollNote& note : layout.notes) {
      ++counts[note.sound];
      marked += note.marked ? 1 : 0;
    }
  }

  /// Where a tick of a row is drawn.
  double x_of(const RollRow& row, Ticks tick) const {
    const double width = options.width - plot_x - kRight;
    return plot_x + width * static_cast<double>((tick - row.from).count) / static_cast<double>(layout.row_span.count);
  }

  bool has_beats() const noexcept { return layout.bar.count != 0; }

  /// "1:05", or "tick 1,234" where ticks take no time.
  std::string time_label(Ticks tick, int decimals = 0) const {
    if (clock.has_time()) return clock_label(clock.seconds(tick), decimals);
    return "tick " + grouped_number(static_cast<std::uint64_t>(tick.count));
  }

  const MidiDict& piece;
  const PianoRollOptions& options;
  const PieceClock clock;
  const RollLayout layout;
  const RollLanes lanes;
  const double plot_x;                              ///< the left edge of the rows
  std::array<std::uint64_t, kSoundCount> counts{};  ///< notes by instrument class, then drums
  std::uint64_t marked = 0;                         ///< of these, marked ones

 private:
  bool has_pedal() const {
    return std::any_of(piece.pedals.begin(), piece.pedals.end(),
                       [this](const PedalMsg& pedal) { return pedal.down() && pedal.tick() < layout.to; });
  }
};

namespace detail {

/// About how wide a text is in pixels: characters outside of ASCII count as wide ones.
inline double text_width(std::string_view text, double font_size) {
  double width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) width += byte < 0x80 ? 0.56 : 1;
  }
  return width * font_size;
}

/// The start of a text that fits into a width, with an ellipsis where something is missing.
inline std::string shortened(std::string_view text, double font_size, double width) {
  if (text_width(text, font_size) <= width) return std::string(text);
  std::size_t end = 0;
  for (double used = font_size; end < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text.substr(end)), 1);
    used += text_width(text.substr(end, length), font_size);
    if (used > width) break;
    end += length;
  }
  return std::string(text.substr(0, end)) + "\xe2\x80\xa6";
}

/// "synth lead"
inline std::string spaced_sound_name(std::size_t sound) {
  std::string name(sound_name(sound));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// Fill and outline of a group of notes.
struct NoteInk {
  std::string fill;
  std::string stroke;
  double stroke_width = 0.5;
};

/// Behind the shades of velocities come that of the prompt, and that of marked notes.
inline constexpr std::size_t kPromptShade = kShadeCount, kMarkedShade = kShadeCount + 1;
inline constexpr std::size_t kInkCount = kShadeCount + 2;

inline NoteInk note_ink(std::size_t sound, std::size_t shade) {
  const Rgb color = kSoundColors[sound];
  if (shade == kMarkedShade) return {hex_color(kMarkColor), hex_color(mixed(color, kBlack, 0.15)), 1};
  if (shade == kPromptShade) return {hex_color(mixed(color, kWhite, 0.86)), hex_color(mixed(color, kWhite, 0.35))};
  return {hex_color(shaded(color, shade)), hex_color(mixed(color, kBlack, 0.3))};
}

}  // namespace detail

}  // namespace aria
