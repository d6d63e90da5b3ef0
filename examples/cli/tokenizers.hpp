// The tokenizers that the program knows, by name.
#pragma once

#include <string>
#include <utility>

#include <aria/anticipation/arrival_tokenizer.hpp>
#include <aria/anticipation/encoding_vocabulary.hpp>
#include <aria/anticipation/interarrival_tokenizer.hpp>
#include <aria/config/json_view.hpp>
#include <aria/config/lazy_config.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/tokenizer.hpp>

#include "../tokenizers/performance_tokenizer.hpp"
#include "arguments.hpp"

namespace tokenizers {

using aria::anticipation::ArrivalTokenizer, aria::anticipation::InterarrivalTokenizer;

inline constexpr const char* kNames = "lazy, performance, arrival, interarrival";

/// Calls `use` with the tokenizer of this name. `config_path` is a config.json, or empty for the defaults. Throws
/// UsageError for a name that is unknown, and as LazyConfig does.
template <class Use>
auto with_name(const std::string& name, const std::string& config_path, aria::LazyOptions options, Use use) {
  if (name == aria::LazyTokenizer::name()) {
    auto config = config_path.empty() ? aria::LazyConfig::defaults() : aria::LazyConfig::from_file(config_path);
    return use(aria::LazyTokenizer(std::move(config), options));
  }
  if (name == PerformanceTokenizer::name()) return use(PerformanceTokenizer());
  if (name == ArrivalTokenizer::name()) return use(ArrivalTokenizer());
  if (name == InterarrivalTokenizer::name()) return use(InterarrivalTokenizer());
  throw cli::UsageError("there is no tokenizer called " + name + "; there are: " + kNames);
}

/// What a file says of its tokenizer.
struct Description {
  std::string name;
  std::string config;  ///< JSON, as its config_json() gives it
  aria::Place place;   ///< where that stands
};

/// Calls `use` with that tokenizer. Throws invalid_config for a name that is unknown, and as LazyConfig does, with the
/// place.
template <class Use>
auto described(const Description& said, Use use, aria::Reading reading = aria::Reading::standard) {
  const auto read = [&said](auto from_view) {
    return aria::at_place([&] { return said.place; },
                          [&] {
                            const aria::JsonDocument document(said.config);
                            return from_view(document.root());
                          });
  };
  const auto settings = [&] {
    return read([](const aria::JsonView& view) {
      return aria::anticipation::checked(aria::anticipation::settings_from(view));
    });
  };
  if (said.name == PerformanceTokenizer::name()) return use(PerformanceTokenizer());
  if (said.name == ArrivalTokenizer::name()) return use(ArrivalTokenizer(settings()));
  if (said.name == InterarrivalTokenizer::name()) return use(InterarrivalTokenizer(settings()));
  if (said.name != aria::LazyTokenizer::name()) {
    throw aria::Error(aria::ErrorCode::invalid_config,
                      "was made by the tokenizer \"" + said.name + "\"; known are: " + kNames, said.place);
  }
  return use(aria::LazyTokenizer(read([](const aria::JsonView& view) { return aria::LazyConfig::from_view(view); }),
                                 {.reading = reading}));
}

/// Calls `use` with the tokenizer that made a data set, set as the first line of its file says. Throws as
/// TokenizedDatasetHeader and `described` do.
template <class Use>
auto of_file(const std::string& path, Use use, aria::Reading reading = aria::Reading::standard) {
  const auto header = aria::TokenizedDatasetHeader::from_file(path);
  return described({header.tokenizer_name, header.tokenizer_config, {.path = path, .line = 1}}, use, reading);
}

}  // namespace tokenizers
