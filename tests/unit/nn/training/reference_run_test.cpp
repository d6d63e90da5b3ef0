#include <aria/nn.hpp>

#include <cmath>
#include <string>

#include "../model/tiny.hpp"
#include "support/catch.hpp"

using namespace aria::nn;

namespace {

std::vector<Batch> reference_batches(const std::filesystem::path& folder) {
  const SafetensorsFile file((folder / "train_batches.safetensors").string());
  const torch::Tensor source = test::tensor_of(file, "src").to(torch::kLong);
  const torch::Tensor target = test::tensor_of(file, "tgt").to(torch::kLong);
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < source.size(0); ++i) batches.push_back({source[i], target[i], {}});
  return batches;
}

// The original's run: 20 steps, 5 of them warm-up.
TrainSettings reference_settings() {
  TrainSettings settings;
  settings.peak_rate = 3e-4;
  settings.warmup = 5;
  return settings;
}

}  // namespace

TEST_CASE("Twenty steps give the losses and weights of the original", "[nn]") {
  const auto folder = test::reference_model("aria_tiny");
  if (!folder) return;
  for (const bool checkpoints : {false, true}) {
    const auto model = test::tiny_model(*folder, checkpoints);
    const TrainSettings settings = reference_settings();
    AdamW optimizer(*model, settings.optimizer);
    const auto schedule = settings.schedule(20);
    const std::string text = test::read_text(*folder / "train.json");
    const aria::JsonDocument json(text);
    const auto steps = json.root()["steps"].items();
    const auto batches = reference_batches(*folder);
    REQUIRE(batches.size() == 20);
    model->train();
    for (std::size_t i = 0; i < batches.size(); ++i) {
      INFO("step " << i);
      const std::vector<Batch> parts = {batches[i]};
      const double loss =
          add_gradients(*model, parts, test::kTinyPad, target_count(parts, test::kTinyPad), i, settings).item<double>();
      CHECK(std::abs(loss - std::stod(std::string(steps[i]["loss"].text()))) < 1e-4);
      CHECK(optimizer.gradient_norm().item<double>() == Approx(steps[i]["grad_norm"].number()).epsilon(1e-4));
      const double rate = std::stod(std::string(steps[i]["lr"].text()));
      CHECK(schedule(i) == Approx(rate).epsilon(1e-12));
      optimizer.step(schedule(i));
      optimizer.zero_grad();
    }
    const SafetensorsFile last((*folder / "train_final.safetensors").string());
    for (const auto& parameter : model->named_parameters()) {
      INFO(parameter.key());
      CHECK(test::max_difference(parameter.value(), test::tensor_of(last, parameter.key())) < 2e-5);
    }
  }
}

namespace {

// Ten steps of a GPT-2 by a recipe, against `key` of train.json.
void check_gpt2_run(const std::filesystem::path& folder, const std::string& key, const TrainSettings& settings) {
  INFO(key);
  const std::string text = test::read_text(folder / "train.json");
  const aria::JsonDocument json(text);
  const aria::JsonView run = json.root()[key];
  const auto model = load_model_folder(folder.string());
  const torch::Tensor batches =
      test::tensor_of(SafetensorsFile((folder / "train_batches.safetensors").string()), "input_ids").to(torch::kLong);
  const auto schedule = settings.schedule(10);
  const auto batch_of = [&](std::int64_t step) {
    const torch::Tensor ids = batches[step];
    return std::vector<Batch>{{ids.narrow(1, 0, 1023), ids.narrow(1, 1, 1023).contiguous(), {}}};
  };
  AdamW optimizer(*model, settings.optimizer);
  model->train();
  const auto steps = run["steps"].items();
  REQUIRE(steps.size() == 10);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << i);
    const auto number = [&](std::string_view name) { return std::stod(std::string(steps[i][name].text())); };
    const auto parts = batch_of(static_cast<std::int64_t>(i));
    const double loss = add_gradients(*model, parts, -1, target_count(parts, -1), i, settings).item<double>();
    CHECK(std::abs(loss - number("loss")) < 1e-4);
    const double norm = optimizer.gradient_norm().item<double>();
    CHECK(norm == Approx(number("grad_norm")).epsilon(1e-4));
    CHECK(schedule(i) == Approx(number("lr")).epsilon(1e-6).margin(1e-12));
    optimizer.step(schedule(i), clip_scale(norm, settings.clip));
    optimizer.zero_grad();
  }
  const auto first = batch_of(0);
  const torch::NoGradGuard no_graph;
  const double after = model->loss_sum(first[0].source, first[0].target, -1).item<double>() / 2046;
  CHECK(std::abs(after - std::stod(std::string(run["loss_of_batch_0_after_training"].text()))) < 1e-4);
  for (const auto& weight : model->named_parameters()) {
    INFO(weight.key());
    const aria::JsonView sums = run["final_checksums"][weight.key()];
    torch::Tensor numbers = weight.value().to(torch::kDouble);
    // Rounding moves the biases of keys, whose gradients are 0 but for that.
    if (weight.key().ends_with("c_attn.bias")) continue;
    CHECK(numbers.abs().sum().item<double>() == Approx(sums["abs_sum"].number()).epsilon(1e-4));
    CHECK(numbers.sum().item<double>() == Approx(sums["sum"].number()).margin(1e-4 * sums["abs_sum"].number()));
  }
}

// What both recipes have in common; a fifth of ten steps is warm-up.
TrainSettings gpt2_settings(Recipe recipe) {
  TrainSettings settings;
  settings.recipe = recipe;
  settings.peak_rate = 6e-4;
  settings.warmup = 2;
  settings.end_ratio = 0;
  settings.optimizer = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.1};
  settings.clip = 1;
  return settings;
}

}  // namespace

