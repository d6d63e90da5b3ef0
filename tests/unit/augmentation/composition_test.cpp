#include <aria/augmentation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <aria/token/transform.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "tokenizers/performance_tokenizer.hpp"

using aria::ChordMixup;
using aria::compose;
using aria::PitchAugmentation;
using aria::RandomStream;
using aria::Reading;
using aria::TempoAugmentation;
using aria::TokenId;
using aria::Transform;
using aria::VelocityAugmentation;
using test::after;
using test::lazy;
using test::Tokens;

static_assert(aria::Augmentation<ChordMixup> && aria::Augmentation<PitchAugmentation> &&
              aria::Augmentation<VelocityAugmentation> && aria::Augmentation<TempoAugmentation> &&
              aria::Augmentation<Transform> && aria::Augmentation<aria::Composition<PitchAugmentation, Transform>>);
static_assert(!aria::Augmentation<int> && !aria::Augmentation<void (*)(Tokens&)>);

TEST_CASE("a composition applies its parts in order, with one stream of random numbers", "[augmentation]") {
  const PitchAugmentation pitch(lazy(), 5);
  const TempoAugmentation tempo(lazy(), 0.2);
  const auto both = compose(pitch, tempo);
  const auto seed = GENERATE(range<std::uint64_t>(0, 10));
  const Tokens tokens = test::random_sequence(seed);
  Tokens by_hand = tokens;
  RandomStream random(seed);
  pitch(by_hand, random);
  tempo(by_hand, random);
  CHECK((after(both, tokens, RandomStream(seed)) == by_hand));
  CHECK((after(compose(both), tokens, RandomStream(seed)) == by_hand));
  CHECK((after(Transform(both), tokens, RandomStream(seed)) == by_hand));
  CHECK((after(aria::in_order({pitch, tempo}), tokens, RandomStream(seed)) == by_hand));
  CHECK((after(compose(), tokens, RandomStream(seed)) == tokens));
}

TEST_CASE("lambdas and transforms compose, too", "[augmentation]") {
  const auto append = [](TokenId token) {
    return [token](Tokens& tokens, RandomStream& random) { tokens.push_back(token + random.below(1)); };
  };
  const auto all = compose(append(1), Transform(append(2)), compose(append(3), append(4)));
  CHECK((after(all, {}, RandomStream(0)) == Tokens{1, 2, 3, 4}));
}

TEST_CASE("the default augmentations are the original's", "[augmentation]") {
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    const auto by_hand = compose(ChordMixup(lazy()), VelocityAugmentation(lazy(), 1), PitchAugmentation(lazy(), 5),
                                 TempoAugmentation(lazy(), 0.2, reading));
    const auto defaults = aria::default_augmentations(lazy(), reading);
    for (std::uint64_t i = 0; i < 40; ++i) {
      const Tokens tokens = test::random_sequence(i);
      REQUIRE((after(defaults, tokens, RandomStream(i)) == after(by_hand, tokens, RandomStream(i))));
    }
  }
}

TEST_CASE("the default augmentations leave out what tokens do not allow", "[augmentation]") {
  const PerformanceTokenizer tokenizer;
  const auto by_hand =
      compose(VelocityAugmentation(tokenizer, 1), PitchAugmentation(tokenizer, 5), TempoAugmentation(tokenizer, 0.2));
  Tokens tokens;
  test::Dice dice(1);
  for (int i = 0; i < 1000; ++i) tokens.push_back(static_cast<TokenId>(dice.below(tokenizer.vocabulary().size())));
  CHECK((after(aria::default_augmentations(tokenizer), tokens, RandomStream(1)) ==
         after(by_hand, tokens, RandomStream(1))));
}

