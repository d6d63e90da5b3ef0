// The vocabularies of the arrival-time and the interarrival-time encoding: which ids mean what, by arithmetic.
#pragma once

#include <cstdint>

#include <aria/anticipation/settings.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// The blocks of ids of the arrival-time encoding, in the order of their ids (anticipation/vocab.py):
///
///     events    time, duration, note, and one id for a rest
///     controls  the same three, `control` ids further on
///     special   separator, autoregress, anticipate
///
/// An event is three tokens: time, duration, note; a note is instrument * pitches + pitch. While a piece has not been
/// cut to sequences, its times are counted from its beginning and may be larger than the block of times holds: what an
/// event is shows its third token. A control is an event with `control` added to all three.
struct ArrivalVocabulary {
  constexpr explicit ArrivalVocabulary(const Settings& settings = {}) noexcept
      : pitches(settings.pitches),
        max_time(settings.max_time()),
        max_duration(settings.max_duration()),
        duration(max_time),
        note(duration + max_duration),
        rest(note + settings.notes()),
        control(rest + 1),
        separator(control + rest),
        autoregress(separator + 1),
        anticipate(separator + 2),
        size(separator + 3) {}

  std::uint32_t pitches;       ///< of an instrument
  std::uint32_t max_time;      ///< in bins; times of sequences are below
  std::uint32_t max_duration;  ///< in bins; durations are below
  TokenId time = 0;            ///< where the block of times begins
  TokenId duration;            ///< where durations begin
  TokenId note;                ///< where notes begin
  TokenId rest;                ///< third token of an event without a note
  TokenId control;             ///< where the block of controls begins
  TokenId separator;           ///< three of them stand between two pieces; the first id of the special block
  TokenId autoregress;         ///< first token of a sequence without controls
  TokenId anticipate;          ///< first token of a sequence with controls
  TokenId size;                ///< of the vocabulary

  /// Of a third token that is a note or a control's note.
  constexpr bool is_control(TokenId third) const noexcept { return third >= control; }
  constexpr std::uint32_t note_number(TokenId third) const noexcept {
    return is_control(third) ? third - control - note : third - note;
  }
  constexpr std::uint32_t instrument_of(TokenId third) const noexcept { return note_number(third) / pitches; }
  constexpr std::uint32_t pitch_of(TokenId third) const noexcept { return note_number(third) % pitches; }
};

/// The blocks of ids of the interarrival-time encoding: the time since the token before, note-ons, note-offs, and one
/// separator. The time 0 has an id that is never written.
struct InterarrivalVocabulary {
  constexpr explicit InterarrivalVocabulary(const Settings& settings = {}) noexcept
      : pitches(settings.pitches),
        max_interarrival(settings.max_interarrival()),
        note_on(max_interarrival),
        note_off(note_on + settings.notes()),
        separator(note_off + settings.notes()),
        size(separator + 1) {}

  std::uint32_t pitches;           ///< of an instrument
  std::uint32_t max_interarrival;  ///< in bins; times are below
  TokenId time = 0;                ///< where times begin
  TokenId note_on;                 ///< where note-ons begin: instrument * pitches + pitch
  TokenId note_off;                ///< where note-offs begin
  TokenId separator;               ///< stands before every piece
  TokenId size;                    ///< of the vocabulary
};

/// Those of the published models.
inline constexpr ArrivalVocabulary kArrival{};
inline constexpr InterarrivalVocabulary kInterarrival{};

static_assert(kArrival.duration == 10'000 && kArrival.note == 11'000 && kArrival.rest == 27'512);
static_assert(kArrival.control == 27'513 && kArrival.separator == 55'025 && kArrival.anticipate == 55'027);
static_assert(kArrival.size == 55'028);
static_assert(kInterarrival.note_on == 1'000 && kInterarrival.note_off == 17'512);
static_assert(kInterarrival.separator == 34'024 && kInterarrival.size == 34'025);

}  // namespace aria::anticipation
