#include <aria/nn/training/schedule.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/config/json_view.hpp>
#include <aria/nn/training/settings.hpp>
#include <aria/nn/training/step_clock.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::nn::CosineSchedule;
using aria::nn::finetune_schedule;
using aria::nn::LinearSchedule;
using aria::nn::pretrain_schedule;

namespace {

// The original multiplies its way from step to step; a closed form is that exact.
bool is_close(double rate, double expected) { return std::abs(rate - expected) <= 1e-12 * std::abs(expected); }

double number_in(std::string_view text) { return std::stod(std::string(text)); }

}  // namespace

TEST_CASE("LinearSchedule: the original's two kinds of runs", "[nn]") {
  const LinearSchedule pretrain = pretrain_schedule(1200), finetune = finetune_schedule(700);
  CHECK(is_close(pretrain(0), 3e-10));
  CHECK(is_close(pretrain(1), 3.002997e-7));
  CHECK(is_close(pretrain(500), 1.5000015e-4));
  CHECK(is_close(pretrain(999), 2.997000003e-4));
  CHECK(pretrain(1000) == 3e-4);
  CHECK(is_close(pretrain(1001), 2.9865e-4));
  CHECK(is_close(pretrain(1100), 1.65e-4));
  CHECK(is_close(pretrain(1199), 3.135e-5));
  CHECK(is_close(finetune(0), 1e-10));
  CHECK(is_close(finetune(250), 5.000005e-5));
  CHECK(finetune(500) == 1e-4);
  CHECK(is_close(finetune(600), 5.5e-5));
}

TEST_CASE("LinearSchedule: behind the last step it stays where it is", "[nn]") {
  for (const std::uint64_t step : {std::uint64_t{1200}, std::uint64_t{1201}, std::uint64_t{5000}, ~std::uint64_t{0}}) {
    CHECK(is_close(pretrain_schedule(1200)(step), 3e-5));
  }
  const LinearSchedule to_zero{.peak = 1, .warmup = 2, .total = 6, .end_ratio = 0};
  CHECK(to_zero(4) == 0.5);
  CHECK(to_zero(6) == 0);
  CHECK(to_zero(7) == 0);
}

TEST_CASE("LinearSchedule: it grows to the peak and then falls", "[nn]") {
  const LinearSchedule schedule{.peak = 2, .warmup = 7, .total = 20, .end_ratio = 0.25};
  for (std::uint64_t step = 0; step < 20; ++step) {
    CHECK((schedule(step + 1) > schedule(step)) == (step < 7));
    CHECK(schedule(step) > 0);
    CHECK(schedule(step) <= 2);
  }
  CHECK(schedule(7) == 2);
  CHECK(is_close(schedule(20), 0.5));
  const LinearSchedule constant{.peak = 2, .warmup = 0, .total = 20, .end_ratio = 1};
  for (const std::uint64_t step : {0, 1, 19, 20, 21}) CHECK(constant(step) == 2);
}

TEST_CASE("LinearSchedule: without a warm-up, and runs that are no longer than it", "[nn]") {
  const LinearSchedule no_warmup{.peak = 1, .warmup = 0, .total = 10, .end_ratio = 0.1};
  CHECK(no_warmup(0) == 1);
  CHECK(is_close(no_warmup(5), 0.55));
  CHECK(is_close(no_warmup(10), 0.1));
  for (const std::uint64_t total : {0, 1, 3, 4}) {
    const LinearSchedule schedule{.peak = 1, .warmup = 4, .total = total};
    CHECK(is_close(schedule(0), 1e-6));
    CHECK(is_close(schedule(2), 0.5000005));
    for (const std::uint64_t step : {4, 5, 100}) CHECK(schedule(step) == 1);
  }
  const LinearSchedule nothing{.peak = 1, .warmup = 0, .total = 0};
  CHECK(nothing(0) == 1);
  CHECK(nothing(1) == 1);
}

