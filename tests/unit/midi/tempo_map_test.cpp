#include <aria/midi/tempo_map.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::TempoMap;
using aria::TempoMsg;
using aria::Ticks;
using Tempos = std::vector<TempoMsg>;
using Wide = aria::detail::Int128;

// A time as a fraction of whole numbers.
struct Fraction {
  Wide numerator, denominator;
};

// Whether `rounded` is the whole number next to the fraction, the even one of two: by what that means, not by dividing.
bool is_rounded(std::int64_t rounded, const Fraction& exact) {
  const Wide twice_off = 2 * (Wide{rounded} * exact.denominator - exact.numerator);
  const Wide size = twice_off < 0 ? -twice_off : twice_off;
  return size < exact.denominator || (size == exact.denominator && rounded % 2 == 0);
}

// The tempo that a tick lasts at: that of the last change at or before it.
std::uint64_t tempo_at(const Tempos& tempos, std::int64_t tick) {
  std::uint64_t tempo = 500'000;
  for (const TempoMsg& change : tempos) {
    if (change.tick.count <= tick) tempo = change.tempo;
  }
  return tempo;
}

// Milliseconds, tick by tick.
Fraction exact_by_tick(const Tempos& tempos, int division, std::int64_t start, std::int64_t end) {
  Wide sum = 0;
  for (std::int64_t tick = start; tick < end; ++tick) sum += tempo_at(tempos, tick);
  return {sum, Wide{1000} * division};
}

// Milliseconds, by the part of every stretch between two changes that lies within.
Fraction exact_by_stretch(const Tempos& tempos, int division, std::int64_t start, std::int64_t end) {
  Wide sum = 0;
  const auto add = [&](std::int64_t from, std::int64_t to, std::uint64_t tempo) {
    const std::int64_t within = std::min(to, end) - std::max(from, start);
    if (within > 0) sum += Wide{within} * tempo;
  };
  add(0, tempos.empty() ? end : tempos.front().tick.count, 500'000);
  for (std::size_t i = 0; i < tempos.size(); ++i) {
    const std::int64_t to = i + 1 < tempos.size() ? tempos[i + 1].tick.count : std::max(end, tempos[i].tick.count);
    add(tempos[i].tick.count, to, tempos[i].tempo);
  }
  return {sum, Wide{1000} * division};
}

std::int64_t milliseconds(const TempoMap& map, std::int64_t start, std::int64_t end) {
  return map.milliseconds(Ticks{start}, Ticks{end}).count;
}

Tempos random_tempos(test::Dice& dice, std::size_t count, std::int64_t ticks) {
  Tempos tempos;
  for (const std::int64_t tick : test::detail::random_ticks(dice, count, ticks)) {
    const std::uint64_t tempo = dice.one_in(10)  ? 0
                                : dice.one_in(3) ? 0xff'ffff - dice.below(3)
                                                 : dice.below(1'000'000);
    tempos.push_back({Ticks{tick}, tempo});
  }
  return tempos;
}

int division_of(int frames, int ticks_per_frame) { return -frames * 256 + ticks_per_frame; }

}  // namespace

TEST_CASE("TempoMap agrees with counting tick by tick", "[midi]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const Tempos tempos = random_tempos(dice, dice.below(12), 300);  // often several at one tick
    const int division = dice.one_in(2) ? 1 + static_cast<int>(dice.below(5)) : 480;
    const TempoMap map(tempos, division);
    for (int i = 0; i < 50; ++i) {
      const auto start = static_cast<std::int64_t>(dice.below(320));
      const auto end = start + static_cast<std::int64_t>(dice.below(320));
      CAPTURE(start, end);
      REQUIRE(is_rounded(milliseconds(map, start, end), exact_by_tick(tempos, division, start, end)));
    }
  }
}

TEST_CASE("TempoMap is exact for thousands of changes and the longest times", "[midi]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const std::int64_t ticks = dice.one_in(2) ? 5000 : aria::kTickLimit;
    const Tempos tempos = random_tempos(dice, 1 + dice.below(5000), ticks);
    const int division = 1 + static_cast<int>(dice.below(0x7fff));
    const TempoMap map(tempos, division);
    for (int i = 0; i < 20; ++i) {
      auto start = static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(ticks)));
      auto end = static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(ticks)));
      if (dice.one_in(3)) end = start + static_cast<std::int64_t>(dice.below(1000));
      if (end < start) std::swap(start, end);
      const Fraction exact = exact_by_stretch(tempos, division, start, end);
      CAPTURE(start, end);
      REQUIRE(is_rounded(milliseconds(map, start, end), exact));
      const double seconds = static_cast<double>(exact.numerator) / static_cast<double>(exact.denominator) / 1e3;
      REQUIRE(std::abs(map.seconds(Ticks{start}, Ticks{end}) - seconds) <= 1e-12 * seconds);
    }
  }
}

