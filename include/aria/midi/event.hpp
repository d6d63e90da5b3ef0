// One event of a MIDI track, as a view of the track's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <aria/midi/units.hpp>

namespace aria {

/// Status bytes. Those of channel messages carry the channel in their low four bits.
namespace status {
inline constexpr std::uint8_t note_off = 0x80, note_on = 0x90, poly_pressure = 0xa0, control_change = 0xb0,
                              program_change = 0xc0, channel_pressure = 0xd0, pitch_bend = 0xe0, sysex = 0xf0,
                              escape = 0xf7, meta = 0xff;
}  // namespace status

/// Types of meta events (Standard MIDI Files 1.0, "Meta-Events").
namespace meta_type {
inline constexpr std::uint8_t sequence_number = 0x00, text = 0x01, copyright = 0x02, track_name = 0x03,
                              instrument_name = 0x04, lyric = 0x05, marker = 0x06, cue_point = 0x07, device_name = 0x09,
                              channel_prefix = 0x20, port = 0x21, end_of_track = 0x2f, set_tempo = 0x51,
                              smpte_offset = 0x54, time_signature = 0x58, key_signature = 0x59,
                              sequencer_specific = 0x7f;
}  // namespace meta_type

/// Controller numbers that the library looks at.
namespace controller {
inline constexpr std::uint8_t damper_pedal = 64;
}

/// The channel of the drums (General MIDI: channel 10, counted from 1).
inline constexpr unsigned kDrumChannel = 9;

/// Meta event "set tempo" where a file has none: 120 beats a minute.
inline constexpr std::uint32_t kDefaultTempo = 500'000;

/// An event at an absolute position. `payload` lies in the file's bytes and lives as long as they do.
struct Event {
  Ticks tick;
  std::uint8_t status = 0;               ///< 0x80 to 0xff, running status resolved
  std::uint8_t data1 = 0;                ///< first data byte of a channel or system message; the type of a meta event
  std::uint8_t data2 = 0;                ///< second data byte
  std::span<const std::byte> payload{};  ///< of meta and sysex events

  constexpr bool is_channel() const noexcept { return status < status::sysex; }
  constexpr bool is_meta() const noexcept { return status == status::meta; }
  constexpr bool is_meta(std::uint8_t type) const noexcept { return is_meta() && data1 == type; }
  constexpr bool is_sysex() const noexcept { return status == status::sysex || status == status::escape; }

  /// The status without the channel: status::note_on and so on.
  constexpr std::uint8_t kind() const noexcept {
    return is_channel() ? static_cast<std::uint8_t>(status & 0xf0) : status;
  }
  constexpr std::uint8_t channel() const noexcept { return status & 0x0f; }
};

}  // namespace aria
