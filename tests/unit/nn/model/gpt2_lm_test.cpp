#include <aria/nn.hpp>

#include <cmath>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

namespace {

// Nothing is padding.
constexpr std::int64_t kNoPad = -1;

}  // namespace

TEST_CASE("Gpt2LM has the numbers of the reference", "[nn]") {
  const auto folder = test::reference_model("gpt2_tiny");
  if (!folder) return;
  const auto model = load_model_folder(folder->string());
  const SafetensorsFile forward((*folder / "forward.safetensors").string());
  const torch::Tensor ids = test::tensor_of(forward, "input_ids").to(torch::kLong);

  model->eval();
  const torch::Tensor logits = model->forward(ids);
  CHECK(test::max_difference(logits.narrow(1, 1020, 4), test::tensor_of(forward, "logits_last4")) < 5e-5);
  const torch::Tensor at_99 = model->forward(ids.narrow(1, 0, 100)).select(1, 99);
  CHECK(test::max_difference(at_99, test::tensor_of(forward, "logits_at_99").view_as(at_99)) < 5e-5);

  const torch::Tensor source = ids.narrow(1, 0, 1023), target = ids.narrow(1, 1, 1023).contiguous();
  const torch::Tensor wanted = test::tensor_of(forward, "per_token_ce");
  CHECK(test::max_difference(model->token_losses(source, target, kNoPad), wanted) < 1e-4);

  const torch::Tensor loss = model->loss_sum(source, target, kNoPad) / static_cast<double>(target.numel());
  const double wanted_loss = test::tensor_of(forward, "loss").item<double>();
  CHECK(std::abs(loss.item<double>() - wanted_loss) < 1e-5 * wanted_loss);

  loss.backward();
  const SafetensorsFile gradients((*folder / "grads.safetensors").string());
  std::size_t compared = 0;
  for (const auto& parameter : model->named_parameters()) {
    INFO(parameter.key());
    if (parameter.key() == "transformer.wte.weight") continue;
    const torch::Tensor reference = test::tensor_of(gradients, parameter.key());
    CHECK(test::max_difference(parameter.value().grad(), reference) < 2e-5 * reference.abs().max().item<double>());
    ++compared;
  }
  CHECK(compared == 27);
  const torch::Tensor rows = test::tensor_of(gradients, "wte_grad_rows");
  const torch::Tensor row_ids = test::tensor_of(gradients, "wte_grad_row_ids").to(torch::kLong);
  CHECK(test::max_difference(model->head_weight().grad().index_select(0, row_ids), rows) <
        2e-5 * rows.abs().max().item<double>());
}
