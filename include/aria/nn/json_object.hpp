// Writes a JSON object member by member.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/utf8.hpp>

namespace aria::nn {

/// Members in the order in which they were added, one a line.
///
///     JsonObject object;
///     object.add("epochs", 3).add("name", "small").add("loss", 0.25);
///     object.text()  // {"epochs": 3, "name": "small", "loss": 0.25} with line feeds
class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view text) { return add_raw(key, quoted(text)); }
  JsonObject& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  JsonObject& add(std::string_view key, bool value) { return add_raw(key, value ? "true" : "false"); }

  /// Fractions are written so that reading gives the same number again. They must be finite.
  template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>) &&
      (!std::same_as<Number, bool>)JsonObject& add(std::string_view key, Number number) {
    return add_raw(key, number_text(number));
  }

  JsonObject& add(std::string_view key, const std::vector<double>& numbers) {
    std::string text;
    for (const double number : numbers) text += (text.empty() ? "" : ", ") + number_text(number);
    return add_raw(key, '[' + text + ']');
  }
  JsonObject& add(std::string_view key, const JsonObject& object) { return add_raw(key, object.text("  ")); }

  /// A value that is JSON already.
  JsonObject& add_raw(std::string_view key, const std::string& json) {
    members_.push_back(quoted(key) + ": " + json);
    return *this;
  }

  std::string text(const std::string& indent = "") const {
    std::string all = "{";
    for (const std::string& member : members_)
      all += (&member == members_.data() ? "\n" : ",\n") + indent + "  " + member;
    return all + '\n' + indent + '}';
  }

 private:
  // JSON is UTF-8, and paths need not be: bytes of them that are no character become U+FFFD.
  static std::string quoted(std::string_view text) {
    std::string characters;
    while (!text.empty()) {
      const std::size_t length = utf8_length(text);
      characters += length == 0 ? "\ufffd" : text.substr(0, length);
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    ByteBuffer out;
    aria::detail::write_json_string(characters, out, [](ByteBuffer&) {});
    return std::string(out.view());
  }

  template <class Number>
  static std::string number_text(Number number) {
    std::array<char, 40> text;
    std::string shortest(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
    // Without a point, readers take it for an integer, which has no -0 and ends at 2^64.
    if (std::floating_point<Number> && shortest.find_first_of(".en") == std::string::npos) shortest += ".0";
    return shortest;
  }

  std::vector<std::string> members_;
};

}  // namespace aria::nn
