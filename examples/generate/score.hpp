// What is given to a model, and what comes back: from the notes of a MIDI file to a request, and to a piece.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <aria/anticipation.hpp>
#include <aria/midi.hpp>
#include <aria/sampling/event_generation.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

#include "arguments.hpp"
#include "choice.hpp"

namespace generate {

namespace amt = aria::anticipation;

/// A piece, of which some notes are kept.
struct Score {
  aria::MidiDict piece;
  NoteSources sources;
  std::vector<amt::CompoundEvent> notes;  ///< in the order of piece.notes
  std::vector<bool> kept;                 ///< one flag a note
  amt::EventRequest request;              ///< without what a musician does not say
};

/// The nearest hundredth of a second; the original cuts off what is more.
inline amt::Bins bins_of(double seconds, aria::Reading reading) {
  const double bins = seconds * amt::Settings().time_resolution;
  return {static_cast<std::int64_t>(reading == aria::Reading::reference ? bins : std::round(bins))};
}

namespace detail {

inline void read_input(const std::string& path, Score& score) {
  aria::ByteBuffer bytes;
  aria::read_file(path, bytes);
  try {
    const auto data = std::as_bytes(std::span(bytes.view()));
    score.piece = aria::MidiDict::from_midi(data);
    score.sources = note_sources(data, score.piece);
  } catch (const aria::Error& error) {
    throw error.in_file(path);
  }
  const aria::TempoMap time(score.piece.tempos, score.piece.ticks_per_beat);
  if (!time.tick_at(1, amt::Settings().time_resolution)) {
    throw aria::Error(aria::ErrorCode::invalid_midi, "its ticks take no time: nothing can be added to it",
                      {.path = path});
  }
  amt::compound_from(score.piece, score.notes);
  score.kept.assign(score.notes.size(), false);
}

// The last onset.
inline amt::Bins end_of(const Score& score) {
  amt::Bins end;
  for (const amt::CompoundEvent& note : score.notes) end = std::max(end, note.time);
  return end;
}

// `option` is where new notes start.
inline void check_start(const Arguments& arguments, const Score& score, const char* option) {
  const amt::Bins end = end_of(score), start = score.request.start;
  if (start <= end) return;
  char text[120];
  std::snprintf(text, sizeof text, "its last note starts at %.2f s, and %s is %.2f s",
                static_cast<double>(end.count) / 100, option, static_cast<double>(start.count) / 100);
  throw aria::Error(aria::ErrorCode::invalid_argument, text, {.path = arguments.input});
}

// What `work` returns; its errors name the file.
template <class Work>
auto of_input(const Arguments& arguments, Work work) {
  try {
    return work();
  } catch (const aria::Error& error) {
    throw error.in_file(arguments.input);
  }
}

// The notes of a choice.
inline std::vector<bool> chosen_in(const Arguments& arguments, const Choice& choice, const Score& score) {
  return of_input(arguments, [&] { return chosen(choice, score.sources); });
}

// Gives the kept notes to the model, those for which `is_control` is true as controls. Throws too_large for notes that
// are too late for it.
template <class IsControl>
void give(Score& score, IsControl is_control) {
  std::vector<amt::CompoundEvent> events, controls;
  for (std::size_t i = 0; i < score.notes.size(); ++i) {
    if (score.kept[i]) (is_control(i) ? controls : events).push_back(score.notes[i]);
  }
  amt::compound_to_events(events, score.request.events);
  amt::compound_to_events(controls, score.request.controls);
  amt::sort(score.request.events);
  amt::sort(score.request.controls);
  for (aria::TokenId& token : score.request.controls) token += amt::kArrival.control;
}

inline void continue_it(const Arguments& arguments, Score& score) {
  check_start(arguments, score, "--from");
  for (std::size_t i = 0; i < score.notes.size(); ++i) score.kept[i] = score.notes[i].time < score.request.start;
  give(score, [](std::size_t) { return false; });
}

inline bool is_within(const Score& score, std::size_t i) {
  return score.request.start <= score.notes[i].time && score.notes[i].time < score.request.end;
}

inline void accompany_it(const Arguments& arguments, Score& score) {
  const std::vector<bool> keep = chosen_in(arguments, *arguments.keep, score);
  check_start(arguments, score, "--start");
  for (std::size_t i = 0; i < score.notes.size(); ++i) score.kept[i] = keep[i] || !is_within(score, i);
  give(score, [&](std::size_t i) { return keep[i]; });
}

inline void fill_it(const Arguments& arguments, Score& score) {
  check_start(arguments, score, "--from");
  const std::vector<bool> anew = arguments.rewritten ? chosen_in(arguments, *arguments.rewritten, score)
                                                     : std::vector<bool>(score.notes.size(), true);
  for (std::size_t i = 0; i < score.notes.size(); ++i) score.kept[i] = !(is_within(score, i) && anew[i]);
  give(score, [&](std::size_t i) { return is_within(score, i); });
}

// From when to when new notes start.
inline void take_times(const Arguments& arguments, Score& score) {
  constexpr double kSeconds = 30;
  const auto bins = [&](double seconds) { return bins_of(seconds, arguments.reading); };
  amt::EventRequest& request = score.request;
  request.start = bins(arguments.from.value_or(arguments.start.value_or(0)));
  if (arguments.to || arguments.end) {
    request.end = bins(arguments.to ? *arguments.to : *arguments.end);
  } else if (arguments.way == Way::accompany_it) {  // all of the piece
    request.end = std::max(request.start, end_of(score)) + amt::Bins{1};
  } else {
    request.end = request.start + bins(kSeconds);
  }
  if (request.end > request.start) return;
  throw cli::UsageError(
      "new notes would have no time: they start before the end, and at least a hundredth of a second "
      "must lie between start and end");
}

// Which instruments new notes may have.
inline amt::InstrumentFilter filter_of(const Arguments& arguments, const Score& score) {
  const auto set_of = [&](const Choice& choice) {
    if (arguments.input.empty()) return instruments_of(choice);
    return of_input(arguments, [&] { return instruments_of(choice, score.sources); });
  };
  InstrumentSet may_play;
  may_play.set();
  if (arguments.only) {
    may_play = set_of(*arguments.only);
  } else if (arguments.rewritten) {
    may_play = set_of(*arguments.rewritten);
  }
  if (arguments.exclude) may_play &= ~set_of(*arguments.exclude);
  if (may_play.none()) throw cli::UsageError("--exclude leaves no instrument for new notes");
  amt::InstrumentFilter filter;
  for (std::size_t i = 0; i < may_play.size(); ++i) filter.push_back(may_play[i]);
  return filter;
}

}  // namespace detail

/// Reads the input, where there is one, and divides it into what is kept and what is written anew. Throws as MIDI files
/// do, and invalid_argument, with the file, where it does not have what was asked for.
inline Score read_score(const Arguments& arguments) {
  Score score;
  if (!arguments.input.empty()) detail::read_input(arguments.input, score);
  detail::take_times(arguments, score);
  detail::of_input(arguments, [&] {
    if (arguments.way == Way::continue_it) detail::continue_it(arguments, score);
    if (arguments.way == Way::accompany_it) detail::accompany_it(arguments, score);
    if (arguments.way == Way::fill_it) detail::fill_it(arguments, score);
  });
  score.request.may_play = detail::filter_of(arguments, score);
  score.request.variations = arguments.variations;
  score.request.reading = arguments.reading;
  score.request.window_step = arguments.window_step;
  return score;
}

/// The kept notes, as they are, with the new ones. Throws invalid_argument for events that have no sound, as only the
/// original's loops make them.
inline amt::JoinedPiece joined(const Arguments& arguments, const Score& score, const amt::GeneratedEvents& music) {
  return detail::of_input(arguments, [&] {
    std::vector<amt::CompoundEvent> added;
    amt::events_to_compound(music.added, added);
    return amt::join_notes(score.piece, score.kept, added);
  });
}

}  // namespace generate
