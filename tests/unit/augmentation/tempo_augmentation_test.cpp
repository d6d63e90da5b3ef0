#include <aria/augmentation/tempo_augmentation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <aria/config/lazy_config.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/random.hpp>
#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "support/smallest_tokenizer.hpp"
#include "tokenizers/performance_tokenizer.hpp"

using aria::Reading;
using aria::TempoAugmentation;
using aria::TokenId;
using aria::TokenKind;
using aria::TokenView;
using test::lazy;
using test::Tokens;
using test::tokens_of;
using test::ToldRandom;

namespace {

// The draw for a factor between 0.5 and 1.5, where that is the range.
ToldRandom at(double factor) { return ToldRandom(factor - 0.5); }

std::string at_factor(double factor, const Tokens& tokens, Reading reading = Reading::standard) {
  return test::text_of(test::after(TempoAugmentation(lazy(), 0.5, reading), tokens, at(factor)));
}

std::int64_t stretched(double factor, TokenId token) {
  return 10 * static_cast<std::int64_t>(std::nearbyint(factor * test::view_of(token).value / 10));
}

TokenId time(TokenKind kind, std::int64_t milliseconds) {
  return lazy().find({.kind = kind, .value = static_cast<std::int32_t>(milliseconds)});
}

// The rule, in as few words as possible: for a sequence without a limit to its length.
Tokens expected(double factor, const Tokens& tokens) {
  Tokens out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (test::is(tokens[i], TokenKind::duration)) {
      out.push_back(time(TokenKind::duration, std::min<std::int64_t>(4990, stretched(factor, tokens[i]))));
    } else if (!test::is(tokens[i], TokenKind::wait)) {
      out.push_back(tokens[i]);
    } else {
      std::int64_t sum = stretched(factor, tokens[i]);
      while (i + 1 < tokens.size() && test::is(tokens[i + 1], TokenKind::wait)) sum += stretched(factor, tokens[++i]);
      for (; sum > 4990; sum -= 4990) out.push_back(time(TokenKind::wait, 4990));
      out.push_back(time(TokenKind::wait, sum));
    }
  }
  return out;
}

std::int64_t sum_of_waits(const Tokens& tokens) {
  std::int64_t sum = 0;
  for (const TokenId token : tokens) {
    if (test::is(token, TokenKind::wait)) sum += test::view_of(token).value;
  }
  return sum;
}

}  // namespace

TEST_CASE("tempo augmentation scales durations and waits, and rounds half to even", "[augmentation]") {
  const Tokens tokens = tokens_of({R"(["piano", 60, 45])", R"(["dur", 30])", R"(["wait", 50])", R"(["drum", 40])",
                                   R"(["wait", 60])", R"(["piano", 60, 45])", R"(["dur", 4000])", R"("<E>")"});
  CHECK(
      at_factor(0.5, tokens) ==
      R"(["piano", 60, 45] ["dur", 20] ["wait", 20] ["drum", 40] ["wait", 30] ["piano", 60, 45] ["dur", 2000] "<E>")");
  CHECK(
      at_factor(1.25, tokens) ==
      R"(["piano", 60, 45] ["dur", 40] ["wait", 60] ["drum", 40] ["wait", 80] ["piano", 60, 45] ["dur", 4990] "<E>")");
}

TEST_CASE("waits that follow each other become as few tokens as it takes", "[augmentation]") {
  const auto shorter = [](double factor, std::initializer_list<std::string_view> texts) {
    return at_factor(factor, tokens_of(texts));
  };
  CHECK(shorter(0.5, {R"(["wait", 4990])", R"(["wait", 100])", R"(["drum", 40])"}) ==
        R"(["wait", 2550] ["drum", 40] "<P>")");
  CHECK(shorter(1.0, {R"(["wait", 100])", R"(["wait", 0])", R"(["wait", 20])", R"("<E>")"}) ==
        R"(["wait", 120] "<E>" "<P>" "<P>")");
  CHECK(shorter(1.0, {R"(["wait", 4000])", R"(["wait", 990])", R"("<E>")"}) == R"(["wait", 4990] "<E>" "<P>")");
  CHECK(shorter(1.0, {R"(["wait", 0])", R"(["wait", 0])", R"("<E>")"}) == R"(["wait", 0] "<E>" "<P>")");
}

