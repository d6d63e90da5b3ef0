#include <aria/sampling/event_window.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include <aria/anticipation/vocabulary.hpp>

#include "support/catch.hpp"

using namespace aria::anticipation;
using aria::TokenId;

TEST_CASE("EventWindow: the original's holds 1017 of 1024 tokens and moves by one event", "[sampling]") {
  CHECK(EventWindow(1024, 1).most() == 1017);
  CHECK(EventWindow(EventWindow::kLeast, 1).most() == 6);
  CHECK(EventWindow(EventWindow::kLeast - 1, 1).most() == 0);
  CHECK(EventWindow(0, 1).most() == 0);
  for (const std::size_t step : {0, 1}) {
    EventWindow window(1024, step);
    for (std::size_t length = 0; length < 3000; length += 3) {
      window.extend(length);
      CHECK(window.begin() == (length > 1017 ? length - 1017 : 0));
    }
  }
  EventWindow late(1024, 1);
  late.extend(30'000);
  CHECK(late.begin() == 30'000 - 1017);
}

TEST_CASE("EventWindow: it moves by as many events as were asked for, and then stays for as long", "[sampling]") {
  for (const std::size_t context : {13, 100, 1024}) {
    for (const std::size_t step : {1, 2, 7, 64, 5000}) {
      CAPTURE(context, step);
      EventWindow window(context, step);
      std::size_t before = 0, last_move = 0, wrong = 0, moves = 0;
      for (std::size_t length = 0; length < 6000; length += 3) {
        window.extend(length);
        const std::size_t held = length - window.begin();
        wrong += held > window.most() || window.begin() % 3 != 0 ? 1 : 0;
        if (window.begin() == before) continue;
        const std::size_t moved = 3 * std::min(step, window.most() / 6);  // by half at most
        wrong += window.begin() - before != moved || (last_move != 0 && length - last_move != moved) ? 1 : 0;
        wrong += 2 * held < window.most() ? 1 : 0;
        before = window.begin();
        last_move = length;
        ++moves;
      }
      CHECK(wrong == 0);
      CHECK(moves > 2);
    }
  }
}

TEST_CASE("EventWindow: it is shortened by a step, or by half of what there is", "[sampling]") {
  EventWindow window(1024, 64);
  window.extend(900);
  window.shorten(900);
  CHECK(window.begin() == 3 * 64);
  window.shorten(900);
  CHECK(window.begin() == 3 * 128);
  std::vector<std::size_t> left;
  while (window.begin() + 3 < 900) {
    window.shorten(900);
    left.push_back((900 - window.begin()) / 3);
  }
  CHECK(left == std::vector<std::size_t>{108, 54, 27, 14, 7, 4, 2, 1});
  // Then it grows again.
  window.extend(900);
  CHECK(window.begin() == 897);
  window.extend(1200);
  CHECK(window.begin() == 897);
}

TEST_CASE("relative_window: a flag, and times that count from another one", "[sampling]") {
  const ArrivalVocabulary& v = kArrival;
  std::vector<TokenId> out = {1, 2, 3};
  relative_window(v.anticipate, {}, Bins{7}, out);
  CHECK(out == std::vector<TokenId>{v.anticipate});
  const std::vector<TokenId> window = {
      700, v.duration + 1, v.note + 5, v.control + 900, v.control + v.duration, v.control + v.note};
  relative_window(v.autoregress, window, Bins{700}, out);
  CHECK(out == std::vector<TokenId>{v.autoregress, 0, v.duration + 1, v.note + 5, v.control + 200,
                                    v.control + v.duration, v.control + v.note});
}
