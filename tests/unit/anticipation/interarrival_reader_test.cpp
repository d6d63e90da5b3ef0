#include <aria/anticipation/interarrival_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/interarrival_grammar.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_file.hpp"
#include "support/slow_compound.hpp"
#include "support/smf.hpp"

namespace {

using aria::Reading;
using aria::TokenId;
using aria::anticipation::InterarrivalReader;
using aria::anticipation::kInterarrival;
using Tokens = std::vector<TokenId>;

std::span<const std::byte> bytes_of(std::string_view file) {
  return std::as_bytes(std::span(file.data(), file.size()));
}

template <Reading reading = Reading::standard>
Tokens read(std::string_view file, std::uint64_t* cut = nullptr) {
  InterarrivalReader<reading> reader;
  Tokens tokens;
  const std::uint64_t times = reader.read(bytes_of(file), tokens);
  if (cut != nullptr) *cut = times;
  return tokens;
}
Tokens read_as_reference(std::string_view file, std::uint64_t* cut = nullptr) {
  return read<Reading::reference>(file, cut);
}

TokenId on(TokenId pitch, TokenId instrument = 0) { return kInterarrival.note_on + 128 * instrument + pitch; }
TokenId off(TokenId pitch, TokenId instrument = 0) { return kInterarrival.note_off + 128 * instrument + pitch; }

}  // namespace

TEST_CASE("every note-on and note-off is a token, with the time since the one before it", "[anticipation]") {
  // 96 ticks are 10 bins.
  const std::string file = test::smf({"60 c005 00 903c40 60 803c40 00 992440 60 992400"});
  const Tokens expected = {10, on(60, 5), 10, off(60, 5), on(36, 128), 10, off(36, 128)};
  CHECK(read(file) == expected);
  CHECK(read_as_reference(file) == expected);
}

TEST_CASE("note-offs are written where no note is open, and with the instrument that plays now", "[anticipation]") {
  const std::string file = test::smf({"00 903c00 00 903c40 60 c005 00 903c00 00 903c00"});
  CHECK(read(file) == Tokens{off(60), on(60), 10, off(60, 5), off(60, 5)});
  CHECK(read_as_reference(file) == read(file));
}

TEST_CASE("times are cut to the largest one, and counted", "[anticipation]") {
  // A division of 50: a tick is a bin. 999 bins, 1000 bins, 16383 bins.
  const std::string file = test::smf({"8767 903c40 8768 903c00 ff7f 903c40 01 903c00"}, 50);
  std::uint64_t cut = 0;
  CHECK(read(file, &cut) == Tokens{999, on(60), 999, off(60), 999, on(60), 1, off(60)});
  CHECK(cut == 2);
  CHECK(read_as_reference(file, &cut) == read(file));
  CHECK(cut == 2);
}

TEST_CASE("time that is too short for a bin adds up, but not in the reference reading", "[anticipation]") {
  // A division of 500 makes a tick a tenth of a bin; a hundred times 4 ticks are 40 bins.
  std::string track;
  for (int i = 0; i < 100; ++i) track += "04 903c40 ";
  const std::string file = test::smf({track}, 500);
  const auto time_in = [](const Tokens& tokens) {
    TokenId sum = 0;
    for (const TokenId token : tokens) sum += token < kInterarrival.note_on ? token : 0;
    return sum;
  };
  CHECK(time_in(read(file)) == 40);
  CHECK(time_in(read_as_reference(file)) == 0);
  CHECK(read(file).size() == 140);
}

TEST_CASE("uncut times add up to the bins of the onset, for every note", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{200}));
  const auto file = test::random_midi_file(seed);
  InterarrivalReader<> reader;
  Tokens tokens = {7};
  const std::uint64_t cut = reader.read(file, tokens);
  REQUIRE(tokens.front() == 7);
  tokens.erase(tokens.begin());
  Tokens expected;
  std::uint64_t expected_cut = 0;
  bool is_time = true;
  for (const std::int64_t value : test::slow_interarrival(file)) {
    expected_cut += is_time && value > 999 ? 1 : 0;
    if (!is_time || value > 0) {
      expected.push_back(static_cast<TokenId>(is_time ? std::min<std::int64_t>(value, 999) : value));
    }
    is_time = !is_time;
  }
  CHECK(tokens == expected);
  CHECK(cut == expected_cut);
  if (cut != 0) return;
  std::int64_t now = 0;
  std::vector<std::int64_t> onsets;
  for (const TokenId token : tokens) {
    if (token < kInterarrival.note_on) now += token;
    if (token >= kInterarrival.note_on && token < kInterarrival.note_off) onsets.push_back(now);
  }
  aria::anticipation::CompoundReader<> compound;
  std::vector<std::int64_t> times;
  for (const auto& note : compound.read(file)) times.push_back(note.time.count);
  CHECK(onsets == times);
}

TEST_CASE("what is read obeys the grammar", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{50}));
  const auto file = test::random_midi_file(seed);
  Tokens tokens;
  InterarrivalReader<>().read(file, tokens);
  aria::anticipation::InterarrivalRules rules;
  rules.max_instruments = rules.instruments;
  rules.tokens = tokens.size();
  CHECK(!aria::anticipation::check_interarrival_sequence(tokens, rules));
}

TEST_CASE("a file that is refused leaves the tokens as they were", "[anticipation]") {
  const Tokens before = {1, 2, 3};
  Tokens tokens = before;
  InterarrivalReader<Reading::reference> reference;
  // In the original, time goes back with SMPTE, and a division by zero ends it.
  for (const int division : {0, 0xe728}) {
    const std::string file = test::smf({"00 903c40 60 903c00"}, division);
    CHECK_THROWS_AS(reference.read(bytes_of(file), tokens), aria::Error);
    CHECK(tokens == before);
  }
  InterarrivalReader<> standard;
  for (const std::string& file : {test::smf({}), test::smf({"00 903c40 00 903c80"}), std::string("MThd")}) {
    const aria::Error error = test::error_of([&] { standard.read(bytes_of(file), tokens); });
    CHECK(error.code() == aria::ErrorCode::invalid_midi);
    CHECK(tokens == before);
  }
}

TEST_CASE("tokens are appended, and a reader keeps nothing of the file before", "[anticipation]") {
  InterarrivalReader<> reader;
  Tokens all, expected;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto file = test::random_midi_file(seed);
    reader.read(file, all);
    InterarrivalReader<>().read(file, expected);
    CHECK(all == expected);
  }
}

TEST_CASE("other settings have other times and other ids", "[anticipation]") {
  aria::anticipation::Settings settings;
  settings.time_resolution = 1000;
  settings.max_interarrival_seconds = 1;
  const aria::anticipation::InterarrivalVocabulary ids(settings);
  const std::string file = test::smf({"60 903c40 60 803c40 8f00 903c40"});
  InterarrivalReader<> reader(settings);
  Tokens tokens;
  CHECK(reader.read(bytes_of(file), tokens) == 1);
  CHECK(tokens == Tokens{100, ids.note_on + 60, 100, ids.note_off + 60, 999, ids.note_on + 60});
}
