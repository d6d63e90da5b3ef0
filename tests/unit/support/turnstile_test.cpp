#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <aria/support/ordered_map.hpp>
#include <aria/support/turnstile.hpp>

#include "support/catch.hpp"

namespace {

using aria::Turnstile;

// Runs 200 items through two turnstiles with 4 threads; item `failing` throws before its turn.
std::vector<std::uint64_t> run(std::uint64_t failing) {
  Turnstile first, second;
  std::vector<std::uint64_t> order;
  std::uint64_t sum = 0, next = 0;
  const auto take = [&]() -> std::optional<std::uint64_t> { return next < 200 ? std::optional(next++) : std::nullopt; };
  const auto make_worker = [&] {
    return [&](std::uint64_t item, std::uint64_t& result) {
      Turnstile::Ticket a(first, item), b(second, item);
      if (item == failing) throw std::runtime_error("item " + std::to_string(item));
      a.pass([&] { sum += item; });
      b.pass([&] {
        result = sum;
        order.push_back(item);
      });
    };
  };
  aria::ordered_map<std::uint64_t, std::uint64_t>(
      take, [](std::uint64_t) { return std::uint64_t{1}; }, make_worker, [](std::uint64_t) {}, {.workers = 4});
  return order;
}

TEST_CASE("threads pass a turnstile in the order of their numbers") {
  const auto order = run(~std::uint64_t{0});
  REQUIRE(order.size() == 200);
  for (std::uint64_t i = 0; i < order.size(); ++i) CHECK(order[i] == i);
}

TEST_CASE("nobody waits for one that failed, and its failure is the one that is told") {
  for (const std::uint64_t failing : {0U, 1U, 57U, 199U}) {
    CHECK_THROWS_WITH(run(failing), "item " + std::to_string(failing));
  }
}

TEST_CASE("a failure during its turn stops those behind it") {
  Turnstile turnstile;
  Turnstile::Ticket later(turnstile, 1);
  {
    Turnstile::Ticket ticket(turnstile, 0);
    CHECK_THROWS_AS(ticket.pass([] { throw std::runtime_error("no"); }), std::runtime_error);
  }
  CHECK_THROWS_AS(later.pass([] {}), Turnstile::Stopped);
}

}  // namespace
