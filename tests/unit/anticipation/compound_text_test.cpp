#include <aria/anticipation/compound_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/slow_compound_text.hpp"

namespace {

using aria::anticipation::CompoundEvent;
using Events = std::vector<CompoundEvent>;

constexpr std::int64_t kMostBins = INT64_MAX / 16;

std::string text_of(const Events& events) {
  aria::ByteBuffer text;
  aria::anticipation::write_compound_text(events, text);
  return std::string(text.view());
}

Events read(std::string_view text) {
  Events events = {{{7}, {7}, 7, 7, 7}};
  aria::anticipation::read_compound_text(text, events);
  return events;
}

// "line 1, byte 5: ..."
std::string refused(std::string_view text) {
  const aria::Error error = test::error_of([&] { read(text); });
  CHECK(error.code() == aria::ErrorCode::invalid_text);
  return error.what();
}

// Numbers of every length; where `plain`, as files of MIDI have them.
Events random_events(std::uint64_t seed, std::size_t count, bool plain) {
  test::Dice dice(seed);
  const auto bins = [&] {
    const std::uint64_t most = plain ? 99'999'999 : static_cast<std::uint64_t>(kMostBins);
    return static_cast<std::int64_t>(dice.below(1 + dice.below(1 + (most >> dice.small(56)))) % (most + 1));
  };
  Events events;
  for (std::size_t i = 0; i < count; ++i) {
    const auto small = [&](unsigned end) { return static_cast<std::uint8_t>(dice.small(end)); };
    CompoundEvent event = {{bins()}, {bins()}, small(128), small(129), small(128)};
    if (!plain && dice.one_in(5)) event.duration = aria::anticipation::kUnknownDuration;
    events.push_back(event);
  }
  return events;
}

}  // namespace

TEST_CASE("compound events lie beside their MIDI file", "[anticipation]") {
  CHECK(aria::anticipation::compound_path("a/b.mid") == "a/b.mid.compound.txt");
}

TEST_CASE("compound events are five numbers each, with blanks between them", "[anticipation]") {
  const Events events = {{{0}, {10}, 60, 0, 64}, {{5}, {-1}, 127, 128, 1}, {{1234567}, {1000}, 0, 99, 127}};
  const std::string text = "0 10 60 0 64 5 -1 127 128 1 1234567 1000 0 99 127";
  CHECK(text_of(events) == text);
  CHECK(read(text) == events);
  CHECK(text_of({}).empty());
  CHECK(read("").empty());
  CHECK(read(" \n\t ").empty());
}

TEST_CASE("text of compound events is written behind what a buffer holds", "[anticipation]") {
  aria::ByteBuffer text;
  text.append("ab ");
  aria::anticipation::write_compound_text({}, text);
  CHECK(text.view() == "ab ");
  aria::anticipation::write_compound_text(Events{{{1}, {2}, 3, 4, 5}}, text);
  CHECK(text.view() == "ab 1 2 3 4 5");
}

TEST_CASE("text of compound events and back is the identity", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{60}));
  for (const bool plain : {true, false}) {
    for (const std::size_t count : {1, 2, 11, 13, 14, 255, 256, 257, 700}) {
      const Events events = random_events(seed * 1000 + count, count, plain);
      const std::string text = text_of(events);
      CHECK(text == test::slow_compound_text(events));
      CHECK(read(text) == events);
    }
  }
}

TEST_CASE("any space separates the numbers of compound events", "[anticipation]") {
  const Events events = random_events(3, 40, true);
  const std::string plain = text_of(events);
  for (const char space : {' ', '\t', '\n', '\v', '\f', '\r'}) {
    // Everywhere, once far behind, twice, and in front and behind.
    std::string all = plain, once = plain, twice = plain;
    for (char& c : all) c = c == ' ' ? space : c;
    once[once.find(' ', 300)] = space;
    twice.insert(twice.find(' ', 200), 1, space);
    for (const std::string& text : {all, once, twice, space + plain + space}) CHECK(read(text) == events);
  }
}

TEST_CASE("zeros before a number and a minus before 0 change nothing", "[anticipation]") {
  CHECK(read("-0 000 060 00000000000000000 000000001") == Events{{{0}, {0}, 60, 0, 1}});
}

