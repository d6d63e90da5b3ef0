#include <aria/sampling/nucleus.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::Nucleus;
using aria::NucleusSampler;
using aria::TokenId;

namespace {

// By a full sort, as the original does it.
std::vector<TokenId> slow_nucleus(const std::vector<float>& weights, double top_p) {
  std::vector<TokenId> order(weights.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) { return weights[a] > weights[b]; });
  const double share = top_p * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<TokenId> kept;
  double before = 0;
  for (const TokenId token : order) {
    if (before > share || weights[token] == 0) break;
    kept.push_back(token);
    before += weights[token];
  }
  return kept;
}

// Whether a sum of probabilities is the share itself, so that the last bit of the original's fp32 decides.
bool is_borderline(std::vector<double> probabilities, double top_p) {
  std::sort(probabilities.rbegin(), probabilities.rend());
  double before = 0;
  for (const double probability : probabilities) {
    if (std::abs(before - top_p) < 1e-6) return true;
    before += probability;
  }
  return false;
}

}  // namespace

TEST_CASE("A nucleus is what a full sort finds", "[sampling]") {
  aria::RandomStream random(1);
  NucleusSampler sampler;
  for (int round = 0; round < 300; ++round) {
    const std::size_t size = 1 + random.below(400);
    const int kind = static_cast<int>(random.below(4));
    std::vector<float> weights(size);
    for (float& weight : weights) {
      const double u = random.uniform();
      // Smooth, peaked, with many equal ones, with zeros.
      weight = static_cast<float>(kind == 0   ? u
                                  : kind == 1 ? std::exp(-30 * u)
                                  : kind == 2 ? std::floor(u * 4) + 1
                                              : std::floor(u * 3));
    }
    if (std::accumulate(weights.begin(), weights.end(), 0.0) == 0) weights[0] = 1;
    sampler.set_weights(weights);
    for (const double top_p : {1e-9, 0.1, 0.5, 0.9, 0.98, 1.0}) {
      CAPTURE(round, size, kind, top_p);
      const Nucleus nucleus = sampler.nucleus(top_p);
      const auto wanted = slow_nucleus(weights, top_p);
      // At a share of all, rounding decides about the last ones; they are light.
      const auto kept = sampler.sorted(nucleus);
      const std::size_t least = std::min(kept.size(), wanted.size());
      CHECK(std::equal(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(least), wanted.begin()));
      double mass = 0;
      for (const TokenId token : kept) mass += weights[token];
      CHECK(nucleus.mass == Approx(mass).epsilon(1e-9));
      if (top_p < 1) CHECK(kept == wanted);
    }
  }
}

TEST_CASE("The nuclei of the original", "[sampling]") {
  const auto folder = test::conformance_folder();
  if (!folder || !std::filesystem::exists(*folder / "models/aria_sampling")) return;
  const std::string text = test::read_text(*folder / "models/aria_sampling/runs.json");
  const aria::JsonDocument json(text);
  NucleusSampler sampler;
  std::size_t count = 0;
  for (const aria::JsonView& row : json.root()["sample_top_p_small"].items()) {
    const auto numbers = row["probs"].numbers(), wanted = row["sorted_renormalised"].numbers();
    const double top_p = row["top_p"].number();
    if (is_borderline(numbers, top_p)) continue;
    sampler.set_weights(std::vector<float>(numbers.begin(), numbers.end()));
    const Nucleus nucleus = sampler.nucleus(top_p);
    const auto kept = sampler.sorted(nucleus);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CAPTURE(count, i);
      const double share = i < kept.size() ? sampler.weights()[kept[i]] / nucleus.mass : 0;
      CHECK(share == Approx(wanted[i]).margin(1e-6));
    }
    ++count;
  }
  CHECK(count > 5);  // the others are borderline
}

TEST_CASE("Logits become weights by the temperature", "[sampling]") {
  NucleusSampler sampler;
  sampler.weigh(std::vector<float>{0, 1, -INFINITY, 3}, 2);
  CHECK(sampler.weights()[0] == Approx(std::exp(-1.5)));
  CHECK(sampler.weights()[1] == Approx(std::exp(-1.0)));
  CHECK(sampler.weights()[2] == 0);
  CHECK(sampler.weights()[3] == 1);
  const auto kept = sampler.sorted(sampler.nucleus(1));
  CHECK(kept == std::vector<TokenId>{3, 1, 0});  // what is impossible is never left
}

TEST_CASE("Draws follow the weights, and stay within the nucleus", "[sampling]") {
  NucleusSampler sampler;
  sampler.set_weights(std::vector<float>{1, 4, 0, 3, 2, 0.001F});
  const Nucleus nucleus = sampler.nucleus(0.75);  // 4, 3, then 2: before it stand 7 of 10
  CHECK(sampler.sorted(nucleus) == std::vector<TokenId>{1, 3, 4});
  std::vector<double> counts(6);
  constexpr int kDraws = 90'000;
  aria::RandomStream random(3);
  for (int i = 0; i < kDraws; ++i) ++counts[sampler.draw(nucleus, random)];
  CHECK(counts[0] + counts[2] + counts[5] == 0);
  for (const auto& [token, share] : {std::pair(1, 4.0 / 9), std::pair(3, 3.0 / 9), std::pair(4, 2.0 / 9)}) {
    CHECK(std::abs(counts[static_cast<std::size_t>(token)] / kDraws - share) < 0.01);
  }
}

TEST_CASE("The most probable token is the first of several", "[sampling]") {
  CHECK(aria::most_probable(std::vector<float>{1, 5, 5, 2}) == 1);
}
