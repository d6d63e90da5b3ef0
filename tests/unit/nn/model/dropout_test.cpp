#include <aria/nn/model/dropout.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

namespace {

std::vector<float> factors_of(const DropoutMask& mask, std::int64_t begin, std::int64_t end) {
  std::vector<float> factors;
  mask.for_each(begin, end, [&](std::int64_t i, float factor) {
    CHECK(i == begin + static_cast<std::int64_t>(factors.size()));
    factors.push_back(factor);
  });
  return factors;
}

}  // namespace

TEST_CASE("A dropout mask drops the asked share, and keeps the expectation", "[nn]") {
  for (const double p : {0.0, 0.1, 0.5, 0.9}) {
    const DropoutMask mask(42, p);
    constexpr std::int64_t kCount = 1 << 20;
    double sum = 0, dropped = 0;
    mask.for_each(0, kCount, [&](std::int64_t, float factor) {
      sum += factor;
      dropped += factor == 0;
    });
    const double deviation = std::sqrt(p * (1 - p) / kCount);
    CHECK(std::abs(dropped / kCount - p) <= 5 * deviation + 1e-5);
    CHECK(std::abs(sum / kCount - 1) <= 5 * deviation / (1 - p) + 1e-5);
  }
}

TEST_CASE("A dropout mask is the same wherever one begins, and another for every key", "[nn]") {
  const DropoutMask mask(1, 0.3), other(2, 0.3);
  const auto all = factors_of(mask, 0, 103);
  for (const std::int64_t begin : {1, 2, 3, 4, 50}) {
    for (const std::int64_t end : {50, 51, 52, 53, 103}) {
      CHECK(factors_of(mask, begin, end) == std::vector<float>(all.begin() + begin, all.begin() + end));
    }
  }
  for (std::int64_t i = 0; i < 103; ++i) CHECK(mask.factor(i) == all[static_cast<std::size_t>(i)]);
  CHECK(factors_of(other, 0, 103) != all);
}

TEST_CASE("Neighbours of a mask, and the masks of following keys, have nothing to do with each other", "[nn]") {
  constexpr std::int64_t kCount = 1 << 18;
  const DropoutMask mask(100, 0.5), next(101, 0.5);
  double neighbours = 0, keys = 0;
  for (std::int64_t i = 0; i < kCount; ++i) {
    const double here = mask.factor(i) - 1;
    neighbours += here * (mask.factor(i + 1) - 1);
    keys += here * (next.factor(i) - 1);
  }
  const double deviation = std::sqrt(static_cast<double>(kCount));
  CHECK(std::abs(neighbours) < 5 * deviation);
  CHECK(std::abs(keys) < 5 * deviation);
}

TEST_CASE("add_dropout adds what is kept, and gives gradients through the same mask", "[nn]") {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    torch::manual_seed(5);
    const torch::Tensor residual = torch::randn({9, 1001}).requires_grad_(true);
    const torch::Tensor branch = torch::ones({9, 1001}).to(type).detach().requires_grad_(true);
    const torch::Tensor out = add_dropout(residual, branch, 0.25, true);
    CHECK(out.scalar_type() == torch::kFloat);
    const torch::Tensor mask = out.detach() - residual.detach();
    CHECK((mask.abs() < 1e-3).to(torch::kFloat).mean().item<double>() == Approx(0.25).margin(0.02));
    (out * out.detach()).sum().backward();
    CHECK(test::max_difference(residual.grad(), out.detach()) < 1e-6);
    const double tolerance = type == torch::kFloat ? 1e-5 : 0.05;
    CHECK(test::max_difference(branch.grad(), out.detach() * mask) < tolerance);

    torch::manual_seed(5);  // the same seed, the same mask
    (void)torch::randn({9, 1001});
    CHECK(torch::equal(add_dropout(residual, branch, 0.25, true), out));
    CHECK(torch::equal(add_dropout(residual, branch, 0.25, false), residual + branch));
    CHECK(torch::equal(add_dropout(residual, branch, 0, true), residual + branch));
  }
}

TEST_CASE("Dropout does not depend on the number of threads", "[nn]") {
  const torch::Tensor residual = torch::zeros({300, 1000}), branch = torch::ones({300, 1000});
  const auto with_threads = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    torch::manual_seed(11);
    torch::Tensor out = add_dropout(residual, branch, 0.1, true);
    at::set_num_threads(before);
    return out;
  };
  CHECK(torch::equal(with_threads(1), with_threads(2)));
}
