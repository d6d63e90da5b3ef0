#include <aria/dataset/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/toy_tokenizer.hpp"

using aria::Reading;
using aria::TokenId;
using aria::TokenRole;
using Tokens = std::vector<TokenId>;

namespace {

// Tokens that say where they stand: number * 4 + role, behind those of the vocabulary.
class NumberedTokens : public test::ToyTokenizer {
 public:
  static TokenId token(std::size_t number, TokenRole role) {
    return static_cast<TokenId>(kFirst + 4 * number + static_cast<std::size_t>(role));
  }
  static std::size_t number(TokenId token) { return (token - kFirst) / 4; }
  static bool is_pad(TokenId token) { return token == kPad; }

  static TokenRole role(TokenId token) {
    return token < kFirst ? TokenRole::special : static_cast<TokenRole>((token - kFirst) % 4);
  }

 private:
  static constexpr std::size_t kFirst = 10'000;
};

struct Piece {
  Tokens prefix, body, all;

  Piece(std::size_t prefix_size, const std::vector<TokenRole>& roles) {
    for (std::size_t i = 0; i < prefix_size; ++i) {
      prefix.push_back(NumberedTokens::token(1000 + i, TokenRole::prefix));
    }
    for (const TokenRole role : roles) body.push_back(NumberedTokens::token(body.size(), role));
    all = prefix;
    all.insert(all.end(), body.begin(), body.end());
  }

  bool continues(std::size_t i) const { return NumberedTokens::role(body[i]) == TokenRole::continuation; }
};

// Notes with their durations and waits, or long runs of waits, or hardly any event.
std::vector<TokenRole> random_roles(test::Dice& dice) {
  std::vector<TokenRole> roles = {dice.one_in(2) ? TokenRole::special : TokenRole::event};
  const std::size_t size = 1 + dice.below(150);
  const unsigned longest = dice.one_in(2) ? 3 : 60;
  while (roles.size() < size) {
    for (unsigned i = dice.small(longest); i > 0; --i) roles.push_back(TokenRole::continuation);
    roles.push_back(dice.one_in(20) ? TokenRole::special : TokenRole::event);
  }
  if (dice.one_in(10)) std::fill(roles.begin(), roles.end(), TokenRole::continuation);
  roles.resize(size);
  return roles;
}

std::vector<Tokens> cut(const Tokens& tokens, std::uint64_t length, std::uint64_t stride, bool padding,
                        Reading reading) {
  static const NumberedTokens tokenizer;
  aria::WindowCutter<NumberedTokens> cutter(tokenizer, {length, stride}, padding, reading);
  std::vector<Tokens> windows;
  cutter.cut(tokens, [&](std::span<const TokenId> window) { windows.emplace_back(window.begin(), window.end()); });
  return windows;
}

Tokens body_of(const Tokens& window, std::size_t prefix) {
  return {window.begin() + static_cast<std::ptrdiff_t>(prefix),
          std::find_if(window.begin(), window.end(), NumberedTokens::is_pad)};
}

// The window of body tokens from `begin` on, as it is to be.
Tokens window_at(const Piece& piece, std::size_t begin, std::size_t length, bool padding) {
  Tokens window = piece.prefix;
  for (std::size_t i = begin; i < piece.body.size() && window.size() < length; ++i) window.push_back(piece.body[i]);
  if (padding) window.resize(length, NumberedTokens::kPad);
  return window;
}

// RULES E6: the room of a window is what the prefix leaves; the next one begins `stride` behind, or behind the waits
// and durations there; the last one holds what is left, which may be nothing.
std::vector<Tokens> reference_windows(const Piece& piece, std::size_t length, std::size_t stride, bool padding) {
  const std::size_t room = length - piece.prefix.size();
  std::vector<Tokens> windows;
  std::size_t at = 0;
  while (at + room < piece.body.size()) {
    windows.push_back(window_at(piece, at, length, padding));
    at += stride;
    while (at < piece.body.size() && piece.continues(at)) ++at;
  }
  windows.push_back(window_at(piece, at, length, padding));
  return windows;
}

// Where a window may begin behind the one at `begin`: at the first place from the stride on that is no continuation,
// or at the last one before, and at the end of the window only where there is none.
std::size_t next_begin(const Piece& piece, std::size_t begin, std::size_t room, std::size_t stride) {
  std::vector<std::size_t> places;
  for (std::size_t i = begin + 1; i <= begin + room; ++i) {
    if (!piece.continues(i)) places.push_back(i);
  }
  if (places.empty()) return begin + room;
  const auto found = std::lower_bound(places.begin(), places.end(), begin + std::min(stride, room));
  return found != places.end() ? *found : places.back();
}

// What a data set may rely on. Returns where the windows begin.
std::vector<std::size_t> check_standard(const Piece& piece, const std::vector<Tokens>& windows, std::size_t length,
                                        bool padding) {
  const std::size_t prefix = piece.prefix.size(), room = length - prefix;
  std::vector<std::size_t> begins;
  std::size_t covered = 0;
  for (const Tokens& window : windows) {
    REQUIRE(window.size() <= length);
    if (padding) CHECK(window.size() == length);
    CHECK(std::equal(piece.prefix.begin(), piece.prefix.end(), window.begin()));
    const Tokens body = body_of(window, prefix);
    REQUIRE_FALSE(body.empty());  // none is only padding
    const std::size_t begin = NumberedTokens::number(body.front());
    CHECK((begins.empty() ? begin == 0 : begin > begins.back()));  // in order
    CHECK(begin <= covered);                                       // none is left out
    covered = begin + body.size();
    CHECK((covered == piece.body.size() || body.size() == room));  // only the last one may be short
    CHECK(window == window_at(piece, begin, length, padding));
    begins.push_back(begin);
  }
  CHECK(covered == piece.body.size());
  return begins;
}

}  // namespace

