// The tokenizer that a user might have written: what it does itself, and that the library takes it as it is.
#include "tokenizers/performance_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/augmentation.hpp>
#include <aria/dataset.hpp>
#include <aria/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::MidiDict;
using aria::NoteMsg;
using aria::SkippedTokens;
using aria::Ticks;
using aria::TokenId;
using aria::TokenKind;
using aria::TokenRole;
using aria::TokenView;
using Tokens = std::vector<TokenId>;

const PerformanceTokenizer kTokenizer;

Tokens tokens_of(const MidiDict& piece) {
  Tokens out = {7, 7, 7};  // is replaced
  kTokenizer.tokenize(piece, aria::RandomStream(0), out);
  return out;
}

// Nothing where the piece has no notes but drums, or lasts for days.
std::optional<Tokens> tokens_if_any(const MidiDict& piece) {
  try {
    return tokens_of(piece);
  } catch (const aria::Error& error) {
    CHECK((error.code() == aria::ErrorCode::empty_result || error.code() == aria::ErrorCode::too_large));
    return std::nullopt;
  }
}

std::string text_of(const Tokens& tokens) {
  std::string text;
  for (const std::string_view one : aria::decode(kTokenizer, tokens)) text.append(text.empty() ? "" : " ").append(one);
  return text;
}

Tokens tokens_of_texts(const std::vector<std::string_view>& texts) { return aria::encode(kTokenizer, texts); }

std::size_t count(const Tokens& tokens, TokenKind kind) {
  return static_cast<std::size_t>(
      std::count_if(tokens.begin(), tokens.end(), [&](TokenId token) { return kTokenizer.view(token).kind == kind; }));
}

// A piece in which a tick is a millisecond.
MidiDict piece_of(std::vector<NoteMsg> notes) {
  MidiDict piece;
  piece.ticks_per_beat = 500;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments.emplace_back(Ticks{0}, 0U, 0U);
  piece.notes = std::move(notes);
  return piece;
}

NoteMsg note(std::int64_t start, std::int64_t end, unsigned pitch, unsigned velocity = 64, unsigned channel = 0) {
  return {Ticks{start}, Ticks{end}, pitch, velocity, channel};
}

bool in_bounds(const NoteMsg& note) { return note.channel() == 0 && note.pitch() < 128 && note.velocity() < 128; }

// What every MidiDict of the tokenizer has to be: in order, without notes that cannot be heard, one key once at a time.
void check_valid(const MidiDict& piece) {
  CHECK(test::all_notes_sound(piece));
  CHECK(std::all_of(piece.notes.begin(), piece.notes.end(), in_bounds));
  CHECK(std::is_sorted(piece.notes.begin(), piece.notes.end(),
                       [](const NoteMsg& a, const NoteMsg& b) { return a.start() < b.start(); }));
  std::array<Ticks, 128> ends{};
  for (const NoteMsg& one : piece.notes) {
    CHECK(ends[one.pitch()] <= one.start());
    ends[one.pitch()] = one.end();
  }
  CHECK((MidiDict::from_json(piece.to_json()) == piece));
  CHECK((MidiDict::from_midi(piece.to_midi()) == test::through_midi(piece)));
}

}  // namespace

TEST_CASE("the performance encoding has 388 tokens and 4 special ones", "[token]") {
  const aria::Vocabulary& vocabulary = kTokenizer.vocabulary();
  CHECK(vocabulary.size() == 392);
  CHECK(vocabulary.token_count() == 392);
  CHECK(vocabulary.text(vocabulary.pad()) == R"("<P>")");
  CHECK(vocabulary.text(vocabulary.unknown()) == R"("<U>")");
  std::array<std::size_t, aria::kTokenKindCount> counts{};
  for (TokenId token = 0; token < vocabulary.size(); ++token) {
    ++counts[static_cast<std::size_t>(kTokenizer.view(token).kind)];
  }
  const auto count_of = [&](TokenKind kind) { return counts[static_cast<std::size_t>(kind)]; };
  CHECK(count_of(TokenKind::special) == 4);
  CHECK(count_of(TokenKind::note) == 128);
  CHECK(count_of(TokenKind::note_off) == 128);
  CHECK(count_of(TokenKind::wait) == 100);
  CHECK(count_of(TokenKind::velocity) == 32);
}

