// One line of JSON -> MidiDict, where the line looks as write_json and Python's json.dumps make it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <aria/midi/json_cursor.hpp>
#include <aria/midi/midi_dict.hpp>

namespace aria::detail {

/// What the numbers of messages in JSON must be below.
struct JsonLimits {
  static constexpr std::uint64_t kDataByte = 128, kPedal = 2, kChannel = 16, kTempo = 1 << 24, kTick = kTickLimit;
};

inline Ticks json_ticks(std::uint64_t count) noexcept { return {static_cast<std::int64_t>(count)}; }

/// Sets a key of the metadata. Of equal keys, the last one counts, as in Python.
inline void set_metadata(MidiDict& piece, std::string key, std::string_view content) {
  const auto same = std::find_if(piece.metadata.begin(), piece.metadata.end(),
                                 [&key](const auto& entry) { return entry.first == key; });
  if (same != piece.metadata.end()) {
    same->second = content;
  } else {
    piece.metadata.emplace_back(std::move(key), content);
  }
}

/// Reads a line that has the keys in the order and the spacing of write_json, by comparing it with that text: no other
/// reader need go over it before. It understands no other line, but every line that it understands is a valid one.
class WrittenJsonReader {
 public:
  static constexpr std::size_t kPadding = JsonCursor::kPadding;

  /// `json` needs kPadding readable bytes behind it, `piece` must be empty.
  WrittenJsonReader(std::string_view json, MidiDict& piece) noexcept : line_(json), piece_(piece) {}

  /// False where the line is not understood; what the piece then holds is of no use. Lists come in the order of the
  /// text. To be called once.
  bool read() {
    return line_.skip(R"({"meta_msgs": [)") && list([this](JsonCursor& at) { return meta(at); }) &&
           line_.skip(R"(, "tempo_msgs": [)") && list([this](JsonCursor& at) { return tempo(at); }) &&
           line_.skip(R"(, "pedal_msgs": [)") && list([this](JsonCursor& at) { return pedal(at); }) &&
           line_.skip(R"(, "instrument_msgs": [)") && list([this](JsonCursor& at) { return instrument(at); }) &&
           line_.skip(R"(, "note_msgs": [)") && list([this](JsonCursor& at) { return note(at); }) &&
           line_.skip(R"(, "ticks_per_beat": )") && division() &&  //
           line_.skip(R"(, "metadata": {)") && metadata() && line_.skip("}") && line_.at_end();
  }

 private:
  // What stands behind `[`: messages, and `]`.
  template <class Message>
  bool list(Message message) {
    if (line_.skip("]")) return true;
    JsonCursor at = line_;  // a copy that nobody else sees can stay in registers
    do {
      if (!message(at)) return false;
    } while (at.skip(", "));
    line_ = at;
    return line_.skip("]");
  }

  bool meta(JsonCursor& at) {
    const bool is_text = at.skip(R"({"type": "text", "data": )");
    if (!is_text && !at.skip(R"({"type": "copyright", "data": )")) return false;
    if (!at.string(text_) || !at.skip("}")) return false;
    piece_.meta.add(is_text ? MetaMsg::Type::text : MetaMsg::Type::copyright, text_);
    return true;
  }

  bool tempo(JsonCursor& at) {
    std::uint64_t data = 0, tick = 0;
    const bool is_tempo = at.skip(R"({"type": "tempo", "data": )") && at.number(data, JsonLimits::kTempo) &&
                          at.skip(R"(, "tick": )") && at.number(tick, JsonLimits::kTick) && at.skip("}");
    if (is_tempo) piece_.tempos.push_back({json_ticks(tick), data});
    return is_tempo;
  }

  bool pedal(JsonCursor& at) {
    std::uint64_t down = 0, tick = 0, channel = 0;
    const bool is_pedal = at.skip(R"({"type": "pedal", "data": )") && at.number(down, JsonLimits::kPedal) &&
                          at.skip(R"(, "tick": )") && at.number(tick, JsonLimits::kTick) &&
                          at.skip(R"(, "channel": )") && at.number(channel, JsonLimits::kChannel) && at.skip("}");
    if (is_pedal) piece_.pedals.emplace_back(json_ticks(tick), static_cast<unsigned>(channel), down != 0);
    return is_pedal;
  }

  bool instrument(JsonCursor& at) {
    std::uint64_t program = 0, tick = 0, channel = 0;
    const bool is_instrument = at.skip(R"({"type": "instrument", "data": )") &&
                               at.number(program, JsonLimits::kDataByte) && at.skip(R"(, "tick": )") &&
                               at.number(tick, JsonLimits::kTick) &&  //
                               at.skip(R"(, "channel": )") && at.number(channel, JsonLimits::kChannel) && at.skip("}");
    if (!is_instrument) return false;
    piece_.instruments.emplace_back(json_ticks(tick), static_cast<unsigned>(channel), static_cast<unsigned>(program));
    return true;
  }

  bool note(JsonCursor& at) {
    std::uint64_t pitch = 0, start = 0, end = 0, velocity = 0, tick = 0, channel = 0;
    const bool is_note = at.skip(R"({"type": "note", "data": {"pitch": )") && at.number(pitch, JsonLimits::kDataByte) &&
                         at.skip(R"(, "start": )") && at.number(start, JsonLimits::kTick) && at.skip(R"(, "end": )") &&
                         at.number(end, JsonLimits::kTick) && at.skip(R"(, "velocity": )") &&
                         at.number(velocity, JsonLimits::kDataByte) && at.skip(R"(}, "tick": )") &&
                         at.number(tick, JsonLimits::kTick) && at.skip(R"(, "channel": )") &&
                         at.number(channel, JsonLimits::kChannel) && at.skip("}");
    if (!is_note || tick != start || end < start) return false;
    piece_.notes.emplace_back(json_ticks(start), json_ticks(end), static_cast<unsigned>(pitch),
                              static_cast<unsigned>(velocity), static_cast<unsigned>(channel));
    return true;
  }

  bool division() {
    const bool negative = line_.skip("-");
    std::uint64_t size = 0;
    if (!line_.number(size, negative ? 0x8001 : 0x8000) || (negative && size == 0)) return false;
    piece_.ticks_per_beat = negative ? -static_cast<int>(size) : static_cast<int>(size);
    return true;
  }

  // What stands behind `{`: keys with texts, and `}`.
  bool metadata() {
    if (line_.skip("}")) return true;
    do {
      if (!line_.string(key_) || !line_.skip(": ") || !line_.string(text_)) return false;
      set_metadata(piece_, key_, text_);
    } while (line_.skip(", "));
    return line_.skip("}");
  }

  JsonCursor line_;
  MidiDict& piece_;
  std::string key_, text_;
};

}  // namespace aria::detail
