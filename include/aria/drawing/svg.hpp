// A writer of SVG that cannot write anything else than well-formed SVG.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/support/utf8.hpp>

namespace aria {

/// A rectangle: its left upper corner, width and height, in user units of the drawing (pixels as a rule).
struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  constexpr double right() const noexcept { return x + width; }
  constexpr double bottom() const noexcept { return y + height; }
};

/// A coordinate as short as can be: at most two decimals, a point in any locale, no "-0". What is not finite becomes 0,
/// and what no drawing is large enough for, a billion.
///
///     svg_number(12.5)     // "12.5"
///     svg_number(-0.0001)  // "0"
inline std::string svg_number(double value) {
  if (!std::isfinite(value)) return "0";
  value = std::clamp(value, -1e9, 1e9);
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 2).ptr;
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  const std::string_view number(text, static_cast<std::size_t>(end - text));
  return std::string(number == "-0" ? "0" : number);
}

/// Text as it may stand in an element or a quoted attribute: & < > " are escaped, and bytes that are not UTF-8 or
/// characters that XML 1.0 does not allow become U+FFFD.
///
///     svg_text("Adagio & \"Allegro\"")  // Adagio &amp; &quot;Allegro&quot;
inline std::string svg_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    const char c = character.front();
    const bool control = length == 1 && static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    if (length == 0 || control || character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf") {
      out += "\xef\xbf\xbd";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += character;
    }
  }
  return out;
}

/// An attribute of an element: a name of SVG's own and a number or any text.
class SvgAttribute {
 public:
  template <class Number>
  requires std::is_arithmetic_v<Number> SvgAttribute(const char* name, Number value)
      : name_(name), value_(svg_number(static_cast<double>(value))) {}
  SvgAttribute(const char* name, std::string_view value) : name_(name), value_(svg_text(value)) {}
  SvgAttribute(const char* name, const char* value) : SvgAttribute(name, std::string_view(value)) {}
  SvgAttribute(const char* name, const std::string& value) : SvgAttribute(name, std::string_view(value)) {}

  void append_to(std::string& out) const { out.append(" ").append(name_).append("=\"").append(value_).append("\""); }

 private:
  const char* name_;
  std::string value_;
};

/// A drawing, written element by element. Names of elements and attributes are the caller's own; values and texts may
/// come from anywhere.
///
///     aria::Svg svg(200, 100);
///     svg.open("g", {{"fill", "steelblue"}});
///     svg.element("rect", {{"x", 10}, {"y", 10.5}, {"width", 50}, {"height", 20}}, "a <title>, shown by browsers");
///     svg.text({{"x", 10}, {"y", 60}}, "Bach & sons");
///     file.write(std::move(svg).finish());
class Svg {
 public:
  using Attributes = std::initializer_list<SvgAttribute>;

  /// A drawing on white, scaled to the width of what shows it.
  Svg(double width, double height) {
    open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                 {"width", width},
                 {"height", height},
                 {"viewBox", "0 0 " + svg_number(width) + ' ' + svg_number(height)},
                 {"font-family", "system-ui, 'Helvetica Neue', Arial, sans-serif"}});
    element("rect", {{"width", "100%"}, {"height", "100%"}, {"fill", "#fff"}});
  }

  /// An element that holds what is written until `close`.
  void open(const char* name, Attributes attributes = {}) {
    begin(name, attributes);
    out_ += ">\n";
    open_.push_back(name);
  }

  void close() {
    out_.append("</").append(open_.back()).append(">\n");
    open_.pop_back();
  }

  /// An element without contents but for a title, which browsers show where the pointer rests.
  void element(const char* name, Attributes attributes, std::string_view title = {}) {
    begin(name, attributes);
    if (title.empty()) {
      out_ += "/>\n";
    } else {
      out_.append("><title>").append(svg_text(title)).append("</title></").append(name).append(">\n");
    }
  }

  void text(Attributes attributes, std::string_view content) { leaf("text", attributes, content); }

  /// The name of what is open: of the drawing, or of a group.
  void title(std::string_view content) { leaf("title", {}, content); }

  /// The drawing, everything that is open closed.
  std::string finish() && {
    while (!open_.empty()) close();
    return std::move(out_);
  }

 private:
  void leaf(const char* name, Attributes attributes, std::string_view content) {
    begin(name, attributes);
    out_.append(">").append(svg_text(content)).append("</").append(name).append(">\n");
  }

  void begin(const char* name, Attributes attributes) {
    out_.append("<").append(name);
    for (const SvgAttribute& attribute : attributes) attribute.append_to(out_);
  }

  std::string out_;
  std::vector<const char*> open_;
};

}  // namespace aria
