#include <aria/augmentation/pitch_augmentation.hpp>

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
#include "tokenizers/performance_tokenizer.hpp"

using aria::PitchAugmentation;
using aria::TokenId;
using aria::TokenKind;
using aria::TokenView;
using test::lazy;
using test::Tokens;
using test::tokens_of;
using test::ToldRandom;

namespace {

// The draw that moves by so many semitones.
ToldRandom by(int semitones, int range) { return ToldRandom({static_cast<std::uint32_t>(semitones + range)}); }

TokenId expected(TokenId token, int semitones) {
  TokenView view = test::view_of(token);
  const int pitch = view.pitch + semitones;
  if (view.kind != TokenKind::note) return token;
  if (pitch < 0 || pitch > 127) return lazy().vocabulary().unknown();
  view.pitch = static_cast<std::uint8_t>(pitch);
  return lazy().find(view);
}

}  // namespace

TEST_CASE("pitch augmentation moves notes and nothing else", "[augmentation]") {
  const PitchAugmentation augment(lazy(), 5);
  const Tokens tokens =
      tokens_of({R"(["prefix", "instrument", "piano"])", R"("<S>")", R"(["piano", 60, 45])", R"(["dur", 100])",
                 R"(["drum", 60])", R"(["wait", 60])", R"(["bass", 126, 120])", R"(["dur", 10])", R"(["drum", 20])",
                 R"(["piano", 4, 15])", R"(["dur", 20])", R"("<U>")", R"("<D>")", R"("<E>")", R"("<P>")"});
  CHECK(test::after(augment, tokens, by(5, 5)) ==
        tokens_of({R"(["prefix", "instrument", "piano"])", R"("<S>")", R"(["piano", 65, 45])", R"(["dur", 100])",
                   R"(["drum", 60])", R"(["wait", 60])", R"("<U>")", R"(["dur", 10])", R"(["drum", 20])",
                   R"(["piano", 9, 15])", R"(["dur", 20])", R"("<U>")", R"("<D>")", R"("<E>")", R"("<P>")"}));
  CHECK(test::after(augment, tokens, by(-5, 5)) ==
        tokens_of({R"(["prefix", "instrument", "piano"])", R"("<S>")", R"(["piano", 55, 45])", R"(["dur", 100])",
                   R"(["drum", 60])", R"(["wait", 60])", R"(["bass", 121, 120])", R"(["dur", 10])", R"(["drum", 20])",
                   R"("<U>")", R"(["dur", 20])", R"("<U>")", R"("<D>")", R"("<E>")", R"("<P>")"}));
}

TEST_CASE("pitch augmentation of any tokens moves their views", "[augmentation]") {
  const PitchAugmentation augment(lazy(), 127);
  const auto seed = GENERATE(range<std::uint64_t>(0, 60));
  const Tokens tokens = test::random_sequence(seed);
  test::Dice dice(seed);
  for (const int semitones : {-127, -12, 0, 1, 127, static_cast<int>(dice.below(255)) - 127}) {
    Tokens moved(tokens.size());
    std::transform(tokens.begin(), tokens.end(), moved.begin(), [&](TokenId t) { return expected(t, semitones); });
    CAPTURE(seed, semitones);
    CHECK((test::after(augment, tokens, by(semitones, 127)) == moved));
  }
}

TEST_CASE("pitches moved and moved back are what they were, where none fell off the keyboard", "[augmentation]") {
  const PitchAugmentation augment(lazy(), 127);
  const auto seed = GENERATE(range<std::uint64_t>(0, 60));
  Tokens tokens = test::random_sequence(seed);
  // What remains can be moved by an octave.
  std::erase_if(tokens, [](TokenId token) {
    const TokenView view = test::view_of(token);
    return view.kind == TokenKind::note && (view.pitch < 12 || view.pitch > 115);
  });
  for (const int semitones : {-12, -1, 7, 12}) {
    const Tokens moved = test::after(augment, tokens, by(semitones, 127));
    CHECK((moved != tokens) ==
          std::any_of(tokens.begin(), tokens.end(), [](TokenId t) { return test::is(t, TokenKind::note); }));
    CHECK((test::after(augment, moved, by(-semitones, 127)) == tokens));
  }
}

TEST_CASE("pitch augmentation knows the tokens that no model knows", "[augmentation]") {
  aria::LazyConfig config = aria::LazyConfig::defaults();
  config.ignore[static_cast<std::size_t>(aria::Instrument::piano)] = true;
  const aria::LazyTokenizer tokenizer(config);
  const auto note = tokenizer.find({.kind = TokenKind::note, .pitch = 60, .velocity = 45});
  REQUIRE((note >= tokenizer.vocabulary().size() && note < tokenizer.vocabulary().token_count()));
  const auto higher = tokenizer.find({.kind = TokenKind::note, .pitch = 62, .velocity = 45});
  const auto last = static_cast<TokenId>(tokenizer.vocabulary().token_count() - 1);
  REQUIRE(tokenizer.view(last).pitch == 127);
  CHECK((test::after(PitchAugmentation(tokenizer, 2), {note, last, last + 1}, by(2, 2)) ==
         Tokens{higher, tokenizer.vocabulary().unknown(), last + 1}));
}

TEST_CASE("pitch augmentation moves the ends of notes along", "[augmentation]") {
  const PerformanceTokenizer tokenizer;
  const auto key = [&](TokenKind kind, std::uint8_t pitch) { return tokenizer.find({.kind = kind, .pitch = pitch}); };
  const TokenId wait = tokenizer.find({.kind = TokenKind::wait, .value = 100});
  const TokenId velocity = tokenizer.find({.kind = TokenKind::velocity, .velocity = 64});
  const Tokens tokens = {velocity, key(TokenKind::note, 60), wait, key(TokenKind::note_off, 60),
                         key(TokenKind::note_off, 1)};
  CHECK((test::after(PitchAugmentation(tokenizer, 3), tokens, by(-3, 3)) == Tokens{velocity, key(TokenKind::note, 57),
                                                                                   wait, key(TokenKind::note_off, 57),
                                                                                   tokenizer.vocabulary().unknown()}));
}

TEST_CASE("pitch augmentation draws every shift of its range", "[augmentation]") {
  const PitchAugmentation augment(lazy(), 2);
  const Tokens note = tokens_of({R"(["piano", 60, 45])"});
  std::set<int> pitches;
  for (std::uint64_t i = 0; i < 100; ++i) {
    pitches.insert(test::view_of(test::after(augment, note, aria::RandomStream(1, 0, i)).front()).pitch);
  }
  CHECK((pitches == std::set<int>{58, 59, 60, 61, 62}));
}

TEST_CASE("ranges of pitches outside of the keyboard are refused", "[augmentation]") {
  test::check_refused([] { PitchAugmentation(lazy(), -1); });
  test::check_refused([] { PitchAugmentation(lazy(), 128); });
  const Tokens tokens = test::random_sequence(1);
  ToldRandom random({0});
  Tokens augmented = tokens;
  PitchAugmentation(lazy(), 0)(augmented, random);
  CHECK((augmented == tokens));
  CHECK(random.draws == 1);
}
