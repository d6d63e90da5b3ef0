// Pieces -> tokens: by examples, and against the slow tokenizer of tests/support/slow_lazy.hpp.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/tokenizer.hpp>

#include "lazy_cases.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/slow_lazy.hpp"

namespace {

using aria::ErrorCode;
using aria::LazyConfig;
using aria::LazyOptions;
using aria::LazyTokenizer;
using aria::MidiDict;
using aria::NoteMsg;
using aria::RandomStream;
using aria::Reading;
using aria::Ticks;
using aria::TokenId;
using Texts = std::vector<std::string>;

Texts texts_of(const LazyTokenizer& tokenizer, std::span<const TokenId> tokens) {
  Texts texts;
  for (const std::string_view text : aria::decode(tokenizer, tokens)) texts.emplace_back(text);
  return texts;
}

// Where the two first differ; nothing where they do not.
std::string difference(const Texts& actual, const Texts& expected) {
  const auto [a, b] = std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end());
  if (a == actual.end() && b == expected.end()) return "";
  const auto text = [](auto at, const Texts& all) { return at == all.end() ? "nothing" : *at; };
  return "token " + std::to_string(a - actual.begin()) + ": " + text(a, actual) + ", not " + text(b, expected);
}

Texts tokenize(const LazyTokenizer& tokenizer, const MidiDict& piece) {
  return texts_of(tokenizer, tokenizer.tokenize(piece));
}

// A piece in which a tick is a millisecond, with a piano on channel 0.
MidiDict piece_of(std::vector<NoteMsg> notes) {
  MidiDict piece;
  piece.ticks_per_beat = 500;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments = {{Ticks{0}, 0, 0}};
  piece.notes = std::move(notes);
  return piece;
}

NoteMsg note(std::int64_t start, std::int64_t end, unsigned channel = 0, unsigned pitch = 60, unsigned velocity = 45) {
  return {Ticks{start}, Ticks{end}, pitch, velocity, channel};
}

// `count` strokes on the drums at one time: as many tokens.
MidiDict drum_roll(std::size_t count) { return piece_of(std::vector<NoteMsg>(count, note(0, 10, 9))); }

// Where <D> stands, counted back from <E>, which is 1.
std::size_t diminish_distance(std::span<const TokenId> tokens) {
  const auto at = std::find(tokens.begin(), tokens.end(), aria::LazyVocabulary::kDiminish);
  REQUIRE(at != tokens.end());
  REQUIRE(std::count(tokens.begin(), tokens.end(), *at) == 1);
  return static_cast<std::size_t>(tokens.end() - at) - 1;
}

// The tokens behind the prefix and <S>, without <E>.
Texts music_of(const MidiDict& piece) {
  const Texts all = tokenize(LazyTokenizer{}, piece);
  const auto start = std::find(all.begin(), all.end(), "\"<S>\"");
  REQUIRE(start != all.end());
  REQUIRE(all.back() == "\"<E>\"");
  return {start + 1, all.end() - 1};
}

// The tokens before <S>.
Texts prefix_of(const LazyTokenizer& tokenizer, const MidiDict& piece) {
  const Texts all = tokenize(tokenizer, piece);
  return {all.begin(), std::find(all.begin(), all.end(), "\"<S>\"")};
}

}  // namespace

TEST_CASE("LazyTokenizer writes what the slow one writes", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    for (const Reading reading : {Reading::standard, Reading::reference}) {
      const LazyTokenizer tokenizer(config, {.reading = reading});
      test::SlowLazyWriter slow(config, reading);
      int empty = 0, with_end_near = 0;
      for (std::uint64_t seed = 0; seed < 150; ++seed) {
        CAPTURE(name, static_cast<int>(reading), seed);
        const MidiDict piece = test::random_lazy_piece(seed, config);
        const Texts expected = slow.write(piece);
        if (expected.empty()) {
          ++empty;
          REQUIRE(test::error_of([&] { tokenizer.tokenize(piece); }).code() == ErrorCode::empty_result);
          continue;
        }
        with_end_near += std::count(expected.begin(), expected.end(), "\"<D>\"") != 0;
        REQUIRE(difference(tokenize(tokenizer, piece), expected) == "");
      }
      CHECK(empty < 75);
      CHECK(with_end_near > 10);
    }
  }
}

