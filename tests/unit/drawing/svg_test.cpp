#include <aria/drawing/svg.hpp>

#include <clocale>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/xml.hpp"

TEST_CASE("the test's own XML reader finds faults", "[drawing]") {
  CHECK(test::xml_fault("<a b=\"1\"><c/>x &amp; y</a>\n") == "");
  for (const char* bad : {"", "a", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a>&</a>", "<a>&x;</a>", "<a b=\"<\"/>",
                          "<a b=\"1\" b=\"2\"/>", "<a b=1/>", "<a b=\"1/>", "<a>\x01</a>", "<a><b></a></b>"}) {
    CAPTURE(bad);
    CHECK(test::xml_fault(bad) != "");
  }
}

TEST_CASE("coordinates are short and never senseless", "[drawing]") {
  using aria::svg_number;
  CHECK(svg_number(0) == "0");
  CHECK(svg_number(12) == "12");
  CHECK(svg_number(100) == "100");
  CHECK(svg_number(12.5) == "12.5");
  CHECK(svg_number(1.0 / 3) == "0.33");
  CHECK(svg_number(-2.999) == "-3");
  CHECK(svg_number(-0.0001) == "0");
  CHECK(svg_number(-0.0) == "0");
  CHECK(svg_number(1e300) == "1000000000");
  CHECK(svg_number(-1e300) == "-1000000000");
  CHECK(svg_number(std::nan("")) == "0");
  CHECK(svg_number(std::numeric_limits<double>::infinity()) == "0");
}

TEST_CASE("text is escaped", "[drawing]") {
  using aria::svg_text;
  CHECK(svg_text("plain, 'quoted'") == "plain, 'quoted'");
  CHECK(svg_text("a & b < c > \"d\"") == "a &amp; b &lt; c &gt; &quot;d&quot;");
  CHECK(svg_text("&amp;") == "&amp;amp;");
  CHECK(svg_text("\xc3\x89tude \xe2\x99\xaf \xf0\x9d\x84\x9e") == "\xc3\x89tude \xe2\x99\xaf \xf0\x9d\x84\x9e");
  CHECK(svg_text("a\tb\nc") == "a\tb\nc");
  // What XML cannot hold: control characters, U+FFFE, U+FFFF, bytes that are not UTF-8.
  const std::string unknown = "\xef\xbf\xbd";
  CHECK(svg_text(std::string("a\0b\x1b", 4)) == "a" + unknown + "b" + unknown);
  CHECK(svg_text("\xef\xbf\xbe\xef\xbf\xbf") == unknown + unknown);
  CHECK(svg_text("\xff\xe9t\xe9") == unknown + unknown + "t" + unknown);
  CHECK(svg_text("\xed\xa0\x80") == unknown + unknown + unknown);
}

TEST_CASE("a drawing is well-formed, whatever is written into it", "[drawing]") {
  aria::Svg svg(200, 100.5);
  svg.title("</svg><script>");
  svg.open("g", {{"fill", "\"/><script>alert(1)</script>"}});
  svg.element("rect", {{"x", 10}, {"y", -0.001}, {"width", std::nan("")}}, "<b> & \x01");
  svg.open("g");
  svg.close();
  svg.text({{"x", 1U}, {"class", std::string("a&b")}}, "5 < 6");
  const std::string out = std::move(svg).finish();  // the outer group is still open
  CAPTURE(out);
  CHECK(test::xml_fault(out) == "");
  CHECK(out.find("<script") == out.npos);
  CHECK(out.find("viewBox=\"0 0 200 100.5\"") != out.npos);
  CHECK(out.find("<rect x=\"10\" y=\"0\" width=\"0\"><title>&lt;b&gt; &amp; \xef\xbf\xbd</title></rect>") != out.npos);
  CHECK(out.find("<text x=\"1\" class=\"a&amp;b\">5 &lt; 6</text>") != out.npos);
}
