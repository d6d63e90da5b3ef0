#include <aria/nn/evaluation/loss_tally.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::nn::LossTally;

TEST_CASE("LossTally: of nothing the mean is 0 and perplexities are 1", "[nn]") {
  for (const std::size_t parts : {1, 3}) {
    const LossTally tally(parts);
    CHECK(tally.parts() == parts);
    CHECK(tally.count() == 0);
    CHECK(tally.mean() == 0);
    CHECK(tally.event_perplexity() == 1);
    for (std::size_t part = 0; part < 3; ++part) CHECK(tally.part_perplexity(part) == 1);
  }
  for (const std::size_t parts : {0, 2, 4, 100}) CHECK(LossTally(parts).parts() == 1);
  CHECK(LossTally().parts() == 1);
}

TEST_CASE("LossTally: an event's tokens apart and together, without padding", "[nn]") {
  LossTally tally(3);
  const std::vector<float> losses = {1, 2, 4, 3, 1000, 5, 7};
  const std::vector<std::int64_t> targets = {5, 5, 5, 5, -1, 5, 0};
  tally.add(losses, targets, -1);
  CHECK(tally.count() == 6);
  CHECK(tally.mean() == Approx(22.0 / 6));
  CHECK(tally.event_perplexity() == Approx(std::exp(11.0)));
  CHECK(tally.part_perplexity(0) == Approx(std::exp(11.0 / 3)));
  CHECK(tally.part_perplexity(1) == Approx(std::exp(2.0)));
  CHECK(tally.part_perplexity(2) == Approx(std::exp(4.5)));
  // Every sequence begins with the first token of an event.
  tally.add(losses, targets, 5);
  CHECK(tally.count() == 8);
  CHECK(tally.part_perplexity(0) == Approx(std::exp(18.0 / 4)));
  CHECK(tally.part_perplexity(1) == Approx(std::exp(1002.0 / 2)));
  LossTally whole;
  whole.add(losses, targets, -1);
  CHECK(whole.count() == 6);
  CHECK(whole.mean() == Approx(22.0 / 6));
  CHECK(whole.event_perplexity() == Approx(std::exp(22.0 / 6)));
  CHECK(whole.part_perplexity(0) == Approx(std::exp(22.0 / 6)));
}

TEST_CASE("LossTally: the sums of several are those of all their sequences", "[nn]") {
  for (const std::size_t parts : {1, 3}) {
    LossTally all(parts), first(parts), second(parts);
    aria::RandomStream random(parts);
    for (int i = 0; i < 40; ++i) {
      std::vector<float> losses(1 + random.below(20));
      std::vector<std::int64_t> targets(losses.size());
      for (float& loss : losses) loss = static_cast<float>(random.below(64)) / 8;
      for (std::int64_t& target : targets) target = random.below(4);
      all.add(losses, targets, 0);
      (i % 3 == 0 ? first : second).add(losses, targets, 0);
    }
    REQUIRE(first.numbers().size() == second.numbers().size());
    for (std::size_t i = 0; i < first.numbers().size(); ++i) first.numbers()[i] += second.numbers()[i];
    CHECK(first.count() == all.count());
    CHECK(first.mean() == all.mean());
    CHECK(first.event_perplexity() == all.event_perplexity());
    for (std::size_t part = 0; part < 3; ++part) CHECK(first.part_perplexity(part) == all.part_perplexity(part));
  }
}

TEST_CASE("LossTally: many small losses do not get lost", "[nn]") {
  LossTally tally;
  const std::vector<float> losses(1 << 16, 0.1F);
  const std::vector<std::int64_t> targets(losses.size());
  for (int i = 0; i < 300; ++i) tally.add(losses, targets, -1);  // more than fp32 counts
  CHECK(tally.count() == 300 * (std::uint64_t{1} << 16));
  CHECK(std::abs(tally.mean() - static_cast<double>(0.1F)) < 1e-12);
}

TEST_CASE("LossTally: the numbers of the original's eval-loss", "[nn]") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  const std::string text = test::read_text(*folder / "models/gpt2_tiny/eval_loss.json");
  const aria::JsonDocument json(text);
  const aria::nn::SafetensorsFile file((*folder / "models/gpt2_tiny/eval_per_token_ce.safetensors").string());
  REQUIRE(file.tensors().size() == 1);
  const auto& tensor = file.tensors().front();
  REQUIRE(tensor.shape == std::vector<std::int64_t>{6, 1023});
  std::vector<float> losses(6 * 1023);
  REQUIRE(file.bytes(tensor).size() == losses.size() * sizeof(float));
  std::memcpy(losses.data(), file.bytes(tensor).data(), losses.size() * sizeof(float));
  const std::vector<std::int64_t> targets(1023);
  for (const std::size_t every : {1, 2}) {
    LossTally tally(3);
    for (std::size_t row = 0; row < 6; row += every) {
      tally.add(std::span(losses).subspan(row * 1023, 1023), targets, -1);
    }
    const aria::JsonView wanted = json.root()["test_subsample" + std::to_string(every) + "_bpe"];
    const auto number = [&](std::string_view key) {
      return std::strtod(std::string(wanted[key].text()).c_str(), nullptr);
    };
    CHECK(tally.count() == wanted["n_losses"].whole_number());
    CHECK(tally.mean() == Approx(number("mean")).epsilon(1e-6));
    CHECK(tally.event_perplexity() == Approx(number("event_ppl")).epsilon(1e-4));
    CHECK(tally.part_perplexity(0) == Approx(number("onset_ppl")).epsilon(1e-4));
    CHECK(tally.part_perplexity(1) == Approx(number("dur_ppl")).epsilon(1e-4));
    CHECK(tally.part_perplexity(2) == Approx(number("note_ppl")).epsilon(1e-4));
  }
}
