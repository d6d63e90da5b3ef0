#include <aria/support/escape.hpp>

#include <random>
#include <string>

#include "support/catch.hpp"

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  aria::append_escaped(text, out);
  return out;
}

}  // namespace

TEST_CASE("append_escaped writes one line of UTF-8", "[support]") {
  CHECK(escaped("").empty());
  CHECK(escaped("plain / text") == "plain / text");
  CHECK(escaped("a\tb\rc\nd\\e") == "a\\tb\\rc\\nd\\\\e");
  CHECK(escaped("\xc3\xa9 \xe9 \xf0\x9f\x8e\xb5 \xc3") == "\xc3\xa9 \\xe9 \xf0\x9f\x8e\xb5 \\xc3");
}

TEST_CASE("unescaped gives the bytes back", "[support]") {
  std::mt19937 random(3);
  const std::string likely = "\\xtrn0f\t\r\n\xc3\xa9\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto i = random() % 12; i > 0; --i) {
      text += random() % 3 ? likely[random() % likely.size()] : static_cast<char>(random());
    }
    const std::string line = escaped(text);
    CAPTURE(line);
    CHECK(line.find_first_of("\t\r\n") == std::string::npos);
    CHECK(aria::unescaped(line) == text);
  }
}

TEST_CASE("unescaped refuses what append_escaped does not write", "[support]") {
  for (const char* text : {"\\", "\\q", "\\x", "\\x4", "\\xg0", "\\x0G", "a\\"}) {
    CAPTURE(text);
    CHECK_FALSE(aria::unescaped(text));
  }
}
