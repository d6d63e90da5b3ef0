#include <aria/nn.hpp>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

TEST_CASE("TransformerLM has the numbers of the original", "[nn]") {
  const auto folder = test::reference_model("aria_tiny");
  if (!folder) return;
  const auto model = test::tiny_model(*folder);
  const SafetensorsFile forward((*folder / "forward.safetensors").string());
  const torch::Tensor ids = test::tensor_of(forward, "input_ids"), targets = test::tensor_of(forward, "target_ids");

  model->eval();
  const torch::Tensor logits = model->forward(ids.to(torch::kLong));
  CHECK(test::max_difference(logits, test::tensor_of(forward, "logits")) < 5e-5);

  model->train();
  const auto count = static_cast<double>((targets != test::kTinyPad).sum().item<std::int64_t>());
  const torch::Tensor loss = model->loss_sum(ids.to(torch::kLong), targets.to(torch::kLong), test::kTinyPad) / count;
  const double wanted = test::tensor_of(forward, "loss").item<double>();
  CHECK(std::abs(loss.item<double>() - wanted) < 1e-5 * wanted);

  // Per token, from the logits; the file has that of padding, too.
  const torch::Tensor each =
      -torch::log_softmax(logits, -1).gather(2, targets.to(torch::kLong).unsqueeze(2)).squeeze(2);
  CHECK(test::max_difference(each, test::tensor_of(forward, "per_token_loss")) < 1e-4);

  loss.backward();
  const SafetensorsFile gradients((*folder / "grads.safetensors").string());
  const auto parameters = model->named_parameters();
  CHECK(parameters.size() == 37);
  CHECK(gradients.tensors().size() == 37);
  for (const auto& parameter : parameters) {
    INFO(parameter.key());
    const torch::Tensor reference = test::tensor_of(gradients, parameter.key());
    CHECK(test::max_difference(parameter.value().grad(), reference) < 2e-5 * reference.abs().max().item<double>());
  }
}

TEST_CASE("The state of TransformerLM has the names and the order of the original's state dict", "[nn]") {
  const auto folder = test::reference_model("aria_tiny");
  if (!folder) return;
  const auto model = test::tiny_model(*folder);
  std::string json = test::read_text(*folder / "forward.json");
  const aria::JsonDocument document(json);
  const auto wanted = document.root()["state_dict_order"].texts();
  std::vector<std::string> names;
  for (const NamedTensor& tensor : state_of(*model)) names.push_back(tensor.name);
  CHECK(names == wanted);
  CHECK(parameter_count(*model) == document.root()["parameter_count"].whole_number());
}

TEST_CASE("The angles of rotary positions are the original's", "[nn]") {
  const auto folder = test::reference_model("aria_tiny");
  if (!folder) return;
  const SafetensorsFile forward((*folder / "forward.safetensors").string());
  RotaryTable table(16);
  const auto angles = table.at(0, 96, torch::kCPU);
  CHECK(test::max_difference(angles.cos, test::tensor_of(forward, "rotary_cos")) == 0);
  CHECK(test::max_difference(angles.sin, test::tensor_of(forward, "rotary_sin")) == 0);
}

TEST_CASE("Rotary positions start where they are asked to", "[nn]") {
  RotaryTable table(8);
  const auto all = RotaryTable(8).at(0, 40, torch::kCPU);
  for (const std::int64_t first : {0, 3, 20}) {
    const auto some = table.at(first, 5, torch::kCPU);
    CHECK(torch::equal(some.cos, all.cos.narrow(0, first, 5)));
    CHECK(torch::equal(some.sin, all.sin.narrow(0, first, 5)));
  }
}

TEST_CASE("A turned query and a turned key know only their distance", "[nn]") {
  torch::manual_seed(1);
  RotaryTable table(16);
  const torch::Tensor q = torch::randn({16}), k = torch::randn({16});
  const auto product = [&](std::int64_t i, std::int64_t j) {
    return torch::dot(rotate(q.unsqueeze(0), table.at(i, 1, torch::kCPU)).squeeze(0),
                      rotate(k.unsqueeze(0), table.at(j, 1, torch::kCPU)).squeeze(0))
        .item<double>();
  };
  CHECK(product(9, 4) == Approx(product(25, 20)).margin(1e-5));
  CHECK(product(9, 4) != Approx(product(9, 5)).margin(1e-3));
}

TEST_CASE("A seed draws the same weights as in Python", "[nn]") {
  // The reference's weights are those of torch.manual_seed(0), but for a factor and other norms and biases.
  const auto folder = test::reference_model("aria_tiny");
  if (!folder) return;
  auto config = aria::ModelConfig::from_file((*folder / "config.json").string());
  torch::manual_seed(0);
  const TransformerLM model(config, 503);
  const SafetensorsFile reference((*folder / "model.safetensors").string());
  std::size_t compared = 0;
  for (const NamedTensor& own : state_of(model)) {
    if (own.tensor.dim() != 2) continue;
    INFO(own.name);
    const bool embedding = own.name == "model.tok_embeddings.weight";
    CHECK(torch::equal(embedding ? own.tensor : own.tensor * 2, test::tensor_of(reference, own.name)));
    ++compared;
  }
  CHECK(compared == 14);
}

TEST_CASE("No position sees what comes after it", "[nn]") {
  const auto model = test::small_model();
  model->eval();
  torch::manual_seed(3);
  torch::Tensor ids = torch::randint(0, 67, {2, 40}, torch::kLong);
  const torch::Tensor before = model->forward(ids);
  ids.narrow(1, 25, 15) = torch::randint(0, 67, {2, 15}, torch::kLong);
  const torch::Tensor after = model->forward(ids);
  CHECK(test::max_difference(before.narrow(1, 0, 25), after.narrow(1, 0, 25)) < 1e-6);
  CHECK(test::max_difference(before.narrow(1, 25, 15), after.narrow(1, 25, 15)) > 1e-2);
}

TEST_CASE("A sequence longer than the model's context is refused", "[nn]") {
  const auto error = test::error_of([] { test::small_model()->forward(torch::zeros({1, 49}, torch::kLong)); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(error.message() == "a sequence of 49 tokens is longer than the model's max_seq_len of 48");
}

TEST_CASE("The configurations have the sizes that are told of them", "[nn]") {
  // Counted from the formulas of the layers, for a vocabulary of 1000.
  for (const auto name : aria::ModelConfig::names()) {
    const auto config = aria::ModelConfig::find(std::string(name));
    if (config.n_layers > 16) continue;  // the large ones take seconds and gigabytes
    const TransformerLM model(config, 1000);
    const auto d = static_cast<std::uint64_t>(config.d_model), inner = d * static_cast<std::uint64_t>(config.ff_mult);
    const std::uint64_t block = 3 * d * d + (d * d + d) + (d * inner + inner) + (inner * d + d) + 4 * d;
    CHECK(parameter_count(model) == 2 * 1000 * d + 2 * d + static_cast<std::uint64_t>(config.n_layers) * block);
  }
}
