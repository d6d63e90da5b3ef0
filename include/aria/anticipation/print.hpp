// Sequences of events as text to read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/decimal.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

namespace detail {

inline void print_number(std::int64_t number, ByteBuffer& out) {
  if (number < 0) out.append('-');
  const auto size = static_cast<std::uint64_t>(number);
  char* const at = out.room(kDecimalRoom);
  out.advance(static_cast<std::size_t>(write_decimal(number < 0 ? 0 - size : size, at) - at));
}

inline void print_event(const Triple& event, std::size_t number, const ArrivalVocabulary& vocabulary, ByteBuffer& out) {
  const bool control = vocabulary.is_control(event.note);
  if (event.note > vocabulary.separator || event.note < vocabulary.note + (control ? vocabulary.control : 0)) {
    refuse_event(number, "has no note");
  }
  const auto print = [&out](std::int64_t value) {
    out.append(' ');
    print_number(value, out);
  };
  print(time_of(event, vocabulary).count);
  if (event.note == vocabulary.rest) {
    if (event.duration != vocabulary.duration) refuse_event(number, "is a rest with a duration");
    return out.append(" REST");
  }
  print(duration_of(event, vocabulary).count);
  print(vocabulary.instrument_of(event.note));
  print(vocabulary.pitch_of(event.note));
  if (control) out.append(" (A)");
}

}  // namespace detail

/// Appends a line of dashes and a line for every event: its number from 0, time and duration in bins, instrument and
/// pitch, and (A) behind a control, as the original prints them.
///
///     ---------------------
///     0 SEPARATOR
///     1 100 REST
///     2 150 25 0 60
///     3 640 10 128 35 (A)
///
/// Throws invalid_argument for separators that are not whole, rests with a duration and events without a note.
inline void print(std::span<const TokenId> tokens, ByteBuffer& out, const ArrivalVocabulary& vocabulary = kArrival) {
  const Triples events(tokens);
  out.append("---------------------\n");
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Triple event = events[i];
    const TokenId separator = vocabulary.separator;
    detail::print_number(static_cast<std::int64_t>(i), out);
    if (event.note != separator) {
      detail::print_event(event, i, vocabulary, out);
    } else if (event.time == separator && event.duration == separator) {
      out.append(" SEPARATOR");
    } else {
      detail::refuse_event(i, "is a separator in part");
    }
    out.append('\n');
  }
}

}  // namespace aria::anticipation
