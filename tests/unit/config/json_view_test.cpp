#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/json_view.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::JsonDocument;

template <class Work>
std::string why(Work work) {
  const aria::Error error = test::error_of(work);
  CHECK(error.code() == aria::ErrorCode::invalid_config);
  return error.message();
}

}  // namespace

TEST_CASE("JsonView reads values and knows the way to them", "[config]") {
  const JsonDocument document(
      R"({"a": {"yes": true, "half": 0.5, "text": "\u00e9", "list": ["x", ""], "big": 18446744073709551615}})");
  const auto a = document.root()["a"];
  CHECK(document.root().way().empty());
  CHECK(a.way() == "a");
  CHECK(a["half"].way() == "a.half");
  CHECK(a["yes"].boolean());
  CHECK(a["half"].number() == 0.5);
  CHECK(a["big"].whole_number() == 18446744073709551615ULL);
  CHECK(a["text"].text() == "é");
  CHECK(a["list"].texts() == std::vector<std::string>{"x", ""});
  CHECK(a.keys() == std::vector<std::string>{"yes", "half", "text", "list", "big"});
}

TEST_CASE("JsonView says what is wrong and where", "[config]") {
  const JsonDocument document(R"({"a": {"b": 1}, "list": ["x", 2], "text": "x"})");
  const auto root = document.root();
  CHECK(why([&] { root["x"]; }) == "the key x is missing");
  CHECK(why([&] { root["a"]["x"]; }) == "the key a.x is missing");
  CHECK(why([&] { root["text"]["x"]; }) == "text must be an object");
  CHECK(why([&] { root["a"].boolean(); }) == "a must be true or false");
  CHECK(why([&] { root["a"]["b"].text(); }) == "a.b must be a text");
  CHECK(why([&] { root["text"].number(); }) == "text must be a number");
  CHECK(why([&] { root["a"].texts(); }) == "a must be a list of texts");
  CHECK(why([&] { root["list"].texts(); }) == "list[1] must be a text");
  CHECK(why([&] { root["text"].keys(); }) == "text must be an object");
  CHECK(why([&] { root.text(); }) == "the whole must be a text");
  CHECK(why([&] { root["a"].only(std::array<std::string_view, 1>{"c"}); }) == "the key a.b is unknown");
  root["a"].only(std::array<std::string_view, 2>{"c", "b"});
}

TEST_CASE("JsonView goes over members and lists of numbers, keys that are there twice included", "[config]") {
  const JsonDocument document(
      R"({"a": {"x": 1, "y": {}, "x": [2]}, "none": {}, "list": [0, 18446744073709551615], "mixed": [1, -1], "half": [0.5]})");
  const auto root = document.root();
  std::vector<std::string> seen;
  root["a"].for_each_member([&seen](std::string_view key, const aria::JsonView& value) {
    seen.push_back(std::string(key) + '=' + value.to_json() + " at " + value.way());
  });
  CHECK(seen == std::vector<std::string>{"x=1 at a.x", "y={} at a.y", "x=[2] at a.x"});
  CHECK(root["a"].size() == 3);
  CHECK(root["none"].size() == 0);
  CHECK(root.size() == 5);
  root["none"].for_each_member([](std::string_view, const aria::JsonView&) { FAIL("there is none"); });
  CHECK(root["list"].whole_numbers() == std::vector<std::uint64_t>{0, 18446744073709551615ULL});
  CHECK(root["a"].way() == "a");
  CHECK(why([&] { root["list"].for_each_member([](std::string_view, const aria::JsonView&) {}); }) ==
        "list must be an object");
  CHECK(why([&] { root["list"].size(); }) == "list must be an object");
  CHECK(why([&] { root["a"].whole_numbers(); }) == "a must be a list of whole numbers");
  CHECK(why([&] { root["mixed"].whole_numbers(); }) == "mixed[1] must be a whole number of at least 0");
  CHECK(why([&] { root["half"].whole_numbers(); }) == "half[0] must be a whole number of at least 0");
  CHECK(why([&] { root.only(std::array<std::string_view, 1>{"a"}); }) == "the key none is unknown");
}

TEST_CASE("JsonDocument wants JSON", "[config]") {
  for (const std::string_view text : {"", " ", "{", "{}}", "nul", "[1,]", "\xff", "{\"a\": \"\xc3\"}"}) {
    CAPTURE(text);
    CHECK(test::error_of([&] { JsonDocument document(text); }).code() == aria::ErrorCode::invalid_json);
  }
  CHECK(test::error_of([&] { JsonDocument document(std::string_view{}); }).code() == aria::ErrorCode::invalid_json);
}
