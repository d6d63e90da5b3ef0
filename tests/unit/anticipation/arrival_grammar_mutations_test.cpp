// Every change of a legal sequence that breaks a rule is refused by the grammar of the arrival-time encoding.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include <aria/anticipation/times.hpp>

#include "arrival_sequences.hpp"
#include "sequences.hpp"
#include "support/catch.hpp"

using namespace aria::anticipation;
using namespace test;

namespace {

// A change that breaks a rule, made at the events numbered `i` and `i + 1`, if it can be made there. `known` says that
// the two events before `i` are in the same piece.
using Mutation = std::function<bool(std::vector<Triple>& events, std::size_t i, bool known)>;

bool is_note(const Triple& one) { return one.note < kArrival.rest; }
bool is_event(const Triple& one) { return one.note < kArrival.control; }
bool is_control(const Triple& one) { return one.note >= kArrival.control && one.note < kArrival.separator; }

const std::vector<std::pair<const char*, Mutation>>& mutations() {
  static const std::vector<std::pair<const char*, Mutation>> all = {
      {"events swapped",
       [](auto& e, std::size_t i, bool) {
         if (!is_event(e[i]) || !is_event(e[i + 1]) || e[i].time == e[i + 1].time) return false;
         std::swap(e[i], e[i + 1]);
         return true;
       }},
      {"controls swapped",
       [](auto& e, std::size_t i, bool) {
         if (!is_control(e[i]) || !is_control(e[i + 1]) || e[i].time == e[i + 1].time) return false;
         std::swap(e[i], e[i + 1]);
         return true;
       }},
      {"a control later or earlier",
       [](auto& e, std::size_t i, bool known) {
         const bool there = (is_control(e[i]) && is_event(e[i + 1])) || (is_event(e[i]) && is_control(e[i + 1]));
         if (!there || !known) return false;
         std::swap(e[i], e[i + 1]);
         return true;
       }},
      {"a rest left out",
       [](auto& e, std::size_t i, bool known) {
         if (e[i].note != kArrival.rest || !is_event(e[i + 1]) || !known) return false;
         e.erase(e.begin() + static_cast<std::ptrdiff_t>(i));
         return true;
       }},
      {"a note made a rest",
       [](auto& e, std::size_t i, bool known) {
         if (!is_note(e[i]) || !known || !is_event(e[i - 1]) || e[i].time == e[i - 1].time + 100) return false;
         e[i] = rest(e[i].time);
         return true;
       }},
      {"a rest with a duration",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.rest) return false;
         ++e[i].duration;
         return true;
       }},
      {"a rest as a control",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.rest) return false;
         e[i] = as_control(e[i]);
         return true;
       }},
      {"an event with one token of a control",
       [](auto& e, std::size_t i, bool) {
         if (!is_event(e[i])) return false;
         e[i].duration += kArrival.control;
         return true;
       }},
      {"a control with one token of an event",
       [](auto& e, std::size_t i, bool) {
         if (!is_control(e[i])) return false;
         e[i].note -= kArrival.control;
         return true;
       }},
      {"a time in the block of durations",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note == kArrival.separator) return false;
         e[i].time = kArrival.duration + (is_control(e[i]) ? kArrival.control : 0);
         return true;
       }},
      {"a duration in the block of notes",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note == kArrival.separator) return false;
         e[i].duration = kArrival.note + (is_control(e[i]) ? kArrival.control : 0);
         return true;
       }},
      {"a note in the block of durations",
       [](auto& e, std::size_t i, bool) {
         e[i].note = kArrival.note - 1;
         return true;
       }},
      {"a separator twice",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.separator) return false;
         e[i + 1] = e[i];
         return true;
       }},
      {"a separator in part",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.separator) return false;
         e[i].time = 0;
         return true;
       }},
      {"times that go on behind a separator",
       [](auto& e, std::size_t i, bool) {
         if (e[i].note != kArrival.separator || !is_event(e[i + 1])) return false;
         e[i + 1].time += 101;
         return true;
       }},
      {"a flag",
       [](auto& e, std::size_t i, bool) {
         e[i].time = kArrival.anticipate;
         return true;
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("every change that breaks a rule is refused", "[anticipation]") {
  std::vector<Tokens> sequences;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    for (Tokens& one : random_sequences(seed, {}, 12)) sequences.push_back(std::move(one));
  }
  aria::RandomStream random(7);
  for (const auto& [name, mutate] : mutations()) {
    std::size_t made = 0;
    for (int trial = 0; trial < 200'000; ++trial) {
      const Tokens& legal = sequences[random.below(static_cast<std::uint32_t>(sequences.size()))];
      std::vector<Triple> events = triples_of(std::span(legal).subspan(1));
      const std::size_t i = 2 + random.below(338);
      const auto in_piece = [](const Triple& one) { return one.note != kArrival.separator; };
      const auto first = events.begin(), here = first + static_cast<std::ptrdiff_t>(i);
      // Two events before this place show where it lies.
      const auto piece = std::find_if_not(std::make_reverse_iterator(here), events.rend(), in_piece).base();
      const bool known = std::count_if(piece, here, is_event) >= 2;
      if (!mutate(events, i, known)) continue;
      ++made;
      Tokens broken = tokens_of(events);
      broken.insert(broken.begin(), legal[0]);
      CAPTURE(name, trial, i);
      CHECK(verdict(legal) == "legal");
      CHECK(verdict(broken) != "legal");
      if (made == 50) break;
    }
    CAPTURE(name);
    CHECK(made == 50);
  }
}

TEST_CASE("times moved as a whole are refused, too", "[anticipation]") {
  std::size_t within_a_piece = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const Tokens& legal : random_sequences(seed, {}, 12)) {
      if (legal[1] == kArrival.separator) continue;
      within_a_piece += std::count(legal.begin(), legal.end(), kArrival.separator) == 0;
      Tokens moved = legal;
      translate(std::span(moved).subspan(1), Bins{1});
      CHECK(verdict(moved) != "legal");
    }
  }
  CHECK(within_a_piece > 0);
}