TEST_CASE("augmentations depend on seed, epoch and index, and on nothing else", "[augmentation]") {
  const auto augment = aria::default_augmentations(lazy());
  const auto augmented = [&](std::uint64_t epoch, std::uint64_t i) {
    return after(augment, test::random_music(i), RandomStream(1, epoch, i));
  };
  constexpr std::size_t kCount = 60;
  std::vector<Tokens> forward(kCount), parallel(kCount);
  for (std::size_t i = 0; i < kCount; ++i) forward[i] = augmented(0, i);
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < 4; ++first) {
    threads.emplace_back([&, first] {
      for (std::size_t i = kCount; i-- > 0;) {
        if (i % 4 == first) parallel[i] = augmented(0, i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK((parallel == forward));

  std::size_t others = 0;
  for (std::size_t i = 0; i < kCount; ++i) others += augmented(1, i) != forward[i] ? 1 : 0;
  CHECK(others > kCount / 2);
}

TEST_CASE("an augmentation keeps the length of any sequence", "[augmentation]") {
  const auto augment = aria::default_augmentations(lazy());
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Tokens tokens = test::random_sequence(i);
    REQUIRE(after(augment, tokens, RandomStream(i)).size() == tokens.size());
  }
  CHECK(after(augment, {}, RandomStream(0)).empty());
}

TEST_CASE("augmentations may go out of scope before what they were made from", "[augmentation]") {
  Transform augment;
  {
    const aria::LazyTokenizer tokenizer;
    augment = aria::default_augmentations(tokenizer);
  }
  const Tokens tokens = test::random_music(1);
  CHECK(
      (after(augment, tokens, RandomStream(4)) == after(aria::default_augmentations(lazy()), tokens, RandomStream(4))));
}

TEST_CASE("augmentations give what they always gave", "[augmentation]") {
  // Training that is resumed, or repeated elsewhere, rests on these. Going red is legitimate only together with a note
  // in the changelog that every seed now gives other sequences.
  const Tokens tokens = test::tokens_of(
      {R"(["prefix", "instrument", "piano"])", R"("<S>")", R"(["piano", 60, 45])", R"(["dur", 1000])",
       R"(["drum", 40])", R"(["piano", 64, 60])", R"(["dur", 1010])", R"(["wait", 250])", R"(["piano", 67, 75])",
       R"(["dur", 500])", R"(["piano", 72, 90])", R"(["dur", 4990])", R"(["wait", 4990])", R"("<E>")", R"("<P>")"});
  const auto given = [&](const Transform& augment) {
    return test::text_of(after(augment, tokens, RandomStream(7, 3, 11)));
  };
  CHECK(
      given(ChordMixup(lazy())) ==
      R"(["prefix", "instrument", "piano"] "<S>" ["piano", 60, 45] ["dur", 1000] ["drum", 40] ["piano", 64, 60] ["dur", 1010] )"
      R"(["wait", 250] ["piano", 72, 90] ["dur", 4990] ["piano", 67, 75] ["dur", 500] ["wait", 4990] "<E>" "<P>")");
  CHECK(
      given(VelocityAugmentation(lazy(), 1)) ==
      R"(["prefix", "instrument", "piano"] "<S>" ["piano", 60, 30] ["dur", 1000] ["drum", 40] ["piano", 64, 45] ["dur", 1010] )"
      R"(["wait", 250] ["piano", 67, 60] ["dur", 500] ["piano", 72, 75] ["dur", 4990] ["wait", 4990] "<E>" "<P>")");
  CHECK(
      given(PitchAugmentation(lazy(), 5)) ==
      R"(["prefix", "instrument", "piano"] "<S>" ["piano", 55, 45] ["dur", 1000] ["drum", 40] ["piano", 59, 60] ["dur", 1010] )"
      R"(["wait", 250] ["piano", 62, 75] ["dur", 500] ["piano", 67, 90] ["dur", 4990] ["wait", 4990] "<E>" "<P>")");
  CHECK(
      given(TempoAugmentation(lazy(), 0.2)) ==
      R"(["prefix", "instrument", "piano"] "<S>" ["piano", 60, 45] ["dur", 800] ["drum", 40] ["piano", 64, 60] ["dur", 810] )"
      R"(["wait", 200] ["piano", 67, 75] ["dur", 400] ["piano", 72, 90] ["dur", 4010] ["wait", 4010] "<E>" "<P>")");
  CHECK(
      given(aria::default_augmentations(lazy())) ==
      R"(["prefix", "instrument", "piano"] "<S>" ["piano", 59, 45] ["dur", 1030] ["drum", 40] ["piano", 63, 60] ["dur", 1050] )"
      R"(["wait", 260] ["piano", 71, 90] ["dur", 4990] ["piano", 66, 75] ["dur", 520] ["wait", 4990] ["wait", 170] "<E>")");
}
