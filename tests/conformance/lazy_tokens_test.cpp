// The lazy tokenizer in the reference reading against the original's: tokens, ids, the music that they turn back into.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/tokenizer.hpp>

#include "sets.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/sha256.hpp"

namespace {

using aria::Reading;
using aria::TokenId;
using test::Row;

// What Python's json.dumps writes for a list of tokens.
std::string json_of(const aria::Vocabulary& vocabulary, std::span<const TokenId> tokens) {
  std::string json = "[";
  for (const TokenId token : tokens) {
    if (json.size() > 1) json += ", ";
    json += vocabulary.text(token);
  }
  return json + ']';
}

std::string decimal(std::span<const TokenId> ids) {
  std::string text;
  for (const TokenId id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

std::string sha256(std::span<const std::byte> bytes) {
  return test::sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void check_ids(const aria::Vocabulary& vocabulary, std::vector<TokenId> tokens, const Row& row) {
  aria::encode(vocabulary, tokens);
  const auto unknown = std::count(tokens.begin(), tokens.end(), vocabulary.unknown());
  CHECK(std::to_string(unknown) == row.at("n_unk"));
  CHECK(test::sha256(decimal(tokens)) == row.at("ids_sha256"));
}

void check_file(const aria::LazyTokenizer& tokenizer, const std::filesystem::path& path, const Row& row) {
  const auto read = [&] { return aria::MidiDict::from_midi(path.string(), {.reading = Reading::reference}); };
  if (row.at("status") == "load_error") {
    CHECK_THROWS_AS(read(), aria::Error);
    return;
  }
  const aria::MidiDict piece = read();
  if (row.at("status") != "ok") {
    const bool empty = row.at("error").find("note_msgs is empty") != std::string::npos;
    CHECK(test::error_of([&] { tokenizer.tokenize(piece); }).code() ==
          (empty ? aria::ErrorCode::empty_result : aria::ErrorCode::invalid_midi));
    return;
  }
  const std::vector<TokenId> tokens = tokenizer.tokenize(piece);
  CHECK(std::to_string(tokens.size()) == row.at("n_tokens"));
  CHECK(test::sha256(json_of(tokenizer.vocabulary(), tokens)) == row.at("tokens_sha256"));
  check_ids(tokenizer.vocabulary(), tokens, row);
  const aria::MidiDict again = tokenizer.detokenize(tokens);
  CHECK(std::to_string(again.notes.size()) == row.at("detok_n_note"));
  CHECK(test::sha256(again.to_json()) == row.at("detok_jsonl_sha256"));
  CHECK(sha256(again.to_midi()) == row.at("detok_mid_sha256"));
}

// Calls `check(n, result)` for every row of a table of whole numbers.
template <class Check>
void each_row(const std::filesystem::path& table, Check check) {
  const auto rows = test::read_table(table);
  REQUIRE(rows.size() >= 128);
  for (const Row& row : rows) check(std::stoll(row.at("n")), std::stoull(row.at("result")));
}

}  // namespace

TEST_CASE("LazyTokenizer in the reference reading is the original's") {
  const aria::LazyTokenizer tokenizer({.reading = Reading::reference, .diminish_jitter = 0});
  for (const test::Set& set : test::sets()) {
    const auto rows = test::read_table(set.golden / "aria_lazy_tokens.tsv");
    REQUIRE(rows.size() >= 100);
    for (const Row& row : rows) {
      INFO(set.name << ": " << row.at("path"));
      check_file(tokenizer, set.midi / row.at("path"), row);
    }
  }
}

TEST_CASE("the vocabulary of LazyTokenizer is the original's") {
  const aria::LazyTokenizer tokenizer;
  const aria::Vocabulary& vocabulary = tokenizer.vocabulary();
  std::string lines;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    lines += vocabulary.text(id);
    lines += '\n';
  }
  CHECK(vocabulary.size() == 12'595);
  CHECK(vocabulary.pad() == 2);
  CHECK(vocabulary.unknown() == 3);
  // Of lazy_vocab.jsonl of the conformance data, which holds the original's vocabulary, a token a line.
  CHECK(test::sha256(lines) == "84c8a164f1ae8330e51314969da85d0c01370ff77f8e99407feb22f3fd7feacd");
}

TEST_CASE("LazyTokenizer quantizes as the original does") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  const aria::LazyVocabulary vocabulary(aria::LazyConfig::defaults());
  each_row(*folder / "tables/lazy_time.tsv", [&](std::int64_t n, std::size_t result) {
    CAPTURE(n);
    CHECK(vocabulary.time_rank(n) * vocabulary.config().time_step == result);
  });
  each_row(*folder / "tables/lazy_velocity.tsv", [&](std::int64_t n, std::size_t result) {
    CAPTURE(n);
    CHECK(vocabulary.velocity_rank(static_cast<unsigned>(n)) * vocabulary.config().velocity_step == result);
  });
}
