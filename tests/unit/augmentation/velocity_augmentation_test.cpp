#include <aria/augmentation/velocity_augmentation.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include <aria/config/lazy_config.hpp>
#include <aria/support/random.hpp>
#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "support/smallest_tokenizer.hpp"
#include "tokenizers/performance_tokenizer.hpp"

using aria::TokenId;
using aria::TokenKind;
using aria::TokenView;
using aria::VelocityAugmentation;
using test::lazy;
using test::Tokens;
using test::tokens_of;
using test::ToldRandom;

namespace {

// The draw that moves by so many steps.
ToldRandom by(int steps, int range) { return ToldRandom({static_cast<std::uint32_t>(steps + range)}); }

}  // namespace

TEST_CASE("velocity augmentation moves velocities between the first step and the last", "[augmentation]") {
  const VelocityAugmentation augment(lazy(), 2);
  const Tokens tokens = tokens_of({R"(["prefix", "instrument", "bass"])", R"("<S>")", R"(["bass", 60, 45])",
                                   R"(["dur", 100])", R"(["drum", 60])", R"(["bass", 61, 120])", R"(["dur", 10])",
                                   R"(["wait", 60])", R"(["bass", 0, 15])", R"(["dur", 10])", R"("<U>")", R"("<E>")"});
  CHECK(test::text_of(test::after(augment, tokens, by(2, 2))) ==
        R"(["prefix", "instrument", "bass"] "<S>" ["bass", 60, 75] ["dur", 100] ["drum", 60] ["bass", 61, 120] )"
        R"(["dur", 10] ["wait", 60] ["bass", 0, 45] ["dur", 10] "<U>" "<E>")");
  CHECK(test::text_of(test::after(augment, tokens, by(-1, 2))) ==
        R"(["prefix", "instrument", "bass"] "<S>" ["bass", 60, 30] ["dur", 100] ["drum", 60] ["bass", 61, 105] )"
        R"(["dur", 10] ["wait", 60] ["bass", 0, 15] ["dur", 10] "<U>" "<E>")");
  CHECK((test::after(augment, tokens, by(0, 2)) == tokens));
}

TEST_CASE("velocity augmentation of any tokens keeps all but velocities, and these above 0", "[augmentation]") {
  const VelocityAugmentation augment(lazy(), 127);
  const auto seed = GENERATE(range<std::uint64_t>(0, 60));
  const Tokens tokens = test::random_sequence(seed);
  test::Dice dice(seed);
  const int steps = static_cast<int>(dice.below(21)) - 10;
  const Tokens augmented = test::after(augment, tokens, by(steps, 127));
  REQUIRE(augmented.size() == tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    TokenView view = test::view_of(tokens[i]);
    if (view.kind != TokenKind::note) {
      REQUIRE(augmented[i] == tokens[i]);
      continue;
    }
    const int velocity = test::view_of(augmented[i]).velocity;
    REQUIRE(velocity == std::clamp(view.velocity + 15 * steps, 15, 120));
    view.velocity = static_cast<std::uint8_t>(velocity);
    REQUIRE((test::view_of(augmented[i]) == view));
  }
}

TEST_CASE("a note of velocity 0 gets the first velocity, as in the original", "[augmentation]") {
  const Tokens silent = tokens_of({R"(["piano", 60, 0])"});
  CHECK(test::text_of(test::after(VelocityAugmentation(lazy(), 1), silent, by(0, 1))) == R"(["piano", 60, 15])");
}

TEST_CASE("where velocities are tokens of their own, these move", "[augmentation]") {
  const PerformanceTokenizer tokenizer;
  const auto velocity = [&](int value) {
    return tokenizer.find({.kind = TokenKind::velocity, .velocity = static_cast<std::uint8_t>(value)});
  };
  const TokenId on = tokenizer.find({.kind = TokenKind::note, .pitch = 60});
  const TokenId off = tokenizer.find({.kind = TokenKind::note_off, .pitch = 60});
  const Tokens tokens = {velocity(64), on, off, velocity(4), on, off, velocity(127), on, off};
  CHECK((test::after(VelocityAugmentation(tokenizer, 2), tokens, by(2, 2)) ==
         Tokens{velocity(72), on, off, velocity(12), on, off, velocity(127), on, off}));
  CHECK((test::after(VelocityAugmentation(tokenizer, 2), tokens, by(-1, 2)) ==
         Tokens{velocity(60), on, off, velocity(4), on, off, velocity(124), on, off}));
}

TEST_CASE("where there are no velocities, nothing changes", "[augmentation]") {
  const test::SmallestTypedTokenizer tokenizer;
  Tokens tokens;
  for (TokenId token = 0; token < 200; ++token) tokens.push_back(token);
  CHECK((test::after(VelocityAugmentation(tokenizer, 3), tokens, by(3, 3)) == tokens));
}

TEST_CASE("velocity augmentation draws every step of its range", "[augmentation]") {
  const VelocityAugmentation augment(lazy(), 1);
  const Tokens note = tokens_of({R"(["piano", 60, 45])"});
  std::set<int> velocities;
  for (std::uint64_t i = 0; i < 100; ++i) {
    velocities.insert(test::view_of(test::after(augment, note, aria::RandomStream(1, 0, i)).front()).velocity);
  }
  CHECK((velocities == std::set<int>{30, 45, 60}));
}

TEST_CASE("ranges of velocities outside of 0 to 127 are refused", "[augmentation]") {
  test::check_refused([] { VelocityAugmentation(lazy(), -1); });
  test::check_refused([] { VelocityAugmentation(lazy(), 128); });
}
