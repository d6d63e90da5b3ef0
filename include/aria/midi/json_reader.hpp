// One line of JSON -> MidiDict.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/midi/event.hpp>
#include <aria/midi/json_written_reader.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// Reads MidiDict lines with the same working memory. One a thread; MidiDict::from_json makes one a call.
class MidiDictJsonReader {
 public:
  /// Readable bytes that must lie behind a line, whatever they are.
  static constexpr std::size_t kPadding =
      std::max<std::size_t>(simdjson::SIMDJSON_PADDING, detail::WrittenJsonReader::kPadding);

  /// Replaces the contents of `out`, whose memory serves again where it is not much. `json` needs kPadding readable
  /// bytes behind it. Throws invalid_json: the message names the field. Lists that are not in the order of ticks are
  /// put into it.
  void read(std::string_view json, MidiDict& out) {
    if (!read_written(json, out)) read_any(json, out);
    if (out.tempos.empty()) out.tempos.push_back({Ticks{0}, kDefaultTempo});
    if (out.instruments.empty()) out.instruments.emplace_back(Ticks{0}, 0U, 0U);
    order(out.tempos);
    order(out.pedals);
    order(out.instruments);
    order(out.notes);
  }

 private:
  using Object = simdjson::ondemand::object;
  using Value = simdjson::ondemand::value;

  using Limits = detail::JsonLimits;

  // A list that takes up more is given back before the next line: a large one does not stay for all small ones.
  static constexpr std::size_t kMostKept = 1 << 20;

  static constexpr std::array<const char*, 3> kDataTickChannel = {"data", "tick", "channel"};

  // Most lines were written by write_json or by the original. Says no to all others.
  static bool read_written(std::string_view json, MidiDict& out) {
    clear(out);
    return json.size() <= simdjson::SIMDJSON_MAXSIZE_BYTES && detail::WrittenJsonReader(json, out).read();
  }

  // All JSON, and all refusals.
  void read_any(std::string_view json, MidiDict& out) {
    clear(out);
    try {
      read_document(json, out);
    } catch (const simdjson::simdjson_error& error) {
      fail(simdjson::error_message(error.error()));
    }
  }

  static void clear(MidiDict& piece) {
    MidiDict empty;
    keep_memory(piece.tempos, empty.tempos);
    keep_memory(piece.pedals, empty.pedals);
    keep_memory(piece.instruments, empty.instruments);
    keep_memory(piece.notes, empty.notes);
    piece = std::move(empty);
  }

  template <class Message>
  static void keep_memory(std::vector<Message>& from, std::vector<Message>& to) {
    if (from.capacity() * sizeof(Message) > kMostKept) return;
    from.clear();
    to.swap(from);
  }

