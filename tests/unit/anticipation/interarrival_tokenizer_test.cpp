#include <aria/anticipation/interarrival_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <aria/anticipation/interarrival_grammar.hpp>
#include <aria/dataset/midi_dataset.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/dataset/tokenized_dataset_build.hpp>
#include <aria/midi/json_reader.hpp>
#include <aria/midi/json_writer.hpp>
#include <aria/midi/midi_writer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::MidiDict;
using aria::SkippedTokens;
using aria::Ticks;
using aria::TokenId;
using aria::TokenRole;
using aria::anticipation::InterarrivalTokenizer;
using aria::anticipation::kInterarrival;
using Tokens = std::vector<TokenId>;

static_assert(aria::Tokenizer<InterarrivalTokenizer>);
static_assert(aria::CheckedTokenizer<InterarrivalTokenizer>);
static_assert(!aria::TypedTokenizer<InterarrivalTokenizer>);

const InterarrivalTokenizer& tokenizer() {
  static const InterarrivalTokenizer instance;
  return instance;
}

Tokens tokens_of(const MidiDict& piece) {
  Tokens tokens = {1, 2, 3};
  tokenizer().tokenize(piece, aria::RandomStream(0), tokens);
  return tokens;
}

TokenId on(TokenId pitch, TokenId instrument = 0) { return kInterarrival.note_on + 128 * instrument + pitch; }
TokenId off(TokenId pitch, TokenId instrument = 0) { return kInterarrival.note_off + 128 * instrument + pitch; }
bool is_on(TokenId token) { return token >= kInterarrival.note_on && token < kInterarrival.note_off; }

// A tick is a bin.
MidiDict piece_of(std::vector<aria::NoteMsg> notes) {
  MidiDict piece;
  piece.ticks_per_beat = 50;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments = {{Ticks{0}, 0U, 0U}};
  piece.notes = std::move(notes);
  return piece;
}
aria::NoteMsg note(std::int64_t start, std::int64_t end, unsigned pitch = 60, unsigned channel = 0) {
  return {Ticks{start}, Ticks{end}, pitch, aria::anticipation::kInterarrivalVelocity, channel};
}

// With at most 15 programs.
MidiDict random_music(std::uint64_t seed) {
  MidiDict piece = test::random_piece(seed, {.overlapping_notes = true});
  for (aria::InstrumentMsg& message : piece.instruments) {
    message = {message.tick(), message.channel(), message.program() % 15U};
  }
  return piece;
}

void check_valid(const MidiDict& piece) {
  CHECK(MidiDict::from_json(piece.to_json()) == piece);
  CHECK(test::all_notes_sound(piece));
  CHECK_FALSE(piece.to_midi().empty());
}

void check_grammar(const Tokens& tokens) {
  aria::anticipation::InterarrivalRules rules;
  rules.max_instruments = rules.instruments;
  rules.tokens = tokens.size();
  const auto violation = aria::anticipation::check_interarrival_sequence(tokens, rules);
  if (violation) FAIL_CHECK("token " << violation->index << ": " << violation->reason);
}

TEST_CASE("what sounds at the end of a piece ends with it", "[anticipation]") {
  const InterarrivalTokenizer tokenizer;
  const auto& ids = tokenizer.ids();
  // A note that is never ended, a separator, and the same key in the next piece.
  const std::vector<aria::TokenId> tokens = {ids.note_on + 60, 50, ids.separator,     20,
                                             ids.note_on + 60, 30, ids.note_off + 60, ids.note_off + 60};
  aria::SkippedTokens skipped;
  const auto notes = tokenizer.notes(tokens, &skipped);
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].duration.count == 50);
  CHECK(notes[1].time.count == 70);
  CHECK(notes[1].duration.count == 30);
  CHECK(skipped.misplaced == 1);
}

}  // namespace

