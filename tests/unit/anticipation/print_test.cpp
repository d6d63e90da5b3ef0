#include <aria/anticipation/print.hpp>

#include <string>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

std::string printed(const Tokens& tokens) {
  aria::ByteBuffer out;
  aria::anticipation::print(tokens, out);
  return std::string(out.view());
}
std::string complaint(const Tokens& tokens) {
  const aria::Error error = error_of([&] { printed(tokens); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  return error.message();
}

}  // namespace

TEST_CASE("events are printed a line each", "[anticipation]") {
  CHECK(printed({}) == "---------------------\n");
  CHECK(printed(tokens({separator(), rest(100), event(150, 25, 60), control(640, 10, 128 * 128 + 35),
                        event(360'000, 999, 128 * 7)})) ==
        "---------------------\n0 SEPARATOR\n1 100 REST\n2 150 25 0 60\n3 640 10 128 35 (A)\n4 360000 999 7 0\n");
  // Tokens out of their blocks are shown as what they are.
  CHECK(printed({5, 0, kArrival.control + kArrival.note}) == "---------------------\n0 -27508 -37513 0 0 (A)\n");
}

TEST_CASE("what is no event cannot be printed", "[anticipation]") {
  CHECK(complaint(tokens({event(1), {kArrival.separator, 3, kArrival.separator}})) == "event 1 is a separator in part");
  CHECK(complaint(tokens({{7, kArrival.separator, kArrival.separator}})) == "event 0 is a separator in part");
  CHECK(complaint({7, kArrival.duration + 1, kArrival.rest}) == "event 0 is a rest with a duration");
  CHECK(complaint({7, 7, kArrival.note - 1}) == "event 0 has no note");
  CHECK(complaint({7, 7, kArrival.control + 1}) == "event 0 has no note");
  CHECK(complaint({7, 7, kArrival.autoregress}) == "event 0 has no note");
  CHECK(complaint({7}) == "a sequence of 1 tokens ends within an event of three");
}
