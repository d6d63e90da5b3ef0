// What the tokenizers of both encodings share: tokens whose texts are their numbers, and their settings as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/config/json_view.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria::anticipation {

/// Tokens 0 to size - 1, whose texts are their numbers, and one more outside of the vocabulary: "<P>" is padding, and
/// stands for ids that there are not.
inline std::shared_ptr<const Vocabulary> numbered_vocabulary(TokenId size) {
  std::vector<std::string> texts;
  texts.reserve(std::size_t{size} + 1);
  for (TokenId id = 0; id < size; ++id) texts.push_back(std::to_string(id));
  texts.emplace_back(R"("<P>")");
  return std::make_shared<const Vocabulary>(std::move(texts), Vocabulary::Special{.pad = size, .unknown = size}, size);
}

namespace detail {

// Calls `use(key, value)` for all that decides the ids.
template <class SettingsType, class Use>
void each_setting(SettingsType& settings, Use use) {
  use("time_resolution", settings.time_resolution);
  use("max_time_seconds", settings.max_time_seconds);
  use("max_duration_seconds", settings.max_duration_seconds);
  use("max_interarrival_seconds", settings.max_interarrival_seconds);
  use("pitches", settings.pitches);
  use("instruments", settings.instruments);
}

}  // namespace detail

/// All that decides the ids, as a JSON object.
inline std::string settings_json(const Settings& settings) {
  std::string text;
  detail::each_setting(settings, [&text](const char* key, std::uint32_t value) {
    text.append(text.empty() ? "{\"" : ", \"").append(key).append("\": ").append(std::to_string(value));
  });
  return text + '}';
}

/// The settings that settings_json has written. Throws invalid_config where a key is missing or no number.
inline Settings settings_from(const JsonView& json) {
  Settings settings;
  detail::each_setting(settings, [&json](const char* key, std::uint32_t& value) {
    const std::uint64_t number = json[key].whole_number();
    if (number > 0xffff'ffff) {
      throw Error(ErrorCode::invalid_config, "the key " + std::string(key) + " is too large");
    }
    value = static_cast<std::uint32_t>(number);
  });
  return settings;
}

}  // namespace aria::anticipation
