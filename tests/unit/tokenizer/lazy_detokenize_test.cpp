// Tokens -> pieces: by examples, against the slow reader of tests/support/slow_lazy.hpp, and back to tokens.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/tokenizer.hpp>

#include "lazy_cases.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_tokens.hpp"
#include "support/slow_lazy.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::InstrumentMsg;
using aria::LazyConfig;
using aria::LazyTokenizer;
using aria::MidiDict;
using aria::NoteMsg;
using aria::Reading;
using aria::SkippedTokens;
using aria::Ticks;
using aria::TokenId;
using Tokens = std::vector<TokenId>;

constexpr Reading kReadings[] = {Reading::standard, Reading::reference};

// The tokens with these texts.
Tokens tokens_of(const LazyTokenizer& tokenizer, const std::vector<std::string_view>& texts) {
  Tokens tokens;
  for (const std::string_view text : texts) {
    const auto id = tokenizer.vocabulary().find(text);
    INFO(text);
    REQUIRE(id);
    tokens.push_back(*id);
  }
  return tokens;
}

// The texts of tokens, empty for ids that have none.
std::vector<std::string> texts_of(const aria::Vocabulary& vocabulary, const Tokens& tokens) {
  std::vector<std::string> texts;
  for (const TokenId id : tokens) texts.emplace_back(id < vocabulary.token_count() ? vocabulary.text(id) : "");
  return texts;
}

MidiDict detokenize(const std::vector<std::string_view>& texts, SkippedTokens* skipped = nullptr,
                    Reading reading = Reading::standard) {
  const LazyTokenizer tokenizer({.reading = reading});
  return tokenizer.detokenize(tokens_of(tokenizer, texts), skipped);
}

NoteMsg note(std::int64_t start, std::int64_t end, unsigned pitch, unsigned velocity, unsigned channel) {
  return {Ticks{start}, Ticks{end}, pitch, velocity, channel};
}

void check_valid(const MidiDict& piece, Reading reading) {
  REQUIRE(MidiDict::from_json(piece.to_json()) == piece);
  REQUIRE_NOTHROW(piece.to_midi());
  if (reading == Reading::standard) REQUIRE(test::all_notes_sound(piece));
}

std::optional<Tokens> tokenize(const LazyTokenizer& tokenizer, const MidiDict& piece) {
  try {
    return tokenizer.tokenize(piece);
  } catch (const aria::Error& error) {
    REQUIRE(error.code() == aria::ErrorCode::empty_result);
    return std::nullopt;
  }
}

// Music that came from tokens gives tokens that stay as they are from then on.
void check_stable(const LazyTokenizer& tokenizer, const MidiDict& piece) {
  const auto tokens = tokenize(tokenizer, piece);
  REQUIRE(tokens.has_value() == !piece.notes.empty());
  if (!tokens) return;
  SkippedTokens skipped;
  const MidiDict again = tokenizer.detokenize(*tokens, &skipped);
  REQUIRE(skipped.total() == 0);
  REQUIRE(again.notes.size() == piece.notes.size());
  REQUIRE(tokenize(tokenizer, again) == tokens);
  REQUIRE(tokenizer.detokenize(*tokenize(tokenizer, again)) == again);
}

}  // namespace

TEST_CASE("any tokens become a valid piece, and what was skipped is counted", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    for (const Reading reading : kReadings) {
      const LazyTokenizer tokenizer(config, {.reading = reading});
      const test::RandomTokens random_tokens(tokenizer.vocabulary());
      test::SlowLazyReader slow(config, reading);
      std::uint64_t notes = 0, unknown = 0, misplaced = 0, silent = 0;
      for (std::uint64_t seed = 0; seed < 150; ++seed) {
        CAPTURE(name, static_cast<int>(reading), seed);
        test::Dice dice(seed);
        const Tokens tokens = random_tokens(dice);
        SkippedTokens skipped, expected_skipped;
        const MidiDict piece = tokenizer.detokenize(tokens, &skipped);
        const MidiDict expected = slow.read(texts_of(tokenizer.vocabulary(), tokens), expected_skipped);
        REQUIRE((piece == expected));
        REQUIRE(skipped.unknown == expected_skipped.unknown);
        REQUIRE(skipped.misplaced == expected_skipped.misplaced);
        REQUIRE(skipped.silent == expected_skipped.silent);
        REQUIRE((tokenizer.detokenize(tokens) == piece));
        check_valid(piece, reading);
        notes += piece.notes.size();
        unknown += skipped.unknown;
        misplaced += skipped.misplaced;
        silent += skipped.silent;
      }
      CHECK(notes > 1000);
      CHECK(unknown > 100);
      CHECK(misplaced > 1000);
      CHECK((silent > 100) == (reading == Reading::standard));
    }
  }
}