TEST_CASE("TempoMap at the limits", "[midi]") {
  constexpr std::int64_t kLast = aria::kTickLimit - 1;
  const Tempos slowest = {{Ticks{0}, 0xff'ffff}};
  CHECK(is_rounded(milliseconds(TempoMap(slowest, 1), 0, kLast), exact_by_stretch(slowest, 1, 0, kLast)));
  const Tempos zero = {{Ticks{0}, 0}};
  CHECK(milliseconds(TempoMap(zero, 480), 0, kLast) == 0);
  CHECK(milliseconds(TempoMap({}, 480), 0, 480) == 500);  // 120 beats a minute where there is no change
  CHECK(milliseconds(TempoMap({}, 480), 480, 0) == 0);
}

TEST_CASE("TempoMap takes the last of several changes at one tick", "[midi]") {
  const Tempos tempos = {{Ticks{0}, 1'000'000}, {Ticks{10}, 7}, {Ticks{10}, 8'000'000}, {Ticks{10}, 2'000'000}};
  const TempoMap map(tempos, 1);
  CHECK(milliseconds(map, 0, 10) == 10'000);
  CHECK(milliseconds(map, 10, 11) == 2'000);
  CHECK(milliseconds(map, 9, 11) == 3'000);
}

TEST_CASE("TempoMap starts with the default tempo where the first change comes late", "[midi]") {
  const Tempos tempos = {{Ticks{100}, 1'000'000}};
  const TempoMap map(tempos, 100);
  CHECK(milliseconds(map, 0, 100) == 500);
  CHECK(milliseconds(map, 100, 200) == 1'000);
  CHECK(milliseconds(map, 50, 150) == 750);
}

TEST_CASE("TempoMap rounds halves to the even millisecond", "[midi]") {
  const Tempos tempos = {{Ticks{0}, 500}};
  const TempoMap map(tempos, 1);  // a tick is half a millisecond
  const std::vector<std::int64_t> expected = {0, 0, 1, 2, 2, 2, 3, 4, 4, 4};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(milliseconds(map, 3, 3 + static_cast<std::int64_t>(i)) == expected[i]);
  }
}

TEST_CASE("TempoMap of SMPTE divisions counts frames and knows no tempo", "[midi]") {
  const Tempos tempos = {{Ticks{0}, 1}, {Ticks{50}, 0xff'ffff}};
  test::Dice dice(0);
  for (const int frames : {24, 25, 29, 30}) {
    for (const int ticks_per_frame : {1, 4, 8, 10, 40, 80, 100, 255}) {
      CAPTURE(frames, ticks_per_frame);
      const TempoMap map(tempos, division_of(frames, ticks_per_frame));
      for (int i = 0; i < 20; ++i) {
        const auto start = static_cast<std::int64_t>(dice.below(aria::kTickLimit / 2));
        const auto length = static_cast<std::int64_t>(dice.below(dice.one_in(2) ? 10'000 : aria::kTickLimit / 2));
        // 29 stands for 30 frames in 1001 thousandths of a second: drop frame.
        const Fraction exact = frames == 29 ? Fraction{Wide{length} * 1'001'000, Wide{30'000} * ticks_per_frame}
                                            : Fraction{Wide{length} * 1'000, Wide{frames} * ticks_per_frame};
        REQUIRE(is_rounded(milliseconds(map, start, start + length), exact));
      }
    }
  }
  CHECK(milliseconds(TempoMap(tempos, division_of(25, 40)), 0, 1000) == 1000);
  CHECK(milliseconds(TempoMap(tempos, division_of(29, 100)), 0, 3000) == 1001);
}

TEST_CASE("TempoMap of a division that says nothing gives no time", "[midi]") {
  const Tempos tempos = {{Ticks{0}, 500'000}};
  for (const int division : {0, division_of(25, 0), -0x8000}) {
    CAPTURE(division);
    CHECK(milliseconds(TempoMap(tempos, division), 0, 1'000'000) == 0);
    CHECK(TempoMap(tempos, division).seconds(Ticks{0}, Ticks{1'000'000}) == 0);
  }
}

TEST_CASE("TempoMap finds the tick nearest to a time", "[midi]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    const Tempos tempos = random_tempos(dice, dice.below(12), 300);
    const int division = dice.one_in(3)   ? division_of(dice.one_in(2) ? 29 : 25, 1 + static_cast<int>(dice.below(100)))
                         : dice.one_in(2) ? 1 + static_cast<int>(dice.below(5))
                                          : 480;
    const TempoMap map(tempos, division);
    // The time of a tick as a fraction of seconds.
    std::vector<Fraction> times;
    for (std::int64_t tick = 0; tick <= 400; ++tick) {
      Fraction time = exact_by_tick(tempos, division, 0, tick);
      if (division < 0) {
        const bool drop_frame = division_of(29, 0) <= division && division < division_of(28, 0);
        time = {Wide{tick} * (drop_frame ? 1'001'000 : 1'000), Wide{drop_frame ? 30'000 : 25} * (division & 0xff)};
      }
      times.push_back({time.numerator, time.denominator * 1000});
    }
    for (int i = 0; i < 50; ++i) {
      const std::int64_t per_second = dice.one_in(2) ? 100 : 1 + static_cast<std::int64_t>(dice.below(1'000'000));
      // Among the times of ticks from 0 to 390.
      const Fraction& last = times[dice.below(390)];
      const auto most = static_cast<std::uint64_t>(last.numerator * per_second / last.denominator);
      const auto count = static_cast<std::int64_t>(dice.one_in(3) ? most : dice.below(most + 1));
      CAPTURE(count, per_second);
      const auto distance = [&](std::size_t tick) {  // times a constant
        const Wide off = times[tick].numerator * per_second - times[tick].denominator * count;
        return off < 0 ? -off : off;
      };
      const auto found = map.tick_at(count, per_second);
      REQUIRE(found);
      const auto tick = static_cast<std::size_t>(found->count);
      REQUIRE(tick <= 400);
      for (std::size_t other = 0; other <= 400; ++other) REQUIRE(distance(tick) <= distance(other));
      const bool is_between = tick < 400 && distance(tick) == distance(tick + 1);
      const bool is_same_time = tick < 400 && times[tick].numerator == times[tick + 1].numerator;
      if (is_between && !is_same_time) REQUIRE(tick % 2 == 0);
      if (tick > 0 && distance(tick) == distance(tick - 1) && times[tick].numerator != times[tick - 1].numerator) {
        REQUIRE(tick % 2 == 0);
      }
    }
  }
}

TEST_CASE("TempoMap takes the even one of two ticks, from wherever a tempo starts", "[midi]") {
  const Tempos tempos = {{Ticks{0}, 4'000}, {Ticks{3}, 2'000}};
  const TempoMap map(tempos, 1);  // 4 milliseconds a tick, from tick 3 on 2
  const std::vector<std::int64_t> expected = {0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5, 6, 6};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(map.tick_at(static_cast<std::int64_t>(i), 1000) == Ticks{expected[i]});
  }
}

TEST_CASE("TempoMap finds ticks at the limits, and says where there is none", "[midi]") {
  constexpr std::int64_t kLast = aria::kTickLimit - 1;
  const TempoMap milliseconds_a_tick({}, 500);
  CHECK(milliseconds_a_tick.tick_at(kLast, 1000) == Ticks{kLast});
  CHECK_FALSE(milliseconds_a_tick.tick_at(kLast + 1, 1000));
  CHECK_FALSE(milliseconds_a_tick.tick_at(INT64_MAX, 1000));
  CHECK(milliseconds_a_tick.tick_at(-5, 1000) == Ticks{0});
  const Tempos slowest = {{Ticks{0}, 0xff'ffff}};
  CHECK(TempoMap(slowest, 1).tick_at(kLast / 1'000'000 * 0xff'ffff, 1) == Ticks{kLast / 1'000'000 * 1'000'000});
  const Tempos stops = {{Ticks{0}, 1'000}, {Ticks{7}, 0}};
  CHECK(TempoMap(stops, 1).tick_at(6, 1000) == Ticks{6});
  CHECK(TempoMap(stops, 1).tick_at(7, 1000) == Ticks{7});
  CHECK_FALSE(TempoMap(stops, 1).tick_at(8, 1000));
  for (const int division : {0, division_of(25, 0)}) {
    CHECK(TempoMap({}, division).tick_at(0, 100) == Ticks{0});
    CHECK_FALSE(TempoMap({}, division).tick_at(1, 100));
  }
}
