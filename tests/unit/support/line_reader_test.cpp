#include <aria/support/line_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

using namespace std::string_literals;

namespace {

struct Lines {
  std::vector<std::string> texts;
  std::vector<std::uint64_t> offsets;
  unsigned padding = 0;
};

Lines lines_of(const std::string& text) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "lines", text);
  aria::LineReader reader((folder / "lines").string());
  CHECK(reader.file_size() == text.size());
  Lines lines;
  while (const auto line = reader.next()) {
    lines.texts.emplace_back(*line);
    lines.offsets.push_back(reader.offset());
    CHECK(reader.number() == lines.texts.size());
    // A sanitizer sees to it that these may be read.
    for (std::size_t i = 0; i < aria::LineReader::kPadding; ++i) {
      lines.padding += static_cast<unsigned char>(line->data()[line->size() + i]);
    }
  }
  CHECK_FALSE(reader.next());
  return lines;
}

std::vector<std::string> texts_of(const std::string& text) { return lines_of(text).texts; }

}  // namespace

TEST_CASE("LineReader splits at line feeds", "[support]") {
  using Texts = std::vector<std::string>;
  CHECK(texts_of("").empty());
  CHECK(texts_of("\n") == Texts{""});
  CHECK(texts_of("one") == Texts{"one"});
  CHECK(texts_of("one\n") == Texts{"one"});
  CHECK(texts_of("one\ntwo") == Texts{"one", "two"});
  CHECK(texts_of("\n\ntwo\n\n") == Texts{"", "", "two", ""});
  CHECK(texts_of("a\rb\r\n\0c\n"s) == Texts{"a\rb\r", "\0c"s});
  CHECK(lines_of("one\n\ntwo").offsets == std::vector<std::uint64_t>{4, 5, 8});
}

TEST_CASE("LineReader reads lines longer than its buffer", "[support]") {
  std::vector<std::string> expected;
  for (const std::size_t size : {10U, 3U << 20, 0U, (1U << 20) - 1, 1U << 20, (1U << 20) + 1, 5U, 1U << 21, 77U}) {
    std::string line(size, 'x');
    for (std::size_t i = 0; i < size; i += 1000) line[i] = static_cast<char>('a' + i / 1000 % 20);
    expected.push_back(line);
  }
  std::string text;
  std::vector<std::uint64_t> offsets;
  for (const std::string& line : expected) {
    text += line + '\n';
    offsets.push_back(text.size());
  }
  const Lines lines = lines_of(text);
  CHECK((lines.texts == expected));  // in parentheses: nobody wants to see them
  CHECK(lines.offsets == offsets);
  text.pop_back();
  CHECK((texts_of(text) == expected));
}

TEST_CASE("LineReader reads thousands of lines across the borders of its buffer", "[support]") {
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; text.size() < (std::size_t{5} << 20); ++i) {
    expected.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i) * 7919 % 500, '-'));
    text += expected.back() + '\n';
  }
  CHECK((texts_of(text) == expected));
}

TEST_CASE("LineReader complains about what it cannot open", "[support]") {
  const test::TemporaryFolder folder;
  const auto open = [](const std::filesystem::path& path) {
    return test::error_of([&] { aria::LineReader{path.string()}; });
  };
  CHECK(open(folder / "absent").code() == aria::ErrorCode::not_found);
  CHECK(open(folder / "absent").place().path == (folder / "absent").string());
  CHECK(open(folder.path()).code() == aria::ErrorCode::io);
}
