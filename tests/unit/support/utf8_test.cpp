#include <aria/support/utf8.hpp>

#include "support/catch.hpp"

TEST_CASE("utf8_length knows what RFC 3629 allows", "[support]") {
  using aria::utf8_length;
  CHECK(utf8_length("") == 0);
  CHECK(utf8_length("ab") == 1);
  CHECK(utf8_length({"\0b", 2}) == 1);
  CHECK(utf8_length("\xc2\x80") == 2);
  CHECK(utf8_length("\xdf\xbf!") == 2);
  CHECK(utf8_length("\xe0\xa0\x80") == 3);
  CHECK(utf8_length("\xed\x9f\xbf") == 3);
  CHECK(utf8_length("\xee\x80\x80") == 3);
  CHECK(utf8_length("\xf0\x90\x80\x80") == 4);
  CHECK(utf8_length("\xf4\x8f\xbf\xbf") == 4);

  // Continuation first, cut off, overlong, surrogates, above U+10FFFF.
  for (const char* text : {"\x80", "\xbf", "\xc2", "\xc2z", "\xe0\xa0", "\xe0\xa0z", "\xf0\x90\x80", "\xc0\x80",
                           "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CAPTURE(text);
    CHECK(utf8_length(text) == 0);
  }
}
