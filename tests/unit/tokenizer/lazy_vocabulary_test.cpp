#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <aria/tokenizer/lazy_tokenizer.hpp>

#include "lazy_cases.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/slow_lazy.hpp"

namespace {

using aria::Instrument;
using aria::LazyConfig;
using aria::LazyTokenizer;
using aria::TokenId;
using aria::TokenKind;
using aria::TokenRole;
using aria::TokenView;
using aria::Vocabulary;

std::vector<std::string_view> texts_of(const Vocabulary& vocabulary, TokenId begin, TokenId end) {
  std::vector<std::string_view> texts;
  for (TokenId id = begin; id < end; ++id) texts.push_back(vocabulary.text(id));
  return texts;
}

TokenView view_of(const LazyTokenizer& tokenizer, std::string_view text) {
  const auto id = tokenizer.vocabulary().find(text);
  REQUIRE(id);
  return tokenizer.view(*id);
}

// What a view says, as the text of a token.
std::string text_of(const TokenView& view, const LazyConfig& config) {
  const std::string name = view.sound == aria::kDrums ? "drum" : std::string(aria::kInstrumentNames.at(view.sound));
  switch (view.kind) {
    case TokenKind::instrument:
      return R"(["prefix", "instrument", ")" + name + "\"]";
    case TokenKind::note:
      return "[\"" + name + "\", " + std::to_string(view.pitch) + ", " + std::to_string(view.velocity) + ']';
    case TokenKind::drum:
      return "[\"drum\", " + std::to_string(view.pitch) + ']';
    case TokenKind::duration:
      return "[\"dur\", " + std::to_string(view.value) + ']';
    case TokenKind::wait:
      return "[\"wait\", " + std::to_string(view.value) + ']';
    case TokenKind::composer:
      return "[\"prefix\", \"composer\", " +
             test::as_json(config.composer_names.at(static_cast<std::size_t>(view.value))) + ']';
    default:
      return "special";
  }
}

}  // namespace

TEST_CASE("every token of a lazy vocabulary is found by its text, and by what it means", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    CAPTURE(name);
    const LazyTokenizer tokenizer(config);
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    for (TokenId id = 0; id < vocabulary.token_count(); ++id) {
      const std::string_view text = vocabulary.text(id);
      CAPTURE(id, text);
      REQUIRE(vocabulary.find(text) == id);
      REQUIRE(vocabulary.encode(id) == (id < vocabulary.size() ? id : vocabulary.unknown()));
      const TokenView view = tokenizer.view(id);
      REQUIRE((view.kind == TokenKind::special) == (id < 5));
      REQUIRE(tokenizer.find(view) == (id < 5 ? vocabulary.unknown() : id));
      if (id >= 5) REQUIRE(text_of(view, config) == text);
    }
  }
}

TEST_CASE("encode after decode is the identity for every token of the vocabulary", "[tokenizer]") {
  for (const auto& [name, config] : test::lazy_configs()) {
    CAPTURE(name);
    const LazyTokenizer tokenizer(config);
    std::vector<TokenId> ids(tokenizer.vocabulary().size());
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<TokenId>(i);
    const std::vector<std::string_view> texts = aria::decode(tokenizer, ids);
    CHECK(aria::encode(tokenizer, texts) == ids);
    CHECK(aria::decode(tokenizer, aria::encode(tokenizer, texts)) == texts);
    std::vector<TokenId> encoded = ids;
    aria::encode(tokenizer.vocabulary(), encoded);
    CHECK(encoded == ids);
  }
}

TEST_CASE("encode makes <U> of what is not in the vocabulary, decode of what is no token", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const std::vector<std::string_view> texts = {"\"<S>\"",        "<S>",          "", "[\"piano\",60,45]",
                                               "[\"drum\", 34]", "[\"dur\", 10]"};
  const std::vector<TokenId> ids = aria::encode(tokenizer, texts);
  CHECK(std::count(ids.begin(), ids.end(), tokenizer.vocabulary().unknown()) == 4);
  const auto count = static_cast<TokenId>(tokenizer.vocabulary().token_count());
  const std::vector<TokenId> beyond = {count - 1, count, ~TokenId{0}};
  CHECK(aria::decode(tokenizer, beyond) == std::vector<std::string_view>{"[\"drum\", 127]", "\"<U>\"", "\"<U>\""});
}

