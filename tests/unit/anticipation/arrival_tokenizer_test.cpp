#include <aria/anticipation/arrival_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/anticipation/times.hpp>
#include <aria/dataset/export.hpp>
#include <aria/dataset/midi_dataset.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/dataset/tokenized_dataset_build.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/midi/json_reader.hpp>
#include <aria/midi/json_writer.hpp>
#include <aria/midi/midi_writer.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::ErrorCode;
using aria::MidiDict;
using aria::SkippedTokens;
using aria::Ticks;
using aria::TokenId;
using aria::TokenRole;
using aria::anticipation::ArrivalTokenizer;
using test::kArrival;
using test::Tokens;

static_assert(aria::Tokenizer<ArrivalTokenizer>);
static_assert(aria::CheckedTokenizer<ArrivalTokenizer>);
static_assert(!aria::TypedTokenizer<ArrivalTokenizer>);

const ArrivalTokenizer& tokenizer() {
  static const ArrivalTokenizer instance;
  return instance;
}

Tokens tokens_of(const MidiDict& piece, const ArrivalTokenizer& with = tokenizer()) {
  Tokens tokens = {1, 2, 3};
  with.tokenize(piece, aria::RandomStream(0), tokens);
  return tokens;
}

// A tick is a bin.
MidiDict piece_of(std::vector<aria::NoteMsg> notes) {
  MidiDict piece;
  piece.ticks_per_beat = 50;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments = {{Ticks{0}, 0U, 5U}};
  piece.notes = std::move(notes);
  return piece;
}
aria::NoteMsg note(std::int64_t start, std::int64_t end, unsigned pitch = 60, unsigned channel = 0,
                   unsigned velocity = aria::anticipation::kDefaultVelocity) {
  return {Ticks{start}, Ticks{end}, pitch, velocity, channel};
}

// As random_piece, with at most so many instruments, drums included, and a length of a few minutes at most.
MidiDict random_music(std::uint64_t seed, std::int64_t ticks = 20'000, unsigned programs = 15) {
  MidiDict piece = test::random_piece(seed, {.ticks = ticks});
  piece.ticks_per_beat = 480;
  for (aria::InstrumentMsg& message : piece.instruments) {
    message = {message.tick(), message.channel(), message.program() % (programs - 1)};
  }
  return piece;
}

aria::anticipation::ArrivalRules rules_for(const Tokens& tokens) {
  aria::anticipation::ArrivalRules rules;
  rules.max_instruments = rules.instruments;
  rules.events = tokens.size() / 3;
  return rules;
}
void check_grammar(const Tokens& tokens) {
  const auto violation = aria::anticipation::check_arrival_sequence(tokens, rules_for(tokens));
  if (!violation) return;
  FAIL_CHECK("token " << violation->index << ": " << violation->reason);
}

void check_valid(const MidiDict& piece) {
  CHECK(MidiDict::from_json(piece.to_json()) == piece);
  CHECK(test::all_notes_sound(piece));
  CHECK(piece.ticks_per_beat == 50);
  CHECK_FALSE(piece.to_midi().empty());
}

std::size_t separators(const Tokens& tokens) {
  return static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), kArrival.separator));
}

// Ids of all blocks, and none, that make sense now and then.
Tokens random_ids(test::Dice& dice, std::size_t count) {
  Tokens ids;
  while (ids.size() < count) {
    const TokenId block = dice.one_in(3) ? kArrival.control : 0;
    switch (dice.small(6)) {
      case 0:
        ids.push_back(dice.small(kArrival.size + 3));
        break;
      case 1:
        ids.push_back(dice.one_in(2) ? std::numeric_limits<TokenId>::max() - dice.small(2) : kArrival.size);
        break;
      case 2:
        ids.insert(ids.end(), 1 + dice.small(3), kArrival.separator);
        break;
      default:
        ids.insert(ids.end(), {block + dice.small(kArrival.max_time), block + kArrival.duration + dice.small(1000),
                               block + kArrival.note + dice.small(128 * 129 + 1)});
    }
  }
  return ids;
}

