// Tokens in JSON: each spelling of a token leads to one text.
#include <aria/token/token_text.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

// The text of the only token in the JSON.
std::optional<std::string> text_of(std::string_view json) {
  aria::ByteBuffer text;
  aria::TokenTextReader reader(json);
  if (!reader.read(text) || !reader.at_end()) return std::nullopt;
  return std::string(text.view());
}

bool is_token_text(std::string_view text) {
  aria::ByteBuffer scratch;
  return aria::is_token_text(text, scratch);
}

}  // namespace

TEST_CASE("the text of a token is written as Python's json.dumps does", "[token]") {
  struct Example {
    std::string_view json, text;
  };
  for (const auto& [json, text] : {
           Example{R"("<S>")", R"("<S>")"},
           {R"( [ "piano" ,60,	45 ] )", R"(["piano", 60, 45])"},
           {"[\r\n]", "[]"},
           {R"("\u003cS\u003E")", R"("<S>")"},
           {R"("caf\u00e9 \u20AC \ud834\udd1e")", "\"caf\u00e9 \u20ac \U0001d11e\""},
           {"\"caf\u00e9 \u20ac \U0001d11e\x7f\"", "\"caf\u00e9 \u20ac \U0001d11e\x7f\""},
           {R"("\"\\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
           {R"("\u0022\u005c\u002f\u0008\u000c\u000a\u000d\u0009")", R"("\"\\/\b\f\n\r\t")"},
           {R"("\u0000\u001F\u007f")", "\"\\u0000\\u001f\x7f\""},
           {R"([true,false,null,-1,0,-0,1.50,-0.0,1E5,1e-05])",
            R"([true, false, null, -1, 0, 0, 1.50, -0.0, 1E5, 1e-05])"},
           {"123456789012345678901234567890", "123456789012345678901234567890"},
           {R"(["]", "[", ",", "\""])", R"(["]", "[", ",", "\""])"},
       }) {
    CAPTURE(json);
    CHECK(text_of(json) == text);
    CHECK(is_token_text(text));
    CHECK(is_token_text(json) == (json == text));
  }
}

TEST_CASE("what is no token is refused", "[token]") {
  for (const char* json : {"",
                           " ",
                           "[",
                           "]",
                           ",",
                           "[1",
                           "[1,",
                           "[,1]",
                           "[1,]",
                           "[1 2]",
                           "[1],",
                           "[[1]]",
                           "[[]]",
                           "{}",
                           "[{}]",
                           "\"",
                           "\"a",
                           "\"a\\",
                           "\"a\\\"",
                           "\"\\x\"",
                           "\"\\u\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud834\"",
                           "\"\\ud834\\n\"",
                           "\"\\ud834\\ud834\"",
                           "\"\\udd1e\"",
                           "\"\\udd1e\\ud834\"",
                           "\"\\udd1e\\udd1e\"",
                           "\"\n\"",
                           "\"\x1f\"",
                           "\"\x80\"",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "'a'",
                           "tru",
                           "trueish",
                           "True",
                           "nul",
                           "NaN",
                           "Infinity",
                           "-",
                           "+1",
                           "01",
                           "-01",
                           ".5",
                           "1.",
                           "1.e5",
                           "1e",
                           "1e+",
                           "0x1",
                           "1_000",
                           "\v1"}) {
    CAPTURE(json);
    CHECK_FALSE(text_of(json));
    CHECK_FALSE(is_token_text(json));
  }
  CHECK_FALSE(text_of({"\"\0\"", 3}));
  CHECK_FALSE(text_of({"1\0", 2}));
}

TEST_CASE("a TokenTextReader takes one token after the other", "[token]") {
  aria::TokenTextReader reader(R"( [ "a" , [1,2] ] )");
  aria::ByteBuffer text;
  REQUIRE(reader.take('['));
  REQUIRE(reader.read(text));
  CHECK(text.view() == R"("a")");
  CHECK(reader.next() == ',');
  CHECK_FALSE(reader.take(']'));
  REQUIRE(reader.take(','));
  REQUIRE(reader.read(text));
  CHECK(text.view() == "[1, 2]");
  REQUIRE(reader.take(']'));
  CHECK(reader.position() == 16);
  CHECK(reader.at_end());
  CHECK(reader.position() == 17);
  CHECK(reader.next() == '\0');
}
