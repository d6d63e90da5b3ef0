// What the command line of aria-generate says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aria/midi/reading.hpp>
#include <aria/nn/precision.hpp>
#include <aria/sampling/generation.hpp>

#include "choice.hpp"

namespace generate {

/// What becomes of given music.
enum class Way : std::uint8_t { from_nothing, continue_it, accompany_it, fill_it };

struct Arguments {
  std::string model, out;
  Way way = Way::from_nothing;
  std::string input;                      ///< a MIDI file; empty: none
  std::optional<double> from, to;         ///< seconds
  std::optional<double> start, end;       ///< the same for new music and accompaniments
  std::optional<Choice> keep, rewritten;  ///< notes of the input
  std::optional<Choice> only, exclude;    ///< instruments of new notes
  aria::SamplingOptions sampling;
  std::uint64_t variations = 1;
  std::uint64_t window_step = 64;
  bool cached = true;
  aria::Reading reading = aria::Reading::standard;
  bool overwrite = false;
  bool audio = false;
  std::string sound_font;  ///< one that the system has, where it is empty
  aria::nn::Precision precision = aria::nn::Precision::fp32;
  std::string device = "auto";
  std::uint64_t threads = 1;
};

/// Nothing where help was asked for, which is printed. Throws UsageError.
std::optional<Arguments> read_arguments(const std::vector<std::string>& words);

}  // namespace generate
