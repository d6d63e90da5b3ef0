#include <aria/sampling/continuation.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <aria/augmentation/composition.hpp>
#include <aria/midi.hpp>
#include <aria/support/random.hpp>
#include <aria/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/toy_tokenizer.hpp"
#include "tokenizers/performance_tokenizer.hpp"

using aria::LazyTokenizer, aria::LazyVocabulary;
using aria::MidiDict;
using aria::Ticks;
using aria::TokenId;

namespace {

// Any token may follow any other, as far as the logits say.
class RandomModel {
 public:
  explicit RandomModel(std::size_t size, std::size_t longest = 400) : size_(size), longest_(longest) {}

  std::size_t vocabulary_size() const { return size_; }
  std::size_t max_seq_len() const { return longest_; }

  struct Context {
    std::uint64_t seen = 0;
  };
  Context begin(std::size_t) const { return {}; }
  void append(Context& context, std::span<const TokenId> tokens, std::span<float> logits) {
    for (const TokenId token : tokens) context.seen = aria::random_bits(context.seen, token);
    aria::RandomStream random(context.seen);
    for (float& logit : logits) logit = static_cast<float>(8 * random.uniform());
  }

 private:
  std::size_t size_, longest_;
};

MidiDict scale(std::size_t notes) {
  MidiDict piece;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments.emplace_back(Ticks{0}, 0U, 0U);
  for (std::size_t i = 0; i < notes; ++i) {
    const Ticks start{static_cast<std::int64_t>(i) * 240};
    piece.notes.emplace_back(start, start + Ticks{240}, 48 + static_cast<unsigned>(i % 24), 80U, 0U);
  }
  return piece;
}

// What follows from random logits is still what was asked for.
template <class T>
void check_random_music(const T& tokenizer, std::uint64_t seed) {
  RandomModel model(tokenizer.vocabulary().size());
  aria::RandomStream random(seed, 3);
  const std::vector<TokenId> prompt = aria::prompt_of(tokenizer, scale(40), 1 + random.below(60));
  const std::size_t asked = 1 + random.below(300);
  const bool force_end = asked > 140 && random.below(2) == 0;
  const auto plan = aria::continuation_plan(tokenizer, asked, force_end);
  const std::vector<std::vector<TokenId>> prompts(3, prompt);
  const auto made = aria::Generation(model, {.temperature = 1.5, .top_p = 1, .seed = seed}).run(prompts, plan);
  for (const auto& sequence : made) {
    CAPTURE(seed, sequence.size(), prompt.size(), asked, force_end);
    CHECK(std::equal(prompt.begin(), prompt.end(), sequence.begin()));
    CHECK(sequence.size() <= std::min(model.max_seq_len(), prompt.size() + asked));
    for (std::size_t i = prompt.size(); i < sequence.size(); ++i) {
      CHECK(sequence[i] != tokenizer.vocabulary().pad());
      CHECK(sequence[i] != tokenizer.vocabulary().unknown());
      CHECK(sequence[i] != plan.end);
      const bool is_special = tokenizer.role(sequence[i]) == aria::TokenRole::special;
      CHECK((!is_special || sequence[i] == plan.ending));
    }
    const auto music = aria::continued_piece(tokenizer, sequence, prompt.size());
    CHECK(music.skipped.unknown == 0);
    CHECK(music.given_notes <= music.piece.notes.size());
    // It can be written and read again.
    const auto bytes = music.piece.to_midi();
    CHECK(MidiDict::from_midi(bytes).notes.size() <= music.piece.notes.size());
    CHECK(music.piece.notes == tokenizer.detokenize(sequence, nullptr).notes);
  }
}

}  // namespace

TEST_CASE("Random logits still give music that was asked for", "[sampling]") {
  const LazyTokenizer lazy;
  const PerformanceTokenizer performance;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    check_random_music(lazy, seed);
    check_random_music(performance, seed);
  }
}