TEST_CASE("LinearSchedule: the rates of the original's schedules", "[nn]") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  const std::string tables = test::read_text(*folder / "models/aria_tiny/lr_tables.json");
  const aria::JsonDocument document(tables);
  const auto check = [&](std::string_view name, const LinearSchedule& schedule) {
    std::size_t steps = 0;
    document.root()[name].for_each_member([&](std::string_view step, const aria::JsonView& rate) {
      CAPTURE(name, step);
      CHECK(is_close(schedule(std::stoull(std::string(step))), number_in(rate.text())));
      ++steps;
    });
    CHECK(steps >= 16);
  };
  check("pretrain_lr3e-4_warmup1000_total1200", pretrain_schedule(1200));
  check("finetune_lr1e-4_warmup500_total700", finetune_schedule(700));
}

TEST_CASE("LinearSchedule: the rates of the original's run of twenty steps", "[nn]") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  const std::string run = test::read_text(*folder / "models/aria_tiny/train.json");
  const aria::JsonDocument document(run);
  aria::nn::TrainSettings settings;
  settings.warmup = 5;
  const auto schedule = settings.schedule(20);
  const auto steps = document.root()["steps"].items();
  CHECK(steps.size() == 20);
  for (const aria::JsonView& step : steps) {
    const std::uint64_t number = step["step"].whole_number();
    CAPTURE(number);
    CHECK(is_close(schedule(number), number_in(step["lr"].text())));
  }
  CHECK(is_close(schedule(20), number_in(document.root()["lr_after_last_step"].text())));
}

