// What the commands of the Lakh recipe share: options and the summary.
#pragma once

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/tokenize_lakh.hpp>

#include "../cli/arguments.hpp"

namespace lakh {

/// -k, -i, --seed, --workers and --reference. Throws UsageError.
inline aria::LakhOptions options_of(const cxxopts::ParseResult& arguments) {
  aria::LakhOptions options;
  options.augment = cli::number_of<std::uint32_t>(arguments, "augment");
  options.seed = cli::number_of<std::uint64_t>(arguments, "seed");
  options.workers = cli::workers_of(arguments);
  if (arguments.count("interarrival") != 0) options.encoding = aria::LakhEncoding::interarrival;
  if (arguments.count("reference") != 0) options.reading = aria::Reading::reference;
  try {
    check(options);
  } catch (const aria::Error& error) {
    throw cli::UsageError(error.what());
  }
  return options;
}

inline void add_options(cxxopts::OptionAdder& add) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  add("k,augment", "copies of every piece: 1, or a multiple of 10 for controls chosen in ten ways",
      text()->default_value("1"), "K");
  add("i,interarrival", "interarrival-time encoding instead of arrival times");
  add("seed", "decides what is drawn", text()->default_value("0"), "N");
  add("workers", "threads (default: one a core); the output does not depend on it", text(), "N");
  add("reference", "read, draw and cut as the original Python tools do, faults included");
}

/// 100 * part / whole with at most two digits behind the point, as Python prints round(x, 2).
inline std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f",
                whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  std::string number = text;
  if (number.back() == '0') number.pop_back();
  return number;
}

/// What tokenize-lakh.py of the original prints before its work.
inline void print_start_as_reference(const aria::LakhOptions& options) {
  const aria::anticipation::Settings& settings = options.settings;
  std::cout << "Tokenizing LakhMIDI\n"
            << "  encoding type: " << (options.encoding == aria::LakhEncoding::arrival ? "arrival" : "interarrival")
            << "\n"
            << "  train split: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd']\n"
            << "  validation split: ['e']\n"
            << "  test split: ['f']\n"
            << "Tokenization parameters:\n"
            << "  anticipation interval = " << settings.delta_seconds << "s\n"
            << "  augment = " << options.augment << "x\n"
            << "  max track length = " << settings.max_piece_seconds << "s\n"
            << "  min track length = " << settings.min_piece_seconds << "s\n"
            << "  min track events = " << settings.min_piece_events << "\n";
}

/// What it prints after it.
inline void print_as_reference(const aria::LakhCounts& counts, const aria::LakhOptions& options) {
  const std::uint64_t events = counts.sequences * options.settings.events_in_sequence();
  const char* const cut = options.encoding == aria::LakhEncoding::arrival ? "duration" : "interarrival";
  std::cout << "Tokenization complete.\n"
            << "  => Processed " << counts.sequences << " training sequences\n"
            << "  => Inserted " << counts.rests << " REST tokens (" << percent(counts.rests, events) << "% of events)\n"
            << "  => Discarded " << counts.too_short + counts.too_long << " event sequences\n"
            << "      - " << counts.too_short << " too short\n"
            << "      - " << counts.too_long << " too long\n"
            << "      - " << counts.too_many_instruments << " too many instruments\n"
            << "  => Discarded " << counts.left_out << " training sequences\n"
            << "  => Truncated " << counts.cut << ' ' << cut << " times (" << percent(counts.cut, events) << "% of "
            << cut << "s)\n"
            << "Remember to shuffle the training split!\n";
}

inline void print(const aria::LakhCounts& counts, const aria::LakhOptions& options) {
  const bool arrival = options.encoding == aria::LakhEncoding::arrival;
  const std::uint64_t files =
      counts.pieces + counts.load_errors + counts.too_short + counts.too_long + counts.too_many_instruments;
  std::cout << counts.pieces << " pieces of " << files << " files: " << counts.too_short << " were too short, "
            << counts.too_long << " too long, " << counts.too_many_instruments << " had too many instruments, "
            << counts.load_errors << " could not be read\n"
            << counts.sequences << " sequences";
  if (arrival) {
    std::cout << " with " << counts.rests << " rests; " << counts.left_out
              << " were left out because they take longer than " << options.settings.max_time_seconds << " s";
  }
  std::cout << "; " << counts.cut << (arrival ? " durations" : " times") << " were cut to the longest\n";
}

}  // namespace lakh
