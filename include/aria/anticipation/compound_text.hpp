// Compound events as text: what lies beside MIDI files.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/decimal.hpp>
#include <aria/support/decimal_scan.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>

namespace aria::anticipation {

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

// Reads the numbers of any text, one byte after the other.
class NumberReader {
 public:
  NumberReader(std::string_view text, std::size_t begin) noexcept
      : begin_(text.data()), at_(text.data() + begin), end_(text.data() + text.size()) {}

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
    const auto number = static_cast<std::int64_t>(negative ? 0 - value : value);
    if (count > 18 || number < lowest || number > highest) {
      fail(start, "lies outside of " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    return number;
  }

  // Where the last number that was looked for would stand.
  Place place() const { return place_of(at_); }

 private:
  static bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

  [[noreturn, gnu::cold, gnu::noinline]] void fail(const char* start, const std::string& why) const {
    const char* end = start;
    while (end != end_ && !is_space(*end)) ++end;
    throw Error(ErrorCode::invalid_text,
                "\"" + excerpt({start, static_cast<std::size_t>(end - start)}, 24) + "\" " + why, place_of(start));
  }

  Place place_of(const char* at) const {
    const auto line = static_cast<std::uint64_t>(std::count(begin_, at, '\n')) + 1;
    return {.line = line, .byte = static_cast<std::uint64_t>(at - begin_)};
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

/// Reads texts of compound events one after the other with the same working memory.
///
///     aria::anticipation::CompoundTextReader reader;
///     reader.read(text, events);
class CompoundTextReader {
 public:
  /// Replaces the contents of `events` by what a text holds; an empty one holds none. Throws invalid_text, with the
  /// line and byte, for anything but decimal numbers, for a number out of its range, and where their count is no
  /// multiple of five.
  void read(std::string_view text, std::vector<CompoundEvent>& events) {
    if (!read_plain(text, events)) read_any(text, events);
  }

 private:
  static constexpr std::int64_t kMostBins = std::numeric_limits<std::int64_t>::max() / 16;
  static constexpr std::int64_t kMostPitch = 127, kMostVelocity = 127;

  // Of a text as write_compound_text writes it, in which all durations are known. False where it is another one.
  bool read_plain(std::string_view text, std::vector<CompoundEvent>& events) {
    const std::size_t most = text.size() / 2 + 1;  // where there are more blanks, two stand side by side
    numbers_.resize(std::max(numbers_.size(), most + kBlanksBlock));
    std::uint32_t* out = numbers_.data();
    DecimalScan scan;
    std::size_t begin = 0;  // of the next number
    for (std::size_t block = 0; block + 2 * kBlanksBlock <= text.size(); block += kBlanksBlock) {
      for (std::uint64_t ends = BestBlanks::find(text.data() + block); ends != 0; ends &= ends - 1) {
        const std::size_t end = block + static_cast<unsigned>(std::countr_zero(ends));
        *out++ = scan.number(text.data() + begin, end - begin);
        begin = end + 1;
      }
      if (out - numbers_.data() > static_cast<std::ptrdiff_t>(most)) return false;
    }
    const auto count = static_cast<std::size_t>(out - numbers_.data());
    if (!scan.good() || !take(count, events)) return false;
    // What is left of the last event of these, and all behind it.
    std::size_t behind = begin;
    for (std::size_t left = count % 5; left != 0; --left) behind = text.rfind(' ', behind - 2) + 1;
    append(text, behind, events);
    return true;
  }

  // False where a number is out of its range.
  bool take(std::size_t count, std::vector<CompoundEvent>& events) const {
    events.resize(count / 5);
    std::uint32_t pitches = 0, instruments = 0, velocities = 0;
    const std::uint32_t* number = numbers_.data();
    for (CompoundEvent& event : events) {
      pitches = std::max(pitches, number[2]);
      instruments = std::max(instruments, number[3]);
      velocities = std::max(velocities, number[4]);
      event = {{number[0]},
               {number[1]},
               static_cast<std::uint8_t>(number[2]),
               static_cast<std::uint8_t>(number[3]),
               static_cast<std::uint8_t>(number[4])};
      number += 5;
    }
    return pitches <= kMostPitch && instruments <= kDrumInstrument && velocities <= kMostVelocity;
  }

  static void read_any(std::string_view text, std::vector<CompoundEvent>& events) {
    events.clear();
    append(text, 0, events);
  }

  static void append(std::string_view text, std::size_t begin, std::vector<CompoundEvent>& events) {
    detail::NumberReader reader(text, begin);
    for (unsigned numbers = 0; reader.more(); numbers = 0) {
      CompoundEvent event;
      const auto next = [&](std::int64_t lowest, std::int64_t highest) {
        if (numbers++ != 0 && !reader.more()) refuse_count(numbers - 1, reader.place());
        return reader.number(lowest, highest);
      };
      event.time = {next(0, kMostBins)};
      event.duration = {next(kUnknownDuration.count, kMostBins)};
      event.pitch = static_cast<std::uint8_t>(next(0, kMostPitch));
      event.instrument = static_cast<std::uint8_t>(next(0, kDrumInstrument));
      event.velocity = static_cast<std::uint8_t>(next(0, kMostVelocity));
      events.push_back(event);
    }
  }

  [[noreturn]] static void refuse_count(unsigned numbers, Place place) {
    throw Error(ErrorCode::invalid_text,
                "the count of numbers is no multiple of five: the last note has " + std::to_string(numbers),
                std::move(place));
  }

  std::vector<std::uint32_t> numbers_;
};

/// The same for a single text.
inline void read_compound_text(std::string_view text, std::vector<CompoundEvent>& events) {
  CompoundTextReader().read(text, events);
}

}  // namespace aria::anticipation
