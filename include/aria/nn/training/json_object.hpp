// Writes a JSON object member by member.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>

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
  static std::string quoted(std::string_view text) {
    ByteBuffer out;
    aria::detail::write_json_string(text, out, [](ByteBuffer&) {});
    return std::string(out.view());
  }

  template <class Number>
  static std::string number_text(Number number) {
    std::array<char, 40> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
  }

  std::vector<std::string> members_;
};

}  // namespace aria::nn
