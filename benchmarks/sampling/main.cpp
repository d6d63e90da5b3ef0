// Decoding with a cache against decoding without, and top-p against a sort of the whole vocabulary.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/nn.hpp>
#include <aria/sampling.hpp>

#include "../support/measure.hpp"

namespace {

using namespace aria::nn;
using aria::TokenId;

constexpr std::size_t kContext = 256;

using Sequences = std::vector<std::vector<TokenId>>;

Sequences generate(const std::shared_ptr<CausalTransformer>& model, std::size_t batch, bool cached,
                   double temperature = 0.85) {
  SampledTransformer sampled(model, {.cached = cached});
  aria::Generation generation(sampled, {.temperature = temperature, .top_p = 0.9, .seed = 1});
  return generation.run(Sequences(batch, {1}), {.max_new_tokens = kContext - 1});
}

// A sequence from its first token to the end of the context.
void decode(const char* name, std::size_t batch, int rounds) {
  torch::manual_seed(0);
  const auto model = std::make_shared<TransformerLM>(aria::ModelConfig::find(name), 12595);
  // Without chance: rounding may decide a draw that falls between two tokens.
  if (generate(model, batch, true, 0) != generate(model, batch, false, 0))
    throw std::runtime_error("the cache changes tokens");
  const auto speed = benchmark::compare(
      rounds, [&] { benchmark::keep(generate(model, batch, true)); },
      [&] { benchmark::keep(generate(model, batch, false)); });
  const double tokens = static_cast<double>(batch * (kContext - 1));
  std::printf("%s, context %zu, batch %zu: %.0f tokens/s with the cache, %.0f without   %.1f times as fast   (%s)\n",
              name, kContext, batch, tokens / speed.work_seconds, tokens / speed.reference_seconds, speed.ratio,
              batch == 1 ? "at least 3.5, aim 5" : "at least 10, aim 14");
  std::fflush(stdout);
}

// What the original does with the probabilities of the vocabulary, in plain C++: sort, add up, cut, draw.
TokenId sorted_top_p(const std::vector<float>& logits, double temperature, double top_p, double uniform,
                     std::vector<std::pair<float, TokenId>>& scratch) {
  const float most = *std::max_element(logits.begin(), logits.end());
  scratch.resize(logits.size());
  double all = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float weight = std::exp((logits[i] - most) / static_cast<float>(temperature));
    scratch[i] = {weight, static_cast<TokenId>(i)};
    all += weight;
  }
  std::sort(scratch.begin(), scratch.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  double before = 0;
  std::size_t size = 0;
  while (size < scratch.size() && before <= top_p * all) before += scratch[size++].first;
  double rest = uniform * before;
  for (std::size_t i = 0; i < size; ++i) {
    rest -= scratch[i].first;
    if (rest < 0) return scratch[i].second;
  }
  return scratch[size - 1].second;
}

void top_p() {
  constexpr std::size_t kVocabulary = 17'000;
  aria::RandomStream random(7);
  std::vector<std::vector<float>> rows(64, std::vector<float>(kVocabulary));
  for (auto& row : rows) {
    for (float& logit : row)
      logit = static_cast<float>(10 * random.uniform() + 6 * random.uniform() * random.uniform());
  }
  std::vector<std::pair<float, TokenId>> scratch;
  std::vector<float> sorted;
  aria::NucleusSampler sampler;
  const auto ours = [&] {
    for (const auto& row : rows) {
      sampler.weigh(row, 0.85);
      benchmark::keep(sampler.draw(sampler.nucleus(0.9), random));
    }
  };
  const auto sort_only = [&] {
    for (const auto& row : rows) {
      sorted = row;
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      benchmark::keep(sorted.front());
    }
  };
  const auto by_sort = [&] {
    for (const auto& row : rows) benchmark::keep(sorted_top_p(row, 0.85, 0.9, random.uniform(), scratch));
  };
  const auto bare = benchmark::compare(20, ours, sort_only);
  std::printf(
      "top-p of %zu logits: %.0f us, one full sort of them %.0f us   %.1f times as fast   (at least 5, aim 20)\n",
      kVocabulary, 1e6 * bare.work_seconds / 64, 1e6 * bare.reference_seconds / 64, bare.ratio);
  const auto whole = benchmark::compare(20, ours, by_sort);
  std::printf("    top-p by a full sort of probabilities and their tokens: %.0f us   %.1f times as fast\n",
              1e6 * whole.reference_seconds / 64, whole.ratio);
}

}  // namespace

int main() {
  top_p();
  at::set_num_threads(2);
  decode("test", 1, 7);
  decode("test", 8, 7);
  decode("small", 1, 1);  // half a minute without the cache
  return 0;
}
