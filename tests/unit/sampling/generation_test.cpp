#include <aria/sampling/generation.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::Generation;
using aria::GenerationPlan;
using aria::TokenId;

namespace {

using Sequences = std::vector<std::vector<TokenId>>;

// A model whose logits are random, but decided by what stands before: with and without a prompt they differ.
class FakeModel {
 public:
  static constexpr std::size_t kSize = 40, kLongest = 200;

  std::size_t vocabulary_size() const { return kSize; }
  std::size_t max_seq_len() const { return kLongest; }

  struct Context {
    Sequences rows;
  };
  Context begin(std::size_t batch) const { return {Sequences(batch)}; }

  void append(Context& context, std::span<const TokenId> tokens, std::span<float> logits) {
    REQUIRE(logits.size() == context.rows.size() * kSize);
    const std::size_t count = tokens.size() / context.rows.size();
    REQUIRE(count >= 1);
    for (std::size_t row = 0; row < context.rows.size(); ++row) {
      auto& sequence = context.rows[row];
      sequence.insert(sequence.end(), tokens.begin() + static_cast<std::ptrdiff_t>(row * count),
                      tokens.begin() + static_cast<std::ptrdiff_t>((row + 1) * count));
      REQUIRE(sequence.size() <= kLongest);
      std::uint64_t key = 7;
      for (const TokenId token : sequence) key = aria::random_bits(key, token);
      aria::RandomStream random(key);
      for (std::size_t i = 0; i < kSize; ++i) {
        logits[row * kSize + i] = i == never ? -INFINITY : static_cast<float>(6 * random.uniform());
      }
    }
  }

  TokenId never = kSize;
};
static_assert(aria::LanguageModel<FakeModel>);

const Sequences kPrompts = {{1, 2, 3}, {4, 5, 6}, {1, 2, 3}};

}  // namespace

TEST_CASE("What is generated has the asked length, keeps the prompt and obeys the seed", "[sampling]") {
  FakeModel model;
  model.never = 0;
  const auto run = [&](std::uint64_t seed, const Sequences& prompts) {
    return Generation(model, {.seed = seed}).run(prompts, {.max_new_tokens = 50});
  };
  const Sequences once = run(5, kPrompts);
  CHECK(once == run(5, kPrompts));
  CHECK(once != run(6, kPrompts));
  CHECK(once[0] != once[2]);  // the same prompt, two variations
  for (std::size_t row = 0; row < once.size(); ++row) {
    CHECK(once[row].size() == 53);
    CHECK(std::equal(kPrompts[row].begin(), kPrompts[row].end(), once[row].begin()));
    CHECK(std::count(once[row].begin(), once[row].end(), 0U) == 0);
  }
  // A sequence does not depend on the others of its batch.
  CHECK(run(5, {kPrompts[0]})[0] == once[0]);
}

TEST_CASE("Nothing becomes longer than the model's context", "[sampling]") {
  FakeModel model;
  const auto made = Generation(model, {}).run(kPrompts, {.max_new_tokens = 1000});
  for (const auto& row : made) CHECK(row.size() == FakeModel::kLongest);
}

TEST_CASE("Prompts of different lengths are continued each from its own end", "[sampling]") {
  FakeModel model;
  const Sequences prompts = {{1, 2, 3, 4, 5, 6, 7}, {8, 9}};
  const auto made = Generation(model, {.temperature = 0}).run(prompts, {.max_new_tokens = 10});
  CHECK(made[0].size() == 17);
  CHECK(made[1].size() == 12);
  for (std::size_t row = 0; row < 2; ++row) {
    const auto alone = Generation(model, {.temperature = 0}).run({prompts[row]}, {.max_new_tokens = 10});
    CHECK(made[row] == alone[0]);
  }
}