TEST_CASE("the performance encoding says what its tokens mean", "[token]") {
  const auto view = [](std::string_view text) { return kTokenizer.view(kTokenizer.vocabulary().find(text).value()); };
  CHECK((view(R"(["on", 0])") == TokenView{.kind = TokenKind::note, .pitch = 0}));
  CHECK((view(R"(["on", 127])") == TokenView{.kind = TokenKind::note, .pitch = 127}));
  CHECK((view(R"(["off", 60])") == TokenView{.kind = TokenKind::note_off, .pitch = 60}));
  CHECK((view(R"(["shift", 10])") == TokenView{.kind = TokenKind::wait, .value = 10}));
  CHECK((view(R"(["shift", 1000])") == TokenView{.kind = TokenKind::wait, .value = 1000}));
  CHECK((view(R"(["velocity", 4])") == TokenView{.kind = TokenKind::velocity, .velocity = 4}));
  CHECK((view(R"(["velocity", 127])") == TokenView{.kind = TokenKind::velocity, .velocity = 127}));
  for (const TokenId none : {392U, 393U, 0xffff'ffffU}) CHECK((kTokenizer.view(none) == TokenView{}));
  for (const char* special : {R"("<P>")", R"("<U>")", R"("<S>")", R"("<E>")"}) CHECK((view(special) == TokenView{}));
}

TEST_CASE("notes and velocities are where a performance may be cut", "[token]") {
  const auto role = [](std::string_view text) { return kTokenizer.role(kTokenizer.vocabulary().find(text).value()); };
  CHECK(role(R"(["on", 60])") == TokenRole::event);
  CHECK(role(R"(["velocity", 64])") == TokenRole::event);
  CHECK(role(R"(["off", 60])") == TokenRole::continuation);
  CHECK(role(R"(["shift", 10])") == TokenRole::continuation);
  CHECK(role(R"("<S>")") == TokenRole::special);
  CHECK(kTokenizer.role(392) == TokenRole::special);
  CHECK(kTokenizer.role(0xffff'ffff) == TokenRole::special);
}

TEST_CASE("the performance encoding finds the tokens of all meanings", "[token]") {
  const TokenId unknown = kTokenizer.vocabulary().unknown();
  for (TokenId token = 4; token < kTokenizer.vocabulary().size(); ++token) {
    CHECK(kTokenizer.find(kTokenizer.view(token)) == token);
  }
  CHECK(kTokenizer.find({.kind = TokenKind::special}) == unknown);
  CHECK(kTokenizer.find({.kind = TokenKind::drum, .pitch = 40}) == unknown);
  CHECK(kTokenizer.find({.kind = TokenKind::duration, .value = 10}) == unknown);
  CHECK(kTokenizer.find({.kind = TokenKind::note, .pitch = 128}) == unknown);
  CHECK(kTokenizer.find({.kind = TokenKind::note_off, .pitch = 255}) == unknown);
  for (const std::int32_t time : {-10, 0, 5, 1005, 1010}) {
    CHECK(kTokenizer.find({.kind = TokenKind::wait, .value = time}) == unknown);
  }
  CHECK(kTokenizer.find({.kind = TokenKind::velocity, .velocity = 0}) == unknown);
  const auto bin = [](std::uint8_t velocity) {
    return text_of({kTokenizer.find({.kind = TokenKind::velocity, .velocity = velocity})});
  };
  CHECK(bin(1) == R"(["velocity", 4])");
  CHECK(bin(4) == R"(["velocity", 4])");
  CHECK(bin(5) == R"(["velocity", 8])");
  CHECK(bin(124) == R"(["velocity", 124])");
  CHECK(bin(125) == R"(["velocity", 127])");
}

TEST_CASE("a performance is written in the order in which it is played", "[token]") {
  // A broken chord, held over a rest, and louder at the end; silence before it, a drum within.
  MidiDict piece = piece_of({note(3000, 3500, 64, 60), note(3000, 3504, 60, 58), note(3100, 3300, 38, 127, 9),
                             note(3250, 6017, 67, 90), note(6017, 6018, 67, 1)});
  CHECK(text_of(tokens_of(piece)) ==
        R"("<S>" ["velocity", 60] ["on", 60] ["on", 64] ["shift", 250] ["velocity", 92] ["on", 67] ["shift", 250] )"
        R"(["off", 60] ["off", 64] ["shift", 1000] ["shift", 1000] ["shift", 520] ["off", 67] ["velocity", 4] )"
        R"(["on", 67] ["shift", 10] ["off", 67] "<E>")");
}

TEST_CASE("the pedal holds the notes of its channel in a performance", "[token]") {
  MidiDict piece = piece_of({note(0, 100, 60), note(0, 100, 62, 64, 1), note(300, 400, 64), note(900, 1000, 65),
                             note(940, 960, 67), note(950, 990, 66)});
  for (const auto& [tick, down] : {std::pair{50, true}, {500, false}, {960, true}}) {
    piece.pedals.emplace_back(Ticks{tick}, 0U, down);
  }
  CHECK(text_of(tokens_of(piece)) ==
        R"("<S>" ["velocity", 64] ["on", 60] ["on", 62] ["shift", 100] ["off", 62] ["shift", 200] ["on", 64] )"
        R"(["shift", 200] ["off", 60] ["off", 64] ["shift", 400] ["on", 65] ["shift", 40] ["on", 67] )"
        R"(["shift", 10] ["on", 66] ["shift", 40] ["off", 66] ["off", 67] ["shift", 10] ["off", 65] "<E>")");
}

TEST_CASE("a key of a performance goes up before it is struck again", "[token]") {
  SECTION("while it sounds") {
    CHECK(
        text_of(tokens_of(piece_of({note(0, 1000, 60), note(200, 300, 60)}))) ==
        R"("<S>" ["velocity", 64] ["on", 60] ["shift", 200] ["off", 60] ["on", 60] ["shift", 100] ["off", 60] "<E>")");
  }
  SECTION("as it is let go") {
    CHECK(
        text_of(tokens_of(piece_of({note(0, 200, 60), note(200, 300, 60)}))) ==
        R"("<S>" ["velocity", 64] ["on", 60] ["shift", 200] ["off", 60] ["on", 60] ["shift", 100] ["off", 60] "<E>")");
  }
  SECTION("by another instrument") {
    CHECK(text_of(tokens_of(piece_of({note(0, 100, 60, 40), note(3, 300, 60, 80, 5)}))) ==
          R"("<S>" ["velocity", 80] ["on", 60] ["shift", 300] ["off", 60] "<E>")");
  }
}

TEST_CASE("a performance without notes, or of more than a day, has no tokens", "[token]") {
  const auto why = [](const MidiDict& piece) { return test::error_of([&] { tokens_of(piece); }); };
  CHECK(why(MidiDict()).code() == aria::ErrorCode::empty_result);
  CHECK(why(piece_of({note(0, 100, 38, 64, 9)})).message() == "has no notes but drums");
  CHECK(why(piece_of({note(0, 100, 60, 0)})).code() == aria::ErrorCode::empty_result);

  constexpr std::int64_t kDay = 86'400'000;
  CHECK(count(tokens_of(piece_of({note(500, 600, 60), note(kDay, kDay + 500, 61)})), TokenKind::wait) == 86'402);
  CHECK(why(piece_of({note(500, 600, 60), note(kDay, kDay + 501, 61)})).code() == aria::ErrorCode::too_large);
  CHECK(why(piece_of({note(0, aria::kTickLimit - 1, 60)})).message() == "lasts longer than a day");
}

TEST_CASE("times of a performance do not drift", "[token]") {
  // 40,000 notes of which none starts on the grid: a tick lasts 0.6944... ms.
  MidiDict piece;
  piece.ticks_per_beat = 480;
  piece.tempos = {{Ticks{0}, 333'333}};
  std::vector<double> starts;
  for (unsigned i = 0; i < 40'000; ++i) {
    piece.notes.push_back(note(1000 + 137 * i, 1000 + 137 * i + 61, i % 128));
    starts.push_back(137.0 * i * 333'333 / 480 / 1000);
  }
  const MidiDict again = kTokenizer.detokenize(tokens_of(piece));
  REQUIRE(again.notes.size() == piece.notes.size());
  double worst = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const double end = starts[i] + 61.0 * 333'333 / 480 / 1000;
    worst = std::max(worst, std::abs(static_cast<double>(again.notes[i].start().count) - starts[i]));
    worst = std::max(worst, std::abs(static_cast<double>(again.notes[i].end().count) - end));
  }
  CHECK(worst <= 5.000001);
  CHECK(worst > 4.9);
}

TEST_CASE("every note of a performance is struck within half a step of its time", "[token]") {
  const auto seed = GENERATE(range<std::uint64_t>(0, 60));
  CAPTURE(seed);
  const MidiDict piece = test::random_piece(seed, {.overlapping_notes = seed % 2 != 0});
  const auto tokens = tokens_if_any(piece);
  if (!tokens) return;
  const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
  std::array<std::vector<double>, 128> wanted, found;  // seconds, by pitch
  std::optional<Ticks> first;
  for (const NoteMsg& one : piece.notes) {
    if (one.channel() == aria::kDrumChannel) continue;
    if (!first) first = one.start();
    wanted[one.pitch()].push_back(time.seconds(*first, one.start()));
  }
  double now = 0;
  for (const TokenId token : *tokens) {
    const TokenView view = kTokenizer.view(token);
    if (view.kind == TokenKind::wait) now += view.value / 1000.0;
    if (view.kind == TokenKind::note) found[view.pitch].push_back(now);
  }
  const auto all_within = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::all_of(a.begin(), a.end(), [&](double x) {
      return std::any_of(b.begin(), b.end(), [x](double y) { return std::abs(x - y) <= 0.005 + 1e-6; });
    });
  };
  for (std::size_t pitch = 0; pitch < 128; ++pitch) {
    CHECK(all_within(wanted[pitch], found[pitch]));
    CHECK(all_within(found[pitch], wanted[pitch]));
  }
}

TEST_CASE("a performance comes back as it was written", "[token]") {
  unsigned pieces = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const auto tokens = tokens_if_any(test::random_piece(seed, {.overlapping_notes = seed % 2 != 0}));
    if (!tokens) continue;
    ++pieces;
    SkippedTokens skipped;
    const MidiDict piece = kTokenizer.detokenize(*tokens, &skipped);
    CHECK(skipped.total() == 0);
    CHECK(piece.notes.size() == count(*tokens, TokenKind::note));
    check_valid(piece);
    CHECK((tokens_of(piece) == *tokens));
  }
  CHECK(pieces > 50);
}

TEST_CASE("any tokens are music in the performance encoding", "[token]") {
  const auto seed = GENERATE(range<std::uint64_t>(0, 100));
  CAPTURE(seed);
  test::Dice dice(seed);
  // Few pitches make many collisions.
  const unsigned pitches = 1 + dice.small(dice.one_in(2) ? 4 : 128);
  Tokens tokens(dice.small(600));
  for (TokenId& token : tokens) {
    const unsigned pitch = dice.small(pitches);
    const std::array<TokenId, 5> some = {4 + pitch, 4 + pitch, 132 + pitch, 260 + dice.small(100), dice.small(400)};
    token = dice.one_in(50) ? static_cast<TokenId>(dice.below(std::uint64_t{1} << 32)) : some[dice.small(5)];
  }
  SkippedTokens skipped;
  const MidiDict piece = kTokenizer.detokenize(tokens, &skipped);
  CHECK((kTokenizer.detokenize(tokens) == piece));
  check_valid(piece);

  const auto unknown = std::count_if(tokens.begin(), tokens.end(), [](TokenId t) { return t == 1 || t >= 392; });
  CHECK(skipped.unknown == static_cast<std::uint64_t>(unknown));
  CHECK(count(tokens, TokenKind::note) == piece.notes.size() + skipped.silent);
  CHECK(skipped.misplaced <= count(tokens, TokenKind::note_off));
  const auto again = tokens_if_any(piece);
  CHECK(again.has_value() == !piece.notes.empty());
  if (again) CHECK((tokens_of(kTokenizer.detokenize(*again)) == *again));
}

TEST_CASE("detokenizing a performance counts what it leaves out", "[token]") {
  const auto play = [](const std::vector<std::string_view>& texts) {
    SkippedTokens skipped;
    const MidiDict piece = kTokenizer.detokenize(tokens_of_texts(texts), &skipped);
    return std::pair(piece.notes, std::array{skipped.unknown, skipped.misplaced, skipped.silent});
  };
  using Notes = std::vector<NoteMsg>;
  using Counts = std::array<std::uint64_t, 3>;
  CHECK((play({}) == std::pair(Notes{}, Counts{0, 0, 0})));
  CHECK((play({R"("<S>")", R"("<P>")", R"("<E>")", R"("<U>")", "[1]"}) == std::pair(Notes{}, Counts{2, 0, 0})));
  // Begins and ends in the middle of the music.
  CHECK((play({R"(["off", 60])", R"(["on", 62])", R"(["shift", 30])", R"(["velocity", 8])", R"(["on", 64])"}) ==
         std::pair(Notes{note(0, 30, 62), note(30, 40, 64, 8)}, Counts{0, 1, 0})));
  // Ends as it begins; is struck twice at once, and again.
  CHECK((play({R"(["on", 60])", R"(["off", 60])", R"(["shift", 20])"}) == std::pair(Notes{}, Counts{0, 0, 1})));
  CHECK((play({R"(["on", 60])", R"(["on", 60])", R"(["shift", 20])", R"(["on", 60])", R"(["shift", 10])"}) ==
         std::pair(Notes{note(0, 20, 60), note(20, 30, 60)}, Counts{0, 0, 1})));
}

TEST_CASE("windows of performances begin with a note or its velocity", "[token]") {
  const auto seed = GENERATE(range<std::uint64_t>(0, 20));
  CAPTURE(seed);
  const auto tokens = tokens_if_any(test::random_piece(seed, {.ticks = 5000}));
  if (!tokens) return;
  aria::WindowCutter windows(kTokenizer, {.max_seq_len = 64, .stride_len = 32});
  std::size_t cut = 0;
  windows.cut(*tokens, [&](std::span<const TokenId> window) {
    CHECK(window.size() == 64);
    const TokenRole role = kTokenizer.role(window.front());
    CHECK((cut++ == 0 ? role == TokenRole::special : role == TokenRole::event));
  });
  CHECK(cut >= tokens->size() / 64);
}

namespace {

constexpr aria::WindowConfig kWindows = {.max_seq_len = 96, .stride_len = 64};

// Pieces for a data set; among them one of drums alone.
aria::MidiDataset pieces_of(std::uint64_t seed) {
  std::vector<MidiDict> pieces;
  for (std::uint64_t i = 0; i < 12; ++i) {
    MidiDict piece = test::random_piece(100 * seed + i, {.ticks = 3000});
    piece.ticks_per_beat = 480;
    piece.tempos = {{Ticks{0}, 500'000}};
    pieces.push_back(std::move(piece));
  }
  pieces.push_back(piece_of({note(0, 100, 38, 64, 9)}));
  return aria::MidiDataset(std::move(pieces));
}

aria::TokenizedDatasetSummary build(const aria::MidiDataset& pieces, const std::string& path, unsigned workers = 1) {
  aria::AtomicFile file(path, aria::IfExists::refuse);
  const auto summary =
      aria::build_tokenized_dataset(kTokenizer, pieces, file, {.windows = kWindows, .workers = workers});
  file.commit();
  return summary;
}

// Draws what it is told.
struct Told {
  std::uint32_t number = 0;
  double fraction = 0;

  std::uint32_t below(std::uint32_t count) const {
    REQUIRE(number < count);
    return number;
  }
  double uniform() const { return fraction; }
};

std::int64_t milliseconds_of(const Tokens& tokens) {
  std::int64_t sum = 0;
  for (const TokenId token : tokens) {
    const TokenView view = kTokenizer.view(token);
    sum += view.kind == TokenKind::wait ? view.value : 0;
  }
  return sum;
}

Tokens without_waits(Tokens tokens) {
  std::erase_if(tokens, [](TokenId token) { return kTokenizer.view(token).kind == TokenKind::wait; });
  return tokens;
}

}  // namespace

TEST_CASE("a TokenizedDataset takes the performance encoding", "[token]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "data.jsonl").string();
  const aria::MidiDataset pieces = pieces_of(1);
  const auto summary = build(pieces, path);
  CHECK(summary.entries == 13);
  CHECK(summary.skipped >= 1);
  CHECK(summary.unknown == 0);

  const aria::TokenizedDataset data(path, kTokenizer);
  CHECK(data.size() == summary.sequences);
  std::size_t i = 0;
  aria::WindowCutter windows(kTokenizer, kWindows);
  for (const MidiDict& piece : pieces) {
    const auto tokens = tokens_if_any(piece);
    if (!tokens) continue;
    windows.cut(*tokens, [&](std::span<const TokenId> window) {
      const Tokens wanted(window.begin(), window.end());
      CHECK((data.tokens(i) == wanted));
      const aria::Sample sample = data.get(i++);
      CHECK((sample.source == wanted));
      CHECK((Tokens(sample.target.begin(), sample.target.end() - 1) == Tokens(wanted.begin() + 1, wanted.end())));
      check_valid(kTokenizer.detokenize(sample.source));
    });
  }
  CHECK(i == data.size());

  build(pieces, (folder / "again.jsonl").string(), 3);
  CHECK((test::read_text(folder / "again.jsonl") == test::read_text(path)));
}

TEST_CASE("a TokenizedDataset of performances is opened by its own tokenizer", "[token]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "data.jsonl").string();
  build(pieces_of(2), path);
  const aria::Error other = test::error_of([&] { aria::TokenizedDataset(path, aria::LazyTokenizer()); });
  CHECK(other.code() == aria::ErrorCode::invalid_config);
  CHECK(other.message() == R"(was made by the tokenizer "performance", and this one is "lazy")");

  std::string text = test::read_text(path);
  text.replace(text.find(R"("time_step": 10)"), 15, R"("time_step": 20)");
  test::write_text(path, text);
  const aria::Error older = test::error_of([&] { aria::TokenizedDataset(path, kTokenizer); });
  CHECK(older.code() == aria::ErrorCode::invalid_config);
  CHECK(older.message() ==
        "was made with other settings of the tokenizer: tokenizer_config.time_step is 20 and not 10");
}

TEST_CASE("performances are exported", "[token]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "data.jsonl").string(), out = (folder / "data.bin").string();
  build(pieces_of(3), path);
  const aria::TokenizedDataset data(path, kTokenizer);
  aria::export_tokens(data, out);
  const std::string bytes = test::read_text(out);
  REQUIRE(bytes.size() == data.size() * kWindows.max_seq_len * 2);
  std::size_t at = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    for (const TokenId token : data.tokens(i)) {
      const auto low = static_cast<unsigned char>(bytes[at]), high = static_cast<unsigned char>(bytes[at + 1]);
      REQUIRE(token == low + 256U * high);
      at += 2;
    }
  }
  const std::string description = test::read_text(aria::export_description_path(out));
  CHECK(description.find(R"("vocabulary_size": 392,)") != std::string::npos);
  CHECK(description.find(R"("tokenizer_name": "performance",)") != std::string::npos);
}

TEST_CASE("performances are transposed", "[token]") {
  const auto seed = GENERATE(range<std::uint64_t>(0, 10));
  const auto steps = GENERATE(-5, -1, 0, 2, 5);
  CAPTURE(seed, steps);
  MidiDict piece = test::random_piece(seed, {.ticks = 5000});
  std::erase_if(piece.notes, [](const NoteMsg& one) { return one.pitch() < 5 || one.pitch() > 122; });
  const auto tokens = tokens_if_any(piece);
  if (!tokens) return;
  MidiDict moved = piece;
  for (NoteMsg& one : moved.notes) {
    if (one.channel() == aria::kDrumChannel) continue;
    one = {one.start(), one.end(), static_cast<unsigned>(one.pitch() + steps), one.velocity(), one.channel()};
  }
  Tokens augmented = *tokens;
  Told told{.number = static_cast<std::uint32_t>(steps + 5)};
  const aria::PitchAugmentation augment(kTokenizer, 5);
  augment(augmented, told);
  CHECK((augmented == tokens_of(moved)));
}

TEST_CASE("notes of a performance that fall off the keyboard are unknown", "[token]") {
  Tokens tokens = tokens_of(piece_of({note(0, 100, 126), note(0, 100, 60)}));
  Told told{.number = 4};
  const aria::PitchAugmentation augment(kTokenizer, 2);
  augment(tokens, told);
  CHECK(text_of(tokens) == R"("<S>" ["velocity", 64] ["on", 62] "<U>" ["shift", 100] ["off", 62] "<U>" "<E>")");
}

TEST_CASE("performances are played louder and softer", "[token]") {
  Tokens all;
  for (TokenId token = 0; token < kTokenizer.vocabulary().size(); ++token) all.push_back(token);
  const auto steps = GENERATE(-3, -1, 0, 1, 3);
  CAPTURE(steps);
  Tokens augmented = all;
  Told told{.number = static_cast<std::uint32_t>(steps + 3)};
  const aria::VelocityAugmentation augment(kTokenizer, 3);
  augment(augmented, told);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto bin = static_cast<int>(all[i]) - 360;
    const TokenId moved = static_cast<TokenId>(360 + std::clamp(bin + steps, 0, 31));
    CHECK(augmented[i] == (bin < 0 ? all[i] : moved));
  }
}

TEST_CASE("performances are played faster and slower", "[token]") {
  const auto seed = GENERATE(range<std::uint64_t>(0, 20));
  const auto fraction = GENERATE(0.0, 0.3, 0.5, 0.999);
  CAPTURE(seed, fraction);
  auto tokens = tokens_if_any(test::random_piece(seed, {.ticks = 5000}));
  if (!tokens || milliseconds_of(*tokens) > 600'000) return;
  tokens->resize(tokens->size() + 1000, kTokenizer.vocabulary().pad());  // room for longer waits
  Tokens augmented = *tokens;
  Told told{.fraction = fraction};
  const aria::TempoAugmentation augment(kTokenizer, 0.2);
  augment(augmented, told);

  CHECK(augmented.size() == tokens->size());
  Tokens before = without_waits(*tokens), after = without_waits(augmented);
  before.resize(10'000, kTokenizer.vocabulary().pad());
  after.resize(10'000, kTokenizer.vocabulary().pad());
  CHECK((after == before));
  const double wanted = (0.8 + 0.4 * fraction) * static_cast<double>(milliseconds_of(*tokens));
  const double off = 5.0 * static_cast<double>(count(*tokens, TokenKind::wait));
  CHECK(std::abs(static_cast<double>(milliseconds_of(augmented)) - wanted) <= off + 1e-6);
  if (fraction == 0.5) CHECK((augmented == *tokens));
  check_valid(kTokenizer.detokenize(augmented));
}

TEST_CASE("a TokenizedDataset of performances is augmented as it is read", "[token]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "data.jsonl").string();
  build(pieces_of(4), path);
  const aria::TokenizedDataset plain(path, kTokenizer);
  aria::TokenizedDataset data(path, kTokenizer);
  data.set_transform(aria::default_augmentations(kTokenizer));
  std::size_t changed = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Tokens tokens = data.tokens(i, {.seed = 1, .epoch = 2});
    CHECK(tokens.size() == kWindows.max_seq_len);
    CHECK((tokens == data.tokens(i, {.seed = 1, .epoch = 2})));
    changed += tokens != plain.tokens(i) ? 1 : 0;
    check_valid(kTokenizer.detokenize(tokens));
  }
  CHECK(changed > data.size() / 2);
}