TEST_CASE("the interarrival tokenizer has the ids of the published models, and padding outside", "[anticipation]") {
  const aria::Vocabulary& vocabulary = tokenizer().vocabulary();
  CHECK(vocabulary.size() == 34'025);
  CHECK(vocabulary.token_count() == 34'026);
  CHECK(vocabulary.pad() == 34'025);
  CHECK(vocabulary.text(34'024) == "34024");
  CHECK(vocabulary.text(34'025) == "\"<P>\"");
  CHECK(vocabulary.encode(34'026) == 34'025);
  CHECK(tokenizer().name() == "interarrival");
  const auto role = [](TokenId token) { return tokenizer().role(token); };
  for (const TokenId token : {1'000U, 17'511U}) CHECK(role(token) == TokenRole::event);
  for (const TokenId token : {0U, 999U, 17'512U, 34'023U}) CHECK(role(token) == TokenRole::continuation);
  for (const TokenId token : {34'024U, 34'025U, std::numeric_limits<TokenId>::max()}) {
    CHECK(role(token) == TokenRole::special);
  }
}

TEST_CASE("a piece is a separator, and its note-ons and note-offs with the times between them", "[anticipation]") {
  const MidiDict piece = piece_of({note(10, 30), note(10, 20, 36, 9), note(30, 2'000, 61)});
  CHECK(tokens_of(piece) ==
        Tokens{kInterarrival.separator, 10, on(60), on(36, 128), 10, off(36, 128), 10, off(60), on(61), 999, off(61)});
  CHECK(test::error_of([] { tokens_of(piece_of({})); }).code() == aria::ErrorCode::empty_result);
}

TEST_CASE("note-offs come first where both fall together, but for notes of length 0", "[anticipation]") {
  const MidiDict piece = piece_of({note(0, 10), note(10, 10, 61), note(10, 20)});
  CHECK(tokens_of(piece) == Tokens{kInterarrival.separator, on(60), 10, off(60), on(61), on(60), off(61), 10, off(60)});
}

TEST_CASE("interarrival tokens of a piece obey the grammar", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{60}));
  const MidiDict piece = random_music(seed);
  if (piece.notes.empty()) return;
  const Tokens tokens = tokens_of(piece);
  check_grammar(tokens);
  CHECK(std::count_if(tokens.begin(), tokens.end(), is_on) == std::ssize(piece.notes));
}

TEST_CASE("interarrival tokens become notes at a tick a bin", "[anticipation]") {
  const Tokens tokens = {kInterarrival.separator,
                         5,
                         on(60, 7),
                         10,
                         on(60, 7),
                         1,
                         off(60, 7),
                         on(36, 128),
                         off(36, 128),
                         4,
                         off(60, 7),
                         on(61),
                         kInterarrival.size,
                         3};
  SkippedTokens skipped;
  const MidiDict piece = tokenizer().detokenize(tokens, &skipped);
  CHECK(skipped.total() == 0);
  // The first off ends the older one; a length of 0 becomes a bin; what never ends does so with the music.
  CHECK(piece.notes == std::vector<aria::NoteMsg>{note(5, 16), note(15, 20), note(16, 17, 36, 9), note(20, 23, 61, 1)});
  CHECK(piece.instruments == std::vector<aria::InstrumentMsg>{{Ticks{0}, 0U, 7U}, {Ticks{0}, 1U, 0U}});
  check_valid(piece);
  check_valid(tokenizer().detokenize({}));
}

TEST_CASE("interarrival tokens that make no sense are left out and counted", "[anticipation]") {
  SkippedTokens skipped;
  skipped.unknown = 10;
  const Tokens tokens = {off(60),
                         on(60),
                         off(60, 1),
                         off(60),
                         off(60),
                         kInterarrival.size,
                         kInterarrival.size + 1,
                         std::numeric_limits<TokenId>::max()};
  const MidiDict piece = tokenizer().detokenize(tokens, &skipped);
  CHECK(piece.notes == std::vector<aria::NoteMsg>{note(0, 1)});
  CHECK(skipped.misplaced == 3);
  CHECK(skipped.unknown == 12);
  CHECK(skipped.silent == 0);
}

TEST_CASE("any ids become a valid piece with a note for every note-on", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{100}));
  test::Dice dice(seed);
  Tokens ids;
  for (unsigned i = dice.small(300); i > 0; --i) {
    const TokenId note = dice.one_in(2) ? dice.small(4) * 128 + 60 : dice.small(128 * 129);
    const TokenId choices[] = {dice.small(1'000), kInterarrival.note_on + note, kInterarrival.note_off + note,
                               dice.small(34'030), std::numeric_limits<TokenId>::max() - dice.small(2)};
    ids.push_back(choices[dice.small(5)]);
  }
  SkippedTokens skipped;
  const MidiDict piece = tokenizer().detokenize(ids, &skipped);
  check_valid(piece);
  CHECK(std::count_if(ids.begin(), ids.end(), is_on) == std::ssize(piece.notes));
  const auto unknown = std::count_if(ids.begin(), ids.end(), [](TokenId id) { return id > kInterarrival.size; });
  CHECK(skipped.unknown == static_cast<std::uint64_t>(unknown));
  CHECK(tokenizer().detokenize(ids).notes == piece.notes);
}

TEST_CASE("interarrival tokens of music and back are the same tokens", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{80}));
  const MidiDict piece = random_music(seed);
  if (piece.notes.empty()) return;
  const Tokens first = tokens_of(piece);
  const MidiDict music = tokenizer().detokenize(first);
  CHECK(music.notes.size() == piece.notes.size());
  // From here on no note has a length of 0.
  const Tokens second = tokens_of(music);
  CHECK(tokens_of(tokenizer().detokenize(second)) == second);
  const auto too_short = [&](const aria::NoteMsg& message) { return (message.end() - message.start()).count <= 1; };
  if (std::none_of(music.notes.begin(), music.notes.end(), too_short)) CHECK(second == first);
}

TEST_CASE("a data set of interarrival tokens is built, opened and read", "[anticipation]") {
  std::vector<MidiDict> pieces;
  for (std::uint64_t seed = 0; seed < 25; ++seed) pieces.push_back(random_music(seed));
  test::TemporaryFolder folder;
  const std::string path = (folder / "train.jsonl").string();
  const auto summary =
      aria::build_tokenized_dataset(tokenizer(), aria::MidiDataset(pieces), path, {.windows = {64, 32}, .workers = 2});
  CHECK(summary.unknown == 0);
  const aria::TokenizedDataset data(path, tokenizer());
  REQUIRE(data.size() == summary.sequences);
  REQUIRE(data.size() > 50);
  std::size_t begins_with_note = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Tokens tokens = data.tokens(i);
    REQUIRE(tokens.size() == 64);
    // Where a stretch as long as a window has no note-on, one may begin with something else.
    begins_with_note += is_on(tokens.front()) || tokens.front() == kInterarrival.separator ? 1 : 0;
    check_grammar({tokens.begin(), std::find(tokens.begin(), tokens.end(), kInterarrival.size)});
    check_valid(tokenizer().detokenize(tokens));
    CHECK(aria::encode(tokenizer(), aria::decode(tokenizer(), tokens)) == tokens);
  }
  CHECK(begins_with_note > data.size() * 9 / 10);
}
