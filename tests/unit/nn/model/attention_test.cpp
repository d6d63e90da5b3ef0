#include <aria/nn/model/attention.hpp>

#include <cmath>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

namespace {

torch::Tensor random_qkv(std::int64_t batch, std::int64_t length, std::int64_t heads, std::int64_t size) {
  torch::manual_seed(length);
  return torch::randn({batch, length, 3, heads, size});
}

// Attention as it is written in papers, in double precision; `kept` is what the weights are multiplied with.
torch::Tensor plain(const torch::Tensor& qkv, const AttentionOptions& options, const torch::Tensor& kept = {}) {
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);
  const RotaryTable::Angles angles{
      options.angles.cos.defined() ? options.angles.cos.to(torch::kDouble) : torch::Tensor(),
      options.angles.sin.defined() ? options.angles.sin.to(torch::kDouble) : torch::Tensor()};
  const auto turn = [&](const torch::Tensor& x) { return angles.cos.defined() ? rotate(x, angles) : x; };
  const std::int64_t length = qkv.size(1);
  const torch::Tensor hidden = torch::ones({length, length}, torch::kBool).triu(1);
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(qkv.size(4))));
  const torch::Tensor scores = torch::matmul(turn(parts[0]), turn(parts[1]).transpose(2, 3)) * scale;
  torch::Tensor weights = torch::softmax(scores.masked_fill(hidden, -INFINITY), -1);
  if (kept.defined()) weights = weights * kept;
  return torch::matmul(weights, parts[2]).transpose(1, 2).flatten(2);
}

// The factors of a mask for weights (batch, heads, length, length).
torch::Tensor factors_of(std::uint64_t key, double p, at::IntArrayRef sizes) {
  torch::Tensor factors = torch::empty(sizes);
  float* out = factors.data_ptr<float>();
  DropoutMask(key, p).for_each(0, factors.numel(), [&](std::int64_t i, float factor) { out[i] = factor; });
  return factors;
}

void compare(const torch::Tensor& qkv, const AttentionOptions& options, double tolerance) {
  torch::Tensor kept;
  if (options.dropout > 0) {
    torch::manual_seed(9);
    const std::uint64_t key = draw_dropout_key();
    torch::manual_seed(9);
    kept = factors_of(key, options.dropout, {qkv.size(0), qkv.size(3), qkv.size(1), qkv.size(1)}).to(torch::kDouble);
  }
  const torch::Tensor here = qkv.detach().clone().requires_grad_(true);
  const torch::Tensor there = qkv.detach().to(torch::kDouble).requires_grad_(true);
  const torch::Tensor out = causal_self_attention(here, options), wanted = plain(there, options, kept);
  const torch::Tensor direction = torch::randn(wanted.sizes(), torch::kDouble);
  (out * direction.to(out.scalar_type())).sum().backward();
  (wanted * direction).sum().backward();
  CHECK(test::max_difference(out, wanted) < tolerance * wanted.abs().max().item<double>());
  CHECK(test::max_difference(here.grad(), there.grad()) < tolerance * there.grad().abs().max().item<double>());
}

}  // namespace

TEST_CASE("Attention on processors is attention, with its gradients", "[nn]") {
  RotaryTable table(16);
  for (const std::int64_t length : {1, 2, 31, 255, 256, 300}) {
    INFO("length " << length);
    const torch::Tensor qkv = random_qkv(2, length, 3, 16);
    compare(qkv, {}, 1e-5);
    compare(qkv, {.angles = table.at(0, length, torch::kCPU)}, 1e-5);
    compare(qkv, {.scale = 0.5}, 1e-5);
    compare(qkv, {.angles = table.at(0, length, torch::kCPU), .dropout = 0.3}, 1e-5);
  }
}

TEST_CASE("Attention in bf16 is attention as far as bf16 goes", "[nn]") {
  RotaryTable table(16);
  const torch::Tensor qkv = random_qkv(2, 290, 2, 16).to(torch::kBFloat16);
  compare(qkv, {.angles = table.at(0, 290, torch::kCPU)}, 0.03);
  compare(qkv, {.dropout = 0.2}, 0.03);
}

TEST_CASE("Attention bears scores of any size", "[nn]") {
  const torch::Tensor qkv = random_qkv(1, 40, 1, 8) * 60;  // weights of 1 and of 0
  compare(qkv, {}, 1e-4);
  const torch::Tensor zeros = torch::zeros({1, 40, 3, 1, 8});
  CHECK(causal_self_attention(zeros).abs().max().item<double>() == 0);
}

TEST_CASE("Attention on processors agrees with libtorch's own", "[nn]") {
  const torch::Tensor qkv = random_qkv(2, 100, 2, 8);
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);
  const torch::Tensor wanted =
      aria::nn::detail::torch_attention(parts[0], parts[1], parts[2], 0, 0.25).transpose(1, 2).flatten(2);
  CHECK(test::max_difference(causal_self_attention(qkv, {.scale = 0.25}), wanted) < 1e-5);
  // Other precisions take that way.
  CHECK(test::max_difference(causal_self_attention(qkv.to(torch::kDouble), {.scale = 0.25}), wanted) < 1e-5);
}

TEST_CASE("The exponential of rows is exact to a few units of the last place", "[nn]") {
  double worst = 0;
  for (float x = 0; x > -86; x -= 0.00731F) {
    const double wanted = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(aria::kernels::exp_of_negative(x)) - wanted) / wanted);
  }
  CHECK(worst < 2e-7);
  CHECK(aria::kernels::exp_of_negative(0) == 1);
  CHECK(aria::kernels::exp_of_negative(-1000) == 0);
  CHECK(aria::kernels::exp_of_negative(-INFINITY) == 0);
}