TEST_CASE("LazyTokenizer writes what the slow one writes of pieces with many tempos and long notes", "[tokenizer]") {
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    const LazyTokenizer tokenizer({.reading = reading});
    test::SlowLazyWriter slow(LazyConfig::defaults(), reading);
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      CAPTURE(static_cast<int>(reading), seed);
      MidiDict piece = test::random_piece(seed, {.max_notes = 100, .max_messages = 300, .ticks = 3000});
      piece.instruments = {{Ticks{0}, 0, 0}};
      if (piece.notes.empty()) continue;
      REQUIRE(difference(tokenize(tokenizer, piece), slow.write(piece)) == "");
    }
  }
}

TEST_CASE("a piece becomes prefix, start, notes with durations and waits, end", "[tokenizer]") {
  MidiDict piece = piece_of({note(700, 1200), note(700, 710, 9, 36), note(1000, 3000, 1, 64, 80), note(1000, 1004)});
  piece.instruments = {{Ticks{0}, 1, 40}, {Ticks{0}, 0, 7}};
  piece.metadata = {{"composer", "satie"}};
  CHECK(tokenize(LazyTokenizer{}, piece) ==
        Texts{R"(["prefix", "composer", "satie"])", R"(["prefix", "instrument", "piano"])",
              R"(["prefix", "instrument", "strings"])", R"(["prefix", "instrument", "drum"])", R"("<S>")",
              R"(["piano", 60, 45])", R"(["dur", 500])", R"(["drum", 36])", R"(["wait", 300])",
              R"(["strings", 64, 75])", R"(["dur", 2000])", R"(["piano", 60, 45])", R"(["dur", 10])", R"("<E>")"});
}

TEST_CASE("the prefix is in the order of the vocabulary, drums last, and names what has no notes", "[tokenizer]") {
  MidiDict piece = piece_of({note(0, 10, 9), note(0, 10, 5)});
  piece.instruments = {{Ticks{0}, 3, 80}, {Ticks{0}, 2, 32}, {Ticks{0}, 1, 32}, {Ticks{0}, 9, 24}, {Ticks{9}, 3, 16}};
  piece.metadata = {{"composer", "ravel"}};
  const Texts usual = {R"(["prefix", "composer", "ravel"])", R"(["prefix", "instrument", "piano"])",
                       R"(["prefix", "instrument", "organ"])", R"(["prefix", "instrument", "bass"])",
                       R"(["prefix", "instrument", "drum"])"};
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    CHECK(prefix_of(LazyTokenizer({.reading = reading}), piece) == usual);
  }
  LazyConfig backwards = LazyConfig::defaults();
  std::reverse(backwards.order.begin(), backwards.order.end());
  Texts expected = usual;
  std::reverse(expected.begin() + 1, expected.end() - 1);
  CHECK(prefix_of(LazyTokenizer(backwards), piece) == expected);

  piece.metadata = {{"composer", "Ravel"}};  // not the name of the configuration
  CHECK(prefix_of(LazyTokenizer{}, piece) == Texts(usual.begin() + 1, usual.end()));
  piece.notes = {note(0, 10, 5)};
  CHECK(prefix_of(LazyTokenizer{}, piece) == Texts(usual.begin() + 1, usual.end() - 1));
}