TEST_CASE("the lazy vocabulary keeps the order of the configuration", "[tokenizer]") {
  LazyConfig config = LazyConfig::defaults();
  config.order = {Instrument::sfx,       Instrument::bass,   Instrument::piano,      Instrument::organ,
                  Instrument::chromatic, Instrument::guitar, Instrument::strings,    Instrument::ensemble,
                  Instrument::brass,     Instrument::reed,   Instrument::pipe,       Instrument::synth_lead,
                  Instrument::synth_pad, Instrument::ethnic, Instrument::percussive, Instrument::synth_effect};
  config.ignore = test::all_but({Instrument::piano, Instrument::bass, Instrument::sfx});
  config.velocity_step = 127;
  config.time_step = 7;
  config.time_steps = 3;
  config.composer_names = {"J. \"S.\"\n", "Dvořák"};
  const LazyTokenizer tokenizer(config);
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  CHECK(texts_of(vocabulary, 0, 13) ==
        std::vector<std::string_view>{"\"<S>\"", "\"<E>\"", "\"<P>\"", "\"<U>\"", "\"<D>\"",
                                      R"(["prefix", "instrument", "sfx"])", R"(["prefix", "instrument", "bass"])",
                                      R"(["prefix", "instrument", "piano"])", R"(["prefix", "instrument", "drum"])",
                                      R"(["prefix", "composer", "J. \"S.\"\n"])", R"(["prefix", "composer", "Dvořák"])",
                                      R"(["sfx", 0, 0])", R"(["sfx", 0, 127])"});
  const TokenId notes = 11 + 3 * 256;
  CHECK(vocabulary.text(11 + 256) == R"(["bass", 0, 0])");
  CHECK(vocabulary.text(notes - 1) == R"(["piano", 127, 127])");
  CHECK(vocabulary.text(notes) == R"(["drum", 35])");
  CHECK(vocabulary.size() == notes + 47 + 6);
  CHECK(texts_of(vocabulary, notes + 46, notes + 47 + 7) ==
        std::vector<std::string_view>{R"(["drum", 81])", R"(["dur", 0])", R"(["dur", 7])", R"(["dur", 14])",
                                      R"(["wait", 0])", R"(["wait", 7])", R"(["wait", 14])", R"(["drum", 0])"});
  CHECK(vocabulary.token_count() == vocabulary.size() + 81);
  CHECK(tokenizer.max_time() == 14);
  CHECK(tokenizer.time_step() == 7);
  CHECK(tokenizer.velocity_step() == 127);
  CHECK(tokenizer.max_velocity() == 127);
}

TEST_CASE("tokens of the lazy vocabulary have views", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const auto piano = static_cast<std::uint8_t>(Instrument::piano);
  CHECK(view_of(tokenizer, R"(["piano", 60, 45])") ==
        TokenView{.kind = TokenKind::note, .sound = piano, .pitch = 60, .velocity = 45});
  CHECK(view_of(tokenizer, R"(["dur", 4990])") == TokenView{.kind = TokenKind::duration, .value = 4990});
  CHECK(view_of(tokenizer, R"(["wait", 0])") == TokenView{.kind = TokenKind::wait});
  CHECK(view_of(tokenizer, R"(["drum", 35])") ==
        TokenView{.kind = TokenKind::drum, .sound = aria::kDrums, .pitch = 35});
  CHECK(view_of(tokenizer, R"(["prefix", "composer", "beethoven"])") ==
        TokenView{.kind = TokenKind::composer, .value = 1});
  CHECK(tokenizer.max_velocity() == 120);
}

TEST_CASE("what no token means is not found", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const auto piano = static_cast<std::uint8_t>(Instrument::piano);
  const auto chromatic = static_cast<std::uint8_t>(Instrument::chromatic);
  for (const TokenView& view : {
           TokenView{},
           TokenView{.kind = TokenKind::note, .sound = piano, .pitch = 60, .velocity = 46},
           TokenView{.kind = TokenKind::note, .sound = piano, .pitch = 60, .velocity = 127},
           TokenView{.kind = TokenKind::note, .sound = piano, .pitch = 60, .velocity = 135},
           TokenView{.kind = TokenKind::note, .sound = piano, .pitch = 128, .velocity = 45},
           TokenView{.kind = TokenKind::note, .sound = chromatic, .pitch = 60, .velocity = 45},
           TokenView{.kind = TokenKind::note, .sound = aria::kDrums, .pitch = 60, .velocity = 45},
           TokenView{.kind = TokenKind::note, .sound = 255, .pitch = 60, .velocity = 45},
           TokenView{.kind = TokenKind::drum, .sound = aria::kDrums, .pitch = 128},
           TokenView{.kind = TokenKind::duration, .value = -10},
           TokenView{.kind = TokenKind::duration, .value = 5},
           TokenView{.kind = TokenKind::wait, .value = 5000},
           TokenView{.kind = TokenKind::composer, .value = 12},
           TokenView{.kind = TokenKind::composer, .value = -1},
           TokenView{.kind = TokenKind::instrument, .sound = chromatic},
           TokenView{.kind = TokenKind::instrument, .sound = 17},
           TokenView{.kind = TokenKind::velocity, .velocity = 45},
           TokenView{.kind = TokenKind::note_off, .pitch = 60},
       }) {
    CAPTURE(static_cast<int>(view.kind), view.sound, view.pitch, view.velocity, view.value);
    CHECK(tokenizer.find(view) == tokenizer.vocabulary().unknown());
  }
}

