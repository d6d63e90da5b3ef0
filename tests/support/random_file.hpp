// MIDI files with random events of every kind, the same for a seed on every machine: for tests of properties.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/midi/event.hpp>
#include <aria/midi/event_writer.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/units.hpp>

#include "random_piece.hpp"

namespace test {

namespace detail {

// `end` is the last byte where it is not 0.
inline std::vector<std::byte> random_payload(Dice& dice, unsigned size, unsigned end = 0) {
  std::vector<std::byte> payload(size);
  for (std::byte& byte : payload) byte = std::byte(dice.small(128));
  if (end != 0) payload.push_back(std::byte(end));
  return payload;
}

inline void write_random_meta(Dice& dice, aria::Ticks tick, aria::TrackWriter& track) {
  namespace type = aria::meta_type;
  static constexpr std::uint8_t kTypes[] = {type::text,          type::copyright,      type::track_name,
                                            type::lyric,         type::marker,         type::set_tempo,
                                            type::key_signature, type::time_signature, type::sequencer_specific};
  const std::uint8_t kind = kTypes[dice.small(std::size(kTypes))];
  const bool text = kind <= type::marker || kind == type::sequencer_specific;
  const unsigned size = kind == type::set_tempo ? 3 : kind == type::time_signature ? 4 : 2;
  std::vector<std::byte> payload = random_payload(dice, text ? dice.small(129) : size);
  if (kind == type::set_tempo) payload[2] |= std::byte{1};  // a tempo of 0 says nothing
  track.write({tick, aria::status::meta, kind, 0, payload});
}

}  // namespace detail

/// One to five tracks with channel messages of every kind, meta events of up to 128 bytes and sysex: all that libsmf
/// can load.
inline std::vector<std::byte> random_midi_file(std::uint64_t seed) {
  Dice dice(seed);
  std::vector<aria::TrackWriter> tracks(1 + dice.small(5));
  for (aria::TrackWriter& track : tracks) {
    aria::Ticks tick{};
    for (unsigned i = dice.small(300); i > 0; --i) {
      if (!dice.one_in(3)) tick = tick + aria::Ticks{static_cast<std::int64_t>(dice.below(1U << dice.small(22)))};
      if (dice.one_in(8)) {
        detail::write_random_meta(dice, tick, track);
      } else if (dice.one_in(16)) {
        track.write({tick, aria::status::sysex, 0, 0, detail::random_payload(dice, dice.small(300), 0xf7)});
      } else {
        const auto status = static_cast<std::uint8_t>(0x80 + dice.small(0x70));
        const auto data1 = static_cast<std::uint8_t>(dice.small(128)),
                   data2 = static_cast<std::uint8_t>(dice.small(128));
        track.write({tick, status, data1, data2, {}});
      }
    }
  }
  const aria::MidiHeader header{.format = tracks.size() > 1,
                                .division = static_cast<std::int16_t>(1 + dice.small(0x7fff))};
  std::vector<std::byte> file;
  aria::write_midi_file(header, tracks, [&file](std::span<const std::byte> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
  });
  return file;
}

}  // namespace test
