// Lines of tokens: what is written is read again by each way of reading; other spellings mean the same, and everything
// else is refused in words that name the token.
#include <aria/dataset/token_line.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/json_text.hpp>
#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::TokenId;
using aria::TokenLineReader;
using aria::Vocabulary;
using test::Dice;
using Tokens = std::vector<TokenId>;

std::string write(const Vocabulary& vocabulary, std::span<const TokenId> tokens) {
  aria::ByteBuffer out;
  aria::write_token_line(vocabulary, tokens, out);
  return std::string(out.view());
}

// A line between as many other bytes as it needs, in memory that ends there. The bytes seem to go on with the line.
class PaddedLine {
 public:
  explicit PaddedLine(std::string_view line, std::string_view around = "\"], [") : size_(line.size()) {
    bytes_.reset(new char[size_ + 2 * kPadding]);
    for (std::size_t i = 0; i < kPadding; ++i) {
      bytes_[i] = bytes_[kPadding + size_ + i] = around[i % around.size()];
    }
    std::copy(line.begin(), line.end(), bytes_.get() + kPadding);
  }
  std::string_view view() const { return {bytes_.get() + kPadding, size_}; }

 private:
  static constexpr std::size_t kPadding = TokenLineReader::kPadding;
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

template <class Read>
std::optional<Tokens> tokens_of(Read read, const PaddedLine& line) {
  Tokens tokens(7, 99);  // to be replaced
  try {
    read(line.view(), tokens);
    return tokens;
  } catch (const aria::Error& error) {
    CHECK(error.code() == aria::ErrorCode::invalid_json);
    return std::nullopt;
  }
}

// All ways to read a line.
class Readers {
 public:
  explicit Readers(const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), reader_(vocabulary), best_(vocabulary), plain_(vocabulary), any_(vocabulary) {}

  // What the line says, if anything: the ways must agree, and the quick ones know all that is written like this.
  std::optional<Tokens> operator()(std::string_view text) {
    const PaddedLine line(text), other(text, ", \"\\");
    const auto tokens = tokens_of([this](auto view, auto& out) { reader_.read(view, out); }, line);
    REQUIRE(tokens == tokens_of([this](auto view, auto& out) { any_.read(view, out); }, line));
    REQUIRE(tokens == tokens_of([this](auto view, auto& out) { reader_.read(view, out); }, other));
    check_quick(best_, line, tokens);
    check_quick(plain_, line, tokens);
    check_quick(best_, other, tokens);
    check_quick(plain_, other, tokens);
    return tokens;
  }

  // Whether the quick way knows the line.
  bool quick(std::string_view text) {
    const PaddedLine line(text);
    Tokens tokens;
    return best_.read(line.view(), tokens);
  }

 private:
  template <class Written>
  void check_quick(Written& written, const PaddedLine& line, const std::optional<Tokens>& tokens) {
    Tokens found(7, 99);
    if (!written.read(line.view(), found)) return;
    REQUIRE(tokens);
    REQUIRE(found == *tokens);
    REQUIRE(write(vocabulary_, found) == line.view());
  }