TEST_CASE("CosineSchedule: half a turn from the peak down to the end", "[nn]") {
  const CosineSchedule lakh{.peak = 6e-4, .warmup = 1000, .total = 100'000, .end_ratio = 0, .rest = 1000};
  CHECK(lakh(0) == 0);
  CHECK(is_close(lakh(1), 6e-7));
  CHECK(is_close(lakh(500), 3e-4));
  CHECK(lakh(1000) == 6e-4);
  CHECK(is_close(lakh(50'000), 3e-4));
  for (const std::uint64_t step : {99'000, 99'001, 99'999, 100'000, 1'000'000}) CHECK(lakh(step) == 0);
  CHECK(lakh(98'999) > 0);
  const CosineSchedule share{.peak = 2, .warmup = 4, .total = 24, .end_ratio = 0.25};
  CHECK(share(4) == 2);
  CHECK(is_close(share(14), 1.25));
  CHECK(is_close(share(9), 1.25 + 0.75 * std::sqrt(0.5)));
  for (const std::uint64_t step : {std::uint64_t{24}, std::uint64_t{25}, ~std::uint64_t{0}}) CHECK(share(step) == 0.5);
}

TEST_CASE("CosineSchedule: it grows to the peak and then falls, nowhere by a jump", "[nn]") {
  for (const std::uint64_t warmup : {0, 1, 50, 400}) {
    for (const std::uint64_t rest : {0, 50, 400}) {
      for (const double end_ratio : {0.0, 0.3, 1.0}) {
        CAPTURE(warmup, rest, end_ratio);
        const CosineSchedule schedule{.peak = 2, .warmup = warmup, .total = 1000, .end_ratio = end_ratio, .rest = rest};
        const double up = warmup == 0 ? 0 : 2 / static_cast<double>(warmup);
        const double down = 3.2 / static_cast<double>(1000 - warmup - rest);  // at most pi / 2 times the mean slope
        std::size_t wrong = 0;
        for (std::uint64_t step = 0; step < 1100; ++step) {
          const double rate = schedule(step), next = schedule(step + 1), change = next - rate;
          const bool rises = step < warmup, stays = step >= 1000 - rest || end_ratio == 1;
          const bool right = rises   ? change > 0 && change <= up * 1.0001
                             : stays ? change == 0
                                     : change < 0 && -change <= down;
          wrong += right && rate >= 0 && rate <= 2 ? 0 : 1;
        }
        CHECK(wrong == 0);
        CHECK(schedule(warmup) == 2);
        CHECK(is_close(schedule(1000 - rest), 2 * end_ratio));
      }
    }
  }
}

TEST_CASE("CosineSchedule: runs that have no steps for a fall stay at the peak", "[nn]") {
  for (const std::uint64_t total : {0, 1, 4, 6, 7}) {
    const CosineSchedule schedule{.peak = 1, .warmup = 4, .total = total, .rest = 3};
    CAPTURE(total);
    CHECK(schedule(0) == 0);
    CHECK(schedule(2) == 0.5);
    for (const std::uint64_t step : {4, 5, 7, 100}) CHECK(schedule(step) == 1);
  }
  const CosineSchedule one{.peak = 1, .warmup = 4, .total = 8, .rest = 3};
  CHECK(one(4) == 1);
  CHECK(one(5) == 0);
  const CosineSchedule nothing{.peak = 1, .warmup = 0, .total = 0};
  CHECK(nothing(0) == 1);
  CHECK(nothing(1) == 1);
}

TEST_CASE("CosineSchedule: the rates of the reference runs", "[nn]") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  const std::string text = test::read_text(*folder / "models/gpt2_tiny/train.json");
  const aria::JsonDocument document(text);
  const auto is_near = [](double rate, double expected) {
    return std::abs(rate - expected) <= 1e-6 * expected + 1e-18;
  };
  aria::nn::TrainSettings settings;
  settings.peak_rate = 6e-4;
  settings.end_ratio = 0;
  settings.warmup = 1000;
  settings.recipe = aria::nn::Recipe::split_lakh;
  std::size_t rates = 0;
  document.root()["lr_table_split_lakh_100000_steps_6e-4"].for_each_member(
      [&](std::string_view step, const aria::JsonView& rate) {
        CAPTURE(step);
        CHECK(is_near(settings.schedule(100'000)(std::stoull(std::string(step))), number_in(rate.text())));
        ++rates;
      });
  settings.warmup = 2;
  for (const std::string run : {"split_lakh", "levanter_main"}) {
    if (run == "levanter_main") {
      settings.recipe = aria::nn::Recipe::levanter;
      settings.end_ratio = 0.1;
    }
    for (const aria::JsonView& step : document.root()[run]["steps"].items()) {
      const std::uint64_t number = step["step"].whole_number();
      CAPTURE(run, number);
      CHECK(is_near(settings.schedule(10)(number), number_in(step["lr"].text())));
      ++rates;
    }
  }
  CHECK(rates == 14 + 20);
}

TEST_CASE("TrainSettings: everything in them that a schedule has gets there", "[nn]") {
  using aria::nn::Recipe;
  aria::nn::TrainSettings settings;
  const auto same = [&settings](const auto& expected) {
    const auto schedule = settings.schedule(expected.total);
    for (std::uint64_t step = 0; step < expected.total + 5; ++step) {
      if (schedule(step) != expected(step)) return false;
    }
    return true;
  };
  CHECK(same(pretrain_schedule(1200)));
  settings.peak_rate = 2;
  settings.end_ratio = 0.5;
  settings.warmup = 10;
  CHECK(same(LinearSchedule{.peak = 2, .warmup = 10, .total = 40, .end_ratio = 0.5}));
  settings.recipe = Recipe::split_lakh;
  CHECK(same(CosineSchedule{.peak = 2, .warmup = 10, .total = 40, .end_ratio = 0.5, .rest = 10}));
  settings.recipe = Recipe::levanter;
  CHECK(same(CosineSchedule{.peak = 2, .warmup = 10, .total = 40, .end_ratio = 0.5}));
  CHECK_FALSE(same(CosineSchedule{.peak = 2, .warmup = 10, .total = 40, .end_ratio = 0.5, .rest = 10}));
}

TEST_CASE("StepClock: the first step counts neither for the speed nor for the share", "[nn]") {
  aria::nn::StepClock clock;
  CHECK(clock.steps() == 0);
  CHECK(clock.seconds_per_step() == 0);
  CHECK(clock.waiting_share() == 0);
  const auto step = [&clock](double waited) {
    clock.begin();
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() == start) continue;  // takes some time on every clock
    clock.end(waited);
  };
  step(1e9);
  CHECK(clock.steps() == 1);
  CHECK(clock.seconds_per_step() > 0);
  CHECK(clock.waiting_share() == 0);
  step(0);
  CHECK(clock.steps() == 2);
  CHECK(clock.seconds_per_step() > 0);
  CHECK(clock.waiting_share() == 0);
  step(1e9);
  step(2e9);
  CHECK(clock.steps() == 4);
  CHECK(clock.waiting_share() * clock.seconds_per_step() * 3 == Approx(3e9));
}
