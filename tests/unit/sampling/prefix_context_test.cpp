#include <aria/sampling/prefix_context.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/support/random.hpp>

#include "fake_event_model.hpp"
#include "support/catch.hpp"

using aria::PrefixContext;
using aria::TokenId;
using namespace test;

namespace {

using Rows = std::vector<Tokens>;

const aria::anticipation::Settings kFew = {
    .time_resolution = 2, .max_time_seconds = 3, .max_duration_seconds = 1, .pitches = 1};
const FakeLogits kLogits(Taste::random, kFew);

std::vector<float> logits_of(const Rows& rows) {
  const std::size_t size = kLogits.vocabulary().size;
  std::vector<float> all(rows.size() * size);
  for (std::size_t i = 0; i < rows.size(); ++i) kLogits.fill(rows[i], std::span(all).subspan(i * size, size));
  return all;
}

template <class Model>
class Asked {
 public:
  // The tokens that were computed for it.
  std::size_t operator()(const Rows& rows) {
    const std::size_t before = model.computed;
    context.fill_logits(rows, logits);
    CHECK(logits == logits_of(rows));
    return model.computed - before;
  }

  Model model{kLogits, 1000};
  PrefixContext<Model> context{model};
  std::vector<float> logits{};
};

// Sequences that grow, go back, change, and become fewer.
template <class Model>
void check_at_random() {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    aria::RandomStream random(seed);
    Asked<Model> ask;
    Rows rows(1 + random.below(4), Tokens{1});
    for (int step = 0; step < 30; ++step) {
      const std::uint32_t kind = random.below(8);
      if (kind < 2) {
        const std::size_t length = 1 + random.below(static_cast<std::uint32_t>(rows[0].size()));
        for (Tokens& row : rows) row.resize(length);
      }
      if (kind == 2) rows[random.below(static_cast<std::uint32_t>(rows.size()))].back() = random.below(50);
      if (kind == 3) {  // in another order, too
        std::vector<std::size_t> places;
        for (std::size_t i = rows.size(); i-- > 0;) {
          if (random.below(3) > 0) places.push_back(i);
        }
        if (places.empty()) places.push_back(0);
        Rows kept;
        for (const std::size_t place : places) kept.push_back(rows[place]);
        rows = kept;
        ask.context.keep_rows(places);
      }
      if (kind > 3) {
        const std::uint32_t count = 1 + random.below(3);
        for (Tokens& row : rows) {
          for (std::uint32_t i = 0; i < count; ++i) row.push_back(random.below(50));
        }
      }
      INFO("seed " << seed << ", step " << step);
      ask(rows);
    }
  }
}

}  // namespace

TEST_CASE("PrefixContext: only what has changed is computed", "[sampling]") {
  Asked<CachedModel> ask;
  CHECK(ask({{1, 2, 3}, {1, 2, 4}}) == 6);
  CHECK(ask({{1, 2, 3, 4}, {1, 2, 4, 5}}) == 2);
  CHECK(ask({{1, 2, 3, 4}, {1, 2, 4, 5}}) == 2);        // the last token at least
  CHECK(ask({{1, 2, 3, 4, 5}, {1, 2, 5, 5, 5}}) == 6);  // what one of them has changed
  CHECK(ask({{1, 2}, {1, 2}}) == 2);
  CHECK(ask({{5}, {1}}) == 2);
  CHECK(ask({{5, 1, 2}, {1, 2, 3}}) == 4);
  ask.context.keep_rows(std::vector<std::size_t>{1});
  CHECK(ask({{1, 2, 3, 4}}) == 1);
  CHECK(ask({{1, 2, 3, 4}, {1, 2, 3, 4}}) == 8);  // more rows than before
}

TEST_CASE("PrefixContext: a model that cannot go back, or cannot keep rows, begins anew", "[sampling]") {
  Asked<KeepingModel> keeping;
  CHECK(keeping({{1, 2}, {3, 4}}) == 4);
  CHECK(keeping({{1, 2, 3}, {3, 4, 3}}) == 2);
  CHECK(keeping({{1, 2, 4}, {3, 4, 3}}) == 6);
  keeping.context.keep_rows(std::vector<std::size_t>{1});
  CHECK(keeping({{3, 4, 3, 5}}) == 1);
  Asked<TruncatingModel> truncating;
  CHECK(truncating({{1, 2}, {3, 4}}) == 4);
  CHECK(truncating({{1, 3}, {3, 4}}) == 2);
  truncating.context.keep_rows(std::vector<std::size_t>{1});
  CHECK(truncating({{3, 4, 3}}) == 3);
}

TEST_CASE("PrefixContext: some logits alone, of a model that can", "[sampling]") {
  const std::size_t size = kLogits.vocabulary().size;
  const Rows rows = {{1, 2, 3}, {1, 2, 4}};
  const auto wanted = logits_of(rows);
  Asked<CachedModel> some;
  Asked<UncachedModel> all;
  for (int again = 0; again < 2; ++again) {
    some.context.fill_logits(rows, some.logits, 3, 7);
    all.context.fill_logits(rows, all.logits, 3, 7);
    CHECK(all.logits == wanted);
    REQUIRE(some.logits.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const bool asked_for = i % size >= 3 && i % size < 7;
      CHECK((asked_for ? some.logits[i] == wanted[i] : std::isnan(some.logits[i])));
    }
  }
  CHECK(some({{1, 2, 3, 5}, {1, 2, 4, 5}}) == 2);
}

TEST_CASE("PrefixContext: logits are those of the whole sequences, whatever came before", "[sampling]") {
  check_at_random<CachedModel>();
  check_at_random<KeepingModel>();
  check_at_random<TruncatingModel>();
  check_at_random<UncachedModel>();
}