TEST_CASE("waits that take more tokens push others off the end", "[augmentation]") {
  CHECK(at_factor(1.25, tokens_of({R"(["drum", 40])", R"(["wait", 4990])", R"(["drum", 41])", R"("<E>")"})) ==
        R"(["drum", 40] ["wait", 4990] ["wait", 1250] ["drum", 41])");
  CHECK(at_factor(1.25, tokens_of({R"(["drum", 40])", R"(["wait", 4990])", R"("<E>")", R"("<P>")"})) ==
        R"(["drum", 40] ["wait", 4990] ["wait", 1250] "<E>")");
  CHECK(at_factor(1.25, tokens_of({R"(["wait", 4990])"})) == R"(["wait", 4990])");
}

TEST_CASE("waits at the end of a sequence stay, which the original forgets", "[augmentation]") {
  const Tokens several = tokens_of({R"(["drum", 40])", R"(["wait", 100])", R"(["wait", 100])"});
  CHECK(at_factor(0.5, several) == R"(["drum", 40] ["wait", 100] "<P>")");
  CHECK(at_factor(0.5, several, Reading::reference) == R"(["drum", 40] "<P>" "<P>")");
  const Tokens longest = tokens_of({R"(["drum", 40])", R"(["wait", 4990])"});
  CHECK(at_factor(1.0, longest) == R"(["drum", 40] ["wait", 4990])");
  CHECK(at_factor(1.0, longest, Reading::reference) == R"(["drum", 40] "<P>")");
  const Tokens one = tokens_of({R"(["drum", 40])", R"(["wait", 4980])"});
  CHECK(at_factor(1.0, one, Reading::reference) == R"(["drum", 40] ["wait", 4980])");
}

TEST_CASE("tempo augmentation of any tokens follows its rule", "[augmentation]") {
  const TempoAugmentation augment(lazy(), 0.5), reference(lazy(), 0.5, Reading::reference);
  const auto seed = GENERATE(range<std::uint64_t>(0, 120));
  const Tokens tokens = test::random_sequence(seed);
  const double factor = 0.5 + aria::uniform(seed, 0);
  Tokens right = expected(factor, tokens);
  right.resize(tokens.size(), lazy().vocabulary().pad());
  CAPTURE(seed, factor);
  CHECK((test::after(augment, tokens, at(factor)) == right));

  // With something behind the last wait, the original forgets nothing.
  Tokens ended = tokens;
  ended.push_back(lazy().vocabulary().unknown());
  CHECK((test::after(reference, ended, at(factor)) == test::after(augment, ended, at(factor))));
}

TEST_CASE("tempo augmentation drops no wait and nothing else, where there is room", "[augmentation]") {
  const TempoAugmentation augment(lazy(), 0.5);
  const auto seed = GENERATE(range<std::uint64_t>(0, 60));
  Tokens tokens = test::random_sequence(seed);
  tokens.resize(3 * tokens.size(), lazy().vocabulary().pad());
  const double factor = 0.5 + aria::uniform(seed, 1);
  const Tokens augmented = test::after(augment, tokens, at(factor));
  CHECK(augmented.size() == tokens.size());
  std::int64_t sum = 0;
  for (const TokenId token : tokens) sum += test::is(token, TokenKind::wait) ? stretched(factor, token) : 0;
  CHECK(sum_of_waits(augmented) == sum);

  const auto others = [](Tokens all) {
    std::erase_if(all, [](TokenId t) {
      return test::is(t, TokenKind::wait) || test::is(t, TokenKind::duration) || t == lazy().vocabulary().pad();
    });
    return all;
  };
  CHECK((others(augmented) == others(tokens)));
}

TEST_CASE("music keeps its grammar at another tempo", "[augmentation]") {
  const auto seed = GENERATE(range<std::uint64_t>(0, 40));
  const Tokens tokens = test::random_music(seed);
  const Tokens augmented = test::after(TempoAugmentation(lazy(), 0.2), tokens, aria::RandomStream(seed));
  for (std::size_t i = 0; i < augmented.size(); ++i) {
    const bool behind_note = i > 0 && test::is(augmented[i - 1], TokenKind::note);
    REQUIRE(behind_note == test::is(augmented[i], TokenKind::duration));
    // No time of the grid is shortened to nothing.
    REQUIRE((!behind_note || test::view_of(augmented[i]).value >= 10));
  }
}

