// Compound events and both encodings in the reference reading against those of the original, file by file.
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/compound_text.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/instrument_tracks.hpp>
#include <aria/anticipation/instruments.hpp>
#include <aria/anticipation/interarrival_reader.hpp>
#include <aria/anticipation/piece.hpp>
#include <aria/anticipation/times.hpp>

#include "sets.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/sha256.hpp"

namespace {

using aria::ErrorCode;
using aria::Reading;
using aria::TokenId;
using test::Row;
namespace amt = aria::anticipation;

std::string decimal(std::span<const TokenId> ids) {
  std::string text;
  for (const TokenId id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

std::string text_of(std::span<const amt::CompoundEvent> notes) {
  aria::ByteBuffer text;
  amt::write_compound_text(notes, text);
  return std::string(text.view());
}

// The sha256 of the file that `write(sink)` writes, or "!" where that throws.
template <class Write>
std::string midi_sha256(Write write) {
  std::string file;
  try {
    write([&file](std::span<const std::byte> bytes) {
      file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
  } catch (const aria::Error&) {
    return "!";
  }
  return test::sha256(file);
}

// Where the original fails, the table holds its exception behind a "!".
std::string expected(const Row& row, const char* column) {
  const std::string& value = row.at(column);
  return value.starts_with('!') ? "!" : value;
}

void check_way_back(const std::vector<TokenId>& events, const Row& row) {
  std::vector<amt::CompoundEvent> notes;
  if (expected(row, "events_to_compound_sha256") == "!") {
    CHECK_THROWS_AS(amt::events_to_compound(events, notes, Reading::reference), aria::Error);
    return;
  }
  amt::events_to_compound(events, notes, Reading::reference);
  CHECK(test::sha256(text_of(notes)) == expected(row, "events_to_compound_sha256"));
  CHECK(midi_sha256([&](auto sink) { amt::compound_to_midi(notes, sink, Reading::reference); }) ==
        expected(row, "events_to_midi_sha256"));
}

void check_events(std::span<const amt::CompoundEvent> notes, const Row& row) {
  std::vector<TokenId> events;
  const auto cut = amt::compound_to_events(notes, events);
  CHECK(std::to_string(static_cast<int>(amt::check_piece(notes))) == row.at("maybe_tokenize_status"));
  if (row.at("events_status") != "ok") {
    CHECK(events.empty());  // the only reason for which the original fails
    return;
  }
  CHECK(std::to_string(events.size()) == row.at("events_n"));
  CHECK(std::to_string(cut) == row.at("events_truncations"));
  CHECK(test::sha256(decimal(events)) == row.at("events_sha256"));
  CHECK(std::to_string(amt::max_time(events).count) == row.at("events_end_time"));
  std::vector<amt::InstrumentCount> playing;
  amt::instruments(events, playing);
  CHECK(std::to_string(playing.size()) == row.at("n_instruments"));
  check_way_back(events, row);
}

void check_interarrival(std::span<const std::byte> bytes, const Row& row) {
  std::vector<TokenId> tokens;
  const auto cut = amt::InterarrivalReader<Reading::reference>().read(bytes, tokens);
  CHECK(std::to_string(tokens.size()) == row.at("ia_n"));
  CHECK(std::to_string(cut) == row.at("ia_truncations"));
  CHECK(test::sha256(decimal(tokens)) == row.at("ia_sha256"));
  CHECK(midi_sha256([&](auto sink) { amt::interarrival_to_midi(tokens, sink, Reading::reference); }) ==
        expected(row, "ia_to_midi_sha256"));
}

void check_file(const std::filesystem::path& path, const Row& row) {
  const std::string file = test::read_text(path);
  amt::CompoundReader<Reading::reference> reader;
  if (row.at("status") != "ok") {
    CHECK_THROWS_AS(reader.read(test::bytes_of(file)), aria::Error);
    return;
  }
  const auto notes = reader.read(test::bytes_of(file));
  CHECK(std::to_string(5 * notes.size()) == row.at("n_tokens"));
  const std::string text = text_of(notes);
  CHECK(test::sha256(text) == row.at("compound_sha256"));
  std::vector<amt::CompoundEvent> again;
  amt::read_compound_text(text, again);
  CHECK(std::equal(again.begin(), again.end(), notes.begin(), notes.end()));
  CHECK(midi_sha256([&](auto sink) { amt::compound_to_midi(notes, sink, Reading::reference); }) ==
        expected(row, "compound_mid_sha256"));
  check_events(notes, row);
  check_interarrival(test::bytes_of(file), row);
}

TEST_CASE("compound events and encodings are the original's") {
  for (const test::Set& set : test::sets()) {
    const auto rows = test::read_table(set.golden / "amt_compound.tsv");
    REQUIRE(rows.size() > 100);
    for (const Row& row : rows) {
      INFO(set.name << ' ' << row.at("path"));
      check_file(set.midi / row.at("path"), row);
    }
  }
}

}  // namespace
