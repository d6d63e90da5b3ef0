#include <aria/support/mapped_lines.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::ErrorCode;
using aria::MappedLines;

namespace {

struct Place {
  std::string write(std::string_view text) const {
    test::write_text(folder / "a.txt", text);
    return (folder / "a.txt").string();
  }
  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("mapped lines: found from any byte on, with their numbers and places", "[support]") {
  const Place place;
  MappedLines lines(place.write("head\n\none\ntwo and a half\n"));
  CHECK(lines.size() == 0);
  REQUIRE(lines.find(5, 2));
  REQUIRE(lines.size() == 3);
  CHECK(lines.line(0).empty());
  CHECK(lines.line(1) == "one");
  CHECK(lines.line(2) == "two and a half");
  CHECK(lines.number(0) == 2);
  CHECK(lines.number(2) == 4);
  CHECK(lines.offset(1) == 6);
  REQUIRE(lines.find(0, 1));
  CHECK(lines.size() == 4);
  CHECK(lines.line(0) == "head");
  REQUIRE(lines.find(lines.view().size(), 5));
  CHECK(lines.size() == 0);
  const aria::Error error = test::error_of([&] { lines.line(0); });
  CHECK(error.code() == ErrorCode::invalid_argument);
}

TEST_CASE("mapped lines: a last line without a line feed is none", "[support]") {
  const Place place;
  MappedLines lines(place.write("one\ntwo"));
  CHECK_FALSE(lines.find(0, 1));
  CHECK(lines.size() == 1);
  MappedLines empty(place.write(""));
  CHECK(empty.find(0, 1));
  CHECK(empty.size() == 0);
}

TEST_CASE("mapped lines: what is read behind a line lies in the file or in memory of its own", "[support]") {
  constexpr std::size_t kPadding = 16;
  const Place place;
  std::string text;
  for (int i = 0; i < 12; ++i) text += "line " + std::to_string(i) + '\n';
  MappedLines lines(place.write(text));
  REQUIRE(lines.find(0, 1));
  const std::less_equal<const char*> before;
  const char* const begin = lines.view().data();
  const char* const end = begin + text.size();
  bool met_copy = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines.with_line(i, kPadding, [&](std::string_view line) {
      CHECK(line == "line " + std::to_string(i));
      const bool in_file = before(begin, line.data()) && before(line.data(), end);
      if (in_file) CHECK(before(line.data() + line.size() + kPadding, end));
      CHECK(in_file == (lines.offset(i) + line.size() + kPadding <= text.size()));
      met_copy = met_copy || !in_file;
    });
  }
  CHECK(met_copy);
}
