#include <aria/nn/model/linear.hpp>

#include "support/catch.hpp"

using aria::nn::apply_linear;

TEST_CASE("A linear layer gives the same for few rows and many, in all shapes", "[nn]") {
  torch::manual_seed(3);
  for (const auto& [in, out] : {std::pair(8, 5), std::pair(96, 700), std::pair(512, 3000)}) {
    torch::nn::Linear layer(in, out);
    torch::nn::Linear plain(torch::nn::LinearOptions(in, out).bias(false));
    for (const std::int64_t rows : {1, 2, 3, 8, 16, 17, 40}) {
      CAPTURE(in, out, rows);
      const torch::NoGradGuard no_graph;
      for (const torch::Tensor& x : {torch::randn({rows, in}), torch::randn({rows, 1, in}),
                                     torch::randn({in, rows}).t(), torch::randn({rows, 3, in}).select(1, 1)}) {
        CHECK(torch::allclose(apply_linear(x, layer), layer(x), 1e-4, 1e-5));
        CHECK(apply_linear(x, layer).sizes() == layer(x).sizes());
        CHECK(torch::allclose(apply_linear(x, plain), plain(x), 1e-4, 1e-5));
      }
      const torch::Tensor x = torch::randn({rows, in}), into = torch::full({rows, out}, 7.0);
      aria::nn::apply_linear_into(into, x, plain->weight);
      CHECK(torch::allclose(into, plain(x), 1e-4, 1e-5));
    }
  }
}

TEST_CASE("A linear layer keeps its gradients, and its precision under autocast", "[nn]") {
  torch::manual_seed(3);
  torch::nn::Linear layer(512, 3000);
  const torch::Tensor x = torch::randn({2, 512});
  apply_linear(x, layer).sum().backward();
  CHECK(layer->weight.grad().defined());
  const torch::NoGradGuard no_graph;
  const aria::nn::AutocastGuard autocast(aria::nn::Precision::bf16, torch::kCPU);
  CHECK(apply_linear(x, layer).scalar_type() == torch::kBFloat16);
}
