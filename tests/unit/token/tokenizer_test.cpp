#include <aria/token/tokenizer.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <aria/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/smallest_tokenizer.hpp"
#include "tokenizers/performance_tokenizer.hpp"

namespace {

using aria::MidiDict;
using aria::NoteTokenizer;
using aria::RandomStream;
using aria::SkippedTokens;
using aria::TokenId;
using aria::Tokenizer;
using aria::TypedTokenizer;
using Tokens = std::vector<TokenId>;

static_assert(NoteTokenizer<aria::LazyTokenizer>);
static_assert(TypedTokenizer<PerformanceTokenizer> && !NoteTokenizer<PerformanceTokenizer>);

// Each of these spoils one function of a tokenizer that has them all.
using Smallest = test::SmallestTokenizer;
static_assert(Tokenizer<Smallest> && !TypedTokenizer<Smallest>);

struct NameIsNumber : Smallest {
  int name() const;
};
struct NoConfig : Smallest {
  void config_json() const;
};
struct VocabularyIsPointer : Smallest {
  const aria::Vocabulary* vocabulary() const;
};
struct RoleIsNumber : Smallest {
  int role(TokenId) const;
};
struct TokenizeIsNotConst : Smallest {
  void tokenize(const MidiDict&, RandomStream, Tokens&);
};
struct TokenizeDrawsNothing : Smallest {
  void tokenize(const MidiDict&, Tokens&) const;
};
struct TokenizeChangesPiece : Smallest {
  void tokenize(MidiDict&, RandomStream, Tokens&) const;
};
struct DetokenizeDoesNotCount : Smallest {
  MidiDict detokenize(std::span<const TokenId>) const;
};
struct DetokenizeGivesNothing : Smallest {
  void detokenize(std::span<const TokenId>, SkippedTokens*) const;
};
struct CannotBeCopied : Smallest {
  CannotBeCopied(CannotBeCopied&&) = default;
};
static_assert(!Tokenizer<int> && !Tokenizer<MidiDict>);
static_assert(!Tokenizer<NameIsNumber> && !Tokenizer<NoConfig> && !Tokenizer<VocabularyIsPointer>);
static_assert(!Tokenizer<RoleIsNumber> && !Tokenizer<TokenizeIsNotConst> && !Tokenizer<TokenizeDrawsNothing>);
static_assert(!Tokenizer<TokenizeChangesPiece> && !Tokenizer<DetokenizeDoesNotCount>);
static_assert(!Tokenizer<DetokenizeGivesNothing> && !Tokenizer<CannotBeCopied>);

// The same for the refinements.
using Typed = test::SmallestTypedTokenizer;
static_assert(TypedTokenizer<Typed> && !NoteTokenizer<Typed>);

struct ViewIsKind : Typed {
  aria::TokenKind view(TokenId) const;
};
struct FindIsPerhaps : Typed {
  bool find(const aria::TokenView&) const;
};
struct NoVelocityStep : Typed {
  void velocity_step() const;
};
struct NoMaxVelocity : Typed {
  void max_velocity() const;
};
struct NoTimeStep : Typed {
  void time_step() const;
};
struct NoMaxTime : Typed {
  void max_time() const;
};
struct Notes : Typed {
  static constexpr bool kNotesHoldDurations = true;
};
struct NoNotes : Typed {
  static constexpr bool kNotesHoldDurations = false;
};
struct NotesWithoutViews : Smallest {
  static constexpr bool kNotesHoldDurations = true;
};
static_assert(!TypedTokenizer<ViewIsKind> && !TypedTokenizer<FindIsPerhaps>);
static_assert(!TypedTokenizer<NoVelocityStep> && !TypedTokenizer<NoMaxVelocity>);
static_assert(!TypedTokenizer<NoTimeStep> && !TypedTokenizer<NoMaxTime>);
static_assert(NoteTokenizer<Notes> && !NoteTokenizer<NoNotes>);
static_assert(NotesWithoutViews::kNotesHoldDurations && !NoteTokenizer<NotesWithoutViews>);

static_assert(aria::CheckedTokenizer<Smallest> && aria::CheckedTypedTokenizer<Typed>);
static_assert(aria::CheckedNoteTokenizer<Notes>);

// To copy one, the compiler asks whether it is a tokenizer itself.
struct MadeOfAnyTokenizer {
  template <Tokenizer T>
  explicit MadeOfAnyTokenizer(const T&) {}
};
static_assert(std::copy_constructible<MadeOfAnyTokenizer> && !Tokenizer<MadeOfAnyTokenizer>);
static_assert(std::constructible_from<MadeOfAnyTokenizer, Smallest>);

}  // namespace

TEST_CASE("encode turns texts into tokens, and decode turns them back", "[token]") {
  const auto check = [](const auto& tokenizer) {
    const aria::Vocabulary& vocabulary = tokenizer.vocabulary();
    Tokens all;
    std::vector<std::string_view> texts;
    for (TokenId token = 0; token < vocabulary.size(); ++token) {
      all.push_back(token);
      texts.push_back(vocabulary.text(token));
    }
    CHECK((aria::encode(tokenizer, texts) == all));
    CHECK((aria::decode(tokenizer, all) == texts));
  };
  check(Smallest());
  check(PerformanceTokenizer());
  check(aria::LazyTokenizer());
}

TEST_CASE("encode makes the unknown token of what a vocabulary does not have", "[token]") {
  const Smallest tokenizer;
  const std::vector<std::string_view> texts = {"60", "128", "", "6", R"("<U>")", "\"60\""};
  CHECK((aria::encode(tokenizer, texts) == Tokens{62, 1, 1, 8, 1, 1}));

  Tokens tokens = {0, 1, 129, 130, 0xffff'ffff};
  CHECK((aria::decode(tokenizer, tokens) ==
         std::vector<std::string_view>{R"("<P>")", R"("<U>")", "127", R"("<U>")", R"("<U>")"}));
  aria::encode(tokenizer.vocabulary(), tokens);
  CHECK((tokens == Tokens{0, 1, 129, 1, 1}));
}

TEST_CASE("encode hides the tokens that stand outside of a vocabulary", "[token]") {
  const aria::LazyTokenizer tokenizer;
  const aria::Vocabulary& vocabulary = tokenizer.vocabulary();
  REQUIRE(vocabulary.size() < vocabulary.token_count());
  const std::vector<std::string_view> drum = {R"(["drum", 90])"};
  CHECK(vocabulary.find(drum[0]) >= vocabulary.size());
  CHECK((aria::encode(tokenizer, drum) == Tokens{vocabulary.unknown()}));
}
