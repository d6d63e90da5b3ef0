// A language model of events for tests: its logits are random, but decided by the tokens that it has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/sampling/language_model.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

#include "support/catch.hpp"

namespace test {

using Tokens = std::vector<aria::TokenId>;

/// What a fake model likes: anything, small steps in time and some rests, or all tokens alike.
enum class Taste : std::uint8_t { random, small_steps, equal };

/// The logits of what follows a sequence.
class FakeLogits {
 public:
  explicit FakeLogits(Taste taste, const aria::anticipation::Settings& settings = {})
      : taste_(taste), vocabulary_(settings), a_second_(settings.time_resolution) {}

  const aria::anticipation::ArrivalVocabulary& vocabulary() const { return vocabulary_; }

  void fill(std::span<const aria::TokenId> sequence, std::span<float> logits) const {
    std::uint64_t key = 7;
    for (const aria::TokenId token : sequence) key = (key ^ token) * 0x9e3779b97f4a7c15 + (key >> 31);
    for (std::size_t id = 0; id < logits.size(); ++id) {
      logits[id] = taste_ == Taste::equal ? 0 : 6 * random_number(key + id);
    }
    if (taste_ == Taste::small_steps) like_small_steps(sequence, logits);
  }

 private:
  // In [0, 1).
  static float random_number(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return static_cast<float>(bits >> 40) / (1 << 24);
  }

  void like_small_steps(std::span<const aria::TokenId> sequence, std::span<float> logits) const {
    const std::size_t slot = (sequence.size() + 2) % 3;
    if (slot == 0) {
      aria::TokenId last = 0;
      bool stands = false;  // two at one time: it must go on, or a small window would always look alike
      for (std::size_t i = 1; i + 2 < sequence.size(); i += 3) {
        if (sequence[i + 2] >= vocabulary_.control) continue;
        stands = i > 1 && sequence[i] == last;
        last = sequence[i];
      }
      if (stands) logits[last] -= 10;
      const float decline = 4 / static_cast<float>(a_second_);
      for (std::size_t id = last; id < vocabulary_.duration; ++id)
        logits[id] -= decline * static_cast<float>(id - last);
      logits[vocabulary_.rest] = -10;  // there only in reference mode, where it would end most pieces
    }
    if (slot == 1) logits[vocabulary_.duration] += 2;
    if (slot == 2) logits[vocabulary_.rest] += 5;
  }

  Taste taste_;
  aria::anticipation::ArrivalVocabulary vocabulary_;
  std::uint32_t a_second_;
};

/// The model. It can go back to a beginning of its sequences, and keep some of them, or cannot. One that can do both
/// can compute some logits alone, too.
template <bool kTruncates, bool kKeepsRows>
class FakeEventModel {
 public:
  FakeEventModel(const FakeLogits& logits, std::size_t max_seq_len) : logits_(logits), max_seq_len_(max_seq_len) {}

  struct Context {
    std::vector<Tokens> rows;
  };

  std::size_t vocabulary_size() const { return logits_.vocabulary().size; }
  std::size_t max_seq_len() const { return max_seq_len_; }
  Context begin(std::size_t batch) const { return {std::vector<Tokens>(batch)}; }

  void append(Context& context, std::span<const aria::TokenId> tokens, std::span<float> logits) {
    const std::size_t size = vocabulary_size();
    must(!context.rows.empty() && logits.size() == context.rows.size() * size, "rows and logits do not fit");
    const std::size_t count = tokens.size() / context.rows.size();
    must(count > 0 && tokens.size() == count * context.rows.size(), "rows and tokens do not fit");
    computed += tokens.size();
    for (std::size_t row = 0; row < context.rows.size(); ++row) {
      Tokens& sequence = context.rows[row];
      const auto more = tokens.subspan(row * count, count);
      sequence.insert(sequence.end(), more.begin(), more.end());
      must(sequence.size() <= max_seq_len_, "a sequence is too long");
      if (on_sequence) on_sequence(sequence);
      logits_.fill(sequence, logits.subspan(row * size, size));
    }
  }

  /// Of the ids from `first` to `end` - 1 alone: the others are no numbers.
  void append(Context& context, std::span<const aria::TokenId> tokens, std::span<float> logits, std::size_t first,
              std::size_t end) requires(kTruncates&& kKeepsRows) {
    append(context, tokens, logits);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const std::size_t id = i % vocabulary_size();
      if (id < first || id >= end) logits[i] = std::numeric_limits<float>::quiet_NaN();
    }
  }

  void truncate(Context& context, std::size_t length) const requires kTruncates {
    for (Tokens& row : context.rows) {
      must(length > 0 && length < row.size(), "a sequence is not shortened");
      row.resize(length);
    }
  }

  void keep_rows(Context& context, std::span<const std::size_t> rows) const requires kKeepsRows {
    std::vector<Tokens> kept;
    for (const std::size_t row : rows) kept.push_back(context.rows.at(row));
    context.rows = kept;
  }

  std::function<void(const Tokens&)> on_sequence{};  ///< is told every sequence that the model sees
  std::size_t computed = 0;                          ///< tokens that were put behind sequences

 private:
  // REQUIRE takes its time, and this is asked for every token.
  static void must(bool right, const char* what) {
    if (!right) FAIL(what);
  }

  const FakeLogits& logits_;
  std::size_t max_seq_len_;
};

using CachedModel = FakeEventModel<true, true>;
using KeepingModel = FakeEventModel<false, true>;
using TruncatingModel = FakeEventModel<true, false>;
using UncachedModel = FakeEventModel<false, false>;
static_assert(aria::LanguageModel<CachedModel> && aria::LanguageModel<UncachedModel>);

}  // namespace test
