// What is asked of a model of events, and what comes of it.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/midi/reading.hpp>
#include <aria/sampling/event_masks.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// What is asked for. Times are counted from the beginning of the piece.
struct EventRequest {
  Bins start{};                     ///< new events start from here on,
  Bins end{};                       ///< and before this
  std::vector<TokenId> events{};    ///< given ones, in the order of time; those behind `start` are told in advance;
                                    ///< rests among them are passed over in standard mode
  std::vector<TokenId> controls{};  ///< given, too, and told in advance wherever they are; in the order of time
  InstrumentFilter may_play{};      ///< instruments of new events; empty: all
  std::size_t variations = 1;       ///< so many are made at once
  Reading reading = Reading::standard;
  std::size_t window_step = 64;  ///< events by which the window moves at once, see EventWindow; 1 in reference mode
  std::function<void(Bins done, Bins total)> on_progress{};  ///< of the slowest variation; may be empty
};

/// What came of it.
struct GeneratedEvents {
  std::vector<TokenId> events;  ///< the given events and the new ones by time; controls are not among them
  std::vector<TokenId> added;   ///< the new ones alone
};

}  // namespace aria::anticipation
