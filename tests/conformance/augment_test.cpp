// The augmentations with Python's random numbers against what the original makes of the same sequences.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <aria/augmentation.hpp>
#include <aria/dataset.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/tokenizer.hpp>

#include "sets.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/python_random.hpp"
#include "support/sha256.hpp"

namespace {

using aria::Reading;
using aria::TokenId;
using test::PythonRandom;
using Tokens = std::vector<TokenId>;

const aria::LazyTokenizer& tokenizer() {
  static const aria::LazyTokenizer lazy({.reading = Reading::reference, .diminish_jitter = 0});
  return lazy;
}

// The sequences of aria_tokenized_dataset_512_512.jsonl.
std::vector<Tokens> sequences_of(const test::Set& set) {
  std::vector<Tokens> sequences;
  aria::WindowCutter windows(tokenizer(), {.max_seq_len = 512, .stride_len = 512}, true, Reading::reference);
  const auto take = [&](std::span<const TokenId> window) { sequences.emplace_back(window.begin(), window.end()); };
  for (const aria::MidiDict& piece :
       aria::MidiDataset::build(set.midi.string(), {.recursive = true, .reading = Reading::reference})) {
    try {
      windows.cut(tokenizer().tokenize(piece), take);
    } catch (const aria::Error& error) {
      REQUIRE(error.code() == aria::ErrorCode::empty_result);  // the original logs it and goes on
    }
  }
  return sequences;
}

// Of the ids as decimal text.
std::string hash_of(Tokens tokens) {
  aria::encode(tokenizer().vocabulary(), tokens);
  std::string text;
  for (const TokenId id : tokens) text += (text.empty() ? "" : " ") + std::to_string(id);
  return test::sha256(text);
}

Tokens target_of(Tokens tokens) {
  tokens.erase(tokens.begin());
  tokens.push_back(tokenizer().vocabulary().pad());
  return tokens;
}

template <class Augmentation>
std::string augmented_hash(Tokens tokens, std::uint32_t seed, const Augmentation& augment) {
  PythonRandom random(seed);
  augment(tokens, random);
  return hash_of(std::move(tokens));
}

void check_draws(std::uint32_t seed, const test::Row& row) {
  CHECK(std::to_string(static_cast<int>(PythonRandom(seed).below(3)) - 1) == row.at("velocity_draw"));
  CHECK(std::to_string(static_cast<int>(PythonRandom(seed).below(11)) - 5) == row.at("pitch_draw"));
  const double low = 1 - 0.2, high = 1 + 0.2;
  const volatile double above_low = (high - low) * PythonRandom(seed).uniform();
  CHECK(low + above_low == std::strtod(row.at("tempo_draw").c_str(), nullptr));
}

}  // namespace

TEST_CASE("augmentations with Python's random numbers are the original's") {
  const aria::ChordMixup chord(tokenizer());
  const aria::VelocityAugmentation velocity(tokenizer(), 1);
  const aria::PitchAugmentation pitch(tokenizer(), 5);
  const aria::TempoAugmentation tempo(tokenizer(), 0.2, Reading::reference);
  const auto all = aria::default_augmentations(tokenizer(), Reading::reference);
  for (const test::Set& set : test::sets()) {
    const std::vector<Tokens> sequences = sequences_of(set);
    const auto rows = test::read_table(set.golden / "aria_augment_512.tsv");
    REQUIRE(rows.size() >= 50);
    REQUIRE(rows.size() == sequences.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      const test::Row& row = rows[i];
      INFO(set.name << ": sequence " << i);
      REQUIRE(row.at("idx") == std::to_string(i));
      CHECK(hash_of(sequences[i]) == row.at("src_sha256"));
      CHECK(hash_of(target_of(sequences[i])) == row.at("tgt_sha256"));
      CHECK(augmented_hash(sequences[i], i, chord) == row.at("chord_src_sha256"));
      CHECK(augmented_hash(sequences[i], i, velocity) == row.at("velocity_src_sha256"));
      CHECK(augmented_hash(sequences[i], i, pitch) == row.at("pitch_src_sha256"));
      CHECK(augmented_hash(sequences[i], i, tempo) == row.at("tempo_src_sha256"));
      CHECK(augmented_hash(sequences[i], i, all) == row.at("all_src_sha256"));
      check_draws(i, row);
    }
  }
}
