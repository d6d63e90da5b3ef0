#include <aria/augmentation/chord_mixup.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <aria/support/random.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"

using aria::ChordMixup;
using aria::TokenId;
using aria::TokenKind;
using test::lazy;
using test::Tokens;
using test::tokens_of;
using test::ToldRandom;

namespace {

TokenId note(int pitch) {
  return lazy().find({.kind = TokenKind::note, .pitch = static_cast<std::uint8_t>(pitch), .velocity = 45});
}
TokenId drum(int pitch) { return lazy().find({.kind = TokenKind::drum, .pitch = static_cast<std::uint8_t>(pitch)}); }
TokenId duration(int value) { return lazy().find({.kind = TokenKind::duration, .value = value}); }
TokenId wait() { return lazy().find({.kind = TokenKind::wait, .value = 100}); }
TokenId unknown() { return lazy().vocabulary().unknown(); }
TokenId start() { return aria::LazyVocabulary::kStart; }

// What turns chords round: every note stays, and they are taken from the end.
ToldRandom turning() { return ToldRandom(0.9999); }

bool ends_chord(TokenId token) {
  const TokenKind kind = test::view_of(token).kind;
  return (kind == TokenKind::special && token != unknown()) || kind == TokenKind::instrument ||
         kind == TokenKind::composer || kind == TokenKind::wait;
}

using Notes = std::vector<Tokens>;

// The notes between `begin` and `end`, each with its duration; nothing where that is no chord.
Notes notes_of(const TokenId* begin, const TokenId* end) {
  Notes notes;
  for (const TokenId* at = begin; at != end; ++at) {
    if (test::is(*at, TokenKind::drum)) {
      notes.push_back({*at});
    } else if ((test::is(*at, TokenKind::note) || *at == unknown()) && at + 1 != end &&
               test::is(at[1], TokenKind::duration)) {
      notes.push_back({at[0], at[1]});
      ++at;
    } else {
      return {};
    }
  }
  return notes;
}

// Calls `chord(begin, end, notes)` for every chord that has a wait behind it, and `other(begin, end)` for all between
// them.
template <class Chord, class Other>
void each_part(const Tokens& tokens, Chord chord, Other other) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    if (i < tokens.size() && !ends_chord(tokens[i])) continue;
    const Notes notes = notes_of(tokens.data() + begin, tokens.data() + i);
    if (i < tokens.size() && test::is(tokens[i], TokenKind::wait) && !notes.empty()) {
      chord(begin, i, notes);
    } else {
      other(begin, i);
    }
    if (i < tokens.size()) other(i, i + 1);
    begin = i + 1;
  }
}

// That `mixed` holds the same chords as `tokens`, and all else where it was.
void check_chords(const Tokens& tokens, const Tokens& mixed) {
  REQUIRE(mixed.size() == tokens.size());
  const auto chord = [&](std::size_t begin, std::size_t end, Notes before) {
    Notes notes = notes_of(mixed.data() + begin, mixed.data() + end);
    std::sort(before.begin(), before.end());
    std::sort(notes.begin(), notes.end());
    REQUIRE((notes == before));
  };
  const auto other = [&](std::size_t begin, std::size_t end) {
    REQUIRE(std::equal(tokens.data() + begin, tokens.data() + end, mixed.data() + begin));
  };
  each_part(tokens, chord, other);
}

// With every chord turned round.
Tokens turned(const Tokens& tokens) {
  Tokens out;
  const auto chord = [&](std::size_t, std::size_t, const Notes& notes) {
    for (auto note = notes.rbegin(); note != notes.rend(); ++note) out.insert(out.end(), note->begin(), note->end());
  };
  const auto other = [&](std::size_t begin, std::size_t end) {
    out.insert(out.end(), tokens.data() + begin, tokens.data() + end);
  };
  each_part(tokens, chord, other);
  return out;
}

}  // namespace

TEST_CASE("chord mix-up draws and orders as the original does", "[augmentation]") {
  const ChordMixup augment(lazy());
  const Tokens tokens = {start(), note(60), duration(10), drum(40), note(62), duration(20), wait(), note(60)};
  // Python: [a, b, c] with 0 and 0 becomes [c, b, a], then [b, c, a], and is taken from the end.
  CHECK((test::after(augment, tokens, ToldRandom({0, 0})) ==
         Tokens{start(), note(60), duration(10), note(62), duration(20), drum(40), wait(), note(60)}));
  // With 2 and 1 it stays, and is taken from the end as well.
  CHECK((test::after(augment, tokens, ToldRandom({2, 1})) ==
         Tokens{start(), note(62), duration(20), drum(40), note(60), duration(10), wait(), note(60)}));
}

TEST_CASE("chord mix-up draws for the notes of a chord but one", "[augmentation]") {
  const ChordMixup augment(lazy());
  const auto draws = [&](Tokens tokens) {
    ToldRandom random = turning();
    augment(tokens, random);
    return random.draws;
  };
  CHECK(draws({note(60), duration(10), wait()}) == 0);
  CHECK(draws({drum(40), wait()}) == 0);
  CHECK(draws({drum(40), drum(40), wait()}) == 1);
  CHECK(draws({note(60), duration(10), unknown(), duration(10), drum(40), wait(), wait(), drum(40), wait()}) == 2);
  CHECK(draws({drum(40), wait(), drum(40), drum(41), wait(), drum(40), drum(41), drum(42), drum(43), wait()}) == 4);
}

