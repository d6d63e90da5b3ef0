#include <aria/nn.hpp>
#include <aria/sampling.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "../model/tiny.hpp"
#include "support/catch.hpp"

using namespace aria::nn;
using aria::TokenId;
namespace amt = aria::anticipation;

namespace {

// The most probable token, or in turn the first, second and third one that is left.
struct ReferencePicker {
  bool cycles = false;
  TokenId operator()(const aria::NucleusSampler& sampler, const aria::Nucleus& nucleus, std::size_t,
                     std::size_t place) const {
    const auto left = sampler.sorted(nucleus);
    return left[std::min(cycles ? place % 3 : 0, left.size() - 1)];
  }
};

std::string unzipped(const std::filesystem::path& path) {
  std::FILE* const pipe = ::popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::vector<char> block(1 << 16);
  for (std::size_t count; (count = std::fread(block.data(), 1, block.size(), pipe)) > 0;)
    text.append(block.data(), count);
  REQUIRE(::pclose(pipe) == 0);
  // Python's infinity is no JSON; the number is not asked for.
  for (std::size_t at; (at = text.find("Infinity")) != std::string::npos;) text.replace(at, 8, "0");
  return text;
}

std::vector<TokenId> ids_of(const aria::JsonView& json) {
  if (json.element().is_null()) return {};
  const auto numbers = json.whole_numbers();
  return {numbers.begin(), numbers.end()};
}

amt::EventRequest request_of(const aria::JsonView& run) {
  const auto bins = [](double seconds) { return amt::Bins{static_cast<std::int64_t>(100 * seconds)}; };
  return {.start = bins(run["start_time"].number()),
          .end = bins(run["end_time"].number()),
          .events = ids_of(run["inputs"]),
          .controls = ids_of(run["controls"]),
          .reading = aria::Reading::reference};
}

std::vector<amt::GeneratedEvents> run_of(const aria::JsonView& run, const std::shared_ptr<CausalTransformer>& model,
                                         bool cached, const amt::EventRequest& request) {
  SampledTransformer sampled(model, {.cached = cached});
  const aria::SamplingOptions options{.temperature = 1, .top_p = run["top_p"].number()};
  amt::EventGenerator generator(sampled, options, ReferencePicker{run["picker"].text() == "cycle3"});
  return run["function"].text() == "generate" ? generator.generate(request) : generator.generate_ar(request);
}

}  // namespace

TEST_CASE("Every run of the original's generate and generate_ar, token for token", "[nn]") {
  const auto folder = test::reference_model("amt_sampling");
  if (!folder) return;
  const std::string text = unzipped(*folder / "runs.json.gz");
  const aria::JsonDocument json(text);
  const aria::JsonView runs = json.root()["runs"];
  const auto model = load_model_folder(folder->string());
  std::size_t count = 0;
  for (const std::string& name : runs.keys()) {
    const auto request = request_of(runs[name]);
    for (const bool cached : {true, false}) {
      INFO(name << (cached ? ", cached" : ", uncached"));
      CHECK(run_of(runs[name], model, cached, request).front().events == ids_of(runs[name]["output"]));
    }
    ++count;
  }
  CHECK(count == 15);
}

TEST_CASE("Variations of one batch are those made one by one", "[nn]") {
  const auto folder = test::reference_model("amt_sampling");
  if (!folder) return;
  const std::string text = unzipped(*folder / "runs.json.gz");
  const aria::JsonDocument json(text);
  const auto model = load_model_folder(folder->string());
  // Each of its own seed: what is drawn for a row depends on the seed and the row alone.
  struct SeededRow {
    std::size_t row = 0;
    TokenId operator()(const aria::NucleusSampler& sampler, const aria::Nucleus& nucleus, std::size_t in_batch,
                       std::size_t place) const {
      aria::RandomStream random(5, row + in_batch, place);
      return sampler.draw(nucleus, random);
    }
  };
  SampledTransformer sampled(model);
  for (const std::string name : {"accompany_5_15_greedy", "generate_ar_5_12_greedy", "infill_5_10_cycle3"}) {
    INFO(name);
    const aria::JsonView run = json.root()["runs"][name];
    auto request = request_of(run);
    request.reading = aria::Reading::standard;
    request.end = request.start + amt::Bins{200};
    const aria::SamplingOptions options{.temperature = 1, .top_p = 0.98};
    const bool ar = run["function"].text() == "generate_ar";
    const auto make = [&](std::size_t first, std::size_t variations) {
      request.variations = variations;
      amt::EventGenerator generator(sampled, options, SeededRow{first});
      return ar ? generator.generate_ar(request) : generator.generate(request);
    };
    const auto together = make(0, 3);
    REQUIRE(together.size() == 3);
    for (std::size_t row = 0; row < 3; ++row) {
      const auto alone = make(row, 1).front();
      CHECK(together[row].events == alone.events);
      CHECK(together[row].added == alone.added);
    }
    CHECK(together[0].events != together[1].events);
  }
}

TEST_CASE("A window that slides in blocks gives the same with and without a cache", "[nn]") {
  const auto folder = test::reference_model("amt_sampling");
  if (!folder) return;
  const std::string text = unzipped(*folder / "runs.json.gz");
  const aria::JsonDocument json(text);
  const auto model = load_model_folder(folder->string());
  for (const std::string name : {"window_slides_45_48_greedy", "window_slides_45_47_controls"}) {
    const aria::JsonView run = json.root()["runs"][name];
    for (const std::size_t step : {1, 7, 64}) {
      INFO(name << ", step " << step);
      auto request = request_of(run);
      request.reading = aria::Reading::standard;
      request.window_step = step;
      const auto cached = run_of(run, model, true, request).front(), plain = run_of(run, model, false, request).front();
      CHECK(cached.events == plain.events);
      CHECK(cached.added.size() > 0);
    }
  }
}
