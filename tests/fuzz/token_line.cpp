// text -> tokens or an error, by the quick reader and by the one that takes any JSON -> text -> the same tokens.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/tokenizer.hpp>

#include "expect.hpp"

namespace {

using Tokens = std::vector<aria::TokenId>;
using fuzz::expect;

template <class Reader>
std::optional<Tokens> read(Reader&& reader, const std::string& line) {
  const std::string padding(aria::TokenLineReader::kPadding, ']');
  const std::string padded = padding + line + padding;
  Tokens tokens;
  try {
    reader.read(std::string_view(padded).substr(padding.size(), line.size()), tokens);
    return tokens;
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_json, "what is no line is called so");
    return std::nullopt;
  }
}

void check(const aria::Vocabulary& vocabulary, const std::string& line) {
  const auto tokens = read(aria::TokenLineReader(vocabulary), line);
  expect(tokens == read(aria::detail::AnyLine(vocabulary), line), "both readers agree");
  aria::detail::WrittenLine<aria::detail::PlainBytes> plain(vocabulary);
  Tokens plainly;
  const std::string padded = line + std::string(aria::TokenLineReader::kPadding, ']');
  if (plain.read(std::string_view(padded).substr(0, line.size()), plainly)) {
    expect(tokens == plainly, "so does the one for any machine");
  }
  if (!tokens) return;
  aria::ByteBuffer again;
  aria::write_token_line(vocabulary, *tokens, again);
  expect(read(aria::TokenLineReader(vocabulary), std::string(again.view())) == tokens, "tokens survive a line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const aria::LazyTokenizer lazy;
  static const aria::Vocabulary small(
      {R"("<P>")", R"("<U>")", "1", "12", "[]", "[1]", R"(["a", 1])", R"("]")", R"(["]", 2])", R"("\"")",
       R"(["a text that is longer than others are", "by far"])"},
      {.pad = 0, .unknown = 1});
  const std::string line(reinterpret_cast<const char*>(data), size);
  check(lazy.vocabulary(), line);
  check(small, line);
  return 0;
}
