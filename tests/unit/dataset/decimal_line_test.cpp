#include <aria/dataset/decimal_line.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/decimal_scan.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"
#include "support/random_piece.hpp"

using aria::DecimalLineReader;
using aria::TokenId;
using Tokens = std::vector<TokenId>;

namespace {

constexpr TokenId kLimit = 55'028;

// A line with nothing readable before it, and behind it only what must be.
class LineAtTheEdge {
 public:
  LineAtTheEdge(std::string_view line, char padding)
      : size_(line.size()), bytes_(new char[line.size() + DecimalLineReader::kPadding]) {
    std::copy(line.begin(), line.end(), bytes_.get());
    std::fill_n(bytes_.get() + size_, DecimalLineReader::kPadding, padding);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

// What lies behind a line does not matter.
Tokens read(std::string_view line, std::size_t count, TokenId limit = kLimit) {
  Tokens first{1, 2, 3}, again;
  DecimalLineReader(limit, count).read(LineAtTheEdge(line, ' ').view(), first);
  for (const char padding : {'\0', '7', '\xff', '\n'}) {
    DecimalLineReader(limit, count).read(LineAtTheEdge(line, padding).view(), again);
    CHECK(again == first);
  }
  return first;
}

aria::Error error(std::string_view line, std::size_t count, TokenId limit = kLimit) {
  return test::error_of([&] { read(line, count, limit); });
}

template <class Blanks>
bool fast_reads(std::string_view line, std::size_t count, TokenId limit = kLimit) {
  Tokens out(count);
  return aria::detail::FastDecimalLine<Blanks>::read(LineAtTheEdge(line, ' ').view(), limit, count, out.data());
}

std::string line_of(const Tokens& tokens) {
  std::string line = test::number_line(tokens);
  line.pop_back();
  return line;
}

}  // namespace

TEST_CASE("decimal line: all ids, in lines of every length", "[dataset]") {
  for (std::size_t count = 1; count <= 140; ++count) {
    Tokens tokens;
    for (std::size_t i = 0; i < count; ++i) tokens.push_back(static_cast<TokenId>((i * i * 7919 + count) % kLimit));
    CHECK(read(line_of(tokens), count) == tokens);
  }
  Tokens all;
  for (TokenId id = 0; id < kLimit; ++id) all.push_back(id);
  Tokens out;
  DecimalLineReader(kLimit, all.size()).read(LineAtTheEdge(line_of(all), '0').view(), out);
  CHECK((out == all));
  CHECK(read("0 1 9 10 99999999", 5, 100'000'000) == Tokens{0, 1, 9, 10, 99'999'999});
  CHECK(read("00000007 007 0", 3) == Tokens{7, 7, 0});
}

TEST_CASE("decimal line: the fast way takes what the recipe writes, on any machine", "[dataset]") {
  test::Dice dice(3);
  for (int n = 0; n < 300; ++n) {
    const std::size_t count = 1 + dice.below(200);
    Tokens tokens(count);
    for (TokenId& token : tokens) token = static_cast<TokenId>(dice.below(dice.one_in(2) ? kLimit : 12));
    const std::string line = line_of(tokens);
    CAPTURE(line);
    Tokens out(count);
    CHECK(aria::detail::FastDecimalLine<aria::BestBlanks>::read(LineAtTheEdge(line, ' ').view(), kLimit, count,
                                                                out.data()));
    CHECK(out == tokens);
    std::fill(out.begin(), out.end(), 0);
    CHECK(aria::detail::FastDecimalLine<aria::PlainBlanks>::read(LineAtTheEdge(line, '7').view(), kLimit, count,
                                                                 out.data()));
    CHECK(out == tokens);
  }
}

TEST_CASE("decimal line: blanks among all bytes", "[dataset]") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (const unsigned other : {0U, 0x1fU, 0x20U, 0x21U, 0xa0U, 0xffU}) {
      char bytes[64];
      for (unsigned i = 0; i < 64; ++i) bytes[i] = static_cast<char>(i % 3 == 0 ? byte : other);
      std::uint64_t expected = 0;
      for (unsigned i = 0; i < 64; ++i) expected |= std::uint64_t{bytes[i] == ' '} << i;
      CHECK(aria::PlainBlanks::find(bytes) == expected);
      CHECK(aria::BestBlanks::find(bytes) == expected);
    }
  }
}