  const Vocabulary& vocabulary_;
  TokenLineReader reader_;
  aria::detail::WrittenLine<aria::detail::BestBytes> best_;
  aria::detail::WrittenLine<aria::detail::PlainBytes> plain_;
  aria::detail::AnyLine any_;
};

std::string refusal_of(const Vocabulary& vocabulary, std::string_view text) {
  TokenLineReader reader(vocabulary);
  const PaddedLine line(text);
  Tokens tokens;
  const aria::Error error = test::error_of([&] { reader.read(line.view(), tokens); });
  CHECK(error.code() == aria::ErrorCode::invalid_json);
  return error.message();
}

Tokens random_tokens(Dice& dice, const Vocabulary& vocabulary, unsigned longest) {
  Tokens tokens;
  for (unsigned left = dice.small(longest + 1); left > 0;) {
    const unsigned times = dice.one_in(10) ? 1 + dice.small(left) : 1;  // some stand many times in turn
    tokens.insert(tokens.end(), times, static_cast<TokenId>(dice.below(vocabulary.token_count())));
    left -= times;
  }
  return tokens;
}

const Vocabulary& lazy_vocabulary() {
  static const aria::LazyTokenizer tokenizer;
  return tokenizer.vocabulary();
}

// Tokens of all sizes around those at which the ways of reading part.
std::vector<std::string> texts_of_all_sizes() {
  std::vector<std::string> texts = {R"("<P>")", R"("<U>")", "1", "12", "-7", "true", "null", "[]", "[0]", R"("")"};
  for (std::size_t size = 5; size <= 40; ++size) {
    texts.push_back("[\"" + std::string(size - 4, 'x') + "\"]");
    texts.push_back('"' + std::string(size - 2, 'x') + '"');
  }
  return texts;
}

// A random token, written in the one way that a vocabulary has and in any other way.
class RandomToken {
 public:
  explicit RandomToken(Dice& dice) : is_list_(dice.one_in(2)), elements_(is_list_ ? dice.small(5) : 1) {
    for (Element& element : elements_) {
      element.is_text = dice.one_in(2);
      element.contents = element.is_text ? test::detail::random_text(dice) : std::to_string(dice.below(1000));
    }
  }

  std::string text() const {
    return spell([](std::string_view) { return ""; }, ", ",
                 [](const std::string& contents) { return quoted(contents); });
  }
  std::string any_spelling(Dice& dice) const {
    return spell([&dice](std::string_view) { return blanks(dice); }, ",",
                 [&dice](const std::string& contents) { return escaped(dice, contents); });
  }

  static std::string blanks(Dice& dice) {
    std::string text;
    while (dice.one_in(3)) text += " \t\r\n"[dice.small(4)];
    return text;
  }

 private:
  struct Element {
    bool is_text = false;
    std::string contents;
  };

  template <class Blanks, class Quote>
  std::string spell(Blanks blank, std::string_view comma, Quote quote) const {
    std::string text(is_list_ ? "[" : "");
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      if (i != 0) text += std::string(blank("")) + std::string(comma);
      text += blank("");
      text += elements_[i].is_text ? quote(elements_[i].contents) : elements_[i].contents;
    }
    return is_list_ ? text + std::string(blank("")) + ']' : text;
  }

  static std::string quoted(std::string_view contents) {
    aria::ByteBuffer out;
    aria::detail::write_json_string(contents, out, [](aria::ByteBuffer&) {});
    return std::string(out.view());
  }

  // Characters of one byte may all be written as \u00xx.
  static std::string escaped(Dice& dice, const std::string& contents) {
    std::string text = "\"";
    for (const char c : contents) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80 && dice.one_in(3)) {
        const char* digits = dice.one_in(2) ? "0123456789abcdef" : "0123456789ABCDEF";
        text += std::string("\\u00") + digits[byte >> 4] + digits[byte & 15];
      } else {
        const std::string one = byte < 0x80 ? quoted({&c, 1}) : '"' + std::string(1, c) + '"';
        text += one.substr(1, one.size() - 2);
      }
    }
    return text + '"';
  }

  bool is_list_;
  std::vector<Element> elements_;
};

// Random tokens, all different, and the vocabulary of their texts.
struct RandomVocabulary {
  std::vector<RandomToken> tokens;
  Vocabulary vocabulary;

  explicit RandomVocabulary(Dice& dice) : tokens(draw(dice)), vocabulary(texts(tokens), {.pad = 0, .unknown = 1}) {}

