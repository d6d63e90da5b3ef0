// Every constant of the Anticipatory Music Transformer's encodings and of the recipe that makes its training data.
#pragma once

#include <cstdint>
#include <string>

#include <aria/midi/units.hpp>
#include <aria/support/error.hpp>

namespace aria::anticipation {

/// Time in the unit of the encodings, 1 / time_resolution of a second: 10 ms as published.
using Bins = Duration<struct BinsUnit>;

/// The constants, with the values of the published models (anticipation/config.py; arXiv 2306.08620, sections 3 and 4).
/// Other values give other vocabularies: ArrivalVocabulary and InterarrivalVocabulary follow from them.
struct Settings {
  // What decides the vocabularies.
  std::uint32_t time_resolution = 100;          ///< bins a second
  std::uint32_t max_time_seconds = 100;         ///< of an event behind the first one of its sequence
  std::uint32_t max_duration_seconds = 10;      ///< of a note
  std::uint32_t max_interarrival_seconds = 10;  ///< between two tokens of the interarrival encoding
  std::uint32_t pitches = 128;
  std::uint32_t instruments = 129;  ///< 128 programs, and drums as the last one

  // What decides the sequences.
  std::uint32_t context_size = 1024;       ///< tokens of a sequence: one flag, then events of three
  std::uint32_t delta_seconds = 5;         ///< how far ahead of its time a control stands; the length of a span
  std::uint32_t min_piece_events = 100;    ///< shorter pieces are left out
  std::uint32_t min_piece_seconds = 10;    ///< from 0 to the last onset
  std::uint32_t max_piece_seconds = 3600;  ///< longer pieces are left out
  std::uint32_t max_piece_instruments = 16;

  constexpr std::uint32_t max_time() const noexcept { return max_time_seconds * time_resolution; }
  constexpr std::uint32_t max_duration() const noexcept { return max_duration_seconds * time_resolution; }
  constexpr std::uint32_t max_interarrival() const noexcept { return max_interarrival_seconds * time_resolution; }
  constexpr std::uint32_t delta() const noexcept { return delta_seconds * time_resolution; }
  constexpr std::uint32_t notes() const noexcept { return pitches * instruments; }
  constexpr std::uint32_t events_in_sequence() const noexcept { return (context_size - 1) / 3; }

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// The instrument number of drums.
inline constexpr std::uint8_t kDrumInstrument = 128;

/// Throws invalid_argument for settings that make no vocabulary: another number of pitches or instruments than MIDI
/// has, or times of 0 or so many that ids would no longer fit.
inline void check(const Settings& settings) {
  constexpr std::uint64_t kMostTimes = 10'000'000;
  if (settings.pitches != 128 || settings.instruments != kDrumInstrument + 1U) {
    throw Error(ErrorCode::invalid_argument, "MIDI has 128 pitches and, with the drums, 129 instruments");
  }
  for (const std::uint64_t seconds :
       {settings.max_time_seconds, settings.max_duration_seconds, settings.max_interarrival_seconds}) {
    const std::uint64_t times = seconds * settings.time_resolution;
    if (times == 0 || times > kMostTimes) {
      throw Error(ErrorCode::invalid_argument,
                  "a block of times must have between 1 and 10,000,000 ids, not " + std::to_string(times));
    }
  }
  if (settings.time_resolution < 2 || settings.time_resolution > 0xffff || settings.context_size < 4) {
    throw Error(ErrorCode::invalid_argument, "the time resolution or the context size is out of range");
  }
}

/// The settings, where `check` has nothing against them.
inline const Settings& checked(const Settings& settings) {
  check(settings);
  return settings;
}

}  // namespace aria::anticipation
