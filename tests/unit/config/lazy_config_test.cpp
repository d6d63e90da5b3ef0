#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/default_config.hpp>
#include <aria/config/lazy_config.hpp>
#include <aria/tokenizer/lazy_config_json.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::ErrorCode;
using aria::Instrument;
using aria::LazyConfig;

// The "tokenizer_config" in the first line of the original's data sets.
constexpr std::string_view kFirstLine =
    R"({"ignore_instruments": {"piano": false, "chromatic": true, "organ": false, "guitar": false, "bass": false, )"
    R"("strings": false, "ensemble": false, "brass": false, "reed": false, "pipe": false, "synth_lead": false, )"
    R"("synth_pad": true, "synth_effect": true, "ethnic": true, "percussive": true, "sfx": true}, )"
    R"("instrument_programs": {"piano": 0, "chromatic": 13, "organ": 16, "guitar": 24, "bass": 32, "strings": 40, )"
    R"("ensemble": 48, "brass": 56, "reed": 64, "pipe": 73, "synth_lead": 80, "synth_pad": 88, "synth_effect": 96, )"
    R"("ethnic": 104, "percussive": 112, "sfx": 120}, "drum_velocity": 60, "velocity_quantization": {"step": 15}, )"
    R"("time_quantization": {"num_steps": 500, "min_step": 10}, "composer_names": ["bach", "beethoven", "mozart", )"
    R"("chopin", "rachmaninoff", "liszt", "debussy", "schubert", "brahms", "ravel", "satie", "scarlatti"]})";

// `text` with the one place that says `from` saying `to`.
std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

// A config.json around the tokenizer's part.
std::string around(std::string_view lazy) { return R"({"tokenizer": {"lazy": )" + std::string(lazy) + "}}"; }

// A config.json that differs from the default in one place.
std::string config_with(std::string_view from, std::string_view to) {
  return around(with(std::string(kFirstLine), from, to));
}

aria::Error error_with(std::string_view from, std::string_view to) {
  const std::string json = config_with(from, to);
  return test::error_of([&] { LazyConfig::from_json(json); });
}

bool mentions(const aria::Error& error, std::string_view what) {
  return error.message().find(what) != std::string::npos;
}

void check_is_default(const LazyConfig& config) {
  CHECK(aria::to_json(config) == kFirstLine);
  for (std::size_t i = 0; i < aria::kInstrumentCount; ++i) {
    CHECK(config.order[i] == static_cast<Instrument>(i));
    CHECK(aria::instrument_of(config.programs[i]) == static_cast<Instrument>(i));
  }
  CHECK(config.ignore == aria::PerInstrument<bool>{false, true, false, false, false, false, false, false, false, false,
                                                   false, true, true, true, true, true});
  CHECK(config.drum_velocity == 60);
  CHECK(config.velocity_step == 15);
  CHECK(config.time_steps == 500);
  CHECK(config.time_step == 10);
  CHECK(config.max_time() == 4990);
  CHECK(config.composer_names.size() == 12);
  CHECK(config.composer_names.front() == "bach");
  CHECK(config.composer_names.back() == "scarlatti");
}

}  // namespace

TEST_CASE("LazyConfig is by default that of config.json, and of the original's data sets", "[config]") {
  check_is_default(LazyConfig::defaults());
  check_is_default(LazyConfig::from_file(ARIA_SOURCE_FOLDER "/examples/config/config.json"));
  check_is_default(LazyConfig::from_json(around(kFirstLine)));
}

TEST_CASE("LazyConfig comes back from its JSON as it was", "[config]") {
  for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
           {R"("drum_velocity": 60)", R"("drum_velocity": 127)"},
           {R"("step": 15)", R"("step": 1)"},
           {R"("num_steps": 500, "min_step": 10)", R"("num_steps": 10000, "min_step": 1000)"},
           {R"("num_steps": 500, "min_step": 10)", R"("num_steps": 2, "min_step": 1)"},
           {R"("chromatic": true)", R"("chromatic": false)"},
           {R"("pipe": 73)", R"("pipe": 127)"},
           {R"("bach", )", R"("J. \"S.\" Bach\\\n\u0001", "Dvořák", "", "𝄞", )"},
       }) {
    CAPTURE(from, to);
    const std::string lazy = with(std::string(kFirstLine), from, to);
    CHECK(aria::to_json(LazyConfig::from_json(around(lazy))) == lazy);
  }
  const LazyConfig nobody =
      LazyConfig::from_json(around(std::string(kFirstLine).substr(0, kFirstLine.find('[')) + "[]}"));
  CHECK(nobody.composer_names.empty());
  CHECK(aria::to_json(LazyConfig::from_json(around(aria::to_json(nobody)))) == aria::to_json(nobody));
}

