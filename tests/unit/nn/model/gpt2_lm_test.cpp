#include <aria/nn.hpp>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tiny.hpp"

using namespace aria::nn;

namespace {

// Nothing is padding.
constexpr std::int64_t kNoPad = -1;

torch::Tensor random_ids(std::int64_t rows, std::int64_t length, std::int64_t vocabulary = 67) {
  torch::manual_seed(21);
  return torch::randint(0, vocabulary, {rows, length}, torch::kLong);
}

// Losses of the plain formula, from all logits; 0 at padding.
torch::Tensor plain_losses(Gpt2LM& model, const torch::Tensor& source, const torch::Tensor& target, std::int64_t pad) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor logits = model.forward(source).to(torch::kDouble);
  const torch::Tensor wanted = torch::where(target == pad, torch::zeros_like(target), target);
  return -torch::log_softmax(logits, -1).gather(2, wanted.unsqueeze(2)).squeeze(2) * (target != pad);
}

// Mean and standard deviation.
std::pair<double, double> spread_of(const torch::Tensor& tensor) {
  return {tensor.mean().item<double>(), tensor.std().item<double>()};
}

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

TEST_CASE("The published sizes of GPT-2 have the parameters that are told of them", "[nn]") {
  // Counted from the shapes of models of one and of two layers, of one token: all layers are alike, and each further
  // token is a row of the embeddings. The whole models would take gigabytes.
  const auto count = [](const std::string& name) {
    const aria::Gpt2Config whole = *aria::ModelPreset::find(name).model.gpt2();
    aria::Gpt2Config config = whole;
    config.vocab_size = 1;
    config.n_layer = 1;
    const std::uint64_t one = parameter_count(Gpt2LM(config));
    config.n_layer = 2;
    const std::uint64_t layer = parameter_count(Gpt2LM(config)) - one;
    return one + static_cast<std::uint64_t>(whole.n_layer - 1) * layer +
           static_cast<std::uint64_t>((whole.vocab_size - 1) * whole.n_embd);
  };
  CHECK(count("lakh-small") == 128'103'936);
  CHECK(count("lakh-medium") == 359'708'672);
  CHECK(count("lakh-large") == 780'136'960);
  // A small one is counted whole, and by the formula.
  const aria::Gpt2Config config = test::small_gpt2_config();
  const std::uint64_t block = 32 * 96 + 96 + 32 * 32 + 32 + 2 * 32 * 128 + 128 + 32 + 4 * 32;
  CHECK(parameter_count(Gpt2LM(config)) == (67 + 48) * 32 + 3 * block + 2 * 32);
}

TEST_CASE("New weights of a GPT-2 are drawn as Levanter draws them", "[nn]") {
  aria::Gpt2Config config = test::small_gpt2_config();
  config.vocab_size = 2000;
  config.n_positions = 1000;
  config.n_embd = 128;
  torch::manual_seed(5);
  const Gpt2LM model(config);
  for (const NamedTensor& tensor : state_of(model)) {
    INFO(tensor.name);
    const auto [mean, deviation] = spread_of(tensor.tensor);
    if (tensor.name.ends_with("bias")) {
      CHECK(torch::equal(tensor.tensor, torch::zeros_like(tensor.tensor)));
    } else if (tensor.tensor.dim() == 1) {
      CHECK(torch::equal(tensor.tensor, torch::ones_like(tensor.tensor)));
    } else {
      const double wanted = tensor.name == "transformer.wpe.weight" ? 0.01 : 0.02;
      CHECK(deviation == Approx(wanted).epsilon(0.03));
      CHECK(std::abs(mean) < 5 * wanted / std::sqrt(static_cast<double>(tensor.tensor.numel())));
      // A normal distribution: a third of all numbers is further off than that, and hardly any than four times.
      CHECK((tensor.tensor.abs() > wanted).to(torch::kDouble).mean().item<double>() == Approx(0.3173).margin(0.02));
      CHECK((tensor.tensor.abs() > 4 * wanted).to(torch::kDouble).mean().item<double>() < 1e-3);
    }
  }
  config.initializer_range = 0.1;
  const Gpt2LM wide(config);
  CHECK(spread_of(wide.head_weight()).second == Approx(0.1).epsilon(0.03));
  torch::manual_seed(5);
  CHECK_FALSE(torch::equal(Gpt2LM(config).head_weight(), wide.head_weight()));
}

