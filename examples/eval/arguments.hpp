// What the command line of aria-eval says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aria/nn/precision.hpp>

namespace eval {

struct Arguments {
  std::string model, data;
  std::string output;  ///< a file for the table, which is printed anyway; empty: none
  std::string svg;     ///< empty: no drawing
  bool all = false;    ///< all checkpoints of a project directory
  bool interarrival = false;
  bool overwrite = false;
  std::uint64_t subsample = 1;
  std::optional<double> hours;  ///< of music in the whole file
  std::uint64_t batch_size = 8, workers = 1, threads = 1;
  aria::nn::Precision precision = aria::nn::Precision::fp32;
  std::string device = "auto";
};

/// Nothing where help was asked for, which is printed. Throws UsageError.
std::optional<Arguments> read_arguments(const std::vector<std::string>& words);

}  // namespace eval
