// Sequences of events for the tests of this folder: written by hand, and random ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

#include "support/data.hpp"

namespace test {

using Tokens = std::vector<aria::TokenId>;
using aria::anticipation::ArrivalVocabulary;
using aria::anticipation::Bins;
using aria::anticipation::kArrival;
using aria::anticipation::Triple;
using aria::anticipation::Triples;

/// An event: time and duration in bins.
inline Triple event(std::uint32_t time, std::uint32_t duration = 10, std::uint32_t note = 60,
                    const ArrivalVocabulary& vocabulary = kArrival) {
  return {time, vocabulary.duration + duration, vocabulary.note + note};
}

inline Triple as_control(const Triple& event, const ArrivalVocabulary& vocabulary = kArrival) {
  return {event.time + vocabulary.control, event.duration + vocabulary.control, event.note + vocabulary.control};
}
inline Triple control(std::uint32_t time, std::uint32_t duration = 10, std::uint32_t note = 60) {
  return as_control(event(time, duration, note));
}
inline Triple rest(std::uint32_t time, const ArrivalVocabulary& vocabulary = kArrival) {
  return {time, vocabulary.duration, vocabulary.rest};
}
inline Triple separator(const ArrivalVocabulary& vocabulary = kArrival) {
  return {vocabulary.separator, vocabulary.separator, vocabulary.separator};
}

inline Tokens tokens_of(std::span<const Triple> events) {
  Tokens tokens;
  for (const Triple& event : events) tokens.insert(tokens.end(), {event.time, event.duration, event.note});
  return tokens;
}
inline Tokens tokens(std::initializer_list<Triple> events) { return tokens_of({events.begin(), events.size()}); }

inline std::vector<Triple> triples_of(std::span<const aria::TokenId> tokens) {
  const Triples triples(tokens);
  std::vector<Triple> all;
  for (std::size_t i = 0; i < triples.size(); ++i) all.push_back(triples[i]);
  return all;
}

/// What a function appends to its output, of which these are the arguments but for the last.
template <class Write>
Tokens written(Write write) {
  const Tokens before = {1, 2, 3, 4};
  Tokens out = before;
  write(out);
  REQUIRE(out.size() >= before.size());
  CHECK(std::equal(before.begin(), before.end(), out.begin()));
  return {out.begin() + 4, out.end()};
}

/// The message of the invalid_argument that `write` throws; the output is as before.
template <class Write>
std::string refused(Write write) {
  Tokens out = {1, 2, 3, 4};
  const aria::Error error = error_of([&] { write(out); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(out == Tokens{1, 2, 3, 4});
  return error.what();
}

/// A piece of music at random: events in the order of time, with chords, pauses, and few instruments.
inline std::vector<Triple> random_piece(aria::RandomStream& random, std::size_t count,
                                        const aria::anticipation::Settings& settings = {}) {
  const ArrivalVocabulary vocabulary(settings);
  const std::uint32_t first = random.below(settings.instruments);
  const std::uint32_t players = 1 + random.below(settings.max_piece_instruments);
  const std::uint32_t second = settings.time_resolution;
  std::uint32_t time = random.below(2) * random.below(3 * second);
  std::vector<Triple> piece;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t instrument = (first + random.below(players)) % settings.instruments;
    const std::uint32_t note = instrument * settings.pitches + random.below(settings.pitches);
    piece.push_back(event(time, random.below(settings.max_duration()), note, vocabulary));
    const std::uint32_t kind = random.below(20);
    time += kind < 8 ? 0 : kind < 18 ? random.below(second / 4 + 2) : random.below(4 * second);
  }
  return piece;
}

/// Events and controls apart, each in its order.
struct Parts {
  std::vector<Triple> events, controls;
};

/// Makes `share` of four events controls.
inline Parts random_parts(const std::vector<Triple>& piece, aria::RandomStream& random, std::uint32_t share,
                          const ArrivalVocabulary& vocabulary = kArrival) {
  Parts parts;
  for (const Triple& event : piece) {
    const bool chosen = random.below(4) < share;
    chosen ? parts.controls.push_back(as_control(event, vocabulary)) : parts.events.push_back(event);
  }
  return parts;
}

/// Appends what `anticipate` makes of the padded events, and returns the controls that are left.
inline std::span<const aria::TokenId> pad_and_anticipate(std::span<const aria::TokenId> events,
                                                         std::span<const aria::TokenId> controls, Tokens& out,
                                                         Bins end_time, Bins density = aria::anticipation::kDensity,
                                                         Bins delta = aria::anticipation::kDelta,
                                                         const ArrivalVocabulary& vocabulary = kArrival) {
  Tokens padded;
  pad(events, padded, end_time, density, vocabulary);
  return anticipate(padded, controls, out, delta, vocabulary);
}

}  // namespace test
