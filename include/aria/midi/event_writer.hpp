// Events -> the bytes of a Standard MIDI File.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aria/midi/event.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// Puts the bytes of one track together, with running status. The cost is that of the bytes written.
///
///     aria::TrackWriter track;
///     track.write({.tick = {0}, .status = 0x90, .data1 = 60, .data2 = 64});
///     track.write({.tick = {480}, .status = 0x80, .data1 = 60});
class TrackWriter {
 public:
  /// Adds an event; `event.tick` is absolute and must not lie before that of the last one. An end of track is not
  /// written: write_midi_file puts one behind the last event. Throws invalid_argument for what no file can hold.
  void write(const Event& event) {
    if (event.tick < tick_) fail("an event lies before the one written last");
    if (event.status < 0x80) fail("a status byte is below 0x80");
    write_delta(event.tick);
    if (event.is_channel()) {
      write_channel(event);
    } else if (event.is_meta() || event.is_sysex()) {
      write_payload(event);
    } else {
      fail("a system common or real-time message does not belong into a file");
    }
  }

  /// Writes the end of the track, behind which nothing may follow. write_midi_file calls it.
  void finish() {
    if (finished_) return;
    write_delta(std::max(end_, tick_));
    for (const unsigned byte : {status::meta, meta_type::end_of_track, std::uint8_t{0}}) put(byte);
    finished_ = true;
  }

  /// The bytes so far.
  std::span<const std::byte> bytes() const noexcept { return bytes_.bytes(); }

  void clear() noexcept {
    bytes_.clear();
    tick_ = end_ = {0};
    running_ = 0;
    finished_ = false;
  }

 private:
  [[noreturn]] static void fail(const char* why) { throw Error(ErrorCode::invalid_argument, why); }

  void put(unsigned byte) { bytes_.append(static_cast<char>(byte)); }

  // A delta time of more than the four bytes of the file format is written with as many as it takes, as mido does.
  void write_delta(Ticks tick) {
    write_quantity(static_cast<std::uint64_t>((tick - tick_).count));
    tick_ = tick;
  }

  void write_quantity(std::uint64_t value) {
    int shift = 0;
    while (value >> shift >= 0x80) shift += 7;
    for (; shift > 0; shift -= 7) put(0x80 | (value >> shift & 0x7f));
    put(value & 0x7f);
  }

  void write_channel(const Event& event) {
    if ((event.data1 | event.data2) > 127) fail("a data byte is above 127");
    if (event.status != running_) put(event.status);
    running_ = event.status;
    put(event.data1);
    const bool one_byte = (event.status & 0xe0) == status::program_change;
    if (!one_byte) put(event.data2);
  }

  void write_payload(const Event& event) {
    running_ = 0;
    put(event.status);
    if (event.is_meta()) put(event.data1);
    write_quantity(event.payload.size());
    bytes_.append({reinterpret_cast<const char*>(event.payload.data()), event.payload.size()});
  }

  ByteBuffer bytes_;
  Ticks tick_{};
  Ticks end_{};
  unsigned running_ = 0;
  bool finished_ = false;
};

/// Writes a file of the given tracks. `sink(std::span<const std::byte>)` gets the bytes piece by piece. `header.tracks`
/// is ignored: it is the number of tracks. Throws invalid_argument for more tracks or bytes than a file can hold.
///
///     std::ofstream out("a.mid", std::ios::binary);
///     aria::write_midi_file({.format = 0, .division = 480}, std::span(&track, 1), [&](std::span<const std::byte>
///     bytes) {
///       out.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
///     });
template <std::invocable<std::span<const std::byte>> Sink>
void write_midi_file(const MidiHeader& header, std::span<TrackWriter> tracks, Sink&& sink) {
  ByteBuffer head;
  const auto big_endian = [&head](std::uint64_t value, int bytes) {
    while (bytes-- > 0) head.append(static_cast<char>(value >> 8 * bytes));
  };
  if (tracks.size() > 0x7fff) throw Error(ErrorCode::invalid_argument, "a file holds at most 32,767 tracks");
  head.append("MThd");
  big_endian(6, 4);
  big_endian(static_cast<std::uint16_t>(header.format), 2);
  big_endian(tracks.size(), 2);
  big_endian(static_cast<std::uint16_t>(header.division), 2);
  for (TrackWriter& track : tracks) {
    track.finish();
    const std::uint64_t size = track.bytes().size();
    if (size > 0xffff'ffff) throw Error(ErrorCode::invalid_argument, "a track holds at most 4 GiB");
    head.append("MTrk");
    big_endian(size, 4);
    sink(head.bytes());
    head.clear();
    sink(track.bytes());
  }
  if (!head.empty()) sink(head.bytes());
}

}  // namespace aria
