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

TEST_CASE("Gradients reach all weights where backward runs under autocast", "[nn]") {
  const auto gradients = [](bool checkpoints) {
    const auto model = test::small_model(checkpoints, 0.1);
    model->train();
    torch::manual_seed(13);
    const torch::Tensor ids = torch::randint(0, 67, {3, 49}, torch::kLong);
    const AutocastGuard autocast(Precision::bf16, torch::kCPU);
    model->loss_sum(ids.narrow(1, 0, 48), ids.narrow(1, 1, 48), -1).backward();
    std::vector<torch::Tensor> all;
    for (const auto& parameter : model->named_parameters()) {
      INFO(parameter.key());
      REQUIRE(parameter.value().grad().defined());
      all.push_back(parameter.value().grad().flatten());
    }
    return torch::cat(all);
  };
  CHECK(torch::equal(gradients(true), gradients(false)));
}

TEST_CASE("A look without gradients under autocast takes none from who comes after", "[nn]") {
  const auto model = test::small_model(false, 0);
  model->train();
  const torch::Tensor ids = torch::zeros({1, 9}, torch::kLong);
  const AutocastGuard outer(Precision::bf16, torch::kCPU);
  {
    const torch::NoGradGuard no_graph;
    const AutocastGuard inner(Precision::bf16, torch::kCPU);
    (void)model->loss_sum(ids, ids, -1);
  }
  model->loss_sum(ids, ids, -1).backward();
  for (const auto& parameter : model->named_parameters()) {
    INFO(parameter.key());
    CHECK(parameter.value().grad().defined());
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