  static std::vector<RandomToken> draw(Dice& dice) {
    std::vector<RandomToken> tokens;
    std::set<std::string> texts;
    for (std::size_t count = 2 + dice.small(50); tokens.size() < count;) {
      const RandomToken token(dice);
      if (texts.insert(token.text()).second) tokens.push_back(token);
    }
    return tokens;
  }
  static std::vector<std::string> texts(const std::vector<RandomToken>& tokens) {
    std::vector<std::string> texts;
    for (const RandomToken& token : tokens) texts.push_back(token.text());
    return texts;
  }
};

std::string any_spelling(Dice& dice, const RandomVocabulary& random, const Tokens& tokens) {
  const auto blanks = [&dice] { return RandomToken::blanks(dice); };
  std::string line = blanks() + '[';
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i != 0) line += blanks() + ',';
    line += blanks() + random.tokens[tokens[i]].any_spelling(dice);
  }
  return line + blanks() + ']' + blanks();
}

const Vocabulary& small_vocabulary() {
  static const Vocabulary vocabulary(
      {R"("<P>")", R"("<U>")", R"("<S>")", R"(["piano", 60, 45])", R"(["piano", 60, 4])", R"(["dur", 10])",
       R"(["wait", 100])", R"(["prefix", "instrument", "piano"])", R"(["a"])", R"(["a], [b", 1])", R"(["a", "b"])",
       R"("[\"a\"]")", "\"\u266a\"", "7", "77"},
      {.pad = 0, .unknown = 1});
  return vocabulary;
}

Tokens all_of(const Vocabulary& vocabulary) {
  Tokens tokens(vocabulary.token_count());
  for (TokenId id = 0; id < tokens.size(); ++id) tokens[id] = id;
  return tokens;
}

}  // namespace

TEST_CASE("a line of tokens is written as json.dumps writes it", "[dataset]") {
  const Vocabulary& vocabulary = small_vocabulary();
  CHECK(write(vocabulary, {}) == "[]");
  CHECK(write(vocabulary, Tokens{2}) == R"(["<S>"])");
  CHECK(write(vocabulary, Tokens{7, 2, 3, 5, 0, 0}) ==
        R"([["prefix", "instrument", "piano"], "<S>", ["piano", 60, 45], ["dur", 10], "<P>", "<P>"])");
  CHECK(write(vocabulary, Tokens{2, 99, 7, ~TokenId{0}}) ==
        R"(["<S>", "<U>", ["prefix", "instrument", "piano"], "<U>"])");

  aria::ByteBuffer out;
  out.append("before ");
  aria::write_token_line(vocabulary, Tokens(3, 7), out);
  CHECK(out.view() == "before " + write(vocabulary, Tokens(3, 7)));
}

TEST_CASE("a long line is its tokens' texts with separators between them", "[dataset]") {
  Dice dice(1);
  const Vocabulary& vocabulary = lazy_vocabulary();
  for (const std::size_t size : {255U, 256U, 257U, 258U, 512U, 513U, 2048U}) {
    Tokens tokens(size);
    for (TokenId& token : tokens) token = static_cast<TokenId>(dice.below(vocabulary.token_count()));
    std::string expected;
    for (const TokenId token : tokens)
      expected += (expected.empty() ? "[" : ", ") + std::string(vocabulary.text(token));
    CHECK(write(vocabulary, tokens) == expected + ']');
  }
}

TEST_CASE("what is written is read", "[dataset]") {
  Dice dice(2);
  const Vocabulary all_sizes(texts_of_all_sizes(), {.pad = 0, .unknown = 1});
  for (const Vocabulary* vocabulary : {&lazy_vocabulary(), &small_vocabulary(), &all_sizes}) {
    Readers read(*vocabulary);
    CHECK(read(write(*vocabulary, {})) == Tokens{});
    CHECK(read(write(*vocabulary, all_of(*vocabulary))) == all_of(*vocabulary));
    for (TokenId id = 0; id < 100; ++id) {
      const TokenId token = id % static_cast<TokenId>(vocabulary->token_count());
      REQUIRE(read(write(*vocabulary, Tokens{token})) == Tokens{token});
    }
    for (int round = 0; round < 300; ++round) {
      const Tokens tokens = random_tokens(dice, *vocabulary, round < 280 ? 60 : 2000);
      REQUIRE(read(write(*vocabulary, tokens)) == tokens);
    }
  }
}