TEST_CASE("Ten steps of a GPT-2 give the losses and weights of the reference, by both recipes", "[nn]") {
  const auto folder = test::reference_model("gpt2_tiny");
  if (!folder) return;
  check_gpt2_run(*folder, "split_lakh", gpt2_settings(Recipe::split_lakh));
  TrainSettings levanter = gpt2_settings(Recipe::levanter);
  levanter.optimizer.beta2 = 0.95;
  levanter.optimizer.decay_all = false;
  levanter.end_ratio = 0.1;
  check_gpt2_run(*folder, "levanter_main", levanter);
}

TEST_CASE("The learning rate of the published recipe is the reference's", "[nn]") {
  const auto folder = test::reference_model("gpt2_tiny");
  if (!folder) return;
  TrainSettings settings = gpt2_settings(Recipe::split_lakh);
  settings.warmup = 1000;
  const auto schedule = settings.schedule(100'000);
  const std::string text = test::read_text(*folder / "train.json");
  const aria::JsonDocument json(text);
  std::size_t compared = 0;
  json.root()["lr_table_split_lakh_100000_steps_6e-4"].for_each_member([&](std::string_view step, const auto& rate) {
    INFO(step);
    CHECK(schedule(std::stoull(std::string(step))) ==
          Approx(std::stod(std::string(rate.text()))).epsilon(1e-6).margin(1e-16));
    ++compared;
  });
  CHECK(compared > 10);
}

TEST_CASE("AdamW steps as libtorch's own does, and scales gradients before", "[nn]") {
  torch::manual_seed(2);
  const auto ours = std::make_shared<torch::nn::LinearImpl>(33, 17),
             theirs = std::make_shared<torch::nn::LinearImpl>(33, 17);
  {
    const torch::NoGradGuard no_graph;
    theirs->weight.copy_(ours->weight);
    theirs->bias.copy_(ours->bias);
  }
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.99, .eps = 1e-6, .weight_decay = 0.1};
  AdamW optimizer(*ours, options);
  torch::optim::AdamW reference(theirs->parameters(),
                                torch::optim::AdamWOptions(0).betas({0.8, 0.99}).eps(1e-6).weight_decay(0.1));
  for (int step = 0; step < 30; ++step) {
    const torch::Tensor x = torch::randn({5, 33});
    const double rate = 1e-2 / (1 + step);
    optimizer.zero_grad();
    reference.zero_grad();
    (ours->forward(x).square().sum() * 4).backward();
    theirs->forward(x).square().sum().backward();
    static_cast<torch::optim::AdamWOptions&>(reference.param_groups()[0].options()).lr(rate);
    optimizer.step(rate, 0.25);
    reference.step();
  }
  CHECK(test::max_difference(ours->weight, theirs->weight) < 1e-5);
  CHECK(test::max_difference(ours->bias, theirs->bias) < 1e-5);
  CHECK(optimizer.step_count() == 30);
}

TEST_CASE("AdamW on lists of tensors, as on GPUs, is AdamW", "[nn]") {
  torch::manual_seed(6);
  const torch::Tensor weight = torch::randn({50}), mean = torch::randn({50}) * 0.1, square = torch::rand({50}),
                      gradient = torch::randn({50});
  const auto copies = [&] { return std::vector<torch::Tensor>{weight.clone(), mean.clone(), square.clone()}; };
  const auto one = copies(), other = copies();
  const aria::nn::detail::AdamWFactors factors{0.999F, 0.9F, 0.95F, 1e-2F, 1.1F, 1e-5F, 0.5F};
  aria::nn::detail::adamw_kernel(factors, one[0].data_ptr<float>(), one[1].data_ptr<float>(), one[2].data_ptr<float>(),
                                 gradient.data_ptr<float>(), 50);
  aria::nn::detail::adamw_for_all(factors, {other[0]}, {other[1]}, {other[2]}, {gradient});
  for (std::size_t i = 0; i < 3; ++i) CHECK(test::max_difference(one[i], other[i]) < 1e-6);
}

TEST_CASE("A step of several batches is that of all their targets together, however padding is spread", "[nn]") {
  constexpr std::int64_t kPad = 0;
  torch::manual_seed(4);
  torch::Tensor source = torch::randint(1, 67, {6, 40}, torch::kLong),
                target = torch::randint(1, 67, {6, 40}, torch::kLong);
  target.narrow(0, 0, 2).narrow(1, 3, 37).fill_(kPad);  // the first batch has next to nothing to learn from
  const auto gradients = [&](std::int64_t rows) {
    const auto model = test::small_model(false, 0);
    model->train();
    std::vector<Batch> parts;
    for (std::int64_t first = 0; first < 6; first += rows) {
      parts.push_back({source.narrow(0, first, rows), target.narrow(0, first, rows), {}});
    }
    const torch::Tensor loss = add_gradients(*model, parts, kPad, target_count(parts, kPad), 0, TrainSettings());
    std::vector<torch::Tensor> all = {loss.reshape({1})};
    for (const torch::Tensor& parameter : model->parameters()) all.push_back(parameter.grad().flatten());
    return torch::cat(all);
  };
  const torch::Tensor whole = gradients(6);
  CHECK(test::max_difference(gradients(2), whole) < 1e-5 * whole.abs().max().item<double>());
  CHECK(test::max_difference(gradients(1), whole) < 1e-5 * whole.abs().max().item<double>());
}

TEST_CASE("Gradients are scaled to the norm that is asked for, and never up", "[nn]") {
  CHECK(clip_scale(4, 1) == 0.25);
  CHECK(clip_scale(0.5, 1) == 1);
  CHECK(clip_scale(4, 0) == 1);
}
