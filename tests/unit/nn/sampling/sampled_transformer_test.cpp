#include <aria/nn.hpp>
#include <aria/sampling.hpp>
#include <aria/tokenizer.hpp>

#include <algorithm>

#include "../model/tiny.hpp"
#include "support/catch.hpp"

using namespace aria::nn;
using aria::TokenId;

namespace {

using Sequences = std::vector<std::vector<TokenId>>;

// The reference's: the most probable token, or in turn the first, second and third one that is left.
struct ReferencePicker {
  bool cycles = false;
  std::size_t first_place = 0;
  TokenId operator()(const aria::NucleusSampler& sampler, const aria::Nucleus& nucleus, std::size_t,
                     std::size_t place) const {
    const auto left = sampler.sorted(nucleus);
    const std::size_t wanted = cycles ? (place - first_place) % 3 : 0;
    return left[std::min(wanted, left.size() - 1)];
  }
};

Sequences sequences_of(const aria::JsonView& json) {
  Sequences all;
  for (const aria::JsonView& row : json.items()) {
    const auto numbers = row.whole_numbers();
    all.emplace_back(numbers.begin(), numbers.end());
  }
  return all;
}

void check_run(const aria::JsonView& run, const std::shared_ptr<CausalTransformer>& model, bool cached) {
  SampledTransformer sampled(model, {.cached = cached});
  const aria::JsonView arguments = run["args"];
  aria::SamplingOptions options{.temperature = arguments["temperature"].number(), .top_p = arguments["top_p"].number()};
  if (!arguments["cfg_gamma"].element().is_null() && arguments["cfg_gamma"].number() != 0) {
    options.guidance = arguments["cfg_gamma"].number();
  }
  const aria::LazyTokenizer tokenizer;
  const aria::GenerationPlan plan{
      .max_new_tokens = arguments["max_gen_len"].whole_number(),
      .end = 1,
      .ending = 4,
      .force_end = arguments["force_end"].boolean(),
      .may_not_be_replaced = [&](TokenId token) { return tokenizer.view(token).kind == aria::TokenKind::duration; }};
  const Sequences prompts = sequences_of(run["prompt_ids"]);
  std::size_t shortest = SIZE_MAX;
  for (const auto& prompt : prompts) shortest = std::min(shortest, prompt.size());
  aria::Generation generation(sampled, options, ReferencePicker{run["picker"].text() == "cycle3", shortest});
  CHECK(generation.run(prompts, plan) == sequences_of(run["output_ids"]));
}

}  // namespace

TEST_CASE("Every run of the original, token for token, with and without a cache", "[nn]") {
  const auto folder = test::reference_model("aria_sampling");
  if (!folder) return;
  const std::string text = test::read_text(*folder / "runs.json");
  const aria::JsonDocument json(text);
  const aria::JsonView runs = json.root()["runs"];
  const auto config = aria::ModelConfig::from_file((*folder / "config.json").string());
  std::size_t count = 0;
  for (const std::string& name : runs.keys()) {
    const auto model = std::make_shared<TransformerLM>(config, 12595);
    load_weights(*model, (*folder / "model.safetensors").string());
    const aria::JsonView run = runs[name];
    if (run.has("lm_head_row_copy")) {
      const torch::NoGradGuard no_graph;
      const auto rows = run["lm_head_row_copy"];
      const auto source = static_cast<std::int64_t>(rows["src"].whole_number());
      const auto target = static_cast<std::int64_t>(rows["dst"].whole_number());
      model->head_weight()[target].copy_(model->head_weight()[source] * rows["factor"].number());
    }
    for (const bool cached : {true, false}) {
      INFO(name << (cached ? ", cached" : ", uncached"));
      check_run(run, model, cached);
    }
    ++count;
  }
  CHECK(count == 10);
}

TEST_CASE("A cache gives the logits of the whole sequence, however it is fed", "[nn]") {
  const auto model = test::small_model();
  model->eval();
  const torch::NoGradGuard no_graph;
  torch::manual_seed(8);
  const torch::Tensor ids = torch::randint(0, 67, {3, 48}, torch::kLong);
  const torch::Tensor whole = model->hidden(ids);
  for (const std::vector<std::int64_t>& parts :
       {std::vector<std::int64_t>{48}, {1, 47}, {47, 1}, {5, 1, 1, 30, 11}, std::vector<std::int64_t>(48, 1)}) {
    KvCache cache = model->make_cache();
    std::vector<torch::Tensor> all;
    std::int64_t first = 0;
    for (const std::int64_t count : parts) {
      all.push_back(model->hidden_behind(cache, ids.narrow(1, first, count)));
      first += count;
    }
    CHECK(cache.length() == 48);
    CHECK(test::max_difference(torch::cat(all, 1), whole) < 1e-4);
    CHECK(test::error_of([&] { model->hidden_behind(cache, ids.narrow(1, 0, 1)); }).code() ==
          aria::ErrorCode::invalid_argument);
  }
}
