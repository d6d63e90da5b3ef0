// text -> tokens or an error, by each way of reading and by a slow reader of the test's own -> text -> the same tokens.
// The input is a line; it is also taken for the numbers of pieces that a line is put together from.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
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

// The line between other bytes, which must not matter.
class PaddedLine {
 public:
  PaddedLine(std::string_view line, char padding) : bytes_(kPadding, padding) {
    bytes_ += line;
    bytes_.append(kPadding, padding);
    bytes_.shrink_to_fit();
  }
  std::string_view view() const { return std::string_view(bytes_).substr(kPadding, bytes_.size() - 2 * kPadding); }

 private:
  static constexpr std::size_t kPadding = aria::TokenLineReader::kPadding;
  std::string bytes_;
};

template <class Reader>
std::optional<Tokens> read(Reader&& reader, const PaddedLine& line) {
  Tokens tokens;
  try {
    reader.read(line.view(), tokens);
    return tokens;
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_json, "what is no line is called so");
    return std::nullopt;
  }
}

// The slow reader: another library's JSON, put into Python's words. It has no opinion on numbers that are not whole or
// too large for it, since tokens keep the digits of these.
class SecondOpinion {
 public:
  SecondOpinion(const aria::Vocabulary& vocabulary, const std::string& line) {
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    const auto error = parser.parse(line).get_array().get(list);
    unclear_ = error == simdjson::NUMBER_ERROR || line.substr(0, 3) == "\xef\xbb\xbf";
    if (error != simdjson::SUCCESS) return;
    tokens_.emplace();
    for (const simdjson::dom::element element : list) {
      const auto token = vocabulary.find(token_text(element));
      if (!token) {
        tokens_.reset();
        return;
      }
      tokens_->push_back(*token);
    }
  }

  bool agrees(const std::optional<Tokens>& tokens) const { return unclear_ || tokens == tokens_; }

 private:
  std::string token_text(simdjson::dom::element element) {
    if (!element.is_array()) return element_text(element);
    std::string text;
    for (const simdjson::dom::element child : simdjson::dom::array(element)) {
      text += (text.empty() ? "" : ", ") + element_text(child);
    }
    return '[' + text + ']';
  }

  std::string element_text(simdjson::dom::element element) {
    if (element.is_string()) {
      aria::ByteBuffer out;
      aria::detail::write_json_string(std::string_view(element), out, [](aria::ByteBuffer&) {});
      return std::string(out.view());
    }
    if (element.is_array() || element.is_object()) return "no token";
    unclear_ = unclear_ || element.is_double();
    return simdjson::minify(element);
  }

  std::optional<Tokens> tokens_;
  bool unclear_ = false;
};

void check(const aria::Vocabulary& vocabulary, const std::string& line) {
  const PaddedLine padded(line, ']'), other(line, '\0');
  const auto tokens = read(aria::TokenLineReader(vocabulary), padded);
  expect(tokens == read(aria::TokenLineReader(vocabulary), other), "what lies around a line does not matter");
  expect(tokens == read(aria::detail::AnyLine(vocabulary), padded), "both readers agree");
  expect(SecondOpinion(vocabulary, line).agrees(tokens), "so does a slow one");
  aria::detail::WrittenLine<aria::detail::PlainBytes> plain(vocabulary);
  Tokens plainly;
  if (plain.read(padded.view(), plainly)) expect(tokens == plainly, "so does the one for any machine");
  if (!tokens) return;
  aria::ByteBuffer again;
  aria::write_token_line(vocabulary, *tokens, again);
  const PaddedLine written(again.view(), ']');
  expect(read(aria::TokenLineReader(vocabulary), written) == tokens, "tokens survive a line");
}

std::string from_pieces(const std::uint8_t* data, std::size_t size, const aria::Vocabulary& vocabulary) {
  static constexpr std::string_view kPieces[] = {", ", ",",    "[", "]",   "\"",      " ",
                                                 "\\", "], [", "7", "\"a", "\\u0061", std::string_view("\0", 1)};
  std::string line = "[";
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t piece = data[i];
    if (piece < std::size(kPieces)) {
      line += kPieces[piece];
    } else {  // a token, and most often a separator
      line += vocabulary.text(static_cast<aria::TokenId>(piece * 50 % vocabulary.token_count()));
      if (i + 1 < size && piece % 16 != 0) line += ", ";
    }
  }
  return line + ']';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const aria::LazyTokenizer lazy;
  static const aria::Vocabulary small(
      {R"("<P>")", R"("<U>")", "1", "12", "[]", "[1]", R"(["a", 1])", R"("]")", R"(["]", 2])", R"("\"")",
       R"(["a text that is longer than others are", "by far"])"},
      {.pad = 0, .unknown = 1});
  const std::string line(reinterpret_cast<const char*>(data), size);
  for (const aria::Vocabulary* vocabulary : {&lazy.vocabulary(), &small}) {
    check(*vocabulary, line);
    check(*vocabulary, from_pieces(data, size, *vocabulary));
  }
  return 0;
}
