// Vocabularies: texts and ids, and what is refused.
#include <aria/token/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::TokenId;
using aria::Vocabulary;
using Texts = std::vector<std::string>;

constexpr Vocabulary::Special kSpecial{.pad = 0, .unknown = 1};

std::string refusal_of(Texts texts, Vocabulary::Special special = kSpecial, std::optional<std::size_t> size = {}) {
  const aria::Error error = test::error_of([&] { Vocabulary vocabulary(std::move(texts), special, size); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  return error.message();
}

}  // namespace

TEST_CASE("a vocabulary leads from texts to ids and back", "[token]") {
  const Vocabulary vocabulary({R"("<P>")", R"("<U>")", R"(["note", 60])", R"(["outside"])"}, kSpecial, 3);
  CHECK(vocabulary.size() == 3);
  CHECK(vocabulary.token_count() == 4);
  CHECK(vocabulary.pad() == 0);
  CHECK(vocabulary.unknown() == 1);
  CHECK(vocabulary.text(2) == R"(["note", 60])");
  CHECK(vocabulary.text(3) == R"(["outside"])");
  CHECK(vocabulary.text(4) == R"("<U>")");
  CHECK(vocabulary.text(~TokenId{0}) == R"("<U>")");
  for (TokenId id = 0; id < 4; ++id) CHECK(vocabulary.find(vocabulary.text(id)) == id);
  for (const char* text : {"", "<P>", R"(["note",60])", R"(["note", 61])", R"(["note", 60] )"}) {
    CAPTURE(text);
    CHECK_FALSE(vocabulary.find(text));
  }
  CHECK(vocabulary.encode(2) == 2);
  CHECK(vocabulary.encode(3) == 1);
  CHECK(vocabulary.encode(~TokenId{0}) == 1);
}

TEST_CASE("the lazy tokenizer's vocabulary finds each of its tokens", "[token]") {
  const aria::LazyTokenizer tokenizer;
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  CHECK(vocabulary.size() == 12'595);
  std::size_t found = 0;
  for (TokenId id = 0; id < vocabulary.token_count(); ++id) found += vocabulary.find(vocabulary.text(id)) == id ? 1 : 0;
  CHECK(found == vocabulary.token_count());
  CHECK_FALSE(vocabulary.finder().whole());
}

TEST_CASE("a cell holds the text of a token and a separator", "[token]") {
  const std::string longest = '"' + std::string(aria::TokenCell::kLongest - 2, 'x') + '"';
  const std::string too_long = '"' + std::string(aria::TokenCell::kLongest - 1, 'x') + '"';
  const Vocabulary vocabulary({"0", longest, too_long, "[]"}, kSpecial);
  const auto cells = vocabulary.cells();
  REQUIRE(cells.size() == 4);
  const auto contents = [&](std::size_t i) { return std::string_view(cells[i].bytes.data(), cells[i].size); };
  CHECK(contents(0) == "0, ");
  CHECK(contents(1) == longest + ", ");
  CHECK(contents(2).empty());
  CHECK(contents(3) == "[], ");
}

TEST_CASE("a vocabulary refuses equal texts", "[token]") {
  CHECK(refusal_of({R"("a")", R"("b")", R"("c")", R"("b")"}) == R"(the text "b" stands twice)");
  CHECK(refusal_of({R"("a")", R"("b")", R"("a")"}, kSpecial, 2) == R"(the text "a" stands twice)");
}

TEST_CASE("a vocabulary has its special tokens", "[token]") {
  const Texts texts = {R"("a")", R"("b")", R"("c")"};
  const std::string message = "a vocabulary lacks its special tokens";
  CHECK(refusal_of({}) == message);
  CHECK(refusal_of(texts, {.pad = 3, .unknown = 0}) == message);
  CHECK(refusal_of(texts, {.pad = 0, .unknown = 3}) == message);
  CHECK(refusal_of(texts, kSpecial, 4) == message);
  // They may stand outside of the vocabulary, as long as they have a text.
  CHECK(Vocabulary(texts, {.pad = 2, .unknown = 0}, 2).pad() == 2);
  CHECK(Vocabulary(texts, {.pad = 0, .unknown = 2}, 2).unknown() == 2);
}

TEST_CASE("a vocabulary refuses texts that json.dumps would not write", "[token]") {
  for (const char* text : {"", "note", "\"note", "[\"note\",60]", "[\"note\", 60", " 1", "1 ", "[ 1]", "[1, ]", "[[1]]",
                           "{}", "\"\\u0041\"", "\"\\/\"", "\"\\u001F\"", "\"\xff\"", "\"\n\"", "1, 2", "-0", "'a'"}) {
    CAPTURE(text);
    CHECK(refusal_of({"0", text, "2"}) == "a vocabulary has a token that is not written as JSON: " + std::string(text));
  }
}
