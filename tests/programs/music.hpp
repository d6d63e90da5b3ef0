// MIDI files to feed to programs, byte by byte, good ones and bad ones.
#pragma once

#include <cstdint>
#include <string>

#include "support/smf.hpp"

namespace test {

/// A variable-length quantity.
inline std::string quantity(std::uint64_t value) {
  std::string text(1, static_cast<char>(value & 0x7f));
  while ((value >>= 7) != 0) text.insert(text.begin(), static_cast<char>(0x80 | (value & 0x7f)));
  return text;
}

inline std::string midi_track(const std::string& events) { return chunk("MTrk", events + kEndOfTrack); }

/// A note of `length` ticks, right after what came before it.
inline std::string note(unsigned pitch, std::uint64_t length, unsigned channel = 0) {
  const auto message = [&](unsigned status, unsigned velocity) {
    return std::string{static_cast<char>(status | channel), static_cast<char>(pitch), static_cast<char>(velocity)};
  };
  return quantity(0) + message(0x90, 80) + quantity(length) + message(0x80, 0);
}

/// A track of notes of a beat of 480 ticks, different for every number below 2^16.
inline std::string melody(unsigned number, unsigned beats) {
  std::string events;
  for (unsigned beat = 0; beat < beats; ++beat) events += note(60 + (number >> beat % 16 & 1), 480);
  return midi_track(events);
}

/// A file that passes the default tests, half a second a beat; music of its own for every number below 2^16.
inline std::string music(unsigned number, unsigned beats = 60) { return header(0, 1, 480) + melody(number, beats); }

}  // namespace test
