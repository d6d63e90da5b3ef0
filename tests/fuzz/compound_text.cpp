// Text of compound events -> events or an error, by the reader and by a slow one of the test's own -> text -> the same
// events.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/compound_text.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

#include "expect.hpp"
#include "support/slow_compound_text.hpp"

namespace {

using aria::anticipation::CompoundEvent;
using fuzz::expect;
using Events = std::vector<CompoundEvent>;

std::string text_of(const Events& events) {
  aria::ByteBuffer text;
  aria::anticipation::write_compound_text(events, text);
  return std::string(text.view());
}

void check_written(const Events& events) {
  const std::string text = text_of(events);
  Events again;
  aria::anticipation::read_compound_text(text, again);
  expect(again == events, "what is written is read again");
  expect(text == test::slow_compound_text(events), "numbers are written in the plain way");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const test::SlowCompoundText expected(text);
  Events events = {{{7}, {7}, 7, 7, 7}};
  try {
    aria::anticipation::read_compound_text(text, events);
    expect(!expected.fails() && events == expected.events(), "a text is read as the slow reader does");
    check_written(events);
  } catch (const aria::Error& error) {
    expect(expected.fails(), "a text that the slow reader takes is taken");
    expect(error.code() == aria::ErrorCode::invalid_text, "what is no text of events is called so");
    expect(error.place().byte == expected.byte() && error.place().line == expected.line(),
           "an error says where the text is wrong");
  }
  return 0;
}