TEST_CASE("A sequence ends before its end token", "[sampling]") {
  FakeModel model;
  const auto whole = Generation(model, {.seed = 2}).run(kPrompts, {.max_new_tokens = 60});
  const TokenId end = whole[1][20];
  const auto cut = Generation(model, {.seed = 2}).run(kPrompts, {.max_new_tokens = 60, .end = end});
  for (std::size_t row = 0; row < whole.size(); ++row) {
    const auto at = std::find(whole[row].begin(), whole[row].end(), end);
    CHECK(cut[row] == std::vector<TokenId>(whole[row].begin(), at));
  }
}

TEST_CASE("Nothing is computed once all sequences have ended", "[sampling]") {
  FakeModel model;
  const auto whole = Generation(model, {.seed = 2}).run(kPrompts, {.max_new_tokens = 190});
  const TokenId end = whole[1][5];
  std::size_t last = 0;  // the place of the end token that comes last
  for (const auto& row : whole) {
    const auto at = std::find(row.begin(), row.end(), end);
    REQUIRE(at != row.end());
    last = std::max(last, static_cast<std::size_t>(at - row.begin()));
  }
  REQUIRE(last < 150);
  std::size_t steps = 0;
  const GenerationPlan plan{
      .max_new_tokens = 190, .end = end, .on_progress = [&](std::size_t done, std::size_t) { steps = done; }};
  const auto made = Generation(model, {.seed = 2}).run(kPrompts, plan);
  CHECK(steps == last + 1 - kPrompts[0].size());
  for (std::size_t row = 0; row < whole.size(); ++row) {
    CHECK(made[row] == std::vector<TokenId>(whole[row].begin(), std::find(whole[row].begin(), whole[row].end(), end)));
  }
}

TEST_CASE("What may never come does not come, also where it is the likeliest", "[sampling]") {
  FakeModel model;
  for (const double temperature : {0.0, 1.0}) {
    const auto free = Generation(model, {.temperature = temperature}).run(kPrompts, {.max_new_tokens = 100});
    const std::vector<TokenId> never = {free[0][3], free[1][10], 17};
    const auto made =
        Generation(model, {.temperature = temperature}).run(kPrompts, {.max_new_tokens = 100, .never = never});
    for (const auto& row : made) {
      for (std::size_t i = 3; i < row.size(); ++i) CHECK(std::count(never.begin(), never.end(), row[i]) == 0);
    }
  }
}

TEST_CASE("A forced end comes in time, and never between what belongs together", "[sampling]") {
  FakeModel model;
  constexpr TokenId kEnding = 39;
  model.never = kEnding;
  const GenerationPlan plan{
      .max_new_tokens = 180, .ending = kEnding, .force_end = true, .may_not_be_replaced = [](TokenId token) {
        return token % 2 == 1;
      }};
  const auto made = Generation(model, {.seed = 4}).run(kPrompts, plan);
  const auto plain = Generation(model, {.seed = 4}).run(kPrompts, {.max_new_tokens = 180});
  for (std::size_t row = 0; row < made.size(); ++row) {
    CHECK(std::count(made[row].begin(), made[row].end(), kEnding) == 1);
    const auto at =
        static_cast<std::size_t>(std::find(made[row].begin(), made[row].end(), kEnding) - made[row].begin());
    CHECK(at >= made[row].size() - GenerationPlan::kForcedEnd);
    CHECK(std::equal(made[row].begin(), made[row].begin() + static_cast<std::ptrdiff_t>(at), plain[row].begin()));
    for (std::size_t i = made[row].size() - GenerationPlan::kForcedEnd; i < at; ++i) CHECK(made[row][i] % 2 == 1);
  }
  const auto error = test::error_of([&] {
    GenerationPlan shorter = plan;
    shorter.max_new_tokens = 130;
    Generation(model, {}).run(kPrompts, shorter);
  });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
}

