#include <aria/nn/model/linear_token_losses.hpp>

#include <cmath>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

namespace {

struct Problem {
  torch::Tensor hidden, weight, target;
};

// Logits of a few tens, and of more columns and rows than are computed at once.
Problem problem_of(std::int64_t positions, std::int64_t vocabulary) {
  torch::manual_seed(positions);
  return {torch::randn({positions, 12}) * 3, torch::randn({vocabulary, 12}) * 3,
          torch::randint(0, vocabulary, {positions}, torch::kLong)};
}

torch::Tensor plain(const Problem& problem) {
  const torch::Tensor logits = torch::mm(problem.hidden.to(torch::kDouble), problem.weight.to(torch::kDouble).t());
  return -torch::log_softmax(logits, 1).gather(1, problem.target.unsqueeze(1)).squeeze(1);
}

torch::Tensor ours(const Problem& problem, std::int64_t ignored = -1) {
  return linear_token_losses(problem.hidden, problem.weight, problem.target, ignored);
}

}  // namespace

TEST_CASE("linear_token_losses are those of log_softmax, whatever the blocks", "[nn]") {
  for (const std::int64_t positions : {1, 513, 1025}) {
    for (const std::int64_t vocabulary : {1, 2, 511, 513, 8192, 8193}) {
      INFO(positions << " positions, " << vocabulary << " tokens");
      const Problem problem = problem_of(positions, vocabulary);
      const torch::Tensor losses = ours(problem);
      CHECK(losses.scalar_type() == torch::kFloat);
      CHECK(test::max_difference(losses, plain(problem)) < 2e-4);
    }
  }
  CHECK(ours(problem_of(0, 5)).numel() == 0);
}

TEST_CASE("linear_token_losses under autocast are those of bf16 products", "[nn]") {
  const Problem problem = problem_of(40, 3000);
  const AutocastGuard autocast(Precision::bf16, torch::kCPU);
  const torch::Tensor losses = ours(problem);
  CHECK(losses.scalar_type() == torch::kFloat);
  const double error = test::max_difference(losses, plain(problem));
  CHECK(error < 1);  // logits around 100 have steps of a half
  CHECK(error > 1e-3);
}

TEST_CASE("linear_token_losses of ignored targets are 0", "[nn]") {
  Problem problem = problem_of(6, 3000);
  problem.target[2] = 2999;
  problem.target[4] = 4000;
  CHECK_THROWS(ours(problem));
  torch::Tensor losses = ours(problem, 4000);
  CHECK(losses[4].item<float>() == 0);
  losses = losses.narrow(0, 0, 4);
  problem = {problem.hidden.narrow(0, 0, 4), problem.weight, problem.target.narrow(0, 0, 4)};
  CHECK(test::max_difference(losses, plain(problem)) < 2e-4);
  problem.target[0] = -2;
  CHECK_THROWS(ours(problem));
}

TEST_CASE("A logit that is not finite makes a loss that is no number", "[nn]") {
  for (const float bad : {INFINITY, -INFINITY, NAN, -NAN}) {
    for (const std::int64_t row : {0, 1500, 8999}) {
      INFO(bad << " in row " << row);
      Problem problem = problem_of(3, 9000);
      problem.hidden = problem.hidden.abs();
      problem.weight[row][0] = bad;
      CHECK(ours(problem).isnan().all().item<bool>());
    }
  }
}

TEST_CASE("Losses of logits far from each other do not overflow", "[nn]") {
  Problem problem = problem_of(2, 9000);
  problem.hidden.fill_(1);
  problem.weight = torch::zeros({9000, 12});
  problem.weight.slice(0, 0, 2000).fill_(-1e4);
  problem.weight[8999].fill_(1e4);
  problem.target[0] = 8999;
  problem.target[1] = 0;
  const torch::Tensor losses = ours(problem);
  CHECK(losses[0].item<double>() == 0);
  CHECK(losses[1].item<double>() == Approx(2.4e5));
}
