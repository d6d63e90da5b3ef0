// The steps of the Lakh recipe in the reference reading against the original's: the bytes and counts of every split.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <aria/dataset/midi_preprocess.hpp>
#include <aria/dataset/tokenize_lakh.hpp>

#include "sets.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/sha256.hpp"

namespace {

namespace fs = std::filesystem;
using aria::LakhCounts;
using test::Row;

// The tree that the original worked on. Equal contents lie in it once.
void lay_out(const test::Set& set, const fs::path& tree) {
  for (const Row& row : test::read_table(set.golden / "amt_dataset/layout.tsv")) {
    const fs::path target = tree / row.at("lmd_path");
    fs::create_directories(target.parent_path());
    fs::copy_file(set.midi / row.at("path"), target, fs::copy_options::skip_existing);
  }
}

std::vector<Row> expected_splits(const test::Set& set, const std::string& mode) {
  std::vector<Row> rows;
  for (Row& row : test::read_table(set.golden / "amt_dataset/per_split_stats.tsv")) {
    if (row.at("mode") == mode) rows.push_back(std::move(row));
  }
  return rows;
}

void check_split(const LakhCounts& counts, const Row& row) {
  CHECK(std::to_string(counts.sequences) == row.at("seq_count"));
  CHECK(std::to_string(counts.rests) == row.at("rest_count"));
  CHECK(std::to_string(counts.too_short) == row.at("too_short"));
  CHECK(std::to_string(counts.too_long) == row.at("too_long"));
  CHECK(std::to_string(counts.too_many_instruments) == row.at("too_many_instr"));
  CHECK(std::to_string(counts.left_out) == row.at("discarded_seqs"));
  CHECK(std::to_string(counts.cut) == row.at("truncations"));
}

void check_mode(const test::Set& set, const fs::path& tree, const std::string& mode, aria::LakhOptions options) {
  INFO(set.name << ' ' << mode);
  options.reading = aria::Reading::reference;
  const auto summary = aria::tokenize_lakh(tree.string(), options);
  const auto rows = expected_splits(set, mode);
  REQUIRE(rows.size() == aria::kLakhSplits.size());
  for (const Row& row : rows) {
    const char split = row.at("split").front();
    INFO("split " << split);
    check_split(summary.splits[aria::kLakhSplits.find(split)], row);
    CHECK(test::sha256(test::read_text(tree / aria::tokenized_events_name(split))) == row.at("sha256"));
  }
}

TEST_CASE("the training sequences of a tree are the original's") {
  for (const test::Set& set : test::sets()) {
    const test::TemporaryFolder folder;
    lay_out(set, folder.path());
    aria::preprocess_midi(folder.path().string(), {.reading = aria::Reading::reference});
    check_mode(set, folder.path(), "arrival_k1", {.workers = 1});
    check_mode(set, folder.path(), "arrival_k10", {.augment = 10, .workers = 3});
    check_mode(set, folder.path(), "interarrival", {.encoding = aria::LakhEncoding::interarrival});
  }
}

}  // namespace