TEST_CASE("Gradient checkpoints of a GPT-2 give the same gradients to the bit, with dropout", "[nn]") {
  const auto gradients_of = [](bool checkpoints, Precision precision, double drop_p) {
    aria::Gpt2Config config = test::small_gpt2_config(drop_p);
    config.gradient_checkpointing = checkpoints;
    const auto model = test::small_gpt2(config);
    model->train();
    const torch::Tensor ids = random_ids(3, 49);
    torch::Tensor loss;
    {
      const AutocastGuard autocast(precision, torch::kCPU);
      loss = model->loss_sum(ids.narrow(1, 0, 48), ids.narrow(1, 1, 48), kNoPad);
    }
    loss.backward();
    std::vector<torch::Tensor> all = {loss.detach().reshape({1})};
    for (const auto& parameter : model->named_parameters()) {
      INFO(parameter.key());
      REQUIRE(parameter.value().grad().defined());
      all.push_back(parameter.value().grad().flatten());
    }
    return std::pair(torch::cat(all), torch::rand({1}).item<double>());
  };
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    const auto [plain, next] = gradients_of(false, precision, 0.1);
    const auto [again, next_again] = gradients_of(true, precision, 0.1);
    CHECK(plain.abs().max().item<double>() > 0.1);
    CHECK(torch::equal(plain, again));
    CHECK(next == next_again);  // whoever draws afterwards does not notice
    CHECK_FALSE(torch::equal(plain, gradients_of(false, precision, 0).first));
  }
}

