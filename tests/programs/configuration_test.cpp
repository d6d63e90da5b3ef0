// --config: what is wrong with a configuration is named, with the file and the key.
#include <aria/config/default_config.hpp>

#include "workplace.hpp"

using test::mentions;
using test::Workplace;

namespace {

// The default configuration with one part of it replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string text(aria::kDefaultConfig);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("midi-dataset --config: errors name the file and the key, and nothing is written") {
  const Workplace place;
  place.add_music(2);
  struct Case {
    std::string text, message;
  };
  const std::vector<Case> cases = {
      {"", "JSON"},
      {"not JSON", "JSON"},
      {changed("{", ""), "JSON"},
      {std::string(aria::kDefaultConfig.substr(0, 700)), "JSON"},
      {"[]", "object"},
      {"{}", "data"},
      {R"({"data": 3})", "data must be"},
      {changed(R"("max_programs")", R"("max_program")"), "max_program"},
      {changed(R"("max_programs": {)", R"("max_programs": 7, "min_length": {)"), "max_programs"},
      {changed(R"("args": {"max": 7})", R"("args": {})"), "data.tests.max_programs.args.max"},
      {changed(R"({"max": 7})", R"({"max": "7"})"), "data.tests.max_programs.args.max"},
      {changed(R"({"max": 7})", R"({"max": 7.5})"), "data.tests.max_programs.args.max"},
      {changed(R"({"max": 7})", R"({"max": -7})"), "data.tests.max_programs.args.max"},
      {changed(R"("min_per_second": 1.5)", R"("min_per_second": "1.5")"),
       "data.tests.total_note_frequency.args.min_per_"},
      {changed(R"("run": true)", R"("run": 1)"), "data.tests.max_programs.run"},
      {changed(R"("min_seconds": 20)", R"("seconds": 20)"), "data.tests.min_length.args.min_seconds"},
      {changed(R"("chromatic": true)", R"("chromatics": true)"),
       "data.pre_processing.remove_instruments.args.chromatic"},
      {changed(R"("organ": false)", R"("organ": 0)"), "data.pre_processing.remove_instruments.args.organ"},
      {changed(R"("satie", )", "5, "), "data.metadata.composer_filename.args.composer_names"},
  };
  for (const Case& wrong : cases) {
    test::write_text(place / "config.json", wrong.text);
    const test::ProgramRun run =
        place.aria({"midi-dataset", "--config", "config.json", "--report", "r.tsv", "DIR", "out.jsonl"});
    CAPTURE(wrong.message, run.complaints);
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "config.json: "));
    CHECK(mentions(run.complaints, wrong.message));
    CHECK(place.outputs() == std::vector<std::string>{"config.json"});
  }
}

TEST_CASE("midi-dataset --config: a file that is not there, or is none") {
  const Workplace place;
  place.add_music(2);
  for (const std::string path : {"missing.json", "DIR", "DIR/0.mid/config.json"}) {
    const test::ProgramRun run = place.aria({"midi-dataset", "--config", path, "DIR", "out.jsonl"});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, path + ": "));
    CHECK(place.outputs().empty());
  }
}

TEST_CASE("midi-dataset --config: what it says is done") {
  const Workplace place;
  place.add_music(1);
  place.add("short.mid", test::music(1, 8));
  const auto kept = [&](const std::string& config) {
    test::write_text(place / "config.json", config);
    const auto run = place.aria({"midi-dataset", "--overwrite", "--config", "config.json", "DIR", "out.jsonl"});
    CAPTURE(run.complaints);
    REQUIRE(run.status == 0);
    return test::lines_of(place.text("out.jsonl")).size();
  };
  CHECK(kept(std::string(aria::kDefaultConfig)) == 1);
  CHECK(kept(changed(R"("min_seconds": 20)", R"("min_seconds": 4)")) == 2);
  CHECK(kept(changed(R"("min_seconds": 20)", R"("min_seconds": 4.01)")) == 1);
}
