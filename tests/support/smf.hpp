// MIDI files put together by hand, for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace test {

/// The bytes that hexadecimal digits stand for; spaces are ignored: hex("90 3c 40").
inline std::string hex(std::string_view digits) {
  std::string bytes;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    const int value = c >= 'a' ? c - 'a' + 10 : c - '0';
    if (high < 0) {
      high = value;
    } else {
      bytes += static_cast<char>(high << 4 | value);
      high = -1;
    }
  }
  return bytes;
}

inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> 8 * bytes);
  return text;
}

/// A chunk whose length is that of its contents, or the one given.
inline std::string chunk(std::string_view type, const std::string& contents, std::size_t length = ~std::size_t{0}) {
  return std::string(type) + big_endian(length == ~std::size_t{0} ? contents.size() : length, 4) + contents;
}

inline std::string header(int format, int tracks, int division) {
  return chunk("MThd", big_endian(static_cast<std::uint64_t>(format), 2) +
                           big_endian(static_cast<std::uint64_t>(tracks), 2) +
                           big_endian(static_cast<std::uint64_t>(division), 2));
}

inline const std::string kEndOfTrack = hex("00 ff 2f 00");

/// A file whose tracks are given as hexadecimal digits, without their ends.
inline std::string smf(std::initializer_list<std::string_view> tracks, int division = 480) {
  std::string bytes = header(1, static_cast<int>(tracks.size()), division);
  for (const std::string_view track : tracks) bytes += chunk("MTrk", hex(track) + kEndOfTrack);
  return bytes;
}

}  // namespace test
