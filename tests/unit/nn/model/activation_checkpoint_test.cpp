#include <aria/nn.hpp>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

namespace {

// The gradients of a step with dropout, in one flat tensor, and the random number that comes after it.
std::pair<torch::Tensor, double> gradients_of(bool checkpoints, Precision precision) {
  const auto model = test::small_model(checkpoints, 0.1);
  model->train();
  torch::manual_seed(13);
  const torch::Tensor ids = torch::randint(0, 67, {3, 49}, torch::kLong);
  torch::Tensor loss;
  {
    const AutocastGuard autocast(precision, torch::kCPU);
    loss = model->loss_sum(ids.narrow(1, 0, 48), ids.narrow(1, 1, 48), -1);
  }
  loss.backward();
  std::vector<torch::Tensor> all = {loss.detach().reshape({1})};
  for (const torch::Tensor& parameter : model->parameters()) all.push_back(parameter.grad().flatten());
  return {torch::cat(all), torch::rand({1}).item<double>()};
}

}  // namespace

TEST_CASE("Activation checkpointing gives the same gradients to the bit, with dropout", "[nn]") {
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    const auto [plain, next] = gradients_of(false, precision);
    const auto [again, next_again] = gradients_of(true, precision);
    CHECK(plain.abs().max().item<double>() > 0.1);
    CHECK(torch::equal(plain, again));
    CHECK(next == next_again);  // whoever draws afterwards does not notice
  }
}

TEST_CASE("A part that runs again runs once forward and once backward", "[nn]") {
  int runs = 0;
  const torch::Tensor x = torch::ones({4}).requires_grad_(true);
  const torch::Tensor y = checkpointed(x, [&](const torch::Tensor& in) {
    ++runs;
    return (in * in).exp();
  });
  CHECK(runs == 1);
  y.sum().backward();
  CHECK(runs == 2);
  CHECK(x.grad()[0].item<double>() == Approx(2 * std::exp(1.0)));
}

TEST_CASE("Without gradients nothing is kept for a second run", "[nn]") {
  const auto model = test::small_model(true);
  model->eval();
  const torch::NoGradGuard no_graph;
  const torch::Tensor ids = torch::zeros({1, 8}, torch::kLong);
  CHECK_FALSE(model->forward(ids).requires_grad());
}