TEST_CASE("waits longer than the longest are several, and none is 0", "[tokenizer]") {
  const auto waits = [](std::int64_t length) {
    const Texts music = music_of(piece_of({note(100, 200), note(100 + length, 200 + length)}));
    return Texts(music.begin() + 2, music.end() - 2);
  };
  const std::string longest = R"(["wait", 4990])";
  CHECK(waits(0).empty());
  CHECK(waits(5).empty());
  CHECK(waits(6) == Texts{R"(["wait", 10])"});
  CHECK(waits(15) == Texts{R"(["wait", 20])"});
  CHECK(waits(4990) == Texts{longest});
  CHECK(waits(4991) == Texts{longest});
  CHECK(waits(4995) == Texts{longest});
  CHECK(waits(4996) == Texts{longest, R"(["wait", 10])"});
  CHECK(waits(2 * 4990) == Texts{longest, longest});
  CHECK(waits(2 * 4990 + 25) == Texts{longest, longest, R"(["wait", 20])"});
  CHECK(waits(140 * 4990 + 4989) == Texts(141, longest));
}

TEST_CASE("durations end at the longest, and are never 0", "[tokenizer]") {
  const auto duration = [](std::int64_t length) { return music_of(piece_of({note(100, 100 + length)})).at(1); };
  CHECK(duration(0) == R"(["dur", 10])");
  CHECK(duration(1) == R"(["dur", 10])");
  CHECK(duration(15) == R"(["dur", 20])");
  CHECK(duration(4985) == R"(["dur", 4980])");
  CHECK(duration(4990) == R"(["dur", 4990])");
  CHECK(duration(100'000) == R"(["dur", 4990])");
}

TEST_CASE("the pedal of its channel keeps a note sounding", "[tokenizer]") {
  struct Case {
    const char* what;
    std::vector<aria::PedalMsg> pedals;
    std::int64_t expected;  // length of a note from 1000 to 1100; a note on drums ends at 3000
  };
  const auto down = [](std::int64_t tick, unsigned channel = 0) { return aria::PedalMsg(Ticks{tick}, channel, true); };
  const auto up = [](std::int64_t tick, unsigned channel = 0) { return aria::PedalMsg(Ticks{tick}, channel, false); };
  for (const Case& c : std::vector<Case>{
           {"none", {}, 100},
           {"down before, up later", {down(900), up(1500)}, 500},
           {"down with the note", {down(1000), up(1500)}, 500},
           {"down behind the start", {down(1001), up(1500)}, 100},
           {"up with the note", {down(900), up(1000)}, 100},
           {"up before the end", {down(900), up(1050)}, 100},
           {"up with the end", {down(900), up(1100)}, 100},
           {"down twice", {down(900), down(1200), up(1500)}, 500},
           {"up twice", {down(900), up(1400), up(1500)}, 400},
           {"up first", {up(900), down(950), up(1500)}, 500},
           {"no time down", {down(1000), up(1000)}, 100},
           {"two intervals that touch", {down(900), up(1000), down(1000), up(1600)}, 600},
           {"down again before the note ends", {down(900), up(1050), down(1060), up(1600)}, 100},
           {"another channel's", {down(900, 1), up(1500, 1)}, 100},
           {"the drums'", {down(900, 9), up(1500, 9)}, 100},
           {"never up: until the end of the last note", {down(900)}, 2000},
           {"never up again", {down(900), up(950), down(960)}, 2000},
           {"down behind the last note", {down(5000)}, 100},
       }) {
    MidiDict piece = piece_of({note(1000, 1100), note(2000, 3000, 9)});
    piece.pedals = c.pedals;
    CAPTURE(c.what);
    CHECK(music_of(piece).at(1) == "[\"dur\", " + std::to_string(c.expected) + ']');
    test::SlowLazyWriter slow(LazyConfig::defaults(), Reading::standard);
    CHECK(difference(tokenize(LazyTokenizer{}, piece), slow.write(piece)) == "");
  }
}

TEST_CASE("a pedal that stays down goes up with the last note that is not taken out", "[tokenizer]") {
  MidiDict piece = piece_of({note(0, 100), note(200, 1000), note(300, 4000, 1)});
  piece.instruments.emplace_back(Ticks{0}, 1U, 127U);  // sfx, ignored
  piece.pedals = {{Ticks{0}, 0, true}};
  CHECK(music_of(piece).at(1) == R"(["dur", 1000])");
}

TEST_CASE("drums of any pitch are tokens, those beyond the vocabulary unknown to models", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  for (unsigned pitch = 0; pitch < 128; ++pitch) {
    const std::vector<TokenId> tokens = tokenizer.tokenize(piece_of({note(0, 10, 9, pitch)}));
    REQUIRE(tokens.size() == 5);  // the piano of the instruments, drum, <S>, the stroke, <E>
    CHECK(tokenizer.vocabulary().text(tokens[3]) == "[\"drum\", " + std::to_string(pitch) + ']');
    const bool known = pitch >= 35 && pitch <= 81;
    CHECK((tokens[3] < tokenizer.vocabulary().size()) == known);
    CHECK((tokenizer.vocabulary().encode(tokens[3]) == tokenizer.vocabulary().unknown()) == !known);
  }
}

TEST_CASE("channels that anywhere have an ignored instrument are taken out, with all that is theirs", "[tokenizer]") {
  MidiDict piece = piece_of({note(0, 100), note(50, 9000, 1), note(200, 300, 2)});
  piece.instruments = {{Ticks{0}, 0, 0}, {Ticks{0}, 1, 32}, {Ticks{0}, 2, 48}, {Ticks{8000}, 1, 127}};
  CHECK(tokenize(LazyTokenizer{}, piece) == Texts{R"(["prefix", "instrument", "piano"])",
                                                  R"(["prefix", "instrument", "ensemble"])", R"("<S>")",
                                                  R"(["piano", 60, 45])", R"(["dur", 100])", R"(["wait", 200])",
                                                  R"(["ensemble", 60, 45])", R"(["dur", 100])", R"("<E>")"});
}

TEST_CASE("where piano is ignored, channels of program 0 and of none remain", "[tokenizer]") {
  LazyConfig config = LazyConfig::defaults();
  config.ignore[0] = true;
  const LazyTokenizer tokenizer(config);
  MidiDict piece = piece_of({note(0, 100), note(0, 100, 1), note(0, 100, 2)});
  piece.instruments = {{Ticks{0}, 0, 0}, {Ticks{0}, 1, 1}};  // program 1 is a piano as well, and goes
  const std::vector<TokenId> tokens = tokenizer.tokenize(piece);
  CHECK(texts_of(tokenizer, tokens) == Texts{R"(["prefix", "instrument", "piano"])", R"("<S>")", R"(["piano", 60, 45])",
                                             R"(["dur", 100])", R"(["piano", 60, 45])", R"(["dur", 100])", R"("<E>")"});
  CHECK(tokenizer.vocabulary().encode(tokens[0]) == tokenizer.vocabulary().unknown());
  CHECK(tokenizer.vocabulary().encode(tokens[2]) == tokenizer.vocabulary().unknown());
  CHECK(tokenizer.vocabulary().encode(tokens[3]) == tokens[3]);
}

TEST_CASE("<D> stands in pieces of more than 150 tokens", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const auto has_diminish = [&](std::size_t count) {
    const std::vector<TokenId> tokens = tokenizer.tokenize(drum_roll(count));
    return std::count(tokens.begin(), tokens.end(), aria::LazyVocabulary::kDiminish) == 1;
  };
  CHECK_FALSE(has_diminish(149));
  CHECK_FALSE(has_diminish(150));
  CHECK(has_diminish(151));
  CHECK(diminish_distance(tokenizer.tokenize(drum_roll(151))) == 101);  // 100 tokens, and <E>
  CHECK(diminish_distance(tokenizer.tokenize(drum_roll(1000))) == 101);
}

TEST_CASE("<D> does not stand between a note and its duration", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  // 100 tokens before the end begins a note; with one stroke on the drums behind, that is its duration.
  std::vector<NoteMsg> notes(100, note(0, 100));
  CHECK(diminish_distance(tokenizer.tokenize(piece_of(notes))) == 101);
  notes.push_back(note(0, 10, 9));
  const std::vector<TokenId> tokens = tokenizer.tokenize(piece_of(notes));
  CHECK(diminish_distance(tokens) == 102);
  CHECK(tokenizer.view(tokens[tokens.size() - 102]).kind == aria::TokenKind::note);
}

TEST_CASE("the place of <D> is drawn from the stream alone, and from all within reach", "[tokenizer]") {
  for (const std::uint32_t jitter : {0U, 1U, 10U, 49U}) {
    CAPTURE(jitter);
    const LazyTokenizer tokenizer({.diminish_jitter = jitter});
    std::set<std::size_t> distances;
    std::vector<TokenId> tokens;
    for (std::uint64_t index = 0; index < 1500; ++index) {
      tokenizer.tokenize(drum_roll(151 + index % 3), RandomStream(7, index), tokens);
      const std::size_t distance = diminish_distance(tokens);
      distances.insert(distance);
      tokenizer.tokenize(drum_roll(200), RandomStream(7, index), tokens);
      REQUIRE(diminish_distance(tokens) == distance);
    }
    CHECK(*distances.begin() == 101 - jitter);
    CHECK(*distances.rbegin() == 101 + jitter);
    CHECK(distances.size() == 2 * jitter + 1);
  }
}

TEST_CASE("without jitter, a stream changes nothing, and with it nothing but <D>", "[tokenizer]") {
  const LazyTokenizer still({.diminish_jitter = 0}), jittering({.diminish_jitter = 49});
  std::vector<TokenId> tokens;
  int moved = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    MidiDict piece = test::random_piece(seed);
    piece.instruments = {{Ticks{0}, 0, 0}};
    if (piece.notes.empty()) continue;
    std::vector<TokenId> expected = still.tokenize(piece);
    CHECK(jittering.tokenize(piece) == expected);
    still.tokenize(piece, RandomStream(seed), tokens);
    CHECK(tokens == expected);
    jittering.tokenize(piece, RandomStream(seed), tokens);
    moved += tokens != expected;
    std::erase(expected, aria::LazyVocabulary::kDiminish);
    std::erase(tokens, aria::LazyVocabulary::kDiminish);
    CHECK(tokens == expected);
  }
  CHECK(moved > 20);
}

TEST_CASE("what was in the list of tokens before does not matter", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const MidiDict piece = drum_roll(200);
  std::vector<TokenId> fresh, used(1000, 7);
  tokenizer.tokenize(piece, RandomStream(1), fresh);
  tokenizer.tokenize(piece, RandomStream(1), used);
  CHECK(used == fresh);
}

TEST_CASE("a piece without notes gives no tokens", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const auto error_of = [&](const MidiDict& piece) { return test::error_of([&] { tokenizer.tokenize(piece); }); };
  CHECK(error_of(MidiDict{}).code() == ErrorCode::empty_result);
  CHECK(error_of(piece_of({})).message() == "has no notes");
  MidiDict ignored = piece_of({note(0, 10)});
  ignored.instruments = {{Ticks{0}, 0, 127}};
  CHECK(error_of(ignored).code() == ErrorCode::empty_result);
  CHECK(error_of(ignored).message() == "has no notes left after ignoring instruments");
}

TEST_CASE("silence of years is refused, and does not take years", "[tokenizer]") {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  const auto wait_of = [](std::int64_t tokens) {
    return piece_of({note(0, 10, 9), note(tokens * 4990, tokens * 4990 + 1, 9)});
  };
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    const LazyTokenizer tokenizer({.reading = reading});
    const auto error_of = [&](const MidiDict& piece) {
      return test::error_of([&] { tokenizer.tokenize(piece); }).code();
    };
    CHECK(error_of(piece_of({note(0, 1, 9), note(aria::kTickLimit - 2, aria::kTickLimit - 1, 9)})) ==
          ErrorCode::too_large);
    MidiDict slowest = piece_of({note(0, 1), note(aria::kTickLimit - 2, aria::kTickLimit - 1)});
    slowest.tempos[0].tempo = 0xff'ffff;
    slowest.ticks_per_beat = 1;
    CHECK(error_of(slowest) == ErrorCode::too_large);
    CHECK(error_of(wait_of(kMost)) == ErrorCode::too_large);
  }
  const LazyTokenizer tokenizer;
  // Piano and drum, <S>, two strokes: five tokens, and <D> and <E> behind the music.
  CHECK(tokenizer.tokenize(wait_of(kMost - 5)).size() == static_cast<std::size_t>(kMost) + 2);
  CHECK(test::error_of([&] { tokenizer.tokenize(wait_of(kMost - 4)); }).code() == ErrorCode::too_large);
}