TEST_CASE("windows: every body token lies in one, whatever the stride", "[dataset]") {
  test::Dice dice(GENERATE(range(0, 40)));
  for (std::size_t prefix = 0; prefix <= 13; ++prefix) {
    const Piece piece(prefix, random_roles(dice));
    const std::size_t length = prefix + 1 + dice.below(dice.one_in(3) ? 4 : 60);
    const bool padding = !dice.one_in(4);
    for (std::size_t stride = 1; stride <= length; ++stride) {
      CAPTURE(prefix, length, stride, padding, piece.body.size());
      const auto windows = cut(piece.all, length, stride, padding, Reading::standard);
      const auto begins = check_standard(piece, windows, length, padding);
      for (std::size_t i = 1; i < begins.size(); ++i) {
        CHECK(begins[i] == next_begin(piece, begins[i - 1], length - prefix, stride));
      }
    }
  }
}

TEST_CASE("windows: the reference reading cuts as the original does", "[dataset]") {
  test::Dice dice(1000 + GENERATE(range(0, 40)));
  for (std::size_t prefix = 0; prefix <= 13; ++prefix) {
    const Piece piece(prefix, random_roles(dice));
    const std::size_t length = prefix + 1 + dice.below(dice.one_in(3) ? 4 : 60);
    const bool padding = !dice.one_in(4);
    for (std::size_t stride = 1; stride <= length; ++stride) {
      CAPTURE(prefix, length, stride, padding, piece.body.size());
      CHECK(cut(piece.all, length, stride, padding, Reading::reference) ==
            reference_windows(piece, length, stride, padding));
    }
  }
}

TEST_CASE("windows: where nothing is lost and nothing continues, both readings cut alike", "[dataset]") {
  test::Dice dice(GENERATE(range(0, 20)));
  const std::size_t prefix = dice.below(5);
  const Piece piece(prefix, std::vector<TokenRole>(2 + dice.below(100), TokenRole::event));
  const std::size_t length = prefix + 2 + dice.below(30);
  for (std::size_t stride = 1; stride <= length - prefix; ++stride) {
    CHECK(cut(piece.all, length, stride, true, Reading::standard) ==
          cut(piece.all, length, stride, true, Reading::reference));
  }
}

TEST_CASE("windows: what the reference reading loses, the standard one keeps", "[dataset]") {
  // 3 tokens of prefix, 10 events, windows of 8 without overlap: the original steps over events 5 to 7.
  const Piece piece(3, std::vector<TokenRole>(10, TokenRole::event));
  const auto reference = cut(piece.all, 8, 8, true, Reading::reference);
  CHECK(reference == std::vector<Tokens>{window_at(piece, 0, 8, true), window_at(piece, 8, 8, true)});
  const auto standard = cut(piece.all, 8, 8, true, Reading::standard);
  CHECK(standard == std::vector<Tokens>{window_at(piece, 0, 8, true), window_at(piece, 5, 8, true)});

  // One event less, and the last window of the original holds the prefix and padding.
  const Piece shorter(3, std::vector<TokenRole>(8, TokenRole::event));
  CHECK(cut(shorter.all, 8, 8, true, Reading::reference).back() == window_at(shorter, 8, 8, true));
  CHECK(cut(shorter.all, 8, 8, true, Reading::standard).back() == window_at(shorter, 5, 8, true));
}

TEST_CASE("windows: a piece that fits is one window", "[dataset]") {
  const Reading reading = GENERATE(Reading::standard, Reading::reference);
  for (std::size_t size = 1; size <= 6; ++size) {
    const Piece piece(2, std::vector<TokenRole>(size, TokenRole::event));
    CHECK(cut(piece.all, 8, 3, true, reading) == std::vector<Tokens>{window_at(piece, 0, 8, true)});
    CHECK(cut(piece.all, 8, 3, false, reading) == std::vector<Tokens>{piece.all});
  }
  const Piece longer(2, std::vector<TokenRole>(7, TokenRole::event));
  CHECK(cut(longer.all, 8, 3, true, reading).size() == 2);
}

TEST_CASE("windows: a prefix has to leave room", "[dataset]") {
  const Reading reading = GENERATE(Reading::standard, Reading::reference);
  const Piece piece(5, {TokenRole::event, TokenRole::continuation});
  CHECK(cut(piece.all, 6, 6, true, reading).size() == 2);
  for (const std::uint64_t length : {1, 4, 5}) {
    const aria::Error error = test::error_of([&] { cut(piece.all, length, 1, true, reading); });
    CHECK(error.code() == aria::ErrorCode::invalid_argument);
    CHECK(error.message().find("prefix takes 5 tokens") != std::string::npos);
  }
}

TEST_CASE("windows: what no data set can have is refused", "[dataset]") {
  struct Case {
    std::uint64_t length, stride;
  };
  for (const Case& c : {Case{10, 0}, Case{10, 11}, Case{0, 0}, Case{0, 1}, Case{1, ~std::uint64_t{0}},
                        Case{aria::WindowConfig::kMaxSeqLen + 1, 1}, Case{~std::uint64_t{0}, 1}}) {
    const aria::Error error = test::error_of([&] { cut({}, c.length, c.stride, true, Reading::standard); });
    CHECK(error.code() == aria::ErrorCode::invalid_argument);
  }
  CHECK_NOTHROW(aria::check(aria::WindowConfig{10, 1}));
  CHECK_NOTHROW(aria::check(aria::WindowConfig{10, 10}));
  CHECK_NOTHROW(aria::check(aria::WindowConfig{aria::WindowConfig::kMaxSeqLen, 1}));
}
