// The pieces of JSON text that MidiDict lines and hashes are put together from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <aria/midi/units.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/decimal.hpp>

namespace aria::detail {

// Writes into memory that is known to be large enough, so that text of a known length becomes a few stores.
class JsonPen {
 public:
  explicit JsonPen(char* at) : at_(at) {}

  template <std::size_t N>
  JsonPen& operator<<(const char (&text)[N]) {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
    return *this;
  }
  JsonPen& operator<<(std::uint64_t number) {
    at_ = write_decimal(number, at_);
    return *this;
  }
  JsonPen& operator<<(Ticks ticks) { return *this << static_cast<std::uint64_t>(ticks.count); }
  JsonPen& operator<<(std::uint8_t number) {
    at_ = write_up_to_four(number, at_);
    return *this;
  }

  char* at() const { return at_; }

 private:
  char* at_;
};

// More than the longest message, its separator and what write_decimal touches behind it.
inline constexpr std::size_t kMessageRoom = 256;

// `[a, b]`; `write(pen, message)` writes one message of at most kMessageRoom bytes, `flush(buffer)` may empty the
// buffer.
template <class Messages, class Write, class Flush>
void write_json_list(const Messages& messages, ByteBuffer& out, Write write, Flush flush) {
  out.append('[');
  bool first = true;
  for (const auto& message : messages) {
    JsonPen pen(out.room(kMessageRoom));
    const char* begin = pen.at();
    if (!first) pen << ", ";
    first = false;
    write(pen, message);
    out.advance(static_cast<std::size_t>(pen.at() - begin));
    flush(out);
  }
  out.append(']');
}

// A JSON string as Python's json writes it with ensure_ascii=False: only `"`, `\` and what lies below U+0020 is
// escaped.
template <class Flush>
void write_json_string(std::string_view text, ByteBuffer& out, Flush flush) {
  out.append('"');
  for (const char c : text) {
    flush(out);
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') {
      out.append(c);
      continue;
    }
    constexpr std::string_view kPlain = "\"\\\n\t\r\b\f", kEscaped = "\"\\ntrbf";
    out.append('\\');
    if (const std::size_t i = kPlain.find(c); i != std::string_view::npos) {
      out.append(kEscaped[i]);
    } else {
      out.append("u00");
      out.append("0123456789abcdef"[byte >> 4]);
      out.append("0123456789abcdef"[byte & 15]);
    }
  }
  out.append('"');
}

}  // namespace aria::detail