TEST_CASE("Guidance goes away from what the model says without the prompt", "[sampling]") {
  FakeModel model;
  const auto with = [&](std::optional<double> guidance) {
    return Generation(model, {.temperature = 0, .guidance = guidance}).run(kPrompts, {.max_new_tokens = 40});
  };
  CHECK(with(1) == with(std::nullopt));  // what the model says with the prompt
  CHECK(with(3) != with(std::nullopt));
  // By hand: place 3 is not guided, since there is nothing behind the prompt yet; place 4 is.
  const auto made = with(3);
  std::vector<float> prompted(FakeModel::kSize), plain(FakeModel::kSize);
  auto context = model.begin(1), other = model.begin(1);
  const std::vector<TokenId> before(made[0].begin(), made[0].begin() + 4);
  model.append(context, before, prompted);
  model.append(other, std::span(before).subspan(3), plain);
  for (std::size_t i = 0; i < prompted.size(); ++i) prompted[i] = plain[i] + 3 * (prompted[i] - plain[i]);
  CHECK(made[0][4] == aria::most_probable(prompted));
}

TEST_CASE("A model that gives no numbers is an error, not a token", "[sampling]") {
  struct BrokenModel : FakeModel {
    float value = NAN;
    bool in_all = true;
    void append(Context& context, std::span<const TokenId> tokens, std::span<float> logits) {
      FakeModel::append(context, tokens, logits);
      if (context.rows[0].size() == 9) std::fill(logits.begin(), logits.begin() + (in_all ? kSize : 1), value);
    }
  };
  BrokenModel model;
  for (const double temperature : {0.0, 0.85, 1e-40}) {
    for (const float value : {NAN, -NAN, INFINITY, -INFINITY}) {
      model.value = value;
      CAPTURE(temperature, value);
      const auto error = test::error_of(
          [&] { Generation(model, {.temperature = temperature}).run(kPrompts, {.max_new_tokens = 20}); });
      CHECK(error.code() == aria::ErrorCode::not_finite);
      CHECK(error.message().starts_with("the model gives no numbers for token 9 of sequence 0"));
    }
  }
}

TEST_CASE("However low the temperature, the likeliest token is drawn", "[sampling]") {
  FakeModel model;
  const auto likeliest = Generation(model, {.temperature = 0}).run(kPrompts, {.max_new_tokens = 30});
  for (const double temperature : {1e-6, 1e-40, 1e-300}) {
    CHECK(Generation(model, {.temperature = temperature}).run(kPrompts, {.max_new_tokens = 30}) == likeliest);
  }
}

TEST_CASE("Prompts and options that cannot be are refused with both values", "[sampling]") {
  FakeModel model;
  const auto message = [&](const Sequences& prompts, const aria::SamplingOptions& options) {
    const auto error = test::error_of([&] { Generation(model, options).run(prompts, {.max_new_tokens = 5}); });
    CHECK(error.code() == aria::ErrorCode::invalid_argument);
    return error.message();
  };
  CHECK(message({{1, 40}}, {}) == "the prompt has the token 40, and the model knows 40");
  CHECK(message({std::vector<TokenId>(200, 1)}, {}) ==
        "a prompt of 200 tokens leaves no room in the model's context of 200");
  CHECK(message({}, {}) == "there is no prompt, or one is empty");
  CHECK(message({{1}, {}}, {}) == "there is no prompt, or one is empty");
  CHECK(message({{1}, {1, 2}}, {.guidance = 1.3}) == "guidance needs prompts of one length, and they have 1 to 2");
  CHECK(message({{1}}, {.temperature = -1}).starts_with("the temperature must be at least 0, and is -1"));
  CHECK(message({{1}}, {.top_p = 0}).starts_with("top-p must be above 0 and at most 1, and is 0"));
  CHECK(message({{1}}, {.guidance = INFINITY}).starts_with("guidance must be a number, and is inf"));
  CHECK(message({{1}}, {.top_p = 1.5}).starts_with("top-p must be above 0 and at most 1, and is 1.5"));
}