TEST_CASE("tokens -> music -> tokens is stable from the second pass on", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    const LazyTokenizer tokenizer(config);
    const test::RandomTokens random_tokens(tokenizer.vocabulary());
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      CAPTURE(name, seed);
      test::Dice dice(seed);
      check_stable(tokenizer, tokenizer.detokenize(random_tokens(dice)));
    }
  }
}

TEST_CASE("so it is in the reference reading, but for long silence, which it rounds token by token", "[tokenizer]") {
  const LazyTokenizer tokenizer({.reading = Reading::reference});
  const test::RandomTokens random_tokens(tokenizer.vocabulary());
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    check_stable(tokenizer, tokenizer.detokenize(random_tokens(dice, 3)));
  }
  // 13 of the longest waits are 5.4 ms shorter as ticks.
  std::vector<std::string_view> texts = {R"(["prefix", "instrument", "drum"])", R"(["drum", 35])"};
  texts.insert(texts.end(), 13, R"(["wait", 4990])");
  texts.insert(texts.end(), {R"(["wait", 100])", R"(["drum", 35])", R"("<E>")"});
  const auto ticks = [&](Reading reading) { return detokenize(texts, nullptr, reading).notes.back().start().count; };
  CHECK(ticks(Reading::reference) == 13 * 4790 + 96);
  CHECK(ticks(Reading::standard) == 62'371);  // 64,970 ms, of which 480 ticks are 500
}

TEST_CASE("pieces -> tokens -> music -> tokens is stable from the second pass on", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    const LazyTokenizer tokenizer(config);
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      CAPTURE(name, seed);
      const auto tokens = tokenize(tokenizer, test::random_lazy_piece(seed, config));
      if (tokens) check_stable(tokenizer, tokenizer.detokenize(*tokens));
    }
  }
}

TEST_CASE("what LazyTokenizer writes of a piece that sounds it reads without skipping anything", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    const LazyTokenizer tokenizer(config);
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      CAPTURE(name, seed);
      const MidiDict piece = test::random_lazy_piece(seed, config);
      const auto tokens = tokenize(tokenizer, piece);
      if (!tokens) continue;
      SkippedTokens skipped;
      const MidiDict again = tokenizer.detokenize(*tokens, &skipped);
      CHECK(skipped.total() == 0);
      const auto is_note = [&](TokenId token) {
        const aria::TokenKind kind = tokenizer.view(token).kind;
        return kind == aria::TokenKind::note || kind == aria::TokenKind::drum;
      };
      CHECK(std::count_if(tokens->begin(), tokens->end(), is_note) == std::ssize(again.notes));
    }
  }
}

