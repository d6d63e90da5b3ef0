#include <aria/anticipation/events.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/error.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::Reading;
using aria::anticipation::CompoundEvent;
using aria::anticipation::kDefaultVelocity;
using aria::anticipation::kUnknownDuration;
using test::kArrival;
using test::Tokens;
using CompoundEvents = std::vector<CompoundEvent>;

CompoundEvent note(std::int64_t time, std::int64_t duration = 10, unsigned pitch = 60, unsigned instrument = 0) {
  return {
      {time}, {duration}, static_cast<std::uint8_t>(pitch), static_cast<std::uint8_t>(instrument), kDefaultVelocity};
}

Tokens events_of(const CompoundEvents& notes) {
  Tokens events;
  aria::anticipation::compound_to_events(notes, events);
  return events;
}

CompoundEvents back(const Tokens& events, Reading reading = Reading::standard) {
  CompoundEvents notes = {note(7)};
  aria::anticipation::events_to_compound(events, notes, reading);
  return notes;
}

std::string refused(const Tokens& events, Reading reading = Reading::standard) {
  const aria::Error error = test::error_of([&] { back(events, reading); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  return error.what();
}

CompoundEvents random_notes(std::uint64_t seed, std::int64_t most_time) {
  test::Dice dice(seed);
  CompoundEvents notes;
  for (unsigned i = dice.small(200); i > 0; --i) {
    const auto time = static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(most_time) + 1));
    notes.push_back(note(time, dice.small(1000), dice.small(128), dice.small(129)));
  }
  return notes;
}

}  // namespace

TEST_CASE("a note is three tokens: time, duration, note", "[anticipation]") {
  Tokens events = {1, 2};
  const CompoundEvents notes = {note(0), note(5, 999, 127, 128), note(70'000, 0, 3, 2)};
  CHECK(aria::anticipation::compound_to_events(notes, events) == 0);
  CHECK(events == Tokens{1, 2, 0, 10'010, 11'060, 5, 10'999, 27'511, 70'000, 10'000, 11'259});
}

TEST_CASE("a duration that is too long is cut, and an unknown one is a quarter of a second", "[anticipation]") {
  Tokens events;
  const CompoundEvents notes = {note(0, 999), note(0, 1000), note(0, std::int64_t{1} << 59),
                                note(0, kUnknownDuration.count)};
  CHECK(aria::anticipation::compound_to_events(notes, events) == 2);
  CHECK(events == Tokens{0, 10'999, 11'060, 0, 10'999, 11'060, 0, 10'999, 11'060, 0, 10'025, 11'060});
  CHECK(events_of({}).empty());
}

TEST_CASE("a time that no id can hold is refused, and nothing is written", "[anticipation]") {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  CHECK(events_of({note(kMost)}).front() == kMost);
  for (const std::int64_t time : {kMost + 1, std::int64_t{1} << 32, std::int64_t{1} << 58}) {
    Tokens events = {1, 2, 3};
    const CompoundEvents notes = {note(0), note(time), note(1)};
    const auto error = test::error_of([&] { aria::anticipation::compound_to_events(notes, events); });
    CHECK(error.code() == aria::ErrorCode::too_large);
    CHECK(error.message() == "a note begins " + std::to_string(time) + " bins into the piece");
    CHECK(events == Tokens{1, 2, 3});
  }
}

TEST_CASE("events and back is the identity for notes that events can hold", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{60}));
  const CompoundEvents far = random_notes(seed, std::int64_t{1} << 30);
  CHECK(back(events_of(far)) == far);
  // In the reference reading up to 275.13 s.
  const CompoundEvents near = random_notes(seed, kArrival.control - 1);
  CHECK(back(events_of(near)) == near);
  CHECK(back(events_of(near), Reading::reference) == near);
}

TEST_CASE("times of 275.13 s and more survive the way back, but not in the reference reading", "[anticipation]") {
  const CompoundEvents notes = {note(27'512), note(27'513), note(55'024), note(55'025), note(55'026), note(100'000)};
  CHECK(back(events_of(notes)) == notes);
  const CompoundEvents shifted = {note(27'512), note(0), note(27'511), note(27'513), note(72'487)};
  CHECK(back(events_of({notes[0], notes[1], notes[2], notes[4], notes[5]}), Reading::reference) == shifted);
  CHECK(refused(events_of(notes), Reading::reference) == "a time looks like a separator");
}

TEST_CASE("controls are notes, and rests have none", "[anticipation]") {
  const Tokens events =
      test::tokens({test::event(1), test::control(3, 5, 128 * 128 + 36), test::rest(4), test::event(4)});
  CHECK(back(events) == CompoundEvents{note(1), note(3, 5, 36, 128), note(4)});
  CHECK(back(events, Reading::reference) == back(events));
  CHECK(back(test::tokens({test::rest(4), test::rest(104)})).empty());
  CHECK(back({}).empty());
}

TEST_CASE("behind a separator, times begin anew behind the end of the last note", "[anticipation]") {
  const Tokens events = test::tokens({test::event(5, 100), test::event(20, 3), test::separator(), test::event(1, 10),
                                      test::rest(500), test::separator(), test::separator(), test::event(0, 1)});
  // The first piece lasts until 105, the second one 11 more; rests do not count.
  CHECK(back(events) == CompoundEvents{note(5, 100), note(20, 3), note(106, 10), note(116, 1)});
  CHECK(back(events, Reading::reference) == back(events));
}

TEST_CASE("tokens that are no event are refused with the number of the event", "[anticipation]") {
  const Tokens good = test::tokens({test::event(1), test::control(2)});
  const auto changed = [&](std::size_t i, aria::TokenId token) {
    Tokens events = good;
    events[i] = token;
    return events;
  };
  CHECK(refused(changed(1, 9'999)) == "event 0 has a second token that is no duration");
  CHECK(refused(changed(1, 11'000)) == "event 0 has a second token that is no duration");
  CHECK(refused(changed(4, 10'010)) == "event 1 has a second token that is no duration");
  CHECK(refused(changed(2, 10'999)) == "event 0 has a third token that is no note");
  CHECK(refused(changed(3, 27'512)) == "event 1 is a control with a time that is none");
  CHECK(refused(changed(5, 11'060)) == "event 1 has a second token that is no duration");
  CHECK(refused(changed(5, 27'513)) == "event 1 has a third token that is no note");
  for (const aria::TokenId token :
       {kArrival.autoregress, kArrival.anticipate, kArrival.size, std::numeric_limits<aria::TokenId>::max()}) {
    CHECK(refused(changed(5, token)) == "event 1 has a third token that is no note");
  }
  for (const std::size_t left : {1, 2, 4, 5}) {
    CHECK(refused({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(left)}) ==
          "event " + std::to_string(left / 3) + " is cut off");
  }
}

TEST_CASE("any tokens are notes or refused", "[anticipation]") {
  const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{200}));
  test::Dice dice(seed);
  Tokens tokens;
  for (unsigned i = 3 * dice.small(4); i > 0; --i) {
    tokens.push_back(dice.one_in(10) ? ~dice.small(3) : dice.small(55'030));
  }
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    try {
      for (const CompoundEvent& event : back(tokens, reading)) {
        CHECK((event.time.count >= 0 && event.duration.count >= 0 && event.duration.count < 1000));
        CHECK((event.pitch < 128 && event.instrument <= 128));
      }
    } catch (const aria::Error& error) {
      CHECK(error.code() == aria::ErrorCode::invalid_argument);
    }
  }
}
