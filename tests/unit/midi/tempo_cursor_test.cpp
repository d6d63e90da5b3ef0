// TempoCursor against TempoMap, which has a test of its own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <aria/midi/tempo_map.hpp>
#include <aria/midi/units.hpp>

#include "support/catch.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::TempoCursor;
using aria::TempoMap;
using aria::TempoMsg;
using aria::Ticks;
using Tempos = std::vector<TempoMsg>;

// Changes with a few at one tick, and tempos that are 0, slow, usual, or make many halves of a millisecond.
Tempos random_tempos(test::Dice& dice, std::size_t count, std::int64_t ticks) {
  Tempos tempos;
  for (const std::int64_t tick : test::detail::random_ticks(dice, count, ticks)) {
    const std::uint64_t tempo = dice.one_in(10)  ? 0
                                : dice.one_in(5) ? 0xff'ffff - dice.below(3)
                                : dice.one_in(2) ? 500 * dice.below(2000)
                                                 : dice.below(1'000'000);
    tempos.push_back({Ticks{tick}, tempo});
  }
  return tempos;
}

int random_division(test::Dice& dice) {
  switch (dice.below(4)) {
    case 0:
      return -static_cast<int>(dice.below(0x8001));  // SMPTE, also such that say nothing, and 0
    case 1:
      return 1 + static_cast<int>(dice.below(5));
    case 2:
      return 1 + static_cast<int>(dice.below(0x7fff));
    default:
      return 480;
  }
}

// Walks through the piece as notes do: from start to start, asking for ends, and now and then goes back or far ahead.
void check_walk(test::Dice& dice, const TempoMap& map, std::int64_t ticks, int steps) {
  const auto anywhere = [&] { return Ticks{static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(ticks)))}; };
  const auto near = [&](Ticks tick) {
    const auto distance = static_cast<std::int64_t>(dice.below(1ULL << dice.below(12)));
    return Ticks{std::min(tick.count + distance, ticks - 1)};
  };
  Ticks now = anywhere();
  TempoCursor cursor(map, now, Ticks{ticks - 1});
  for (int i = 0; i < steps; ++i) {
    const Ticks end = dice.one_in(8) ? anywhere() : near(now);
    CAPTURE(now.count, end.count);
    REQUIRE(cursor.until(end) == map.milliseconds(now, end));
    const Ticks next = dice.one_in(8) ? anywhere() : near(now);
    CAPTURE(next.count);
    REQUIRE(cursor.go_to(next) == map.milliseconds(now, next));
    now = next;
  }
}

void check(std::uint64_t seed, std::size_t max_changes, std::int64_t ticks, int steps) {
  CAPTURE(seed);
  test::Dice dice(seed);
  const Tempos tempos = random_tempos(dice, dice.below(max_changes), ticks);
  const int division = random_division(dice);
  CAPTURE(division);
  check_walk(dice, TempoMap(tempos, division), ticks, steps);
}

}  // namespace

TEST_CASE("TempoCursor says what TempoMap says", "[midi]") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) check(seed, 12, 5'000, 50);
}

TEST_CASE("TempoCursor says what TempoMap says of thousands of changes", "[midi]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) check(seed, 5'000, 100'000, 500);
}

TEST_CASE("TempoCursor says what TempoMap says of any length", "[midi]") {
  // Also such that 64 bits do not suffice, and those about where that begins.
  for (std::uint64_t seed = 0; seed < 1000; ++seed) check(seed, 12, std::int64_t{1} << (20 + seed % 29), 50);
}

TEST_CASE("TempoCursor rounds halves to the even millisecond, however long the time is", "[midi]") {
  for (const std::uint64_t tempo : {500ULL, 1'500ULL, 2'500ULL, 499'500ULL, 16'777'000ULL + 500}) {
    for (const int division : {1, 3, 7, 480, 0x7fff}) {
      const Tempos tempos = {{Ticks{0}, tempo}};
      const TempoMap map(tempos, division);
      for (int bits = 0; bits < 47; ++bits) {
        const Ticks last{(std::int64_t{1} << bits) + division};
        TempoCursor cursor(map, Ticks{1}, last);
        for (std::int64_t back = 0; back < std::min(4 * division, 500); ++back) {
          const Ticks end{std::max<std::int64_t>(1, last.count - back)};
          CAPTURE(tempo, division, end.count);
          REQUIRE(cursor.until(end) == map.milliseconds(Ticks{1}, end));
        }
      }
    }
  }
}

TEST_CASE("TempoCursor at the limits", "[midi]") {
  constexpr Ticks kLast{aria::kTickLimit - 1};
  for (const std::uint64_t tempo : {0ULL, 1ULL, 500'000ULL, 0xff'ffffULL}) {
    for (const int division : {0, 1, 480, 0x7fff, -0x8000, -25 * 256, -25 * 256 + 40, -29 * 256 + 100}) {
      CAPTURE(tempo, division);
      const Tempos tempos = {{Ticks{0}, tempo}, {Ticks{kLast.count / 2}, 0}, {kLast, 0xff'ffff}};
      const TempoMap map(tempos, division);
      TempoCursor cursor(map, Ticks{0}, kLast);
      CHECK(cursor.until(kLast) == map.milliseconds(Ticks{0}, kLast));
      CHECK(cursor.go_to(kLast) == map.milliseconds(Ticks{0}, kLast));
      CHECK(cursor.until(Ticks{0}).count == 0);
      CHECK(cursor.go_to(Ticks{0}).count == 0);
      CHECK(cursor.until(Ticks{1}) == map.milliseconds(Ticks{0}, Ticks{1}));
    }
  }
}
