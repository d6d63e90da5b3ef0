// The messages of a MidiDict: one word or two each, in vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/units.hpp>

namespace aria {

/// From `tick` on, a beat lasts `tempo` microseconds (0 to 2^24 - 1).
struct TempoMsg {
  Ticks tick;
  std::uint64_t tempo = 0;

  friend bool operator==(const TempoMsg&, const TempoMsg&) = default;
};

namespace detail {

// A position in the upper 48 bits, which makes words comparable, and two small numbers below.
constexpr std::uint64_t pack(Ticks tick, unsigned high, unsigned low) noexcept {
  return static_cast<std::uint64_t>(tick.count) << 16 | high << 8 | low;
}
constexpr Ticks packed_tick(std::uint64_t word) noexcept { return {static_cast<std::int64_t>(word >> 16)}; }
constexpr std::uint8_t packed_high(std::uint64_t word) noexcept { return static_cast<std::uint8_t>(word >> 8); }
constexpr std::uint8_t packed_low(std::uint64_t word) noexcept { return static_cast<std::uint8_t>(word); }

}  // namespace detail

/// The damper pedal of a channel goes down or up.
class PedalMsg {
 public:
  constexpr PedalMsg() noexcept : PedalMsg({}, 0, false) {}
  constexpr PedalMsg(Ticks tick, unsigned channel, bool down) noexcept : word_(detail::pack(tick, channel, down)) {}

  constexpr Ticks tick() const noexcept { return detail::packed_tick(word_); }
  constexpr std::uint8_t channel() const noexcept { return detail::packed_high(word_); }
  constexpr bool down() const noexcept { return detail::packed_low(word_) != 0; }
  friend bool operator==(const PedalMsg&, const PedalMsg&) = default;

 private:
  std::uint64_t word_;
};

/// A channel changes to a program from 0 to 127.
class InstrumentMsg {
 public:
  constexpr InstrumentMsg() noexcept : InstrumentMsg({}, 0, 0) {}
  constexpr InstrumentMsg(Ticks tick, unsigned channel, unsigned program) noexcept
      : word_(detail::pack(tick, channel, program)) {}

  constexpr Ticks tick() const noexcept { return detail::packed_tick(word_); }
  constexpr std::uint8_t channel() const noexcept { return detail::packed_high(word_); }
  constexpr std::uint8_t program() const noexcept { return detail::packed_low(word_); }
  friend bool operator==(const InstrumentMsg&, const InstrumentMsg&) = default;

 private:
  std::uint64_t word_;
};

/// A note from its start to its end, 16 bytes in all. Pitch and velocity are 0 to 127, the channel is 0 to 15.
class NoteMsg {
 public:
  NoteMsg() = default;  ///< uninitialised, like a number
  constexpr NoteMsg(Ticks start, Ticks end, unsigned pitch, unsigned velocity, unsigned channel) noexcept
      : start_word_(detail::pack(start, pitch, velocity)), end_word_(detail::pack(end, channel, 0)) {}

  /// The same note with another end.
  constexpr NoteMsg(const NoteMsg& note, Ticks end) noexcept
      : start_word_(note.start_word_), end_word_(detail::pack(end, note.channel(), 0)) {}

  constexpr Ticks start() const noexcept { return detail::packed_tick(start_word_); }
  constexpr Ticks end() const noexcept { return detail::packed_tick(end_word_); }
  constexpr std::uint8_t pitch() const noexcept { return detail::packed_high(start_word_); }
  constexpr std::uint8_t velocity() const noexcept { return detail::packed_low(start_word_); }
  constexpr std::uint8_t channel() const noexcept { return detail::packed_high(end_word_); }

  /// Where the message stands in the order of the file: at its start.
  constexpr Ticks tick() const noexcept { return start(); }
  friend bool operator==(const NoteMsg&, const NoteMsg&) = default;

 private:
  std::uint64_t start_word_;
  std::uint64_t end_word_;
};

constexpr Ticks tick_of(const TempoMsg& message) noexcept { return message.tick; }
template <class Message>
constexpr Ticks tick_of(const Message& message) noexcept {
  return message.tick();
}

/// A text from the file: a text event or a copyright notice.
struct MetaMsg {
  enum class Type : std::uint8_t { text, copyright };
  Type type = Type::text;
  std::string_view text;  ///< UTF-8

  friend bool operator==(const MetaMsg&, const MetaMsg&) = default;
};

/// The texts of a file, in one piece of memory.
class MetaMsgs {
 public:
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

  /// Valid until the next change.
  MetaMsg operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : entries_[i - 1].end;
    return {entries_[i].type, std::string_view(pool_).substr(begin, entries_[i].end - begin)};
  }

  void add(MetaMsg::Type type, std::string_view text) {
    pool_ += text;
    entries_.push_back({pool_.size(), type});
  }

  /// Adds a text whose bytes are Latin-1, as those of MIDI files are taken.
  void add_latin1(MetaMsg::Type type, std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) {
        pool_ += c;
      } else {
        pool_ += static_cast<char>(0xc0 | byte >> 6);
        pool_ += static_cast<char>(0x80 | (byte & 0x3f));
      }
    }
    entries_.push_back({pool_.size(), type});
  }

  void clear() noexcept {
    pool_.clear();
    entries_.clear();
  }

  friend bool operator==(const MetaMsgs&, const MetaMsgs&) = default;

 private:
  struct Entry {
    std::size_t end;
    MetaMsg::Type type;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::string pool_;
  std::vector<Entry> entries_;
};

}  // namespace aria
