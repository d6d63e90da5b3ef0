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

/// Whole numbers from `least` to `most`, both included.
struct NumberRange {
  std::uint64_t least = 0, most = 0;

  constexpr bool holds(std::uint64_t number) const noexcept { return number >= least && number <= most; }
};

/// Settings of the lazy tokenizer. `LazyConfig::defaults()` are those of examples/config/config.json; what is to differ
/// is set in a copy of them.
struct LazyConfig {
  static constexpr NumberRange kPrograms{0, 127}, kDrumVelocities{1, 127}, kVelocitySteps{1, 127};
  static constexpr NumberRange kTimeStepCounts{2, 10'000}, kTimeSteps{1, 1'000};

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

inline unsigned number_within(const NumberRange& range, const JsonView& value) {
  const std::uint64_t number = value.whole_number();
  if (!range.holds(number)) {
    throw Error(ErrorCode::invalid_config, value.way() + " must lie between " + std::to_string(range.least) + " and " +
                                               std::to_string(range.most) + ", and is " + std::to_string(number));
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
    config.programs[i] = static_cast<std::uint8_t>(number_within(kPrograms, programs[kInstrumentNames[i]]));
  }
  config.drum_velocity = number_within(kDrumVelocities, lazy["drum_velocity"]);
  config.velocity_step = number_within(kVelocitySteps, lazy["velocity_quantization"]["step"]);
  const JsonView time = lazy["time_quantization"];
  config.time_steps = number_within(kTimeStepCounts, time["num_steps"]);
  config.time_step = number_within(kTimeSteps, time["min_step"]);
  config.composer_names = detail::different_texts(lazy["composer_names"]);
  return config;
}

}  // namespace aria
