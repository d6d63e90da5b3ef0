// The "tokenizer.lazy" part of config.json: what decides the vocabulary of the lazy tokenizer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/default_config.hpp>
#include <aria/config/instrument.hpp>
#include <aria/config/json_view.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// Settings of the lazy tokenizer. The defaults are those of examples/config/config.json.
struct LazyConfig {
  /// The instrument classes in the order of the configuration, which is their order in the vocabulary.
  std::array<Instrument, kInstrumentCount> order{};
  PerInstrument<bool> ignore{};            ///< classes whose channels are taken out
  PerInstrument<std::uint8_t> programs{};  ///< what a class is played with when tokens become music
  unsigned drum_velocity = 60;
  unsigned velocity_step = 15;              ///< velocities are multiples of it, up to 127
  unsigned time_steps = 500;                ///< durations are 0 to time_steps - 1 times `time_step`
  unsigned time_step = 10;                  ///< milliseconds
  std::vector<std::string> composer_names;  ///< composers that have a token

  /// The longest duration of one token, in milliseconds.
  std::int64_t max_time() const { return std::int64_t{time_step} * (time_steps - 1); }

  /// Reads "tokenizer.lazy" of a config.json. Throws invalid_config (the message names the key) or invalid_json.
  static LazyConfig from_json(std::string_view json) {
    const JsonDocument document(json);
    return from_view(document.root()["tokenizer"]["lazy"]);
  }

  /// The same from a file. Throws not_found or io, too.
  static LazyConfig from_file(const std::string& path) { return read_json_file(path, from_json); }

  /// Reads the settings from the object that holds them. Throws invalid_config.
  static LazyConfig from_view(const JsonView& lazy);

  static const LazyConfig& defaults() {
    static const LazyConfig config = from_json(kDefaultConfig);
    return config;
  }
};

namespace detail {

// A whole number from `least` to `most`.
inline unsigned number_within(const JsonView& value, std::uint64_t least, std::uint64_t most) {
  const std::uint64_t number = value.whole_number();
  if (number < least || number > most) {
    throw Error(ErrorCode::invalid_config, value.way() + " must lie between " + std::to_string(least) + " and " +
                                               std::to_string(most) + ", and is " + std::to_string(number));
  }
  return static_cast<unsigned>(number);
}

inline void read_order(const JsonView& ignore_instruments, LazyConfig& config) {
  ignore_instruments.only(kInstrumentNames);
  const std::vector<std::string> keys = ignore_instruments.keys();
  for (std::size_t i = 0; i < kInstrumentCount; ++i) {
    config.ignore[i] = ignore_instruments[kInstrumentNames[i]].boolean();
  }
  if (keys.size() != kInstrumentCount) {
    throw Error(ErrorCode::invalid_config, ignore_instruments.way() + " names an instrument class twice");
  }
  for (std::size_t i = 0; i < kInstrumentCount; ++i) {
    const auto name = std::find(kInstrumentNames.begin(), kInstrumentNames.end(), keys[i]);
    config.order[i] = static_cast<Instrument>(name - kInstrumentNames.begin());
  }
}

inline std::vector<std::string> different_texts(const JsonView& list) {
  std::vector<std::string> texts = list.texts();
  std::vector<std::string> sorted = texts;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) throw Error(ErrorCode::invalid_config, list.way() + " names " + *twice + " twice");
  return texts;
}

}  // namespace detail

inline LazyConfig LazyConfig::from_view(const JsonView& lazy) {
  using detail::number_within;
  lazy.only(std::to_array<std::string_view>({"ignore_instruments", "instrument_programs", "drum_velocity",
                                             "velocity_quantization", "time_quantization", "composer_names"}));
  LazyConfig config;
  detail::read_order(lazy["ignore_instruments"], config);
  const JsonView programs = lazy["instrument_programs"];
  programs.only(kInstrumentNames);
  for (std::size_t i = 0; i < kInstrumentCount; ++i) {
    config.programs[i] = static_cast<std::uint8_t>(number_within(programs[kInstrumentNames[i]], 0, 127));
  }
  config.drum_velocity = number_within(lazy["drum_velocity"], 1, 127);
  config.velocity_step = number_within(lazy["velocity_quantization"]["step"], 1, 127);
  const JsonView time = lazy["time_quantization"];
  config.time_steps = number_within(time["num_steps"], 2, 10'000);
  config.time_step = number_within(time["min_step"], 1, 1'000);
  config.composer_names = detail::different_texts(lazy["composer_names"]);
  return config;
}

}  // namespace aria
