#include <aria/support/lines_checksum.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <aria/support/random.hpp>

#include "support/catch.hpp"

using aria::LineHash;
using aria::LinesChecksum;

namespace {

LinesChecksum of(const std::vector<std::string>& lines) {
  LinesChecksum checksum;
  for (const std::string& line : lines) checksum.add(line);
  return checksum;
}

}  // namespace

TEST_CASE("LineHash: the same for any cuts", "[support]") {
  aria::RandomStream random(1);
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(random.below(256));
  for (std::size_t size = 0; size <= 300; ++size) {
    const std::string_view bytes = std::string_view(text).substr(0, size);
    for (int round = 0; round < 20; ++round) {
      LineHash hash;
      for (std::string_view rest = bytes; !rest.empty();) {
        const std::size_t piece = random.below(static_cast<std::uint32_t>(rest.size() + 1));
        hash.add(rest.substr(0, piece));
        rest.remove_prefix(piece);
      }
      REQUIRE(hash.value() == LineHash::of(bytes));
    }
  }
}

TEST_CASE("LineHash: every byte counts, zeros at the end too", "[support]") {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 200; ++size) {
    std::string text(size, '\0');
    CHECK(seen.insert(LineHash::of(text)).second);
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = 1;
      CHECK(seen.insert(LineHash::of(text)).second);
      text[i] = 0;
    }
  }
}

TEST_CASE("LineHash: the same everywhere", "[support]") {
  CHECK(LineHash::of("") == LineHash().value());
  CHECK(of({"hello", "world"}).text() == "4785788a2e3b9ab5");
}

TEST_CASE("LinesChecksum: the same for any order, another for other lines", "[support]") {
  const LinesChecksum checksum = of({"one", "two", "", "two"});
  CHECK(checksum.lines == 4);
  CHECK(checksum.bytes == 13);
  CHECK(checksum == of({"two", "two", "one", ""}));
  CHECK_FALSE(checksum == of({"two", "one", "", "one"}));
  CHECK_FALSE(checksum == of({"one", "two", "t", "wo"}));
  CHECK_FALSE(checksum == of({"onetwo", "", "", "two"}));
  LinesChecksum sum = of({"one", "two"});
  sum.add(of({"", "two"}));
  CHECK(checksum == sum);
  CHECK(of({}).text() == "0000000000000000");
}
