#include <aria/support/md5.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

std::string md5_of(std::string_view text, std::size_t piece = 1000) {
  aria::Md5 md5;
  for (; text.size() > piece; text.remove_prefix(piece)) md5.update(text.substr(0, piece));
  md5.update(text);
  return md5.hex();
}

}  // namespace

TEST_CASE("Md5 gives the digests of RFC 1321", "[support]") {
  // Appendix A.5. Going red is never legitimate.
  CHECK(md5_of("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5_of("a") == "0cc175b9c0f1b6a831c399e269772661");
  CHECK(md5_of("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5_of("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(md5_of("abcdefghijklmnopqrstuvwxyz") == "c3fcd3d76192e4007dfb496cca67e13b");
  CHECK(md5_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == "d174ab98d277d9f5a5611c2c9f419d9f");
  constexpr std::string_view kDigits =
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
  for (const std::size_t piece : {1U, 7U, 64U, 80U})
    CHECK(md5_of(kDigits, piece) == "57edf4a22be3c955ac49da2e2107b67a");
}
