// Reading a JSON configuration so that every error names the key it is about.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

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
    const std::string way = way_to(key);
    if (object().at_key(key).get(child) != simdjson::SUCCESS) {
      throw Error(ErrorCode::invalid_config, "the key " + way + " is missing");
    }
    return {child, way};
  }

  /// The value as a text of its own, without blanks.
  std::string to_json() const { return std::string(simdjson::minify(element_)); }

  bool has(std::string_view key) const { return object().at_key(key).error() == simdjson::SUCCESS; }

  const simdjson::dom::element& element() const noexcept { return element_; }

  /// The way to this value: "data.tests".
  const std::string& way() const noexcept { return way_; }

  bool boolean() const { return get<bool>("true or false"); }
  double number() const { return get<double>("a number"); }
  std::uint64_t whole_number() const { return get<std::uint64_t>("a whole number of at least 0"); }
  std::string_view text() const { return get<std::string_view>("a text"); }

  /// The keys of an object, in the order of the text.
  std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const auto& [key, value] : object()) all.emplace_back(key);
    return all;
  }

  /// Calls `visit(key, value)` for every member of an object, in the order of the text, also where a key is there
  /// twice. Takes time in proportion to the members, where `keys` and `operator[]` together take its square.
  template <class Visit>
  void for_each_member(Visit visit) const {
    for (const auto& [key, value] : object()) visit(std::string_view(key), JsonView(value, way_to(key)));
  }

  /// How many members an object has; a key that is there twice counts twice.
  std::size_t size() const {
    const simdjson::dom::object members = object();  // whose own size() stops counting at 2^24
    std::size_t count = 0;
    for (auto member = members.begin(); member != members.end(); ++member) ++count;
    return count;
  }

  std::vector<std::uint64_t> whole_numbers() const {
    std::vector<std::uint64_t> all;
    for (const simdjson::dom::element child : get<simdjson::dom::array>("a list of whole numbers")) {
      std::uint64_t number = 0;
      if (child.get(number) != simdjson::SUCCESS) {
        JsonView(child, way_ + '[' + std::to_string(all.size()) + ']').whole_number();
      }
      all.push_back(number);
    }
    return all;
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const simdjson::dom::element child : get<simdjson::dom::array>("a list of texts")) {
      all.emplace_back(JsonView(child, way_ + '[' + std::to_string(all.size()) + ']').text());
    }
    return all;
  }

  std::vector<double> numbers() const {
    std::vector<double> all;
    for (const JsonView& item : items()) all.push_back(item.number());
    return all;
  }

  /// The values of a list.
  std::vector<JsonView> items() const {
    std::vector<JsonView> all;
    for (const simdjson::dom::element child : get<simdjson::dom::array>("a list")) {
      all.emplace_back(child, way_ + '[' + std::to_string(all.size()) + ']');
    }
    return all;
  }

  /// Throws where the object has a key that is none of `known`: a misspelt key is not silently without effect.
  template <class Names>
  void only(const Names& known) const {
    for (const auto& [key, value] : object()) {
      bool found = false;
      for (const std::string_view name : known) found = found || name == key;
      if (!found) throw Error(ErrorCode::invalid_config, "the key " + way_to(key) + " is unknown");
    }
  }

 private:
  std::string way_to(std::string_view key) const {
    return way_.empty() ? std::string(key) : way_ + '.' + std::string(key);
  }

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

/// A parsed JSON text.
class JsonDocument {
 public:
  /// Throws invalid_json.
  explicit JsonDocument(std::string_view json) {
    const char* text = json.empty() ? "" : json.data();
    if (const auto error = parser_.parse(text, json.size()).get(root_); error != simdjson::SUCCESS) {
      throw Error(ErrorCode::invalid_json, std::string("is not JSON: ") + simdjson::error_message(error));
    }
  }

  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  /// Valid as long as the document is.
  JsonView root() const { return {root_, ""}; }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

/// What `read` makes of the text of a file; its errors get the file's name. Throws not_found or io, too.
template <class Read>
auto read_json_file(const std::string& path, Read read) {
  ByteBuffer text;
  read_file(path, text);
  try {
    return read(text.view());
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace aria
