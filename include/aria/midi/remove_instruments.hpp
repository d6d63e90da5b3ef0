// Takes the channels of unwanted instruments out of a MidiDict.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/midi/midi_dict.hpp>

namespace aria {

/// The channels that anywhere have a program of an ignored class, by bit; drums and program 0 do not count.
inline std::uint32_t unwanted_channels(std::span<const InstrumentMsg> instruments, const PerInstrument<bool>& ignored) {
  std::uint32_t channels = 0;
  for (const InstrumentMsg& message : instruments) {
    const bool unwanted = message.program() != 0 && ignored[static_cast<std::size_t>(instrument_of(message.program()))];
    if (unwanted && message.channel() != kDrumChannel) channels |= 1U << message.channel();
  }
  return channels;
}

inline void MidiDict::remove_instruments(const PerInstrument<bool>& ignored) {
  const std::uint32_t channels = unwanted_channels(instruments, ignored);
  if (channels == 0) return;
  const auto unwanted = [channels](const auto& message) { return (channels >> message.channel() & 1) != 0; };
  std::erase_if(pedals, unwanted);
  std::erase_if(instruments, unwanted);
  std::erase_if(notes, unwanted);
}

}  // namespace aria
