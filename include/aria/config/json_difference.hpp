// Where two JSON values differ.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>

#include <aria/config/json_view.hpp>

namespace aria {

/// The first difference, as a text that names the key and both values: "velocity_quantization.step is 15 and not 10",
/// for `there` and `here`. The order of keys makes none. Nothing where both say the same.
inline std::optional<std::string> json_difference(const JsonView& there, const JsonView& here) {
  simdjson::dom::object a, b;
  if (there.element().get(a) != simdjson::SUCCESS || here.element().get(b) != simdjson::SUCCESS) {
    const std::string text = there.to_json(), wanted = here.to_json();
    if (text == wanted) return std::nullopt;
    return (there.way().empty() ? "it" : there.way()) + " is " + text + " and not " + wanted;
  }
  for (const std::string& key : there.keys()) {
    if (!here.has(key)) return there[key].way() + " is unknown here";
    if (auto difference = json_difference(there[key], here[key])) return difference;
  }
  for (const std::string& key : here.keys()) {
    if (!there.has(key)) return here[key].way() + " is missing";
  }
  return std::nullopt;
}

}  // namespace aria