TEST_CASE("music of more than a day is refused", "[anticipation]") {
  aria::MidiDict piece;
  piece.ticks_per_beat = 480;
  piece.tempos = {{aria::Ticks{0}, 500'000}};
  piece.instruments.emplace_back(aria::Ticks{0}, 0U, 0U);
  const aria::Ticks late{std::int64_t{86'401} * 960};
  piece.notes.emplace_back(late, late + aria::Ticks{1}, 60U, 60U, 0U);
  std::vector<aria::TokenId> tokens;
  CHECK(test::error_of([&] { ArrivalTokenizer().tokenize(piece, aria::RandomStream(0), tokens); }).code() ==
        aria::ErrorCode::too_large);
}

}  // namespace

TEST_CASE("the arrival tokenizer has the ids of the published models, and padding outside of them", "[anticipation]") {
  const aria::Vocabulary& vocabulary = tokenizer().vocabulary();
  CHECK(vocabulary.size() == 55'028);
  CHECK(vocabulary.token_count() == 55'029);
  CHECK(vocabulary.pad() == 55'028);
  CHECK(vocabulary.unknown() == 55'028);
  CHECK(vocabulary.text(0) == "0");
  CHECK(vocabulary.text(55'027) == "55027");
  CHECK(vocabulary.text(55'028) == "\"<P>\"");
  CHECK(vocabulary.find("27513") == TokenId{27'513});
  CHECK(!vocabulary.find("55028"));
  for (const TokenId token : {0U, 55'027U, 55'028U}) CHECK(vocabulary.encode(token) == token);
  CHECK(vocabulary.encode(55'029) == 55'028);
  CHECK(vocabulary.encode(std::numeric_limits<TokenId>::max()) == 55'028);
  CHECK(tokenizer().name() == "arrival");
  CHECK(tokenizer().config_json() == R"({"time_resolution": 100, "max_time_seconds": 100, "max_duration_seconds": 10, )"
                                     R"("max_interarrival_seconds": 10, "pitches": 128, "instruments": 129})");
}

TEST_CASE("a window of arrival tokens may begin with the time of an event or control", "[anticipation]") {
  const auto role = [](TokenId token) { return tokenizer().role(token); };
  for (const TokenId block : {TokenId{0}, kArrival.control}) {
    for (const TokenId token : {0U, 9'999U}) CHECK(role(block + token) == TokenRole::event);
    for (const TokenId token : {10'000U, 10'999U, 11'000U, 27'511U}) {
      CHECK(role(block + token) == TokenRole::continuation);
    }
  }
  CHECK(role(kArrival.rest) == TokenRole::continuation);
  CHECK(role(kArrival.separator) == TokenRole::continuation);
  CHECK(role(kArrival.autoregress) == TokenRole::prefix);
  CHECK(role(kArrival.anticipate) == TokenRole::prefix);
  for (const TokenId token : {kArrival.size, kArrival.size + 1, std::numeric_limits<TokenId>::max()}) {
    CHECK(role(token) == TokenRole::special);
  }
}

TEST_CASE("a piece is a flag, three separators, and its events with rests", "[anticipation]") {
  const TokenId flag = kArrival.autoregress, separator = kArrival.separator;
  const Tokens tokens = tokens_of(piece_of({note(10, 20), note(10, 2000, 36, 9), note(250, 250, 61, 1)}));
  const Tokens events = test::tokens({test::event(10, 10, 5 * 128 + 60), test::event(10, 999, 128 * 128 + 36),
                                      test::rest(110), test::rest(210), test::event(250, 0, 61)});
  Tokens expected = {flag, separator, separator, separator};
  expected.insert(expected.end(), events.begin(), events.end());
  CHECK(tokens == expected);
}

TEST_CASE("a note has the instrument that its channel has at its onset, as a token", "[anticipation]") {
  MidiDict piece = piece_of({note(0, 50), note(10, 50, 61), note(20, 50, 62), note(20, 50, 62, 9)});
  piece.instruments = {{Ticks{10}, 0U, 7U}, {Ticks{11}, 0U, 8U}, {Ticks{20}, 0U, 9U}, {Ticks{20}, 9U, 9U}};
  const Tokens tokens = tokens_of(piece);
  std::vector<TokenId> instruments;
  for (std::size_t i = 6; i < tokens.size(); i += 3) instruments.push_back(kArrival.instrument_of(tokens[i]));
  CHECK(instruments == std::vector<TokenId>{0, 7, 9, 128});
}

TEST_CASE("behind 100 s a piece goes on from 0 behind separators", "[anticipation]") {
  const MidiDict piece =
      piece_of({note(9'950, 9'960), note(9'999, 10'000), note(10'000, 10'010), note(10'050, 10'060)});
  const Tokens tokens = tokens_of(piece);
  REQUIRE(tokens.size() > 12);
  const Tokens end(tokens.end() - 12, tokens.end());
  Tokens expected = test::tokens({test::event(9'999, 1, 5 * 128 + 60), test::separator(),
                                  test::event(0, 10, 5 * 128 + 60), test::event(50, 10, 5 * 128 + 60)});
  CHECK(end == expected);
  check_grammar(tokens);
}

TEST_CASE("no rest stands where a piece goes on", "[anticipation]") {
  // Rests at 100, 200, ..., 10,000: the one that lies beyond what times can say is left out.
  const Tokens tokens = tokens_of(piece_of({note(0, 10), note(10'030, 10'040), note(25'000, 25'010)}));
  check_grammar(tokens);
  const auto behind = [&](std::size_t number) {
    std::size_t i = 4;
    for (; number > 0 && i < tokens.size(); i += 3) number -= tokens[i] == kArrival.separator ? 1 : 0;
    return Tokens(tokens.begin() + static_cast<std::ptrdiff_t>(i), tokens.begin() + static_cast<std::ptrdiff_t>(i) + 3);
  };
  CHECK(behind(1) == test::tokens({test::event(30, 10, 5 * 128 + 60)}));
  CHECK(separators(tokens) == 9);
}

TEST_CASE("a piece obeys the grammar", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{80}));
  const MidiDict piece = random_music(seed, seed % 2 == 0 ? 1'500 : 60'000, 40);
  if (piece.notes.empty()) return;
  const Tokens tokens = tokens_of(piece);
  REQUIRE(tokens.size() % 3 == 1);
  check_grammar(tokens);
  CHECK((tokens.size() - 4) / 3 >= piece.notes.size());
}

TEST_CASE("a piece without notes, or with notes after months, has no tokens", "[anticipation]") {
  CHECK(test::error_of([] { tokens_of(piece_of({})); }).code() == ErrorCode::empty_result);
  const auto far = piece_of({note(std::int64_t{1} << 31, (std::int64_t{1} << 31) + 1)});
  CHECK(test::error_of([&] { tokens_of(far); }).code() == ErrorCode::too_large);
}

TEST_CASE("tokens become notes at a tick a bin, controls and events behind separators included", "[anticipation]") {
  Tokens tokens = {kArrival.anticipate};
  const Tokens events =
      test::tokens({test::separator(), test::event(5, 10, 5 * 128 + 60), test::rest(105), test::control(7, 0, 36),
                    test::event(105, 3, 128 * 128 + 38), test::separator(), test::event(2, 1, 6 * 128 + 61)});
  tokens.insert(tokens.end(), events.begin(), events.end());
  tokens.insert(tokens.end(), 5, tokenizer().vocabulary().pad());
  SkippedTokens skipped;
  const MidiDict piece = tokenizer().detokenize(tokens, &skipped);
  CHECK(skipped.total() == 0);
  // A length of 0 becomes a bin. The second piece begins where the first one ends, at 108.
  CHECK(piece.notes ==
        std::vector<aria::NoteMsg>{note(5, 15), note(7, 8, 36, 1), note(105, 108, 38, 9), note(110, 111, 61, 2)});
  CHECK(piece.instruments ==
        std::vector<aria::InstrumentMsg>{{Ticks{0}, 0U, 5U}, {Ticks{0}, 1U, 0U}, {Ticks{0}, 2U, 6U}});
  CHECK(piece.tempos == std::vector<aria::TempoMsg>{{Ticks{0}, 500'000}});
  check_valid(piece);
  check_valid(tokenizer().detokenize({}));
}

TEST_CASE("tokens that make no sense are left out and counted", "[anticipation]") {
  const Tokens good = test::tokens({test::event(5)});
  const auto skipped_in = [&](Tokens tokens) {
    tokens.insert(tokens.end(), good.begin(), good.end());
    SkippedTokens skipped;
    skipped.misplaced = 100;  // what was counted before stays
    const MidiDict piece = tokenizer().detokenize(tokens, &skipped);
    CHECK(piece.notes.size() == 1);
    return std::vector<std::uint64_t>{skipped.unknown, skipped.misplaced - 100, skipped.silent};
  };
  using Counts = std::vector<std::uint64_t>;
  CHECK(skipped_in({}) == Counts{0, 0, 0});
  CHECK(skipped_in({kArrival.size + 1, std::numeric_limits<TokenId>::max()}) == Counts{2, 0, 0});
  CHECK(skipped_in({kArrival.size, kArrival.autoregress, kArrival.separator}) == Counts{0, 0, 0});
  CHECK(skipped_in({7}) == Counts{0, 1, 0});
  CHECK(skipped_in({10'000, 11'060}) == Counts{0, 2, 0});
  CHECK(skipped_in({7, 10'000}) == Counts{0, 2, 0});
  // A control's time with an event's duration, a control that is a rest, an event cut short by a flag.
  CHECK(skipped_in({kArrival.control + 7, 10'000, 11'060}) == Counts{0, 3, 0});
  CHECK(skipped_in({kArrival.control + 7, kArrival.control + 10'000, kArrival.separator}) == Counts{0, 2, 0});
  CHECK(skipped_in({7, 10'000, kArrival.autoregress}) == Counts{0, 2, 0});
  SkippedTokens at_end;
  CHECK(tokenizer().detokenize(Tokens{5, 10'010}, &at_end).notes.empty());
  CHECK(at_end.misplaced == 2);
}

TEST_CASE("any ids become a valid piece", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{100}));
  test::Dice dice(seed);
  const Tokens ids = random_ids(dice, 1 + dice.small(300));
  SkippedTokens skipped;
  const MidiDict piece = tokenizer().detokenize(ids, &skipped);
  check_valid(piece);
  const auto special = std::count_if(ids.begin(), ids.end(), [](TokenId id) { return id >= kArrival.separator; });
  const auto unknown = std::count_if(ids.begin(), ids.end(), [](TokenId id) { return id > kArrival.size; });
  CHECK(skipped.unknown == static_cast<std::uint64_t>(unknown));
  const std::size_t left = ids.size() - static_cast<std::size_t>(special) - skipped.misplaced;
  CHECK(left % 3 == 0);
  CHECK(left / 3 >= piece.notes.size());
  CHECK(tokenizer().detokenize(ids).notes == piece.notes);
}

TEST_CASE("up to 100 s, tokens of music and back are the same tokens", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{80}));
  const MidiDict piece = random_music(seed, 2'500);
  if (piece.notes.empty()) return;
  const Tokens first = tokens_of(piece);
  const MidiDict music = tokenizer().detokenize(first);
  CHECK(music.notes.size() == piece.notes.size());
  // From here on no note has a length of 0.
  const Tokens second = tokens_of(music);
  if (std::find(second.begin() + 4, second.end(), kArrival.separator) != second.end()) return;
  CHECK(second.size() == first.size());
  for (std::size_t i = 4; i < std::min(first.size(), second.size()); i += 3) {
    CHECK(second[i] == first[i]);
    CHECK(second[i + 2] == first[i + 2]);
    const bool longer = first[i + 1] == kArrival.duration && first[i + 2] != kArrival.rest;
    CHECK(second[i + 1] == first[i + 1] + (longer ? 1 : 0));
  }
  CHECK(tokens_of(tokenizer().detokenize(second)) == second);
}

TEST_CASE("in longer music every note keeps its place in the order, its pitch and instrument", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{20}));
  const MidiDict piece = random_music(seed, 100'000);
  if (piece.notes.empty()) return;
  const auto notes_in = [](const Tokens& tokens) {
    Tokens notes;
    for (std::size_t i = 6; i < tokens.size(); i += 3) {
      if (tokens[i] != kArrival.rest && tokens[i] != kArrival.separator) notes.push_back(tokens[i]);
    }
    return notes;
  };
  const Tokens tokens = tokens_of(piece);
  CHECK(notes_in(tokens_of(tokenizer().detokenize(tokens))) == notes_in(tokens));
}

TEST_CASE("more than 15 instruments share channels, and play what they should one after the other", "[anticipation]") {
  // Each of the 128 programs, and drums, twice.
  Tokens tokens = {kArrival.autoregress, kArrival.separator, kArrival.separator, kArrival.separator};
  for (unsigned i = 0; i < 258; ++i) {
    const Tokens event = test::tokens({test::event(10 * i, 5, i % 129 * 128 + 60)});
    tokens.insert(tokens.end(), event.begin(), event.end());
  }
  const MidiDict piece = tokenizer().detokenize(tokens);
  check_valid(piece);
  CHECK(tokens_of(piece) == tokens);
  std::set<int> channels;
  for (const aria::NoteMsg& message : piece.notes) channels.insert(message.channel());
  CHECK(channels.size() == 16);
}

TEST_CASE("times of a window count from its first event on", "[anticipation]") {
  const auto rebased = [](Tokens window) {
    tokenizer().rebase(window);
    return window;
  };
  const auto with_flag = [](Tokens window) {
    window.insert(window.begin(), kArrival.autoregress);
    return window;
  };
  using namespace test;
  const Tokens window = tokens({event(500), rest(600), control(450, 5), event(650), separator(), event(70), event(80)});
  const Tokens expected = tokens({event(50), rest(150), control(0, 5), event(200), separator(), event(70), event(80)});
  CHECK(rebased(window) == expected);
  CHECK(rebased(with_flag(window)) == with_flag(expected));
  CHECK(rebased(expected) == expected);
  // At the beginning of a piece times count from there on.
  const Tokens beginning = with_flag(tokens({separator(), event(40), event(50)}));
  CHECK(rebased(beginning) == beginning);
  // The last event may be cut off, within or behind its time.
  CHECK(rebased({500, 10'010, 11'060, 600}) == Tokens{0, 10'010, 11'060, 100});
  CHECK(rebased({500, 10'010, 11'060, 600, 10'010}) == Tokens{0, 10'010, 11'060, 100, 10'010});
  CHECK(rebased({500}) == Tokens{0});
  CHECK(rebased({}).empty());
  CHECK(rebased({kArrival.autoregress}) == Tokens{kArrival.autoregress});
  // What is no event is left alone.
  CHECK(rebased({10'000, 500, 600}) == Tokens{10'000, 500, 600});
  CHECK(rebased({kArrival.size, 500, 600}) == Tokens{kArrival.size, 500, 600});
}

TEST_CASE("windows that have room for two events and separators begin at 0 or at the beginning of a piece",
          "[anticipation]") {
  const MidiDict piece = random_music(12, 60'000);
  const Tokens tokens = tokens_of(piece);
  REQUIRE(separators(tokens) > 3);
  for (const aria::WindowConfig& config :
       {aria::WindowConfig{91, 90}, {91, 31}, {92, 60}, {93, 93}, {10, 9}, {11, 4}}) {
    aria::WindowCutter windows(tokenizer(), config);
    std::size_t number = 0;
    windows.cut(tokens, [&](std::span<const TokenId> window) {
      Tokens body(window.begin() + 1, std::find(window.begin(), window.end(), kArrival.size));
      REQUIRE(!body.empty());
      CHECK(window.front() == kArrival.autoregress);
      CHECK((number++ == 0 ? body.front() == kArrival.separator : body.front() == 0));
      // Whole windows obey the grammar.
      body.resize(body.size() / 3 * 3);
      body.insert(body.begin(), kArrival.autoregress);
      if (body.size() > 3) check_grammar(body);
    });
  }
}

TEST_CASE("a data set of arrival tokens is built, opened, read and exported", "[anticipation]") {
  std::vector<MidiDict> pieces;
  for (std::uint64_t seed = 0; seed < 25; ++seed) pieces.push_back(random_music(seed, 20'000, 100));
  test::TemporaryFolder folder;
  const std::string path = (folder / "train.jsonl").string();
  const auto summary = aria::build_tokenized_dataset(tokenizer(), aria::MidiDataset(pieces), path,
                                                     {.windows = {1 + 3 * 30, 3 * 30}, .workers = 2});
  CHECK(summary.entries == 25);
  CHECK(summary.unknown == 0);
  const aria::TokenizedDataset data(path, tokenizer());
  REQUIRE(data.size() == summary.sequences);
  REQUIRE(data.size() > 50);
  bool padded = false;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Tokens tokens = data.tokens(i);
    REQUIRE(tokens.size() == 91);
    CHECK(tokens.front() == kArrival.autoregress);
    const auto end = std::find(tokens.begin(), tokens.end(), kArrival.size);
    CHECK((tokens[1] == 0 || tokens[1] == kArrival.separator));
    const std::span events(tokens.begin() + 1, end);
    CHECK(events.size() % 3 == 0);
    if (tokens[1] == 0) CHECK(aria::anticipation::min_time(events).count == 0);
    check_grammar({tokens.begin(), end});
    const aria::Sample sample = data.get(i);
    for (std::size_t j = 0; j + 1 < tokens.size(); ++j) {
      CHECK(sample.target[j] == tokens[j + 1]);
      CHECK(sample.source[j] == (tokens[j] == kArrival.size ? 0 : tokens[j]));
    }
    CHECK(sample.target.back() == kArrival.size);
    padded = padded || end != tokens.end();
    const auto texts = aria::decode(tokenizer(), tokens);
    CHECK(aria::encode(tokenizer(), texts) == tokens);
  }
  CHECK(padded);
  const auto exported = aria::export_tokens(data, (folder / "train.bin").string(), {.workers = 2});
  CHECK(exported.id_bytes == 2);
  const std::string bin = test::read_text(folder / "train.bin");
  REQUIRE(bin.size() == 2 * 91 * data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Tokens tokens = data.tokens(i);
    for (std::size_t j = 0; j < tokens.size(); ++j) {
      const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(bin[2 * (91 * i + j) + k]); };
      if (byte(0) + 256U * byte(1) != tokens[j]) FAIL_CHECK("sequence " << i << ", token " << j);
    }
  }
}

TEST_CASE("other settings are other tokenizers", "[anticipation]") {
  aria::anticipation::Settings settings;
  settings.time_resolution = 50;
  settings.max_time_seconds = 10;
  const ArrivalTokenizer other(settings);
  CHECK(other.vocabulary().size() == other.ids().size);
  CHECK(other.vocabulary().pad() == other.ids().size);
  CHECK(other.config_json() != tokenizer().config_json());
  const MidiDict piece = piece_of({note(0, 10), note(1'100, 1'200)});
  const Tokens tokens = tokens_of(piece, other);
  CHECK(std::count(tokens.begin(), tokens.end(), other.ids().separator) == 6);
  aria::anticipation::ArrivalRules rules(settings);
  rules.events = tokens.size() / 3;
  CHECK(!aria::anticipation::check_arrival_sequence(tokens, rules));
  const MidiDict back = other.detokenize(tokens);
  CHECK(back.ticks_per_beat == 25);
  CHECK(back.notes.size() == 2);
  test::TemporaryFolder folder;
  const std::string path = (folder / "train.jsonl").string();
  aria::build_tokenized_dataset(other, aria::MidiDataset({piece}), path, {.windows = {91, 90}});
  const auto error = test::error_of([&] { aria::TokenizedDataset<ArrivalTokenizer>(path, tokenizer()); });
  CHECK(error.code() == ErrorCode::invalid_config);
}
