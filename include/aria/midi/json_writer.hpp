// MidiDict -> one line of JSON.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <aria/midi/json_text.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/byte_buffer.hpp>

namespace aria {

/// The most memory that write_json asks for ahead of need.
inline constexpr std::size_t kMostReserved = 8 << 20;

/// Appends the line of `piece`, without a line feed, to `out`. `flush(out)` is called again and again and may write
/// away and clear what has gathered, so that the line of a large piece needs no memory of its own.
template <class Flush>
void write_json(const MidiDict& piece, ByteBuffer& out, Flush flush) {
  using detail::JsonPen;
  const std::size_t likely_size = 1024 + 136 * piece.notes.size() + 72 * (piece.pedals.size() + piece.tempos.size());
  out.room(std::min(likely_size, kMostReserved));  // growing would copy what is there
  const auto list = [&](const char* name, const auto& messages, auto write) {
    out.append(name);
    detail::write_json_list(messages, out, write, flush);
  };
  out.append(R"({"meta_msgs": [)");
  for (std::size_t i = 0; i < piece.meta.size(); ++i) {
    const MetaMsg message = piece.meta[i];
    if (i != 0) out.append(", ");
    out.append(message.type == MetaMsg::Type::text ? R"({"type": "text", "data": )"
                                                   : R"({"type": "copyright", "data": )");
    detail::write_json_string(message.text, out, flush);
    out.append('}');
    flush(out);
  }
  list(R"(], "tempo_msgs": )", piece.tempos, [](JsonPen& pen, const TempoMsg& message) {
    pen << R"({"type": "tempo", "data": )" << message.tempo << R"(, "tick": )" << message.tick << "}";
  });
  list(R"(, "pedal_msgs": )", piece.pedals, [](JsonPen& pen, const PedalMsg& message) {
    pen << R"({"type": "pedal", "data": )" << static_cast<std::uint8_t>(message.down()) << R"(, "tick": )"
        << message.tick() << R"(, "channel": )" << message.channel() << "}";
  });
  list(R"(, "instrument_msgs": )", piece.instruments, [](JsonPen& pen, const InstrumentMsg& message) {
    pen << R"({"type": "instrument", "data": )" << message.program() << R"(, "tick": )" << message.tick()
        << R"(, "channel": )" << message.channel() << "}";
  });
  list(R"(, "note_msgs": )", piece.notes, [](JsonPen& pen, const NoteMsg& message) {
    pen << R"({"type": "note", "data": {"pitch": )" << message.pitch() << R"(, "start": )" << message.start()
        << R"(, "end": )" << message.end() << R"(, "velocity": )" << message.velocity() << R"(}, "tick": )"
        << message.start() << R"(, "channel": )" << message.channel() << "}";
  });
  out.append(R"(, "ticks_per_beat": )");
  out.append(std::to_string(piece.ticks_per_beat));
  out.append(R"(, "metadata": {)");
  for (const auto& [key, value] : piece.metadata) {
    if (&key != &piece.metadata.front().first) out.append(", ");
    detail::write_json_string(key, out, flush);
    out.append(": ");
    detail::write_json_string(value, out, flush);
  }
  out.append("}}");
}

inline void write_json(const MidiDict& piece, ByteBuffer& out) {
  write_json(piece, out, [](ByteBuffer&) {});
}

inline std::string MidiDict::to_json() const {
  ByteBuffer line;
  write_json(*this, line);
  return std::string(line.view());
}

}  // namespace aria