TEST_CASE("the quick way reads all lines but those with brackets or quotes in texts", "[dataset]") {
  Dice dice(3);
  const Vocabulary all_sizes(texts_of_all_sizes(), {.pad = 0, .unknown = 1});
  for (const Vocabulary* vocabulary : {&lazy_vocabulary(), &all_sizes}) {
    Readers read(*vocabulary);
    for (int round = 0; round < 100; ++round) {
      REQUIRE(read.quick(write(*vocabulary, random_tokens(dice, *vocabulary, 300))));
    }
  }
}

TEST_CASE("tokens that differ in their middle only are told apart", "[dataset]") {
  std::vector<std::string> texts;
  for (int i = 1000; i < 1500; ++i) texts.push_back("[\"beginning\", " + std::to_string(i) + ", \"end\"]");
  for (int i = 100; i < 150; ++i) texts.push_back("[\"middle\", " + std::to_string(i) + ", 1000]");
  const Vocabulary vocabulary(texts, {.pad = 0, .unknown = 1});
  REQUIRE(vocabulary.finder().whole());
  Readers read(vocabulary);
  Dice dice(4);
  for (int round = 0; round < 30; ++round) {
    const Tokens tokens = random_tokens(dice, vocabulary, 100);
    REQUIRE(read.quick(write(vocabulary, tokens)));
    REQUIRE(read(write(vocabulary, tokens)) == tokens);
  }
  CHECK_FALSE(read(R"([["middle", 150, 1000], ["middle", 100, 1000]])"));
}

TEST_CASE("a line means the same in every spelling", "[dataset]") {
  Dice dice(5);
  for (int round = 0; round < 60; ++round) {
    const RandomVocabulary random(dice);
    Readers read(random.vocabulary);
    for (int line = 0; line < 10; ++line) {
      const Tokens tokens = random_tokens(dice, random.vocabulary, 40);
      REQUIRE(read(write(random.vocabulary, tokens)) == tokens);
      const std::string spelling = any_spelling(dice, random, tokens);
      CAPTURE(spelling);
      REQUIRE(read(spelling) == tokens);
    }
  }
}

TEST_CASE("the spacing of Python's other separators is accepted", "[dataset]") {
  Readers read(small_vocabulary());
  CHECK(read(R"(["<S>",["piano",60,45],["dur",10],"<P>"])") == Tokens{2, 3, 5, 0});
  CHECK(read(R"( [ "<S>" , [ "piano" , 60 , 45 ] ] )") == Tokens{2, 3});
  CHECK(read("[\"<S>\", [\"piano\", 60, 45]]\r") == Tokens{2, 3});
  CHECK(read("[\"<S>\", [\"piano\", 60,\n45]]\n\n") == Tokens{2, 3});
  CHECK(read("[ ]") == Tokens{});
  CHECK(read(" []") == Tokens{});
  CHECK(read(R"(["\u266a", 7, ["\u0061"]])") == Tokens{12, 13, 8});
}

TEST_CASE("no beginning of a line is a line", "[dataset]") {
  for (const Vocabulary* vocabulary : {&small_vocabulary(), &lazy_vocabulary()}) {
    Readers read(*vocabulary);
    Dice dice(6);
    const Tokens tokens =
        vocabulary == &small_vocabulary() ? all_of(*vocabulary) : random_tokens(dice, *vocabulary, 30);
    const std::string line = write(*vocabulary, tokens);
    for (std::size_t size = 0; size < line.size(); ++size) {
      CAPTURE(size);
      REQUIRE_FALSE(read(std::string_view(line).substr(0, size)));
    }
    for (std::size_t begin = 1; begin < line.size(); ++begin) {
      CAPTURE(begin);
      const auto end_only = read(std::string_view(line).substr(begin));  // may be the last token, a line by itself
      REQUIRE((!end_only || end_only->size() < tokens.size()));
    }
  }
}