TEST_CASE("A prompt is the beginning of a piece that is not about to end", "[sampling]") {
  const LazyTokenizer tokenizer;
  const MidiDict piece = scale(100);
  std::vector<TokenId> all;
  tokenizer.tokenize(piece, aria::RandomStream(0), all);
  REQUIRE(std::count(all.begin(), all.end(), LazyVocabulary::kDiminish) == 1);
  REQUIRE(all.back() == LazyVocabulary::kEnd);
  const auto whole = aria::prompt_of(tokenizer, piece, 100'000);
  CHECK(whole.size() == all.size() - 2);
  CHECK(std::count(whole.begin(), whole.end(), LazyVocabulary::kDiminish) == 0);
  CHECK(std::count(whole.begin(), whole.end(), LazyVocabulary::kEnd) == 0);
  for (const std::size_t most : {1, 2, 30, 200}) {
    const auto prompt = aria::prompt_of(tokenizer, piece, most);
    CHECK(prompt == std::vector<TokenId>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(most)));
  }
  CHECK(test::error_of([&] { aria::prompt_of(tokenizer, MidiDict(), 10); }).code() == aria::ErrorCode::empty_result);
}

TEST_CASE("A prompt has only tokens that the model knows", "[sampling]") {
  const test::ToyTokenizer tokenizer;
  MidiDict piece;
  piece.notes.emplace_back(Ticks{0}, Ticks{1}, 127U, 5U, 0U);  // has no place in the vocabulary
  CHECK(aria::prompt_of(tokenizer, piece, 9) == std::vector<TokenId>{test::ToyTokenizer::prefix(0),
                                                                     test::ToyTokenizer::kUnknown,
                                                                     test::ToyTokenizer::continuation(5)});
  const auto plan = aria::continuation_plan(tokenizer, 5);
  CHECK_FALSE(plan.end);  // it knows no such token
  CHECK_FALSE(plan.ending);
}

TEST_CASE("The plan of a continuation ends and diminishes as the tokenizer does", "[sampling]") {
  const LazyTokenizer lazy;
  const auto plan = aria::continuation_plan(lazy, 7, true);
  CHECK(plan.max_new_tokens == 7);
  CHECK(plan.force_end);
  CHECK(plan.end == LazyVocabulary::kEnd);
  CHECK(plan.ending == LazyVocabulary::kDiminish);
  for (TokenId token = 0; token < lazy.vocabulary().size(); token += 7) {
    CHECK(plan.may_not_be_replaced(token) == (lazy.view(token).kind == aria::TokenKind::duration));
  }
  CHECK(std::count(plan.never.begin(), plan.never.end(), lazy.vocabulary().pad()) == 1);
  CHECK(std::count(plan.never.begin(), plan.never.end(), LazyVocabulary::kEnd) == 0);

  const PerformanceTokenizer performance;
  const auto other = aria::continuation_plan(performance, 7, true);
  REQUIRE(other.end);
  CHECK(other.ending == other.end);  // it has no token that announces the end
}

TEST_CASE("Notes of a prompt are told from new ones, also within a chord", "[sampling]") {
  const LazyTokenizer tokenizer;
  MidiDict piece = scale(3);
  piece.notes.clear();
  for (const unsigned pitch : {60U, 64U, 67U}) piece.notes.emplace_back(Ticks{0}, Ticks{480}, pitch, 80U, 0U);
  piece.notes.emplace_back(Ticks{960}, Ticks{1440}, 72U, 80U, 0U);
  std::vector<TokenId> tokens;
  tokenizer.tokenize(piece, aria::RandomStream(0), tokens);
  // Prefix, start, and two tokens a note.
  CHECK(aria::continued_piece(tokenizer, tokens, 2).given_notes == 0);
  CHECK(aria::continued_piece(tokenizer, tokens, 4).given_notes == 1);
  CHECK(aria::continued_piece(tokenizer, tokens, 5).given_notes == 1);  // the second note has no duration yet
  CHECK(aria::continued_piece(tokenizer, tokens, 6).given_notes == 2);
  CHECK(aria::continued_piece(tokenizer, tokens, 1000).given_notes == 4);
  CHECK(aria::continued_piece(tokenizer, tokens, 6).piece.notes.size() == 4);
}
