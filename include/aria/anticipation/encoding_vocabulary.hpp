// What the tokenizers of both encodings share: tokens whose texts are their numbers, and their settings as JSON.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <aria/anticipation/settings.hpp>
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

/// All that decides the ids, as a JSON object.
inline std::string settings_json(const Settings& settings) {
  std::string text;
  const auto add = [&text](const char* key, std::uint32_t value) {
    text.append(text.empty() ? "{\"" : ", \"").append(key).append("\": ").append(std::to_string(value));
  };
  add("time_resolution", settings.time_resolution);
  add("max_time_seconds", settings.max_time_seconds);
  add("max_duration_seconds", settings.max_duration_seconds);
  add("max_interarrival_seconds", settings.max_interarrival_seconds);
  add("pitches", settings.pitches);
  add("instruments", settings.instruments);
  return text + '}';
}

}  // namespace aria::anticipation
