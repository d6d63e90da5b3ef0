// Reading a JSON configuration so that every error names the key it is about.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>

namespace aria {

/// A value of a parsed JSON document and the way to it, as in "data.tests.min_length". Valid as long as the parser is.
/// Every accessor throws invalid_config where the value is missing or has another type:
///
///     config["data"]["tests"]["max_programs"]["args"]["max"].whole_number()
///     // throws "data.tests.max_programs.args.max must be a whole number of at least 0"
class JsonView {
 public:
  JsonView(simdjson::dom::element element, std::string way) : element_(element), way_(std::move(way)) {}

  JsonView operator[](std::string_view key) const {
    simdjson::dom::element child;
    const std::string way = way_.empty() ? std::string(key) : way_ + '.' + std::string(key);
    if (object().at_key(key).get(child) != simdjson::SUCCESS) {
      throw Error(ErrorCode::invalid_config, "the key " + way + " is missing");
    }
    return {child, way};
  }

  bool boolean() const { return get<bool>("true or false"); }
  double number() const { return get<double>("a number"); }
  std::uint64_t whole_number() const { return get<std::uint64_t>("a whole number of at least 0"); }
  std::string_view text() const { return get<std::string_view>("a text"); }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const simdjson::dom::element child : get<simdjson::dom::array>("a list of texts")) {
      all.emplace_back(JsonView(child, way_ + '[' + std::to_string(all.size()) + ']').text());
    }
    return all;
  }

  /// Throws where the object has a key that is none of `known`: a misspelt key is not silently without effect.
  template <class Names>
  void only(const Names& known) const {
    for (const auto& [key, value] : object()) {
      bool found = false;
      for (const std::string_view name : known) found = found || name == key;
      if (!found) throw Error(ErrorCode::invalid_config, "the key " + way_ + '.' + std::string(key) + " is unknown");
    }
  }

 private:
  simdjson::dom::object object() const { return get<simdjson::dom::object>("an object"); }

  template <class T>
  T get(const char* wanted) const {
    T value{};
    if (element_.get(value) != simdjson::SUCCESS) {
      throw Error(ErrorCode::invalid_config, (way_.empty() ? "the whole" : way_) + " must be " + wanted);
    }
    return value;
  }

  simdjson::dom::element element_;
  std::string way_;
};

}  // namespace aria
