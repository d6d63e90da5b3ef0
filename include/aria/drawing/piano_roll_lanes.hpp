// The lanes of a row of a piano roll, from top to bottom: pitches, drums, pedal.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/drawing/key_names.hpp>
#include <aria/drawing/piano_roll_layout.hpp>

namespace aria {

/// Which keys have a place, and where it is, in pixels below the top of the lanes. Only what occurs has one.
class RollLanes {
 public:
  static constexpr double kDrumHeight = 10, kPedalHeight = 6, kGap = 5;
  /// Drum keys that have a lane of their own; those played least share one.
  static constexpr std::size_t kMostDrumLanes = 12;

  RollLanes(std::span<const RollNote> notes, bool pedal) : has_pedal_(pedal) {
    std::array<std::uint64_t, 128> drums{};
    unsigned low = 127, high = 0;
    for (const RollNote& note : notes) {
      if (note.sound == kDrums) {
        ++drums[note.pitch];
      } else {
        low = std::min<unsigned>(low, note.pitch);
        high = std::max<unsigned>(high, note.pitch);
      }
    }
    if (low <= high) place_pitches(low, high);
    place_drums(drums);
  }

  bool has_pitches() const noexcept { return key_height_ > 0; }
  bool has_drums() const noexcept { return !drum_names_.empty(); }
  bool has_pedal() const noexcept { return has_pedal_; }

  unsigned low() const noexcept { return low_; }
  unsigned high() const noexcept { return high_; }
  double key_height() const noexcept { return key_height_; }

  /// The upper edge of a pitch.
  double pitch_y(unsigned pitch) const noexcept {
    return key_height_ * (static_cast<double>(high_) - static_cast<double>(pitch));
  }
  double pitches_bottom() const noexcept { return has_pitches() ? pitch_y(low_) + key_height_ : 0; }

  /// Names of the drum lanes, from the lowest upwards.
  const std::vector<std::string>& drum_names() const noexcept { return drum_names_; }
  double drums_top() const noexcept { return pitches_bottom() + (has_pitches() && has_drums() ? kGap : 0); }
  double drums_bottom() const noexcept { return drums_top() + kDrumHeight * static_cast<double>(drum_names_.size()); }
  /// The middle of drum lane `lane`, from 0.
  double drum_lane_y(std::size_t lane) const noexcept {
    return drums_bottom() - kDrumHeight * (static_cast<double>(lane) + 0.5);
  }
  double drum_y(unsigned key) const noexcept { return drum_lane_y(lane_of_drum_[key & 127]); }

  double pedal_top() const noexcept { return drums_bottom() + kGap; }
  double height() const noexcept { return has_pedal_ ? pedal_top() + kPedalHeight : drums_bottom(); }

 private:
  // Two keys more on either side, at least two octaves, and rows of a height that suits their number.
  void place_pitches(unsigned low, unsigned high) {
    constexpr unsigned kMargin = 2, kLeast = 24, kAll = 128;
    low_ = low < kMargin ? 0 : low - kMargin;
    high_ = std::min(high + kMargin, kAll - 1);
    while (high_ - low_ + 1 < kLeast) {
      if (low_ > 0) --low_;
      if (high_ < kAll - 1 && high_ - low_ + 1 < kLeast) ++high_;
    }
    key_height_ = std::clamp(std::floor(640.0 / (high_ - low_ + 1)) / 2, 4.0, 8.0);
  }

  void place_drums(const std::array<std::uint64_t, 128>& counts) {
    std::vector<unsigned> keys;
    for (unsigned key = 0; key < counts.size(); ++key) {
      if (counts[key] != 0) keys.push_back(key);
    }
    const bool others = keys.size() > kMostDrumLanes;
    if (others) {
      const auto more = [&counts](unsigned a, unsigned b) { return counts[a] > counts[b]; };
      std::stable_sort(keys.begin(), keys.end(), more);
      keys.resize(kMostDrumLanes - 1);
      std::sort(keys.begin(), keys.end());
      lane_of_drum_.fill(static_cast<std::uint8_t>(keys.size()));
    }
    for (const unsigned key : keys) {
      lane_of_drum_[key] = static_cast<std::uint8_t>(drum_names_.size());
      drum_names_.push_back(drum_name(key));
    }
    if (others) drum_names_.push_back("others");
  }

  unsigned low_ = 0;
  unsigned high_ = 0;
  double key_height_ = 0;
  std::array<std::uint8_t, 128> lane_of_drum_{};
  std::vector<std::string> drum_names_;
  bool has_pedal_;
};

}  // namespace aria