TEST_CASE("LazyConfig keeps the order of the instruments", "[config]") {
  const std::string json =
      config_with(R"("piano": false, "chromatic": true, )", R"("chromatic": true, "piano": false, )");
  const LazyConfig config = LazyConfig::from_json(json);
  CHECK(config.order[0] == Instrument::chromatic);
  CHECK(config.order[1] == Instrument::piano);
  CHECK(config.order[2] == Instrument::organ);
  CHECK(config.ignore == LazyConfig::defaults().ignore);  // by class, not by place
  CHECK(config.programs == LazyConfig::defaults().programs);
  const std::string text = aria::to_json(config);
  CHECK(text.substr(0, text.find("organ")) == R"({"ignore_instruments": {"chromatic": true, "piano": false, ")");
  CHECK(aria::to_json(LazyConfig::from_json(around(text))) == text);
}

TEST_CASE("LazyConfig names the key that is wrong", "[config]") {
  struct Wrong {
    std::string_view from, to, key;
  };
  for (const auto& [from, to, key] : std::vector<Wrong>{
           {R"("drum_velocity": 60, )", "", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity": 60)", R"("drum_velocity": 0)", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity": 60)", R"("drum_velocity": 128)", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity": 60)", R"("drum_velocity": -1)", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity": 60)", R"("drum_velocity": 60.5)", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity": 60)", R"("drum_velocity": "60")", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity": 60)", R"("drum_velocity": 4294967356)", "tokenizer.lazy.drum_velocity"},
           {R"("drum_velocity")", R"("drum_velocities")", "tokenizer.lazy.drum_velocities"},
           {R"({"step": 15})", "15", "tokenizer.lazy.velocity_quantization"},
           {R"("step": 15)", R"("steps": 15)", "tokenizer.lazy.velocity_quantization.step"},
           {R"("step": 15)", R"("step": 0)", "tokenizer.lazy.velocity_quantization.step"},
           {R"("step": 15)", R"("step": 128)", "tokenizer.lazy.velocity_quantization.step"},
           {R"("num_steps": 500)", R"("num_steps": 1)", "tokenizer.lazy.time_quantization.num_steps"},
           {R"("num_steps": 500)", R"("num_steps": 10001)", "tokenizer.lazy.time_quantization.num_steps"},
           {R"("min_step": 10)", R"("min_step": 0)", "tokenizer.lazy.time_quantization.min_step"},
           {R"("min_step": 10)", R"("min_step": 1001)", "tokenizer.lazy.time_quantization.min_step"},
           {R"("piano": false, )", "", "tokenizer.lazy.ignore_instruments.piano"},
           {R"("piano": false, )", R"("piano": 0, )", "tokenizer.lazy.ignore_instruments.piano"},
           {R"("piano": false, )", R"("piano": false, "drum": false, )", "tokenizer.lazy.ignore_instruments.drum"},
           {R"("piano": false, )", R"("piano": false, "piano": false, )", "tokenizer.lazy.ignore_instruments"},
           {R"("sfx": 120)", R"("sfx": 128)", "tokenizer.lazy.instrument_programs.sfx"},
           {R"(, "sfx": 120)", "", "tokenizer.lazy.instrument_programs.sfx"},
           {R"("sfx": 120)", R"("sfx": 120, "drum": 1)", "tokenizer.lazy.instrument_programs.drum"},
           {R"("bach", )", R"("bach", "satie", )", "tokenizer.lazy.composer_names"},
           {R"("bach", )", R"(1, )", "tokenizer.lazy.composer_names[0]"},
           {R"("mozart", )", R"(null, )", "tokenizer.lazy.composer_names[2]"},
           {R"("composer_names": [)", R"("composers": [)", "tokenizer.lazy.composers"},
       }) {
    CAPTURE(from, to);
    const aria::Error error = error_with(from, to);
    CHECK(error.code() == ErrorCode::invalid_config);
    CHECK(mentions(error, key));
  }
  CHECK(mentions(error_with(R"("step": 15)", R"("step": 128)"), "must lie between 1 and 127, and is 128"));
}

TEST_CASE("LazyConfig wants a tokenizer's part", "[config]") {
  const auto error_of = [](const char* json) { return test::error_of([&] { LazyConfig::from_json(json); }); };
  CHECK(mentions(error_of("{}"), "the key tokenizer is missing"));
  CHECK(mentions(error_of(R"({"tokenizer": {}})"), "the key tokenizer.lazy is missing"));
  CHECK(mentions(error_of(R"({"tokenizer": {"lazy": []}})"), "tokenizer.lazy"));
  CHECK(error_of("[]").code() == ErrorCode::invalid_config);
  CHECK(error_of("").code() == ErrorCode::invalid_json);
  CHECK(error_of("{").code() == ErrorCode::invalid_json);
}

TEST_CASE("LazyConfig says which file is wrong", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "config.json").string();
  CHECK(test::error_of([&] { LazyConfig::from_file(path); }).code() == ErrorCode::not_found);
  test::write_text(path, config_with(R"("min_step": 10)", R"("min_step": 0)"));
  const aria::Error error = test::error_of([&] { LazyConfig::from_file(path); });
  CHECK(error.code() == ErrorCode::invalid_config);
  CHECK(error.place().path == path);
}