TEST_CASE("A GPT-2 with a cache gives the logits of the whole sequence, however it is fed", "[nn]") {
  const auto model = test::small_gpt2();
  model->eval();
  const torch::NoGradGuard no_graph;
  const torch::Tensor ids = random_ids(2, 48), whole = model->hidden(ids);
  for (const std::vector<std::int64_t>& parts : std::vector<std::vector<std::int64_t>>{
           {48}, {1, 47}, {47, 1}, {20, 1, 1, 26}, std::vector<std::int64_t>(48, 1)}) {
    KvCache cache = model->make_cache();
    std::vector<torch::Tensor> found;
    for (const std::int64_t count : parts) {
      found.push_back(model->hidden_behind(cache, ids.narrow(1, cache.length(), count)));
    }
    CHECK(cache.length() == 48);
    CHECK(test::max_difference(torch::cat(found, 1), whole) < 2e-5);
  }
  // What was cut off is forgotten, and there is no place behind the last position.
  KvCache cache = model->make_cache();
  (void)model->hidden_behind(cache, ids);
  const auto error = test::error_of([&] { model->hidden_behind(cache, ids.narrow(1, 0, 1)); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(cache.length() == 48);
  cache.truncate(30);
  CHECK(test::max_difference(model->hidden_behind(cache, ids.narrow(1, 30, 5)), whole.narrow(1, 30, 5)) < 2e-5);
}

TEST_CASE("A GPT-2 drops nothing but in training, and each kind of dropout by itself", "[nn]") {
  const torch::Tensor ids = random_ids(2, 40);
  const auto plain = test::small_gpt2(test::small_gpt2_config(0));
  const auto logits_of = [&](double aria::Gpt2Config::*kind, bool train) {
    aria::Gpt2Config config = test::small_gpt2_config(0);
    config.*kind = 0.2;
    const auto model = test::small_gpt2(config);
    model->train(train);
    torch::manual_seed(31);
    return model->forward(ids).detach();
  };
  plain->train();
  const torch::Tensor wanted = plain->forward(ids).detach();
  plain->eval();
  CHECK(test::max_difference(plain->forward(ids).detach(), wanted) < 1e-6);
  std::vector<torch::Tensor> dropped;
  for (const auto kind :
       {&aria::Gpt2Config::embd_pdrop, &aria::Gpt2Config::resid_pdrop, &aria::Gpt2Config::attn_pdrop}) {
    CHECK(test::max_difference(logits_of(kind, false), wanted) < 1e-6);
    const torch::Tensor once = logits_of(kind, true);
    CHECK(test::max_difference(once, wanted) > 1e-3);
    CHECK(torch::equal(once, logits_of(kind, true)));  // the seed decides it
    dropped.push_back(once);
  }
  CHECK_FALSE(torch::equal(dropped[0], dropped[1]));
  CHECK_FALSE(torch::equal(dropped[1], dropped[2]));
}

TEST_CASE("A GPT-2 obeys its configuration", "[nn]") {
  const torch::Tensor ids = random_ids(1, 40);
  const auto logits_with = [&](const auto& change) {
    aria::Gpt2Config config = test::small_gpt2_config(0);
    change(config);
    const auto model = test::small_gpt2(config);
    model->eval();
    return model->forward(ids).detach();
  };
  const torch::Tensor plain = logits_with([](auto&) {});
  CHECK(torch::equal(plain, logits_with([](auto& config) { config.n_inner = 128; })));
  CHECK(test::max_difference(plain, logits_with([](auto& config) { config.n_head = 4; })) > 1e-3);
  CHECK(test::max_difference(plain, logits_with([](auto& c) { c.scale_attn_by_inverse_layer_idx = false; })) > 1e-3);
  CHECK(test::max_difference(plain, logits_with([](auto& config) { config.scale_attn_weights = false; })) > 1e-3);
  CHECK(test::max_difference(plain, logits_with([](auto& config) { config.layer_norm_epsilon = 0.5; })) > 1e-3);
  CHECK(Gpt2LM(test::small_gpt2_config()).sizes().feed_forward_width == 128);
}

TEST_CASE("No position of a GPT-2 sees what comes after it, and none is beyond its context", "[nn]") {
  const auto model = test::small_gpt2();
  model->eval();
  torch::Tensor ids = random_ids(2, 40);
  const torch::Tensor before = model->forward(ids);
  ids.narrow(1, 25, 15) = (ids.narrow(1, 25, 15) + 1).remainder(67);
  const torch::Tensor after = model->forward(ids);
  CHECK(test::max_difference(before.narrow(1, 0, 25), after.narrow(1, 0, 25)) < 1e-5);
  CHECK(test::max_difference(before.narrow(1, 25, 15), after.narrow(1, 25, 15)) > 1e-2);
  const auto error = test::error_of([&] { model->forward(random_ids(1, 49)); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(error.message() == "a sequence of 49 tokens is longer than the model's max_seq_len of 48");
}

TEST_CASE("The losses of tokens are the cross entropy of the logits, without padding", "[nn]") {
  const auto model = test::small_gpt2();
  const torch::Tensor ids = random_ids(3, 49), source = ids.narrow(1, 0, 48);
  torch::Tensor target = ids.narrow(1, 1, 48).clone();
  // Padding outside of the vocabulary and within it, at an end, at a beginning, and everywhere.
  for (const std::int64_t pad : {std::int64_t{67}, std::int64_t{3}}) {
    INFO(pad);
    target.select(0, 0).narrow(0, 30, 18).fill_(pad);
    target.select(0, 1).narrow(0, 0, 5).fill_(pad);
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      model->train();
      model->eval();
      const torch::Tensor wanted = plain_losses(*model, source, target, pad);
      const AutocastGuard autocast(precision, torch::kCPU);
      const torch::Tensor found = model->token_losses(source, target, pad);
      CHECK(found.scalar_type() == torch::kFloat);
      CHECK_FALSE(found.requires_grad());
      CHECK(test::max_difference(found, wanted) < (precision == Precision::bf16 ? 0.15 : 1e-4));
      CHECK((found.masked_select(target == pad) == 0).all().item<bool>());
      CHECK((found.masked_select(target != pad) > 0).all().item<bool>());
      const double sum = model->loss_sum(source, target, pad).item<double>(),
                   count = (target != pad).sum().item<double>();
      CHECK(sum / count == Approx(found.sum().item<double>() / count).epsilon(1e-5));
      CHECK(sum / count ==
            Approx(wanted.sum().item<double>() / count).epsilon(precision == Precision::bf16 ? 5e-3 : 1e-5));
    }
  }
  const torch::Tensor nothing = torch::full_like(target, 67);
  CHECK(model->token_losses(source, nothing, 67).abs().max().item<double>() == 0);
  CHECK(model->loss_sum(source, nothing, 67).item<double>() == 0);
}

TEST_CASE("A weight that is no number gives a loss that is none, even that of a token that does not occur", "[nn]") {
  // More positions than are computed at once, and more tokens than a vector holds.
  aria::Gpt2Config config = test::small_gpt2_config(0);
  config.vocab_size = 1100;
  config.n_positions = 300;
  const torch::Tensor ids = random_ids(2, 301, 1000), source = ids.narrow(1, 0, 300), target = ids.narrow(1, 1, 300);
  const auto check = [&](const std::function<void(Gpt2LM&)>& spoil, bool everywhere = true) {
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      INFO(name_of(precision));
      const auto model = test::small_gpt2(config);
      {
        const AutocastGuard autocast(precision, torch::kCPU);
        REQUIRE(std::isfinite(model->loss_sum(source, target, kNoPad).item<double>()));
      }
      {
        const torch::NoGradGuard no_graph;
        spoil(*model);
      }
      const AutocastGuard autocast(precision, torch::kCPU);
      CHECK(std::isnan(model->loss_sum(source, target, kNoPad).item<double>()));
      CHECK(std::isnan(model->loss_sum(source, target, kNoPad, 0.1).item<double>()));
      const torch::Tensor losses = model->token_losses(source, target, kNoPad);
      CHECK((everywhere ? losses.isnan().all() : losses.isnan().any()).item<bool>());
    }
  };
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    INFO(bad);
    for (const std::int64_t row : {1000, 1050, 1099}) {  // tokens that are neither given nor wanted
      INFO(row);
      check([&](Gpt2LM& model) { model.head_weight()[row][5] = std::numeric_limits<double>::quiet_NaN(); });
      if (std::isinf(bad)) check([&](Gpt2LM& model) { model.head_weight()[row].fill_(bad); });
    }
    check([&](Gpt2LM& model) { state_of(model).back().tensor[3] = bad; });
    check([&](Gpt2LM& model) { model.head_weight()[ids[0][0].item<std::int64_t>()][0] = bad; });
  }
}
