// The reference reading against what the original tools make of the same files: MidiDict, its hash, its tests, its
// bytes.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <aria/dataset.hpp>

#include "sets.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/sha256.hpp"

namespace {

using test::Row;
using test::Set;
const aria::MidiOptions kReference{.reading = aria::Reading::reference};

std::string composer_of(const aria::MidiDict& piece) {
  for (const auto& [key, value] : piece.metadata) {
    if (key == "composer") return value;
  }
  return "-";
}

void check_tests(const aria::MidiDict& piece, const Row& row) {
  for (const aria::TestResult& result :
       aria::run_tests(piece, aria::DataConfig::defaults().tests, kReference.reading)) {
    const std::string name(result.name);
    INFO(name);
    const std::string& verdict = row.at(name + ":pass");
    CHECK(verdict == (result.verdict == aria::Verdict::pass   ? "pass"
                      : result.verdict == aria::Verdict::fail ? "fail"
                                                              : "raise"));
    // The text is Python's repr of the double, which reads back as the same double.
    if (verdict != "raise") CHECK(std::strtod(row.at(name + ":value").c_str(), nullptr) == result.value);
  }
}

void check_file(const std::filesystem::path& path, const Row& row) {
  if (row.at("status") == "error") {
    CHECK_THROWS_AS(aria::MidiDict::from_midi(path.string(), kReference), aria::Error);
    return;
  }
  const aria::MidiDict piece = aria::MidiDict::from_midi(path.string(), kReference);
  const std::string json = piece.to_json();
  CHECK(std::to_string(json.size()) == row.at("jsonl_bytes"));
  CHECK(test::sha256(json) == row.at("jsonl_sha256"));
  CHECK(piece.calculate_hash() == row.at("hash_md5"));
  CHECK(std::to_string(piece.meta.size()) == row.at("n_meta"));
  CHECK(std::to_string(piece.tempos.size()) == row.at("n_tempo"));
  CHECK(std::to_string(piece.pedals.size()) == row.at("n_pedal"));
  CHECK(std::to_string(piece.instruments.size()) == row.at("n_instrument"));
  CHECK(std::to_string(piece.notes.size()) == row.at("n_note"));
  CHECK(std::to_string(piece.ticks_per_beat) == row.at("ticks_per_beat"));
  CHECK(composer_of(piece) == row.at("composer"));
  check_tests(piece, row);
  const std::vector<std::byte> bytes = piece.to_midi();
  CHECK(test::sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) == row.at("to_midi_sha256"));
  CHECK(aria::MidiDict::from_json(json) == piece);
}

}  // namespace

TEST_CASE("MidiDict in the reference reading is the original's") {
  for (const Set& set : test::sets()) {
    const auto rows = test::read_table(set.golden / "aria_mididict.tsv");
    REQUIRE(rows.size() >= 100);
    for (const Row& row : rows) {
      INFO(set.name << ": " << row.at("path"));
      check_file(set.midi / row.at("path"), row);
    }
  }
}

TEST_CASE("MidiDataset in the reference reading is the original's") {
  for (const Set& set : test::sets()) {
    INFO(set.name);
    const test::TemporaryFolder folder;
    std::map<std::string, std::string> outcomes;
    aria::MidiDatasetOptions options{.recursive = true, .reading = aria::Reading::reference};
    options.on_outcome = [&](const aria::FileOutcome& row) { outcomes[std::string(row.path)] = name_of(row.outcome); };
    aria::build_midi_dataset(set.midi.string(), (folder / "data.jsonl").string(), options);
    CHECK(test::sha256(test::read_text(folder / "data.jsonl")) + "\n" ==
          test::read_text(set.golden / "aria_midi_dataset.jsonl.sha256").substr(0, 64) + "\n");
    for (const Row& row : test::read_table(set.golden / "aria_midi_dataset.tsv")) {
      const std::string& expected = row.at("outcome");
      INFO(row.at("path"));
      // Where the original divides by zero and dies, the file is left out as if it had failed.
      CHECK(outcomes[row.at("path")] == (expected == "crash_in_tests" ? "failed_tests" : expected));
      outcomes.erase(row.at("path"));
    }
    CHECK(outcomes.empty());
  }
}

TEST_CASE("standard durations are right where the reference's are wrong") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  std::size_t notes = 0;
  std::size_t wrong = 0;
  std::size_t negative = 0;
  for (const Row& row : test::read_table(*folder / "real/golden/aria_mididict.tsv")) {
    if (row.at("status") != "ok") continue;
    const auto piece = aria::MidiDict::from_midi((*folder / "real/midi" / row.at("path")).string(), kReference);
    const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
    for (const aria::NoteMsg& note : piece.notes) {
      const aria::Milliseconds exact = time.milliseconds(note.start(), note.end());
      const aria::Milliseconds theirs =
          *aria::reference_milliseconds(note.start(), note.end(), piece.tempos, piece.ticks_per_beat);
      ++notes;
      // A millisecond either way is rounding, not a fault of the rule.
      wrong += std::abs(exact.count - theirs.count) > 1;
      negative += theirs.count < 0;
      REQUIRE(exact.count >= 0);
    }
  }
  // Measured on these files; another number means that one of the two rules or the pairing of notes has changed.
  CHECK(notes == 569'119);
  CHECK(wrong == 29'292);
  CHECK(negative == 6'316);
}