TEST_CASE("numbers of compound events are taken up to their limits", "[anticipation]") {
  const std::string most = std::to_string(kMostBins);
  CHECK(read(most + ' ' + most + " 127 128 127") == Events{{{kMostBins}, {kMostBins}, 127, 128, 127}});
  CHECK(read("0 -1 0 0 0") == Events{{{0}, {-1}, 0, 0, 0}});
  const std::string above = std::to_string(kMostBins + 1);
  CHECK(refused(above + " 1 2 3 4") == "line 1, byte 0: \"" + above + "\" lies outside of 0 to " + most);
  CHECK(refused("1 " + above + " 2 3 4") == "line 1, byte 2: \"" + above + "\" lies outside of -1 to " + most);
  CHECK(refused("-1 1 2 3 4") == "line 1, byte 0: \"-1\" lies outside of 0 to " + most);
  CHECK(refused("1 -2 2 3 4") == "line 1, byte 2: \"-2\" lies outside of -1 to " + most);
  CHECK(refused("1 1 128 3 4") == "line 1, byte 4: \"128\" lies outside of 0 to 127");
  CHECK(refused("1 1 2 129 4") == "line 1, byte 6: \"129\" lies outside of 0 to 128");
  CHECK(refused("1 1 2 3 128") == "line 1, byte 8: \"128\" lies outside of 0 to 127");
  CHECK(refused("1 1 2 3 -1") == "line 1, byte 8: \"-1\" lies outside of 0 to 127");
}

TEST_CASE("a number of any length in compound events is refused with its place", "[anticipation]") {
  for (const std::string number :
       {"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "18446744073709551616", "18446744073709551617", "100000000000000000000000000000"}) {
    CHECK_THAT(refused("0 1 2 3 4\n\n5 " + number + " 2 3 4"),
               Catch::Matchers::StartsWith("line 3, byte 13: \"" + number.substr(0, 21)));
  }
}

TEST_CASE("what is no number in compound events is refused with its line and byte", "[anticipation]") {
  CHECK(refused("x") == "line 1, byte 0: \"x\" is not a decimal number");
  CHECK(refused("0 1 60 0 64\n5 1.5 60 0 64") == "line 2, byte 14: \"1.5\" is not a decimal number");
  CHECK(refused("0 1 60\t\n\n 0 6e1") == "line 3, byte 12: \"6e1\" is not a decimal number");
  for (const char* const text : {"-", "--1", "+1", "1-", "0x10", "1,2", "1_0", "\"1\"", "[1]", "1\xc2\xa0"}) {
    CHECK_THAT(refused(text), Catch::Matchers::Contains(" is not a decimal number"));
  }
  CHECK(refused(std::string_view("0 1\0 2 3 4", 10)) == "line 1, byte 2: \"1?\" is not a decimal number");
  CHECK(refused("0 \x1b[31m 2 3 4") == "line 1, byte 2: \"?[31m\" is not a decimal number");
  CHECK(refused(std::string(1000, 'a')) ==
        "line 1, byte 0: \"" + std::string(24, 'a') + "...\" is not a decimal number");
}

TEST_CASE("numbers that are no multiple of five are refused at the end of the text", "[anticipation]") {
  const std::string words = "0 10 60 0 64 5 10 60 0";
  CHECK(refused(words) == "line 1, byte 22: the count of numbers is no multiple of five: the last note has 4");
  CHECK(refused(words + "\n\n") == "line 3, byte 24: the count of numbers is no multiple of five: the last note has 4");
  CHECK(refused("7") == "line 1, byte 1: the count of numbers is no multiple of five: the last note has 1");
  // Ahead of it, a number that is none.
  CHECK(refused("0 10 60 0 x") == "line 1, byte 10: \"x\" is not a decimal number");
}

TEST_CASE("one bad byte anywhere in compound events is found, and nothing else is", "[anticipation]") {
  const std::string good = text_of(random_events(5, 30, true));
  test::Dice dice(1);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string text = good;
    text[i] = "x-\n\0 9:/"[dice.small(8)];
    INFO(text);
    const test::SlowCompoundText expected(text);
    if (!expected.fails()) {
      CHECK(read(text) == expected.events());
      continue;
    }
    const aria::Error error = test::error_of([&] { read(text); });
    CHECK(error.place().line == expected.line());
    CHECK(error.place().byte == expected.byte());
  }
}

TEST_CASE("a text of compound events cut off anywhere is read as the slow reader does", "[anticipation]") {
  const std::string whole = text_of(random_events(8, 20, true));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string text = whole.substr(0, size);
    const test::SlowCompoundText expected(text);
    if (expected.fails()) {
      CHECK(test::error_of([&] { read(text); }).place().byte == expected.byte());
    } else {
      CHECK(read(text) == expected.events());
    }
  }
}

TEST_CASE("a reader of compound text keeps nothing of the text before", "[anticipation]") {
  aria::anticipation::CompoundTextReader reader;
  Events events;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Events expected = random_events(seed, 1 + seed * 7 % 100, seed % 2 == 0);
    CHECK_THROWS_AS(reader.read(text_of(expected) + " x", events), aria::Error);
    reader.read(text_of(expected), events);
    CHECK(events == expected);
  }
}
