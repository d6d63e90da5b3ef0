// What mido 1.3.3 refuses in meta and system exclusive events: part of the reference reading only.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aria/midi/event.hpp>
#include <aria/support/error.hpp>

namespace aria::detail {

// The longest payload that mido reads.
inline constexpr std::uint64_t kReferenceMaxPayload = 1'000'000;

// Meta types that mido knows; it loses the delta time of all others.
inline constexpr auto kReferenceKnownMeta = [] {
  std::array<bool, 256> known{};
  for (const int type :
       {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x09, 0x20, 0x21, 0x2f, 0x51, 0x54, 0x58, 0x59, 0x7f}) {
    known[static_cast<std::size_t>(type)] = true;
  }
  return known;
}();

[[noreturn]] inline void refuse_meta(std::uint8_t type, const char* why, std::uint64_t byte) {
  throw Error(ErrorCode::invalid_midi, "meta event type " + std::to_string(type) + ' ' + why, {.byte = byte});
}

// The shortest payload from which mido can take all fields of a meta type. Two types may also be empty.
inline std::size_t reference_min_payload(std::uint8_t type, std::size_t size) {
  switch (type) {
    case meta_type::sequence_number:
      return size == 0 ? 0 : 2;
    case meta_type::channel_prefix:
      return 1;
    case meta_type::set_tempo:
      return 3;
    case meta_type::smpte_offset:
      return 5;
    case meta_type::time_signature:
      return 4;
    case meta_type::key_signature:
      return 2;
    default:
      return 0;
  }
}

inline void check_meta_as_reference(std::uint8_t type, std::span<const std::byte> payload, std::uint64_t byte) {
  if (payload.size() < reference_min_payload(type, payload.size())) refuse_meta(type, "is too short", byte);
  const auto at = [payload](std::size_t i) { return std::to_integer<unsigned>(payload[i]); };
  if (type == meta_type::smpte_offset) {
    if (at(0) >> 5 > 3) refuse_meta(type, "has an unknown frame rate", byte);
    if (at(1) > 59 || at(2) > 59 || at(4) > 99) refuse_meta(type, "has a time out of range", byte);
  } else if (type == meta_type::time_signature) {
    // mido takes the base-2 logarithm of 2^k in floating point and wants a whole number back.
    const double exponent = std::log(std::ldexp(1.0, static_cast<int>(at(1)))) / std::log(2.0);
    if (exponent != std::trunc(exponent)) refuse_meta(type, "has a denominator that is no power of 2", byte);
  } else if (type == meta_type::key_signature) {
    const auto sharps = static_cast<std::int8_t>(at(0));
    if (sharps < -7 || sharps > 7 || at(1) > 1) refuse_meta(type, "has an unknown key", byte);
  }
}

// Behind one leading F0 and before one trailing F7, every byte must be below 128.
inline void check_sysex_as_reference(std::span<const std::byte> payload, std::uint64_t byte) {
  if (!payload.empty() && payload.front() == std::byte{0xf0}) payload = payload.subspan(1);
  if (!payload.empty() && payload.back() == std::byte{0xf7}) payload = payload.first(payload.size() - 1);
  const auto high = [](std::byte b) { return (b & std::byte{0x80}) != std::byte{0}; };
  if (std::any_of(payload.begin(), payload.end(), high)) {
    throw Error(ErrorCode::invalid_midi, "a system exclusive message has a data byte above 127", {.byte = byte});
  }
}

}  // namespace aria::detail
