#include <aria/anticipation/instruments.hpp>

#include <vector>

#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

using Counts = std::vector<InstrumentCount>;

Counts counts_of(const Tokens& tokens) {
  Counts counts = {{7, 7}};  // forgotten
  instruments(tokens, counts);
  return counts;
}

}  // namespace

TEST_CASE("instruments are counted in the order in which they come first", "[anticipation]") {
  const auto note = [](std::uint32_t instrument, std::uint32_t pitch) { return event(0, 1, 128 * instrument + pitch); };
  CHECK(counts_of({}).empty());
  CHECK(counts_of(tokens({note(128, 0), note(3, 127), as_control(note(128, 127)), separator(), note(0, 0), note(3, 0),
                          as_control(note(127, 5)), note(128, 1)})) == Counts{{128, 3}, {3, 2}, {0, 1}, {127, 1}});
  CHECK(counts_of(tokens({rest(1), note(1, 1), rest(2)})) == Counts{{129, 2}, {1, 1}});
  CHECK(counts_of({0, 0, kArrival.autoregress, 0, 0, 0xffffffff}).empty());
}

TEST_CASE("events without a note have no instrument", "[anticipation]") {
  CHECK(error_of([] { counts_of({0, 0, kArrival.note, 0, 0, kArrival.note - 1}); }).message() == "event 1 has no note");
  CHECK(error_of([] { counts_of({0, 0, kArrival.control + kArrival.note - 1}); }).message() == "event 0 has no note");
}
