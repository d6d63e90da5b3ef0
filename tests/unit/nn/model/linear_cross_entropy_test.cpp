#include <aria/nn/model/linear_cross_entropy.hpp>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;
namespace F = torch::nn::functional;

namespace {

struct Problem {
  torch::Tensor hidden, weight, target;
};

Problem problem_of(std::int64_t positions, std::int64_t width, std::int64_t vocabulary) {
  torch::manual_seed(positions);
  Problem problem{torch::randn({positions, width}), torch::randn({vocabulary, width}) * 0.3,
                  torch::randint(0, vocabulary, {positions}, torch::kLong)};
  problem.hidden.requires_grad_(true);
  problem.weight.requires_grad_(true);
  return problem;
}

// The loss and both gradients, the plain way.
struct Answer {
  torch::Tensor loss, hidden, weight;
};
Answer plain(const Problem& problem, std::int64_t ignored, double factor) {
  const torch::Tensor hidden = problem.hidden.detach().to(torch::kDouble).requires_grad_(true);
  const torch::Tensor weight = problem.weight.detach().to(torch::kDouble).requires_grad_(true);
  const torch::Tensor loss =
      F::cross_entropy(torch::linear(hidden, weight), problem.target,
                       F::CrossEntropyFuncOptions().ignore_index(ignored).reduction(torch::kSum)) *
      factor;
  loss.backward();
  return {loss.detach(), hidden.grad(), weight.grad()};
}

void compare(const Problem& problem, std::int64_t ignored, double tolerance) {
  const Answer wanted = plain(problem, ignored, 0.25);
  const torch::Tensor loss = linear_cross_entropy(problem.hidden, problem.weight, problem.target, ignored) * 0.25;
  loss.backward();
  const auto near = [&](const torch::Tensor& a, const torch::Tensor& b) {
    return test::max_difference(a, b) <= tolerance * std::max(1e-3, b.abs().max().item<double>());
  };
  CHECK(near(loss.detach(), wanted.loss));
  CHECK(near(problem.hidden.grad(), wanted.hidden));
  CHECK(near(problem.weight.grad(), wanted.weight));
}

}  // namespace

TEST_CASE("linear_cross_entropy is the cross entropy of the logits, with its gradients", "[nn]") {
  for (const std::int64_t positions : {1, 7, 255, 256, 257, 600}) {
    INFO(positions << " positions");
    compare(problem_of(positions, 24, 131), 5, 1e-5);
  }
}

TEST_CASE("linear_cross_entropy learns nothing from ignored positions", "[nn]") {
  Problem problem = problem_of(300, 16, 50);
  problem.target.narrow(0, 10, 250).fill_(3);
  compare(problem, 3, 1e-5);
  CHECK(problem.hidden.grad().narrow(0, 10, 250).abs().max().item<double>() == 0);

  problem = problem_of(20, 16, 50);
  problem.target.fill_(50);  // a padding that stands outside of the vocabulary
  const torch::Tensor loss = linear_cross_entropy(problem.hidden, problem.weight, problem.target, 50);
  CHECK(loss.item<double>() == 0);
  loss.backward();
  CHECK(problem.weight.grad().abs().max().item<double>() == 0);
}

TEST_CASE("linear_cross_entropy smooths labels", "[nn]") {
  const Problem problem = problem_of(300, 16, 50);
  const torch::Tensor hidden = problem.hidden.detach().to(torch::kDouble).requires_grad_(true);
  const torch::Tensor weight = problem.weight.detach().to(torch::kDouble).requires_grad_(true);
  const torch::Tensor wanted =
      F::cross_entropy(torch::linear(hidden, weight), problem.target,
                       F::CrossEntropyFuncOptions().reduction(torch::kSum).label_smoothing(0.1));
  wanted.backward();
  const torch::Tensor loss = linear_cross_entropy(problem.hidden, problem.weight, problem.target, -1, 0.1);
  loss.backward();
  CHECK(loss.item<double>() == Approx(wanted.item<double>()).epsilon(1e-5));
  CHECK(test::max_difference(problem.hidden.grad(), hidden.grad()) < 1e-5);
  CHECK(test::max_difference(problem.weight.grad(), weight.grad()) < 1e-4);
}

TEST_CASE("linear_cross_entropy computes in bf16 under autocast", "[nn]") {
  const Problem problem = problem_of(300, 64, 200);
  const Answer wanted = plain(problem, -1, 1);
  torch::Tensor loss;
  {
    const AutocastGuard autocast(Precision::bf16, torch::kCPU);
    loss = linear_cross_entropy(problem.hidden, problem.weight, problem.target, -1);
  }
  loss.backward();
  CHECK(loss.scalar_type() == torch::kFloat);
  CHECK(problem.weight.grad().scalar_type() == torch::kFloat);
  CHECK(loss.item<double>() == Approx(wanted.loss.item<double>()).epsilon(2e-3));
  CHECK(loss.item<double>() != Approx(wanted.loss.item<double>()).epsilon(1e-7));
  CHECK(test::max_difference(problem.weight.grad(), wanted.weight) < 0.02 * wanted.weight.abs().max().item<double>());
}

TEST_CASE("linear_cross_entropy without gradients gives the same loss", "[nn]") {
  const Problem problem = problem_of(300, 16, 50);
  for (const double smoothing : {0.0, 0.1}) {
    const auto loss = [&] {
      return linear_cross_entropy(problem.hidden, problem.weight, problem.target, 7, smoothing).item<double>();
    };
    const double with = loss();
    const torch::NoGradGuard no_graph;
    CHECK(loss() == Approx(with).epsilon(1e-6));
  }
}
