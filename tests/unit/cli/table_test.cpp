#include "cli/table.hpp"

#include <sstream>
#include <string>

#include "support/catch.hpp"

TEST_CASE("columns of a table are aligned", "[cli]") {
  cli::Table table;
  CHECK(table.empty());
  table.add({"", "pieces", "notes"});
  table.add({"piano", "12", "3,400"});
  table.add({"dvo\xc5\x99\xc3\xa1k", "1"});
  table.add({"x", "", ""});
  std::ostringstream out;
  table.print(out);
  CHECK(out.str() ==
        "        pieces  notes\n"
        "piano       12  3,400\n"
        "dvo\xc5\x99\xc3\xa1k       1\n"
        "x\n");
}

TEST_CASE("text from files cannot command a terminal", "[cli]") {
  CHECK(cli::printable("plain, \xc3\xa9\xe2\x99\xaf") == "plain, \xc3\xa9\xe2\x99\xaf");
  CHECK(cli::printable("a\x1b[31m\n") == "a\\x1b[31m\\x0a");
  CHECK(cli::printable(std::string("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(cli::printable("\xc2\x9b"
                       "2J") == "\\xc2\\x9b2J");  // CSI as one character
  CHECK(cli::printable("\xc2\xa0") == "\xc2\xa0");
  CHECK(cli::printable("caf\xe9") == "caf\\xe9");
}
