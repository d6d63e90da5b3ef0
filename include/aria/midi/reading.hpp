// The two ways in which a MIDI file can be understood.
#pragma once

#include <cstdint>

namespace aria {

/// How the rules are read where the file format and the original Python tools disagree.
enum class Reading : std::uint8_t {
  /// Right by the file format (Standard MIDI Files 1.0) and by music.
  standard,
  /// What EleutherAI's Aria on mido 1.3.3 makes of a file, byte for byte, faults included: for data sets and models
  /// that
  /// were made with it.
  reference,
};

}  // namespace aria
