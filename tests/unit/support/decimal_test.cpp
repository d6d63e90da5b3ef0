#include <aria/support/decimal.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "support/catch.hpp"

namespace {

// The digits, or a complaint where bytes behind the room that the function asks for are touched.
std::string decimal(std::uint64_t number) {
  std::array<char, aria::kDecimalRoom + 8> text{};
  text.fill('#');
  const char* end = aria::write_decimal(number, text.data());
  if (std::count(text.begin() + aria::kDecimalRoom, text.end(), '#') != 8) return "written too far";
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

}  // namespace

TEST_CASE("write_decimal writes what std::to_string does", "[support]") {
  std::uint64_t wrong = 0;
  const auto check = [&wrong](std::uint64_t number) { wrong += decimal(number) != std::to_string(number); };
  for (std::uint64_t number = 0; number < 200'000; ++number) check(number);
  for (std::uint64_t power = 10; power < std::numeric_limits<std::uint64_t>::max() / 10; power *= 10) {
    for (const std::uint64_t factor : {1, 2, 9, 10}) {
      check(power * factor - 1);
      check(power * factor);
      check(power * factor + 1);
    }
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) check(random() >> (i % 64));
  CHECK(wrong == 0);
  CHECK(decimal(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}