TEST_CASE("tokens become notes at 480 ticks a beat and 120 beats a minute", "[tokenizer]") {
  SkippedTokens skipped;
  const MidiDict piece = detokenize(
      {R"(["prefix", "composer", "bach"])", R"(["prefix", "instrument", "strings"])",
       R"(["prefix", "instrument", "drum"])", R"(["prefix", "instrument", "piano"])", R"("<S>")",
       R"(["piano", 60, 45])", R"(["dur", 500])", R"(["drum", 36])", R"(["wait", 10])", R"(["wait", 20])", R"("<D>")",
       R"(["strings", 127, 120])", R"(["dur", 10])", R"(["wait", 4990])", R"("<E>")", R"("<P>")"},
      &skipped);
  CHECK(piece.ticks_per_beat == 480);
  CHECK(piece.tempos == std::vector<aria::TempoMsg>{{Ticks{0}, 500'000}});
  CHECK(piece.instruments == std::vector<InstrumentMsg>{{Ticks{0}, 0, 40}, {Ticks{0}, 9, 0}, {Ticks{0}, 1, 0}});
  CHECK(piece.notes == std::vector<NoteMsg>{note(0, 480, 60, 45, 1), note(0, 10, 36, 60, 9),
                                            note(29, 39, 127, 120, 0)});  // 30 ms are 28.8 ticks, 10 ms 9.6
  CHECK(piece.meta.empty());
  CHECK(piece.pedals.empty());
  CHECK(piece.metadata.empty());
  CHECK(skipped.total() == 0);
}

TEST_CASE("the drums' velocity and length, and programs, are those of the configuration", "[tokenizer]") {
  LazyConfig config = LazyConfig::defaults();
  config.drum_velocity = 99;
  config.time_step = 7;
  config.programs[static_cast<std::size_t>(aria::Instrument::bass)] = 38;
  const LazyTokenizer tokenizer(config);
  const MidiDict piece = tokenizer.detokenize(tokens_of(
      tokenizer, {R"(["prefix", "instrument", "bass"])", R"(["prefix", "instrument", "drum"])", R"(["drum", 0])"}));
  CHECK(piece.instruments == std::vector<InstrumentMsg>{{Ticks{0}, 0, 38}, {Ticks{0}, 9, 0}});
  CHECK(piece.notes == std::vector<NoteMsg>{note(0, 7, 0, 99, 9)});
}

TEST_CASE("no tokens, or none that sound, are a piece without notes", "[tokenizer]") {
  for (const Reading reading : kReadings) {
    const LazyTokenizer tokenizer({.reading = reading});
    for (const Tokens& tokens : {Tokens{}, Tokens{0}, Tokens{0, 1}, Tokens(100, 2), Tokens(3, ~TokenId{0})}) {
      const MidiDict piece = tokenizer.detokenize(tokens);
      CHECK(piece.notes.empty());
      CHECK(piece.instruments == std::vector<InstrumentMsg>{{Ticks{0}, 0, 0}});
      check_valid(piece, reading);
    }
  }
}

TEST_CASE("every token that makes no sense is skipped and counted once", "[tokenizer]") {
  struct Case {
    std::vector<std::string_view> texts;
    SkippedTokens expected;
    std::size_t notes;
  };
  const std::string_view piano = R"(["prefix", "instrument", "piano"])", drums = R"(["prefix", "instrument", "drum"])",
                         key = R"(["piano", 60, 45])", dur = R"(["dur", 10])", wait = R"(["wait", 10])",
                         stroke = R"(["drum", 40])", unknown = R"("<U>")", pad = R"("<P>")", end = R"("<E>")",
                         silent_key = R"(["piano", 60, 0])", no_time = R"(["dur", 0])", bass = R"(["bass", 60, 45])";
  for (const Case& c : std::vector<Case>{
           {{piano, key, dur, end}, {}, 1},
           {{piano, key, end}, {.misplaced = 1}, 0},
           {{piano, key, wait, dur, end}, {.misplaced = 2}, 0},
           {{piano, key, key, dur, dur, end}, {.misplaced = 2}, 1},
           {{piano, bass, dur, key, dur, end}, {.misplaced = 1}, 1},
           {{key, dur, end}, {.misplaced = 1}, 0},
           {{piano, stroke, key, dur, end}, {.misplaced = 1}, 1},
           {{piano, piano, drums, drums, key, dur, stroke, end}, {.misplaced = 2}, 2},
           {{piano, wait, drums, stroke, end}, {.misplaced = 2}, 0},
           {{unknown, piano, pad, unknown, key, dur, unknown, end}, {.unknown = 3}, 1},
           {{unknown, unknown}, {.unknown = 2}, 0},
           {{piano, key, unknown, dur, end}, {.unknown = 1, .misplaced = 2}, 0},
           {{piano, silent_key, dur, key, no_time, silent_key, no_time, end}, {.silent = 3}, 0},
       }) {
    SkippedTokens skipped;
    const MidiDict piece = detokenize(c.texts, &skipped);
    CAPTURE(c.texts);
    CHECK(piece.notes.size() == c.notes);
    CHECK(skipped.unknown == c.expected.unknown);
    CHECK(skipped.misplaced == c.expected.misplaced);
    CHECK(skipped.silent == c.expected.silent);
    CHECK(skipped.total() == c.expected.unknown + c.expected.misplaced + c.expected.silent);
  }
}

TEST_CASE("what was skipped is added to what is there", "[tokenizer]") {
  SkippedTokens skipped{.unknown = 5, .misplaced = 6, .silent = 7};
  detokenize({R"("<U>")", R"(["dur", 10])"}, &skipped);
  CHECK(skipped.unknown == 6);
  CHECK(skipped.misplaced == 7);
  CHECK(skipped.silent == 7);
}

TEST_CASE("silence counts also where what follows it is skipped", "[tokenizer]") {
  const MidiDict piece =
      detokenize({R"(["prefix", "instrument", "piano"])", R"(["wait", 100])", R"(["bass", 60, 45])", R"(["dur", 10])",
                  R"("<U>")", R"(["wait", 400])", R"(["piano", 60, 45])", R"(["dur", 10])", R"("<E>")"});
  CHECK(piece.notes == std::vector<NoteMsg>{note(480, 490, 60, 45, 0)});
}

TEST_CASE("the reference reading takes the last token for no event, and keeps notes of no length", "[tokenizer]") {
  const std::vector<std::string_view> texts = {R"(["prefix", "instrument", "piano"])",
                                               R"(["prefix", "instrument", "drum"])", R"(["piano", 60, 0])",
                                               R"(["dur", 0])", R"(["drum", 35])"};
  SkippedTokens skipped;
  CHECK(detokenize(texts, &skipped, Reading::reference).notes == std::vector<NoteMsg>{note(0, 0, 60, 0, 0)});
  CHECK(skipped.total() == 0);
  CHECK(detokenize(texts, &skipped, Reading::standard).notes == std::vector<NoteMsg>{note(0, 10, 35, 60, 9)});
  CHECK(skipped.silent == 1);
}

TEST_CASE("sixteen instruments do not fit into fifteen channels", "[tokenizer]") {
  LazyConfig config = LazyConfig::defaults();
  config.ignore.fill(false);
  const LazyTokenizer tokenizer(config);
  Tokens tokens;
  for (TokenId id = 5; id < 5 + 17; ++id) tokens.push_back(id);  // all of them, then drums
  SkippedTokens skipped;
  const MidiDict piece = tokenizer.detokenize(tokens, &skipped);
  CHECK(piece.instruments.size() == 16);
  CHECK(skipped.misplaced == 1);
  for (std::size_t i = 0; i < 15; ++i) CHECK(piece.instruments[i].channel() == (i < 9 ? i : i + 1));
  CHECK(piece.instruments[15].channel() == 9);
  check_valid(piece, Reading::standard);
}

TEST_CASE("where piano is ignored, the standard reading knows its tokens all the same", "[tokenizer]") {
  LazyConfig config = LazyConfig::defaults();
  config.ignore[0] = true;
  for (const Reading reading : kReadings) {
    const LazyTokenizer tokenizer(config, {.reading = reading});
    const Tokens tokens = tokens_of(
        tokenizer, {R"(["prefix", "instrument", "piano"])", R"(["prefix", "instrument", "bass"])",
                    R"(["piano", 60, 45])", R"(["dur", 10])", R"(["bass", 60, 45])", R"(["dur", 10])", R"("<E>")"});
    SkippedTokens skipped;
    const MidiDict piece = tokenizer.detokenize(tokens, &skipped);
    const bool standard = reading == Reading::standard;
    CHECK(piece.notes.size() == (standard ? 2 : 1));
    CHECK(piece.notes.back().channel() == (standard ? 1 : 0));
    CHECK(skipped.misplaced == (standard ? 0 : 2));
  }
}

TEST_CASE("no number of waits leads beyond the last tick", "[tokenizer]") {
  LazyConfig config = LazyConfig::defaults();
  config.time_steps = 10'000;
  config.time_step = 1'000;
  config.ignore = test::all_but({aria::Instrument::piano});
  const LazyTokenizer tokenizer(config);
  Tokens tokens = tokens_of(tokenizer, {R"(["prefix", "instrument", "piano"])"});
  // 2^48 ticks are 29.3 million of the longest waits.
  tokens.insert(tokens.end(), 30'000'000, *tokenizer.vocabulary().find(R"(["wait", 9999000])"));
  for (const TokenId id : tokens_of(tokenizer, {R"(["piano", 60, 45])", R"(["dur", 9999000])", R"(["wait", 1000])",
                                                R"(["piano", 60, 45])", R"(["dur", 1000])", R"("<E>")"})) {
    tokens.push_back(id);
  }
  const MidiDict piece = tokenizer.detokenize(tokens);
  REQUIRE(piece.notes.size() == 2);
  check_valid(piece, Reading::standard);
  CHECK(piece.notes[0].start() > Ticks{aria::kTickLimit / 2});
  CHECK(piece.notes[0].end() - piece.notes[0].start() == Ticks{9'599'040});
  CHECK(piece.notes[1].start() == piece.notes[0].start());
}