TEST_CASE("times that 64 bits do not hold are exact all the same", "[tokenizer]") {
  // A day at the finest division and the slowest tempo.
  MidiDict piece = piece_of({});
  piece.ticks_per_beat = 0x7fff;
  piece.tempos = {{Ticks{0}, 0xff'ffff}, {Ticks{0x7fff * 5000LL}, 500'000}};
  for (std::int64_t i = 0; i < 40; ++i) {
    const std::int64_t start = i * i * 0x7fff * 4;
    piece.notes.push_back(note(start, start + 1 + i * 997));
  }
  test::SlowLazyWriter slow(LazyConfig::defaults(), Reading::standard);
  CHECK(difference(tokenize(LazyTokenizer{}, piece), slow.write(piece)) == "");
}

TEST_CASE("a pedal may go up after centuries", "[tokenizer]") {
  MidiDict piece = piece_of({note(0, 100), note(50, 60)});
  piece.ticks_per_beat = 1;
  piece.tempos[0].tempo = 0xff'ffff;
  piece.pedals = {{Ticks{50}, 0, true}, {Ticks{aria::kTickLimit - 1}, 0, false}};
  CHECK(music_of(piece).back() == R"(["dur", 4990])");
  piece.pedals = {{Ticks{aria::kTickLimit - 1}, 0, true}};
  piece.tempos[0].tempo = 1000;
  CHECK(music_of(piece).back() == R"(["dur", 10])");
}