TEST_CASE("what is not a chord with a wait behind it stays as it is", "[augmentation]") {
  const ChordMixup augment(lazy());
  const TokenId prefix = lazy().find({.kind = TokenKind::instrument, .sound = 0});
  const TokenId strange = 0xffff'fff0;
  const Tokens one = {note(60), duration(10)}, other = {note(62), duration(20)};
  const auto both = [&](const Tokens& between, const Tokens& behind) {
    Tokens tokens = one;
    for (const Tokens& part : {between, other, behind}) tokens.insert(tokens.end(), part.begin(), part.end());
    return tokens;
  };
  const auto stays = [&](const Tokens& tokens) { return test::after(augment, tokens, turning()) == tokens; };
  CHECK_FALSE(stays(both({}, {wait()})));
  CHECK(stays(both({}, {})));
  for (const TokenId token : {start(), aria::LazyVocabulary::kEnd, aria::LazyVocabulary::kPad,
                              aria::LazyVocabulary::kDiminish, prefix, strange}) {
    CAPTURE(token);
    CHECK(stays(both({}, {token, wait()})));
    CHECK(stays(both({token}, {wait()})));
    // And the next chord is mixed again.
    Tokens tokens = both({}, {token});
    const Tokens more = both({}, {wait()});
    tokens.insert(tokens.end(), more.begin(), more.end());
    CHECK_FALSE(stays(tokens));
  }
}

TEST_CASE("a chord with a note that lacks its duration, or a duration without a note, stays", "[augmentation]") {
  const ChordMixup augment(lazy());
  const Tokens chord = {note(60), duration(10), drum(40), unknown(), duration(20), note(64), duration(30)};
  const Tokens strangers = {note(70), duration(70), unknown()};
  for (const TokenId stranger : strangers) {
    for (std::size_t i = 0; i <= chord.size(); ++i) {
      Tokens tokens = chord;
      tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(i), stranger);
      const auto groups = tokens;
      tokens.push_back(wait());
      CAPTURE(stranger, i);
      CHECK((test::after(augment, tokens, turning()) == tokens));
      // And the next chord is mixed again.
      tokens.insert(tokens.end(), chord.begin(), chord.end());
      tokens.push_back(wait());
      const Tokens mixed = test::after(augment, tokens, turning());
      CHECK(std::equal(groups.begin(), groups.end(), mixed.begin()));
      CHECK((mixed != tokens));
    }
  }
}

TEST_CASE("chord mix-up of any tokens keeps the notes of every chord, and all else in its place", "[augmentation]") {
  const ChordMixup augment(lazy());
  const auto seed = GENERATE(range<std::uint64_t>(0, 200));
  const Tokens tokens = test::random_sequence(seed);
  CAPTURE(seed);
  check_chords(tokens, test::after(augment, tokens, aria::RandomStream(seed)));
  CHECK((test::after(augment, tokens, turning()) == turned(tokens)));
}

TEST_CASE("chord mix-up of any order of tokens of every kind", "[augmentation]") {
  const ChordMixup augment(lazy());
  const Tokens few = {note(60), duration(10), drum(40), wait(), unknown(), start(), note(61), duration(20)};
  const auto seed = GENERATE(range<std::uint64_t>(0, 20));
  test::Dice dice(seed);
  for (int i = 0; i < 200; ++i) {
    Tokens tokens(dice.below(16));
    for (TokenId& token : tokens) token = few[dice.below(few.size())];
    check_chords(tokens, test::after(augment, tokens, aria::RandomStream(seed, i)));
    REQUIRE((test::after(augment, tokens, turning()) == turned(tokens)));
  }
}

TEST_CASE("a chord may have any number of notes", "[augmentation]") {
  Tokens tokens;
  for (int i = 0; i < 3000; ++i) {
    tokens.push_back(note(i % 128));
    tokens.push_back(duration(10 * (i % 500)));
    if (i % 7 == 0) tokens.push_back(drum(40));
  }
  tokens.push_back(wait());
  const Tokens mixed = test::after(ChordMixup(lazy()), tokens, aria::RandomStream(0));
  CHECK((mixed != tokens));
  check_chords(tokens, mixed);
}

TEST_CASE("all orders of a chord are equally likely", "[augmentation]") {
  const ChordMixup augment(lazy());
  const Tokens tokens = {drum(40), drum(41), drum(42), drum(43), wait()};
  std::map<Tokens, int> counts;
  constexpr int kDraws = 24'000;
  for (int i = 0; i < kDraws; ++i) ++counts[test::after(augment, tokens, aria::RandomStream(5, i))];
  REQUIRE(counts.size() == 24);
  // Chi squared with 23 degrees of freedom is above 58 one time in 10,000.
  double chi_squared = 0;
  for (const auto& [order, count] : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000;
  CHECK(chi_squared < 58);
}

TEST_CASE("notes whose velocity stands before them stay in their order", "[augmentation]") {
  // Drums of this one are velocities of the notes behind them.
  class WithVelocities : public aria::LazyTokenizer {
   public:
    aria::TokenView view(TokenId token) const {
      aria::TokenView view = aria::LazyTokenizer::view(token);
      if (view.kind == TokenKind::drum) view.kind = TokenKind::velocity;
      return view;
    }
  };
  static_assert(aria::NoteTokenizer<WithVelocities>);
  const Tokens tokens = {drum(40), note(60),     duration(10), note(61),     duration(20), wait(),
                         note(62), duration(10), note(63),     duration(10), wait()};
  const ChordMixup augment{WithVelocities()};
  const Tokens mixed = test::after(augment, tokens, turning());
  CHECK(std::equal(tokens.begin(), tokens.begin() + 6, mixed.begin()));
  CHECK((mixed != tokens));
  const Tokens odd = {drum(40), duration(10), note(60), duration(20), wait()};
  CHECK((test::after(augment, odd, turning()) == odd));
}
