// Takes the channels of unwanted instruments out of a MidiDict.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/midi/midi_dict.hpp>

namespace aria {

inline void MidiDict::remove_instruments(const PerInstrument<bool>& ignored) {
  unsigned channels = 0;
  for (const InstrumentMsg& message : instruments) {
    const bool unwanted = message.program() != 0 && ignored[static_cast<std::size_t>(instrument_of(message.program()))];
    if (unwanted && message.channel() != kDrumChannel) channels |= 1U << message.channel();
  }
  if (channels == 0) return;
  const auto unwanted = [channels](const auto& message) { return (channels >> message.channel() & 1) != 0; };
  std::erase_if(pedals, unwanted);
  std::erase_if(instruments, unwanted);
  std::erase_if(notes, unwanted);
}

}  // namespace aria
