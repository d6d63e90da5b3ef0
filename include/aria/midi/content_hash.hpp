// Two names for the contents of a MidiDict, texts and metadata left out: the original's MD5, and a fast one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include <aria/midi/json_text.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/hash128.hpp>
#include <aria/support/md5.hpp>

namespace aria {

inline std::string MidiDict::calculate_hash() const {
  // The text of json.dumps(sort_keys=True), put through MD5 block by block.
  using detail::JsonPen;
  constexpr std::size_t kBlock = 1 << 14;
  Md5 md5;
  ByteBuffer out;
  const auto list = [&](const char* name, const auto& messages, auto write) {
    out.append(name);
    detail::write_json_list(messages, out, write, [&md5](ByteBuffer& text) {
      if (text.size() < kBlock) return;
      md5.update(text.view());
      text.clear();
    });
  };
  list(R"({"instrument_msgs": )", instruments, [](JsonPen& pen, const InstrumentMsg& message) {
    pen << R"({"channel": )" << message.channel() << R"(, "data": )" << message.program() << R"(, "tick": )"
        << message.tick() << R"(, "type": "instrument"})";
  });
  list(R"(, "note_msgs": )", notes, [](JsonPen& pen, const NoteMsg& message) {
    pen << R"({"channel": )" << message.channel() << R"(, "data": {"end": )" << message.end() << R"(, "pitch": )"
        << message.pitch() << R"(, "start": )" << message.start() << R"(, "velocity": )" << message.velocity()
        << R"(}, "tick": )" << message.start() << R"(, "type": "note"})";
  });
  list(R"(, "pedal_msgs": )", pedals, [](JsonPen& pen, const PedalMsg& message) {
    pen << R"({"channel": )" << message.channel() << R"(, "data": )" << static_cast<std::uint8_t>(message.down())
        << R"(, "tick": )" << message.tick() << R"(, "type": "pedal"})";
  });
  list(R"(, "tempo_msgs": )", tempos, [](JsonPen& pen, const TempoMsg& message) {
    pen << R"({"data": )" << message.tempo << R"(, "tick": )" << message.tick << R"(, "type": "tempo"})";
  });
  out.append(R"(, "ticks_per_beat": )" + std::to_string(ticks_per_beat) + '}');
  md5.update(out.view());
  return md5.hex();
}

/// Equal for two pieces where calculate_hash() is; computed from the lists in memory, so only good within one machine.
inline Hash128 content_hash(const MidiDict& piece) noexcept {
  const std::array<std::uint64_t, 4> sizes = {piece.tempos.size(), piece.pedals.size(), piece.instruments.size(),
                                              static_cast<std::uint64_t>(piece.ticks_per_beat)};
  Hash128 hash = hash128(std::as_bytes(std::span(sizes)));
  hash = hash128(std::as_bytes(std::span(piece.tempos)), hash);
  hash = hash128(std::as_bytes(std::span(piece.pedals)), hash);
  hash = hash128(std::as_bytes(std::span(piece.instruments)), hash);
  return hash128(std::as_bytes(std::span(piece.notes)), hash);
}

}  // namespace aria