TEST_CASE("all ways of reading agree on a line with any byte changed, added or lost", "[dataset]") {
  Readers read(small_vocabulary());
  const std::string line = write(small_vocabulary(), Tokens{7, 2, 3, 5, 6, 8, 9, 10, 11, 3, 4, 5, 13, 14, 0, 0});
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string lost = line;
    lost.erase(i, 1);
    accepted += read(lost) ? 1 : 0;
    for (const char c : std::string_view("[]\",: 06ae\\{}-\0\n\xff\xc3", 18)) {
      std::string changed = line, added = line;
      changed[i] = c;
      added.insert(i, 1, c);
      CAPTURE(i, c);
      accepted += read(changed) ? 1 : 0;
      accepted += read(added) ? 1 : 0;
    }
  }
  CHECK(accepted > 0);  // a blank more, and what changes nothing
  for (std::size_t i = 0; i < 60; ++i) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string changed = line;
      changed[i] = static_cast<char>(byte);
      CAPTURE(i, byte);
      read(changed);
    }
  }
}

TEST_CASE("all ways of reading agree on lines put together from pieces", "[dataset]") {
  static constexpr std::string_view kPieces[] = {"[",
                                                 "]",
                                                 "\"",
                                                 ",",
                                                 ", ",
                                                 " ",
                                                 "7",
                                                 R"(["a"])",
                                                 R"("<P>")",
                                                 R"("<P>", )",
                                                 R"(["piano", 60, 45], )",
                                                 "a",
                                                 R"(["dur", 10])",
                                                 R"(["a], [b", 1])",
                                                 R"(], [)",
                                                 "\\",
                                                 std::string_view("\0", 1),
                                                 R"(["prefix", )"};
  Readers read(small_vocabulary());
  Dice dice(7);
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string line = "[";
    for (unsigned left = dice.small(6); left > 0; --left) line += kPieces[dice.small(std::size(kPieces))];
    line += ']';
    CAPTURE(line);
    accepted += read(line) ? 1 : 0;
  }
  CHECK(accepted > 1000);
}

TEST_CASE("a token whose text only begins like the line is not found in it", "[dataset]") {
  // What the line has is no token, but leads to one of three by chance, in many vocabularies to the first one.
  for (int i = 100; i < 200; ++i) {
    const std::string begin = "[\"abcde" + std::to_string(i) + ']';
    const Vocabulary vocabulary({begin + ", f\"]", R"("<U>")", R"(["piano", 60, 45])"}, {.pad = 0, .unknown = 1});
    Readers read(vocabulary);
    CAPTURE(i);
    CHECK_FALSE(read('[' + begin + R"(, ["piano", 60, 45]])"));
    CHECK_FALSE(read('[' + begin + R"(, "<U>"])"));
    CHECK_FALSE(read('[' + begin + ']'));
    CHECK_FALSE(read('[' + begin + R"(, "<U>", ["piano", 60, 45], ["piano", 60, 45], ["piano", 60, 45]])"));
    CHECK_FALSE(read(R"([["piano", 60, 45], ["piano", 60, 45], ["piano", 60, 45], )" + begin + R"(, "<U>"])"));
    CHECK(read('[' + begin + R"(, f"], "<U>"])") == Tokens{0, 1});
  }
}

