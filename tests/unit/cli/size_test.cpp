#include "cli/size.hpp"

#include <cstdint>
#include <string>

#include "support/catch.hpp"

TEST_CASE("size_of_text: bytes, K, M, G", "[cli]") {
  const auto size = [](const char* text) { return cli::size_of_text(text, "memory"); };
  CHECK(size("0") == 0);
  CHECK(size("65536") == 65536);
  CHECK(size("512B") == 512);
  for (const char* text : {"16M", "16m", "16MB", "16MiB", "16mib", "16384K", "16384KiB"}) CHECK(size(text) == 16 << 20);
  CHECK(size("3G") == std::uint64_t{3} << 30);
  CHECK(size("17179869183G") == std::uint64_t{17179869183} << 30);
  for (const char* text : {"", "M", "-1", "+1", "1.5G", " 1", "1 M", "1T", "1Mi", "1BB", "1MM", "1iB", "0x10",
                           "17179869184G", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(size(text), cli::UsageError);
  }
}
