// Colours of instruments: one for each class and for drums, lighter where notes are softer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <aria/config/instrument.hpp>

namespace aria {

/// A colour of sRGB.
struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  friend constexpr bool operator==(Rgb, Rgb) = default;
};

inline constexpr Rgb kWhite{255, 255, 255}, kBlack{0, 0, 0};

/// `color` with this share (0 to 1) of `other` in it: `mixed(kBlack, kWhite, 0.5)` is a medium grey.
constexpr Rgb mixed(Rgb color, Rgb other, double share) noexcept {
  const auto mix = [share](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>((static_cast<int>(2 * (a + (b - a) * share)) + 1) / 2);  // rounded
  };
  return {mix(color.red, other.red), mix(color.green, other.green), mix(color.blue, other.blue)};
}

/// "#0a71b4"
inline std::string hex_color(Rgb color) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t part : {color.red, color.green, color.blue}) {
    text += kDigits[part >> 4];
    text += kDigits[part & 15];
  }
  return text;
}

/// By instrument class, then drums. Seventeen colours cannot all be far apart for everybody; these were searched for
/// the greatest least distance (CIEDE2000) over normal vision and the three kinds of colour blindness, simulated after
/// Machado, Oliveira and Fernandes (2009).
inline constexpr std::array<Rgb, kSoundCount> kSoundColors = {{
    {0x0a, 0x71, 0xb4},  // piano
    {0x00, 0xa7, 0xe9},  // chromatic
    {0x6e, 0x39, 0x31},  // organ
    {0xff, 0x8b, 0x26},  // guitar
    {0x7e, 0x2f, 0x80},  // bass
    {0x2a, 0x53, 0x04},  // strings
    {0x29, 0xb5, 0x62},  // ensemble
    {0x87, 0x62, 0x05},  // brass
    {0xb1, 0x0a, 0x4a},  // reed
    {0x3a, 0xc3, 0xaf},  // pipe
    {0xe9, 0x6d, 0xc7},  // synth_lead
    {0x76, 0x63, 0xff},  // synth_pad
    {0x13, 0x39, 0xc4},  // synth_effect
    {0x5f, 0x8c, 0x35},  // ethnic
    {0xf1, 0x23, 0x81},  // percussive
    {0x5b, 0x73, 0x70},  // sfx
    {0x1b, 0x1b, 0x1a},  // drums
}};

/// Of marked notes, whose outlines tell their instruments: no instrument is yellow.
inline constexpr Rgb kMarkColor{0xff, 0xe6, 0x3d};

/// Velocities are drawn in this many shades, from soft to loud.
inline constexpr std::size_t kShadeCount = 5;

/// The first velocity of each shade, and the end of the last one.
inline constexpr std::array<unsigned, kShadeCount + 1> kShadeVelocities = {0, 32, 56, 80, 104, 128};

constexpr std::size_t shade_of(unsigned velocity) noexcept {
  std::size_t shade = 0;
  while (shade + 1 < kShadeCount && velocity >= kShadeVelocities[shade + 1]) ++shade;
  return shade;
}

/// The colour of a shade: the loudest is the colour itself.
constexpr Rgb shaded(Rgb color, std::size_t shade) noexcept {
  return mixed(color, kWhite, 0.16 * static_cast<double>(kShadeCount - 1 - shade));
}

}  // namespace aria