TEST_CASE("decimal line: what is wrong is named with its byte", "[dataset]") {
  struct Case {
    std::string line;
    std::size_t count;
    std::string message;
    std::uint64_t byte;
  };
  const std::string digits(64, '1');
  const std::vector<Case> cases = {
      {"", 1, "\"\" is no decimal number: ids are separated by one blank", 0},
      {" ", 2, "is no decimal number", 0},
      {"1  2", 3, "is no decimal number", 2},
      {"1  2", 2, "is no decimal number", 2},
      {" 1 2", 2, "is no decimal number", 0},
      {"1 2 ", 2, "is no decimal number", 4},
      {"1 2\r", 2, "\"2?\" is no decimal number", 2},
      {"1\t2", 2, "\"1?2\" is no decimal number", 0},
      {"1 -2", 2, "\"-2\" is no decimal number", 2},
      {"1 +2", 2, "\"+2\" is no decimal number", 2},
      {"1 2.0", 2, "\"2.0\" is no decimal number", 2},
      {"1 0x2", 2, "\"0x2\" is no decimal number", 2},
      {"1 /", 2, "\"/\" is no decimal number", 2},
      {"1 :", 2, "\":\" is no decimal number", 2},
      {"1 \xb1", 2, "is no decimal number", 2},
      {std::string("1 2\0", 4), 2, "\"2?\" is no decimal number", 2},
      {"[1, 2]", 2, "\"[1,\" is no decimal number", 0},
      {"1 55028", 2, "\"55028\" is no id of the vocabulary, which has 55028", 2},
      {"1 99999999", 2, "is no id of the vocabulary", 2},
      {"1 100000000", 2, "\"100000000\" has too many digits", 2},
      {"1 000000001", 2, "\"000000001\" has too many digits", 2},
      {"1 18446744073709551617", 2, "has too many digits", 2},
      {"1 " + digits + " 3", 3, "has too many digits", 2},
      {"1 2", 3, "has 2 ids, and 3 are expected", 3},
      {"1 2 3", 2, "has 3 ids, and 2 are expected", 5},
      {"1", 1000, "has 1 ids, and 1000 are expected", 1},
  };
  for (const Case& wrong : cases) {
    const aria::Error found = error(wrong.line, wrong.count);
    CAPTURE(wrong.line, found.what());
    CHECK(found.code() == aria::ErrorCode::invalid_text);
    CHECK(found.message().find(wrong.message) != std::string::npos);
    CHECK(found.place().byte == wrong.byte);
    CHECK_FALSE(fast_reads<aria::PlainBlanks>(wrong.line, wrong.count));
    CHECK_FALSE(fast_reads<aria::BestBlanks>(wrong.line, wrong.count));
  }
}

TEST_CASE("decimal line: one byte that is changed anywhere makes another line or an error", "[dataset]") {
  Tokens tokens;
  for (TokenId i = 0; i < 40; ++i) tokens.push_back((i * 7919 + 3) % kLimit);
  const std::string line = line_of(tokens);
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string other = line;
      other[at] = static_cast<char>(byte);
      Tokens slow, fast(tokens.size());
      bool good = true;
      try {
        aria::detail::SlowDecimalLine(other, kLimit).read(tokens.size(), slow);
      } catch (const aria::Error&) {
        good = false;
      }
      const bool taken = aria::detail::FastDecimalLine<aria::BestBlanks>::read(LineAtTheEdge(other, ' ').view(), kLimit,
                                                                               tokens.size(), fast.data());
      if (taken != good || (good && slow != fast)) FAIL("byte " << byte << " at " << at);
      if (good && (slow == tokens) != (other == line)) FAIL("byte " << byte << " at " << at);
    }
  }
}
