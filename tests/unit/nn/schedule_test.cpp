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
  const LinearSchedule schedule = settings.schedule(20);
  const auto steps = document.root()["steps"].items();
  CHECK(steps.size() == 20);
  for (const aria::JsonView& step : steps) {
    const std::uint64_t number = step["step"].whole_number();
    CAPTURE(number);
    CHECK(is_close(schedule(number), number_in(step["lr"].text())));
  }
  CHECK(is_close(schedule(20), number_in(document.root()["lr_after_last_step"].text())));
}

TEST_CASE("TrainSettings: everything in them that a schedule has gets there", "[nn]") {
  aria::nn::TrainSettings settings;
  const LinearSchedule original = settings.schedule(1200);
  CHECK(original(0) == pretrain_schedule(1200)(0));
  CHECK(original(1100) == pretrain_schedule(1200)(1100));
  settings.peak_rate = 2;
  settings.end_ratio = 0.5;
  settings.warmup = 10;
  const LinearSchedule schedule = settings.schedule(20);
  CHECK(schedule.peak == 2);
  CHECK(schedule.end_ratio == 0.5);
  CHECK(schedule.warmup == 10);
  CHECK(schedule.total == 20);
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
