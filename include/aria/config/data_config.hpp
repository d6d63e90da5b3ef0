// The "data" part of config.json: which MIDI files a data set takes, what is taken out of them, what is noted about
// them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/default_config.hpp>
#include <aria/config/instrument.hpp>
#include <aria/config/json_view.hpp>

namespace aria {

/// A test with an upper bound on a count.
struct CountTest {
  bool run = false;
  std::uint64_t max = 0;
};

/// A test with bounds on notes a second, both included.
struct FrequencyTest {
  bool run = false;
  double min_per_second = 0;
  double max_per_second = 0;
};

/// A test with a lower bound on the length in seconds.
struct LengthTest {
  bool run = false;
  double min_seconds = 0;
};

/// The tests that a MidiDict has to pass to be kept.
struct TestsConfig {
  CountTest max_programs;
  CountTest max_instruments;
  FrequencyTest total_note_frequency;
  FrequencyTest note_frequency_per_instrument;
  LengthTest min_length;
};

/// Which channels to take out of a MidiDict: those of the instrument classes that are true.
struct RemoveInstrumentsConfig {
  bool run = false;
  PerInstrument<bool> remove{};
};

/// Where to look for which composers' names.
struct ComposerConfig {
  bool run = false;
  std::vector<std::string> names;
};

struct MetadataConfig {
  ComposerConfig composer_filename;
  ComposerConfig composer_metamsg;
};

/// Everything that decides what a MidiDataset is made of. The defaults are those of examples/config/config.json.
struct DataConfig {
  TestsConfig tests;
  RemoveInstrumentsConfig remove_instruments;
  MetadataConfig metadata;

  /// Reads the "data" part of a config.json. Throws invalid_config (the message names the key) or invalid_json.
  static DataConfig from_json(std::string_view json);

  /// The same from a file. Throws not_found or io, too.
  static DataConfig from_file(const std::string& path);

  static const DataConfig& defaults() {
    static const DataConfig config = from_json(kDefaultConfig);
    return config;
  }
};

namespace detail {

inline FrequencyTest read_frequency_test(const JsonView& test) {
  const JsonView args = test["args"];
  return {test["run"].boolean(), args["min_per_second"].number(), args["max_per_second"].number()};
}

inline TestsConfig read_tests(const JsonView& tests) {
  tests.only(std::to_array<std::string_view>(
      {"max_programs", "max_instruments", "total_note_frequency", "note_frequency_per_instrument", "min_length"}));
  const auto count_test = [](const JsonView& test) {
    return CountTest{test["run"].boolean(), test["args"]["max"].whole_number()};
  };
  const JsonView length = tests["min_length"];
  return {count_test(tests["max_programs"]),
          count_test(tests["max_instruments"]),
          read_frequency_test(tests["total_note_frequency"]),
          read_frequency_test(tests["note_frequency_per_instrument"]),
          {length["run"].boolean(), length["args"]["min_seconds"].number()}};
}

inline RemoveInstrumentsConfig read_remove_instruments(const JsonView& pre_processing) {
  pre_processing.only(std::to_array<std::string_view>({"remove_instruments"}));
  const JsonView step = pre_processing["remove_instruments"];
  const JsonView args = step["args"];
  args.only(kInstrumentNames);
  RemoveInstrumentsConfig config{step["run"].boolean(), {}};
  for (std::size_t i = 0; i < kInstrumentCount; ++i) config.remove[i] = args[kInstrumentNames[i]].boolean();
  return config;
}

inline MetadataConfig read_metadata(const JsonView& metadata) {
  metadata.only(std::to_array<std::string_view>({"composer_filename", "composer_metamsg"}));
  const auto composers = [](const JsonView& step) {
    return ComposerConfig{step["run"].boolean(), step["args"]["composer_names"].texts()};
  };
  return {composers(metadata["composer_filename"]), composers(metadata["composer_metamsg"])};
}

}  // namespace detail

inline DataConfig DataConfig::from_json(std::string_view json) {
  const JsonDocument document(json);
  const JsonView data = document.root()["data"];
  return {detail::read_tests(data["tests"]), detail::read_remove_instruments(data["pre_processing"]),
          detail::read_metadata(data["metadata"])};
}

inline DataConfig DataConfig::from_file(const std::string& path) { return read_json_file(path, from_json); }

}  // namespace aria
