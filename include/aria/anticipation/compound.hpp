// Compound events: the notes of a piece with their times in bins, and the text form in which they lie beside MIDI
// files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/decimal.hpp>
#include <aria/support/error.hpp>

namespace aria::anticipation {

/// A note: five numbers, as midi_to_compound of the original has them (anticipation/convert.py).
struct CompoundEvent {
  Bins time;                ///< of the onset, from the beginning of the piece
  Bins duration;            ///< kUnknownDuration where the note was never ended
  std::uint8_t pitch;       ///< 0 to 127
  std::uint8_t instrument;  ///< a program, or kDrumInstrument
  std::uint8_t velocity;    ///< 1 to 127

  friend bool operator==(const CompoundEvent&, const CompoundEvent&) = default;
};

inline constexpr Bins kUnknownDuration{-1};

/// The file beside a MIDI file that holds its compound events: "a.mid" -> "a.mid.compound.txt".
inline constexpr std::string_view kCompoundEnding = ".compound.txt";
inline std::string compound_path(std::string_view midi_path) { return std::string(midi_path).append(kCompoundEnding); }

namespace detail {

// "0 " to "999 ", and their lengths.
struct SmallNumber {
  std::array<char, 4> text;
};
inline constexpr auto kSmallNumbers = [] {
  std::array<SmallNumber, 1000> table{};
  for (unsigned n = 0; n < 1000; ++n) {
    char* out = table[n].text.data();
    if (n >= 100) *out++ = static_cast<char>('0' + n / 100);
    if (n >= 10) *out++ = static_cast<char>('0' + n / 10 % 10);
    *out++ = static_cast<char>('0' + n % 10);
    *out = ' ';
  }
  return table;
}();

// A number from 0 to 999 and a blank.
inline char* write_small(unsigned number, char* out) noexcept {
  std::memcpy(out, kSmallNumbers[number].text.data(), 4);
  return out + 2 + (number >= 10) + (number >= 100);
}

inline char* write_number(std::int64_t number, char* out) noexcept {
  if (number < 0) {
    *out++ = '-';
    number = -number;
  }
  out = write_decimal(static_cast<std::uint64_t>(number), out);
  *out++ = ' ';
  return out;
}

// Reads the numbers of a text.
class CompoundTextReader {
 public:
  explicit CompoundTextReader(std::string_view text) noexcept
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  // Goes to the next number. False where there is none.
  bool more() noexcept {
    while (at_ != end_ && is_space(*at_)) ++at_;
    return at_ != end_;
  }

  // Throws where what comes is no number, or one outside of [lowest, highest].
  std::int64_t number(std::int64_t lowest, std::int64_t highest) {
    const char* const start = at_;
    const bool negative = *at_ == '-';
    if (negative) ++at_;
    std::uint64_t value = 0;
    const char* const digits = at_;
    for (unsigned digit = 0; at_ != end_ && (digit = static_cast<unsigned>(*at_ - '0')) < 10; ++at_) {
      value = value * 10 + digit;
    }
    const auto count = at_ - digits;
    if (count == 0 || (at_ != end_ && !is_space(*at_))) fail(start, "is not a decimal number");
    const auto number = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    if (count > 18 || number < lowest || number > highest) {
      fail(start, "lies outside of " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    return number;
  }

 private:
  static bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

  [[noreturn, gnu::cold, gnu::noinline]] void fail(const char* start, const std::string& why) const {
    const char* end = start;
    while (end != end_ && !is_space(*end) && end - start < 24) ++end;
    throw Error(ErrorCode::invalid_text, "\"" + std::string(start, end) + "\" " + why,
                {.line = line_of(start), .byte = static_cast<std::uint64_t>(start - begin_)});
  }

  std::uint64_t line_of(const char* place) const noexcept {
    std::uint64_t line = 1;
    for (const char* c = begin_; c != place; ++c) line += *c == '\n' ? 1 : 0;
    return line;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace detail

/// Appends the numbers, separated by blanks, without a line feed: what the original's midi-preprocess.py writes.
inline void write_compound_text(std::span<const CompoundEvent> events, ByteBuffer& out) {
  constexpr std::size_t kMost = 3 * kDecimalRoom + 3 * 4;
  constexpr std::size_t kBlock = 256;
  const std::size_t start = out.size();
  for (std::size_t i = 0; i < events.size();) {
    const std::size_t end = std::min(i + kBlock, events.size());
    char* const begin = out.room(kBlock * kMost);
    char* at = begin;
    for (; i < end; ++i) {
      const CompoundEvent& event = events[i];
      at = detail::write_number(event.time.count, at);
      const auto duration = static_cast<std::uint64_t>(event.duration.count);
      at = duration < 1000 ? detail::write_small(static_cast<unsigned>(duration), at)
                           : detail::write_number(event.duration.count, at);
      at = detail::write_small(event.pitch, at);
      at = detail::write_small(event.instrument, at);
      at = detail::write_small(event.velocity, at);
    }
    out.advance(static_cast<std::size_t>(at - begin));
  }
  if (out.size() != start) out.retract(1);  // the last blank
}

/// Replaces the contents of `events` by what a text holds; an empty one holds none. Throws invalid_text, with the line
/// and byte, for anything but decimal numbers, for a number out of its range, and where their count is no multiple of
/// five.
inline void read_compound_text(std::string_view text, std::vector<CompoundEvent>& events) {
  constexpr std::int64_t kMostBins = std::numeric_limits<std::int64_t>::max() / 16;
  detail::CompoundTextReader reader(text);
  events.clear();
  for (unsigned numbers = 0; reader.more(); numbers = 0) {
    CompoundEvent event;
    const auto next = [&](std::int64_t lowest, std::int64_t highest) {
      if (numbers++ != 0 && !reader.more()) {
        throw Error(ErrorCode::invalid_text,
                    "the count of numbers is no multiple of five: the last note has " + std::to_string(numbers - 1),
                    {.byte = text.size()});
      }
      return reader.number(lowest, highest);
    };
    event.time = {next(0, kMostBins)};
    event.duration = {next(-1, kMostBins)};
    event.pitch = static_cast<std::uint8_t>(next(0, 127));
    event.instrument = static_cast<std::uint8_t>(next(0, kDrumInstrument));
    event.velocity = static_cast<std::uint8_t>(next(0, 127));
    events.push_back(event);
  }
}

}  // namespace aria::anticipation