TEST_CASE("a long silence stays within the length of its sequence", "[augmentation]") {
  const Tokens silence(100'000, time(TokenKind::wait, 4990));
  const Tokens longer = test::after(TempoAugmentation(lazy(), 0.5), silence, at(1.25));
  CHECK((longer == silence));
  const Tokens shorter = test::after(TempoAugmentation(lazy(), 0.5), silence, at(0.5));
  CHECK(sum_of_waits(shorter) == 100'000 * 2500LL);  // 249.5 steps are 250
}

TEST_CASE("tempo augmentation on another grid", "[augmentation]") {
  aria::LazyConfig config = aria::LazyConfig::defaults();
  config.time_step = 7;
  config.time_steps = 4;
  const aria::LazyTokenizer tokenizer(config);
  const auto wait = [&](int value) { return tokenizer.find({.kind = TokenKind::wait, .value = value}); };
  const auto duration = [&](int value) { return tokenizer.find({.kind = TokenKind::duration, .value = value}); };
  const Tokens tokens = {duration(14), wait(21), wait(21), duration(21)};
  CHECK((test::after(TempoAugmentation(tokenizer, 0.5), tokens, at(1.5)) ==
         Tokens{duration(21), wait(21), wait(21), wait(14)}));  // 4.5 steps are 4, twice
}

TEST_CASE("where a wait of 0 has no token, the shortest stands for it", "[augmentation]") {
  const PerformanceTokenizer tokenizer;
  const auto wait = [&](int value) { return tokenizer.find({.kind = TokenKind::wait, .value = value}); };
  const TokenId on = tokenizer.find({.kind = TokenKind::note, .pitch = 60});
  CHECK((test::after(TempoAugmentation(tokenizer, 0.5), {on, wait(10), on, wait(1000), on}, at(0.5)) ==
         Tokens{on, wait(10), on, wait(500), on}));
  CHECK((test::after(TempoAugmentation(tokenizer, 0.5), {on, wait(1000), wait(40), on, on}, at(1.5)) ==
         Tokens{on, wait(1000), wait(560), on, on}));
}

TEST_CASE("where there are no times, nothing changes", "[augmentation]") {
  const test::SmallestTypedTokenizer tokenizer;
  Tokens tokens;
  for (TokenId token = 0; token < 200; ++token) tokens.push_back(token);
  tokens.push_back(0xffff'ffff);
  CHECK((test::after(TempoAugmentation(tokenizer, 0.5), tokens, at(0.5)) == tokens));
}

TEST_CASE("ranges of tempos outside of 0 to 1 are refused", "[augmentation]") {
  for (const double range :
       {-0.1, 1.0, 2.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    test::check_refused([&] { TempoAugmentation(lazy(), range); });
  }
  const Tokens tokens = test::random_music(3);
  CHECK((test::after(TempoAugmentation(lazy(), 0.0), tokens, aria::RandomStream(0)) ==
         test::after(TempoAugmentation(lazy(), 0.5), tokens, at(1.0))));
  TempoAugmentation(lazy(), 0x1.fffffffffffffp-1);
}

TEST_CASE("a tokenizer whose times are no grid is refused, unless it has no times", "[augmentation]") {
  struct WithoutSteps : aria::LazyTokenizer {
    std::int32_t time_step() const noexcept { return 0; }
  };
  struct WithoutEnd : aria::LazyTokenizer {
    std::int32_t time_step() const noexcept { return 1; }
    std::int32_t max_time() const noexcept { return std::numeric_limits<std::int32_t>::max(); }
  };
  struct WithoutTimes : test::SmallestTypedTokenizer {
    std::int32_t time_step() const noexcept { return 0; }
  };
  test::check_refused([] { TempoAugmentation(WithoutSteps(), 0.2); });
  test::check_refused([] { TempoAugmentation(WithoutEnd(), 0.2); });
  CHECK((test::after(TempoAugmentation(WithoutTimes(), 0.2), {2, 3, 4}, at(0.5)) == Tokens{2, 3, 4}));
}