TEST_CASE("tokens of the lazy vocabulary play their parts", "[tokenizer]") {
  const LazyTokenizer tokenizer;
  const auto role = [&](std::string_view text) { return tokenizer.role(*tokenizer.vocabulary().find(text)); };
  for (TokenId id = 0; id < 5; ++id) CHECK(tokenizer.role(id) == TokenRole::special);
  CHECK(role(R"(["prefix", "instrument", "drum"])") == TokenRole::prefix);
  CHECK(role(R"(["prefix", "composer", "bach"])") == TokenRole::prefix);
  CHECK(role(R"(["piano", 0, 0])") == TokenRole::event);
  CHECK(role(R"(["drum", 34])") == TokenRole::event);
  CHECK(role(R"(["dur", 10])") == TokenRole::continuation);
  CHECK(role(R"(["wait", 10])") == TokenRole::continuation);
  CHECK(tokenizer.role(~TokenId{0}) == TokenRole::special);
}

TEST_CASE("velocities go to their step, and only 0 to 0", "[tokenizer]") {
  for (const unsigned step : {1U, 2U, 15U, 20U, 64U, 127U}) {
    LazyConfig config = LazyConfig::defaults();
    config.velocity_step = step;
    const aria::LazyVocabulary vocabulary(config);
    CHECK(vocabulary.velocity_rank(0) == 0);
    for (unsigned velocity = 1; velocity < 128; ++velocity) {
      const auto rank = static_cast<int>(vocabulary.velocity_rank(velocity));
      CAPTURE(step, velocity, rank);
      REQUIRE(rank > 0);
      REQUIRE(rank * static_cast<int>(step) <= 127);
      const int off = std::abs(rank * static_cast<int>(step) - static_cast<int>(velocity));
      const bool at_an_end = rank == 1 || (rank + 1) * static_cast<int>(step) > 127;
      REQUIRE((at_an_end || 2 * off <= static_cast<int>(step)));
    }
  }
}

TEST_CASE("a configuration that was put together wrong is refused", "[tokenizer]") {
  const auto refuses = [](auto change) {
    LazyConfig config = LazyConfig::defaults();
    change(config);
    return test::error_of([&] { LazyTokenizer tokenizer(config); }).code() == aria::ErrorCode::invalid_argument;
  };
  CHECK(refuses([](LazyConfig& config) { config.velocity_step = 0; }));
  CHECK(refuses([](LazyConfig& config) { config.velocity_step = 128; }));
  CHECK(refuses([](LazyConfig& config) { config.time_steps = 1; }));
  CHECK(refuses([](LazyConfig& config) { config.time_steps = 10'001; }));
  CHECK(refuses([](LazyConfig& config) { config.time_step = 0; }));
  CHECK(refuses([](LazyConfig& config) { config.time_step = 1'001; }));
  CHECK(refuses([](LazyConfig& config) { config.drum_velocity = 0; }));
  CHECK(refuses([](LazyConfig& config) { config.drum_velocity = 128; }));
  CHECK(refuses([](LazyConfig& config) { config.programs[15] = 128; }));
  CHECK(refuses([](LazyConfig& config) { config.order[2] = Instrument::piano; }));
  CHECK(refuses([](LazyConfig& config) { config.composer_names.push_back("bach"); }));
  CHECK(refuses([](LazyConfig& config) { config = LazyConfig{}; }));
  CHECK(test::error_of([] { LazyTokenizer tokenizer({.diminish_jitter = 50}); }).code() ==
        aria::ErrorCode::invalid_argument);
}