TEST_CASE("an unknown token is named with its number", "[dataset]") {
  const Vocabulary& vocabulary = small_vocabulary();
  CHECK(refusal_of(vocabulary, R"(["<S>", ["piano", 60, 46]])") == R"(token 1 is unknown: ["piano", 60, 46])");
  CHECK(refusal_of(vocabulary, R"([["piano",60,46], "<S>"])") == R"(token 0 is unknown: ["piano",60,46])");
  CHECK(refusal_of(vocabulary, R"(["<S>", "<S>", 60.0])") == "token 2 is unknown: 60.0");
  CHECK(refusal_of(vocabulary, R"([7.0])") == "token 0 is unknown: 7.0");
  CHECK(refusal_of(vocabulary, R"([["piano", 60.0, 45]])") == R"(token 0 is unknown: ["piano", 60.0, 45])");
  CHECK(refusal_of(vocabulary, "[true]") == "token 0 is unknown: true");

  const std::string line = write(lazy_vocabulary(), Tokens(2048, 100));
  const std::string other = line.substr(0, line.size() - 1) + R"(, ["piano", 128, 0]])";
  CHECK(refusal_of(lazy_vocabulary(), other) == R"(token 2048 is unknown: ["piano", 128, 0])");
}

TEST_CASE("what is no line of tokens is refused in words that say why", "[dataset]") {
  const Vocabulary& vocabulary = small_vocabulary();
  const auto refusal = [&](std::string_view line) { return refusal_of(vocabulary, line); };
  CHECK(refusal("") == "is no list of tokens");
  CHECK(refusal("  ") == "is no list of tokens:   ");
  CHECK(refusal(R"({"a": 1})") == R"(is no list of tokens: {"a": 1})");
  CHECK(refusal(R"("<S>")") == R"(is no list of tokens: "<S>")");
  CHECK(refusal("[") == "token 0 is missing");
  CHECK(refusal(R"(["<S>", )") == "token 1 is missing");
  CHECK(refusal(R"(["<S>")") == R"(token 0 is where the line breaks off: "<S>")");
  CHECK(refusal(R"(["<S>", ["piano", 60)") == R"(token 1 is cut off: ["piano", 60)");
  CHECK(refusal(R"(["<S>", "<S)") == R"(token 1 is cut off: "<S)");
  CHECK(refusal(R"(["<S>", ])") == "token 1 is no text, number or list of these: ]");
  CHECK(refusal(R"(["<S>", , "<S>"])") == R"(token 1 is no text, number or list of these: , "<S>"])");
  CHECK(refusal(R"(["<S>", {"a": 1}])") == R"(token 1 is no text, number or list of these: {"a": 1}])");
  CHECK(refusal(R"([[["a"]]])") == R"(token 0 is no text, number or list of these: [["a"]]])");
  CHECK(refusal(R"(["<S>" "<S>"])") == R"(token 0 has no comma behind it: "<S>")");
  CHECK(refusal(R"(["<S>", 7 7])") == "token 1 has no comma behind it: 7");
  CHECK(refusal(R"(["<S>"] ["<S>"])") == R"(has something behind its end: ["<S>"])");
  CHECK(refusal("[]]") == "has something behind its end: ]");
}

TEST_CASE("a refusal shows the beginning of a long text, and nothing that disturbs a terminal", "[dataset]") {
  const Vocabulary& vocabulary = small_vocabulary();
  CHECK(refusal_of(vocabulary, "[\"" + std::string(100, 'x') + "\"]") ==
        "token 0 is unknown: \"" + std::string(59, 'x') + "...");
  CHECK(refusal_of(vocabulary, "[\"" + std::string(58, 'x') + "\"]") ==
        "token 0 is unknown: \"" + std::string(58, 'x') + '"');
  CHECK(refusal_of(vocabulary, "[\"" + std::string(58, 'x') + "\u00e9\"]") ==
        "token 0 is unknown: \"" + std::string(58, 'x') + "...");
  CHECK(refusal_of(vocabulary, "[\"\u00e9\x7f\"]") == "token 0 is unknown: \"\u00e9?\"");
  CHECK(refusal_of(vocabulary, "[\"\x1b[1m\xff\"]") == "token 0 is no text, number or list of these: \"?[1m?\"]");
}