  void read_document(std::string_view json, MidiDict& out) {
    where_ = "";
    index_ = kNoIndex;
    auto document = parser_.iterate(json.data(), json.size(), json.size() + kPadding);
    unsigned seen = 0;
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      const auto known = std::find(kFields.begin(), kFields.end(), key);
      if (known == kFields.end()) fail("has the unknown key " + std::string(key));
      where_ = known->data();
      const unsigned bit = 1U << (known - kFields.begin());
      if ((seen & bit) != 0) fail("stands twice");
      seen |= bit;
      read_field(static_cast<Field>(known - kFields.begin()), field.value(), out);
      where_ = "";
    }
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if ((seen >> i & 1) == 0) fail(std::string(kFields[i]) + " is missing");
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) fail("has something behind its end");
  }

  enum Field { kMeta, kTempo, kPedal, kInstrument, kNote, kTicksPerBeat, kMetadata };
  static constexpr std::array<std::string_view, 7> kFields = {
      "meta_msgs", "tempo_msgs", "pedal_msgs", "instrument_msgs", "note_msgs", "ticks_per_beat", "metadata"};

  void read_field(Field field, Value value, MidiDict& out) {
    switch (field) {
      case kMeta:
        return each(value, [&](Object& message) { read_meta(message, out); });
      case kTempo:
        return each(value, [&](Object& message) { read_tempo(message, out); });
      case kPedal:
        return each(value, [&](Object& message) { read_pedal(message, out); });
      case kInstrument:
        return each(value, [&](Object& message) { read_instrument(message, out); });
      case kNote:
        return each(value, [&](Object& message) { read_note(message, out); });
      case kTicksPerBeat:
        return read_division(value, out);
      case kMetadata:
        return read_metadata(value, out);
    }
  }

  void read_meta(Object& message, MidiDict& out) {
    std::string_view type, content;
    read_fields<2>(message, {"type", "data"}, [&](std::size_t i, const char* name, Value value) {
      (i == 0 ? type : content) = text(value, name);
    });
    if (type != "text" && type != "copyright") fail("type must be text or copyright");
    out.meta.add(type == "text" ? MetaMsg::Type::text : MetaMsg::Type::copyright, content);
  }

  void read_tempo(Object& message, MidiDict& out) {
    const auto [tempo, tick] = read_numbers<2>(message, "tempo", {"data", "tick"}, {Limits::kTempo, Limits::kTick});
    out.tempos.push_back({detail::json_ticks(tick), tempo});
  }

  void read_pedal(Object& message, MidiDict& out) {
    const auto [down, tick, channel] =
        read_numbers<3>(message, "pedal", kDataTickChannel, {Limits::kPedal, Limits::kTick, Limits::kChannel});
    out.pedals.emplace_back(detail::json_ticks(tick), static_cast<unsigned>(channel), down != 0);
  }

  void read_instrument(Object& message, MidiDict& out) {
    const auto [program, tick, channel] =
        read_numbers<3>(message, "instrument", kDataTickChannel, {Limits::kDataByte, Limits::kTick, Limits::kChannel});
    out.instruments.emplace_back(detail::json_ticks(tick), static_cast<unsigned>(channel),
                                 static_cast<unsigned>(program));
  }

  void read_note(Object& message, MidiDict& out) {
    std::array<std::uint64_t, 4> data{};
    std::uint64_t tick = 0, channel = 0;
    read_fields<4>(message, {"type", "data", "tick", "channel"}, [&](std::size_t i, const char* name, Value value) {
      switch (i) {
        case 0:
          return expect_type(value, "note");
        case 1:
          data = read_note_data(value);
          return;
        case 2:
          tick = number(value, name, Limits::kTick);
          return;
        default:
          channel = number(value, name, Limits::kChannel);
      }
    });
    const auto [pitch, start, end, velocity] = data;
    if (tick != start) fail("tick is not the start of the note");
    if (end < start) fail("ends before it starts");
    out.notes.emplace_back(detail::json_ticks(start), detail::json_ticks(end), static_cast<unsigned>(pitch),
                           static_cast<unsigned>(velocity), static_cast<unsigned>(channel));
  }

  std::array<std::uint64_t, 4> read_note_data(Value value) {
    constexpr std::array<std::uint64_t, 4> kLimits = {Limits::kDataByte, Limits::kTick, Limits::kTick,
                                                      Limits::kDataByte};
    std::array<std::uint64_t, 4> data{};
    Object object;
    check(value.get_object().get(object), "data", "an object");
    read_fields<4>(object, {"pitch", "start", "end", "velocity"},
                   [&](std::size_t i, const char* name, Value field) { data[i] = number(field, name, kLimits[i]); });
    return data;
  }

  void read_division(Value value, MidiDict& out) {
    std::int64_t division = 0;
    if (value.get_int64().get(division) != simdjson::SUCCESS || division < -0x8000 || division > 0x7fff) {
      fail("must be a whole number of 16 bits");
    }
    out.ticks_per_beat = static_cast<int>(division);
  }

  void read_metadata(Value value, MidiDict& out) {
    Object metadata;
    check(value.get_object().get(metadata), "", "an object of texts");
    for (auto field : metadata) {
      std::string key(std::string_view(field.unescaped_key()));
      std::string_view content;
      check(field.value().get_string().get(content), key.c_str(), "a text");
      detail::set_metadata(out, std::move(key), content);
    }
  }

  template <class Read>
  void each(Value value, Read read) {
    simdjson::ondemand::array list;
    check(value.get_array().get(list), "", "a list");
    index_ = 0;
    for (auto element : list) {
      Object message;
      check(element.get_object().get(message), "", "an object");
      read(message);
      ++index_;
    }
    index_ = kNoIndex;
  }

  // Calls `read(i, names[i], value)` for each field that has a name, in whatever order they come; others are skipped.
  // Not by simdjson's lookup of keys: behind a nested object, that one relies on the text being well-formed.
  template <std::size_t N, class Read>
  void read_fields(Object& object, const std::array<const char*, N>& names, Read read) {
    unsigned seen = 0;
    std::size_t next = 0;  // the names come in this order as a rule
    for (auto field : object) {
      const simdjson::ondemand::raw_json_string key = field.key();
      std::size_t i = next;
      while (i < N && !key.unsafe_is_equal(names[i])) ++i;
      if (i == N) {
        for (i = 0; i < next && !key.unsafe_is_equal(names[i]);) ++i;
        if (i == next) continue;
      }
      if ((seen >> i & 1) != 0) fail(std::string(names[i]) + " stands twice");
      seen |= 1U << i;
      next = i + 1;
      read(i, names[i], field.value());
    }
    for (std::size_t i = 0; i < N; ++i) {
      if ((seen >> i & 1) == 0) fail(std::string(names[i]) + " is missing");
    }
  }

  // The numbers of a message of the given type, each of them below its limit.
  template <std::size_t N>
  std::array<std::uint64_t, N> read_numbers(Object& message, const char* type, const std::array<const char*, N>& names,
                                            const std::array<std::uint64_t, N>& limits) {
    std::array<const char*, N + 1> all{"type"};
    std::copy(names.begin(), names.end(), all.begin() + 1);
    std::array<std::uint64_t, N> numbers{};
    read_fields<N + 1>(message, all, [&](std::size_t i, const char* name, Value value) {
      if (i == 0) return expect_type(value, type);
      numbers[i - 1] = number(value, name, limits[i - 1]);
    });
    return numbers;
  }

  void expect_type(Value value, const char* wanted) {
    if (text(value, "type") != wanted) fail(std::string("type must be ") + wanted);
  }

  std::string_view text(Value value, const char* name) {
    std::string_view content;
    check(value.get_string().get(content), name, "a text");
    return content;
  }

  std::uint64_t number(Value value, const char* name, std::uint64_t limit) {
    std::uint64_t content = 0;
    check(value.get_uint64().get(content), name, "a whole number of at least 0");
    if (content >= limit) fail(std::string(name) + " must be below " + std::to_string(limit));
    return content;
  }

  void check(simdjson::error_code error, const char* name, const char* wanted) const {
    if (error == simdjson::INCORRECT_TYPE || error == simdjson::NUMBER_ERROR) {
      fail(std::string(name) + (*name == '\0' ? "" : " ") + "must be " + wanted);
    }
    if (error != simdjson::SUCCESS) fail(simdjson::error_message(error));
  }

  [[noreturn]] void fail(const std::string& why) const {
    std::string where = where_;
    if (index_ != kNoIndex) where += '[' + std::to_string(index_) + ']';
    throw Error(ErrorCode::invalid_json, where.empty() ? why : where + ": " + why);
  }

  template <class Messages>
  static void order(Messages& messages) {
    const auto earlier = [](const auto& a, const auto& b) { return tick_of(a) < tick_of(b); };
    if (!std::is_sorted(messages.begin(), messages.end(), earlier)) {
      std::stable_sort(messages.begin(), messages.end(), earlier);
    }
  }

  static constexpr std::size_t kNoIndex = ~std::size_t{0};

  simdjson::ondemand::parser parser_;
  // Where reading stands, for errors.
  const char* where_ = "";
  std::size_t index_ = kNoIndex;
};

inline MidiDict MidiDict::from_json(std::string_view json) {
  ByteBuffer padded;
  padded.append(json);
  // For text that is no JSON, simdjson's message depends on what lies behind it.
  std::memset(padded.room(MidiDictJsonReader::kPadding), 0, MidiDictJsonReader::kPadding);
  MidiDict piece;
  MidiDictJsonReader().read({padded.data(), json.size()}, piece);
  return piece;
}

}  // namespace aria
