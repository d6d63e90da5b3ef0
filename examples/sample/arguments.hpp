// What the command line of aria-sample says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aria/nn/precision.hpp>
#include <aria/sampling/generation.hpp>

namespace sample {

struct Arguments {
  std::string model, checkpoint, midi;
  std::uint64_t variations = 1;
  std::optional<std::uint64_t> prompt_tokens;  ///< as many as that at most; half the context unless said
  std::optional<std::uint64_t> new_tokens;     ///< as many as the context holds unless said
  bool force_end = false;
  aria::SamplingOptions sampling;
  std::optional<std::string> tokenizer;  ///< of weights that do not say it themselves: lazy unless said,
  std::string config;                    ///< with these settings, or its defaults
  std::string out;
  std::string device;
  aria::nn::Precision precision = aria::nn::Precision::fp32;
  std::uint64_t threads = 1;
  bool overwrite = false;
  bool audio = false;
  std::string sound_font;
};

/// Reads the command line; nothing where it asks for help, which is printed. Throws UsageError.
std::optional<Arguments> read_arguments(const std::vector<std::string>& words);

}  // namespace sample