TEST_CASE("0 ticks a beat: no time passes, and the original divides by zero where it asks for time", "[tokenizer]") {
  const LazyTokenizer standard, reference({.reading = Reading::reference});
  const auto stopped = [](std::vector<NoteMsg> notes) {
    MidiDict piece = piece_of(std::move(notes));
    piece.ticks_per_beat = 0;
    return piece;
  };
  const MidiDict two = stopped({note(5, 10), note(700, 800)});
  CHECK(music_of(two) == Texts{R"(["piano", 60, 45])", R"(["dur", 10])", R"(["piano", 60, 45])", R"(["dur", 10])"});
  CHECK(test::error_of([&] { reference.tokenize(two); }).code() == ErrorCode::invalid_midi);
  const MidiDict one_stroke = stopped({note(5, 10, 9)});
  CHECK(tokenize(reference, one_stroke) == tokenize(standard, one_stroke));
  CHECK(test::error_of([&] {
          reference.tokenize(stopped({note(5, 10, 9), note(5, 10, 9)}));
        }).code() == ErrorCode::invalid_midi);
}

TEST_CASE("a piece without tempos plays at 120 beats a minute", "[tokenizer]") {
  MidiDict piece = piece_of({note(0, 1000), note(500, 600)});
  const Texts expected = tokenize(LazyTokenizer{}, piece);
  piece.tempos.clear();
  CHECK(tokenize(LazyTokenizer{}, piece) == expected);
  CHECK(tokenize(LazyTokenizer({.reading = Reading::reference}), piece) == expected);
}

TEST_CASE("the readings differ behind the last change of tempo", "[tokenizer]") {
  MidiDict piece = piece_of({note(1000, 2000)});
  piece.tempos.push_back({Ticks{500}, 1'000'000});
  const auto duration = [&](Reading reading) { return tokenize(LazyTokenizer({.reading = reading}), piece).at(3); };
  CHECK(duration(Reading::standard) == R"(["dur", 2000])");
  CHECK(duration(Reading::reference) == R"(["dur", 2500])");  // -0.5 s * 0.5 and 1.5 s * 2 in the original's sum
}
