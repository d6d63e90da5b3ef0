// For applications that use libsmf: an smf_t as events, MIDI bytes or MidiDict, and back. The only header that knows
// libsmf (CMake target aria::libsmf).
#pragma once

#include <glib.h>  // before smf.h, which would include it as C, and GLib's headers have templates in C++
#include <smf.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include <aria/midi/event.hpp>
#include <aria/midi/event_writer.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/midi_reader.hpp>
#include <aria/midi/midi_writer.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

namespace aria {

struct SmfDelete {
  void operator()(smf_t* smf) const noexcept { smf_delete(smf); }
};

/// Owns an smf_t; `release()` hands it to an application that calls smf_delete itself.
using SmfPointer = std::unique_ptr<smf_t, SmfDelete>;

namespace detail {

// libsmf counts tracks from 1.
inline Place smf_place(int track_number) { return {.track = static_cast<std::uint64_t>(track_number - 1)}; }

// libsmf keeps an event as it goes over the wire: a status byte always, sysex without its length, system messages
// without the escape around them; but a meta event as in a file, with its length.
inline Event decode_smf_event(const smf_event_t& event) {
  const auto refuse = [&event](const char* why) {
    throw Error(ErrorCode::invalid_midi, why, smf_place(event.track_number));
  };
  if (event.midi_buffer == nullptr || event.midi_buffer_length < 1) refuse("an smf_event_t has no bytes");
  const unsigned char* const bytes = event.midi_buffer;
  const auto size = static_cast<std::size_t>(event.midi_buffer_length);
  const auto payload_from = [bytes, size](std::size_t at) { return std::as_bytes(std::span(bytes + at, size - at)); };

  Event result{.tick = {event.time_pulses}, .status = bytes[0]};
  if (result.status < 0x80) refuse("an smf_event_t does not begin with a status byte");
  if (result.is_channel()) {
    const bool one_byte = (result.status & 0xe0) == status::program_change;
    if (size != (one_byte ? 2 : 3)) refuse("a channel message in an smf_event_t has a wrong length");
    result.data1 = bytes[1];
    if (!one_byte) result.data2 = bytes[2];
    if ((result.data1 | result.data2) > 127) refuse("a data byte in an smf_event_t is above 127");
  } else if (result.is_meta()) {
    std::size_t at = 2, length = 0;
    while (at < size && at < 6 && bytes[at] >= 0x80) length = length << 7 | (bytes[at++] & 0x7f);
    if (at < size) length = length << 7 | bytes[at++];
    if (size < 3 || size - at != length) refuse("a meta event in an smf_event_t does not have the length that it says");
    result.data1 = bytes[1];
    result.payload = payload_from(at);
  } else if (result.status == status::sysex) {
    result.payload = payload_from(1);
  } else {
    result.status = status::escape;
    result.payload = payload_from(0);
  }
  return result;
}

}  // namespace detail

/// The events of a libsmf track, decoded while it is iterated, without moving libsmf's own position. As in TrackView,
/// payloads lie in the smf_t and live as long as it does. System common and real-time messages, which libsmf keeps
/// bare, come as the escape events (0xf7) that they are in a file.
///
/// Iterating throws invalid_midi, with the track, for an smf_event_t that is not one whole message. libsmf 1.3 makes
/// such events when it loads a file with a meta event of more than 128 bytes: it takes lengths for single bytes.
class SmfTrackView {
 public:
  explicit SmfTrackView(const smf_track_t& track) : track_(&track) {}

  class iterator {
   public:
    using value_type = Event;
    using difference_type = std::ptrdiff_t;

    explicit iterator(const smf_track_t& track) : track_(&track) { ++*this; }

    const Event& operator*() const noexcept { return event_; }
    const Event* operator->() const noexcept { return &event_; }
    iterator& operator++() {
      if (++number_ <= track_->number_of_events) {
        event_ = detail::decode_smf_event(*smf_track_get_event_by_number(track_, number_));
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
      return at.number_ > at.track_->number_of_events;
    }

   private:
    const smf_track_t* track_;
    int number_ = 0;  // libsmf counts from 1
    Event event_;
  };

  iterator begin() const { return iterator(*track_); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  const smf_track_t* track_;
};

/// The tracks of an smf_t, which must outlive the view.
///
///     for (aria::SmfTrackView track : aria::SmfView(*smf))
///       for (const aria::Event& event : track) ...
class SmfView {
 public:
  explicit SmfView(const smf_t& smf) : smf_(&smf) {}

  /// Format, tracks and division. Where `ppqn` is not positive, the division is the SMPTE one of `frames_per_second`
  /// and `resolution`.
  MidiHeader header() const noexcept {
    const int division = smf_->ppqn > 0 ? smf_->ppqn : -smf_->frames_per_second * 256 + (smf_->resolution & 0xff);
    return {static_cast<std::int16_t>(smf_->format), static_cast<std::int16_t>(smf_->number_of_tracks),
            static_cast<std::int16_t>(division)};
  }

  class iterator {
   public:
    using value_type = SmfTrackView;
    using difference_type = std::ptrdiff_t;

    explicit iterator(const smf_t& smf) : smf_(&smf) {}

    SmfTrackView operator*() const { return SmfTrackView(*smf_get_track_by_number(smf_, number_)); }
    iterator& operator++() noexcept {
      ++number_;
      return *this;
    }
    void operator++(int) noexcept { ++*this; }
    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
      return at.number_ > at.smf_->number_of_tracks;
    }

   private:
    const smf_t* smf_;
    int number_ = 1;
  };

  iterator begin() const noexcept { return iterator(*smf_); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  const smf_t* smf_;
};

/// Adds a track to an smf_t, event by event.
///
///     aria::SmfPointer smf = aria::new_smf(480);
///     aria::SmfTrackWriter track(*smf);
///     track.write({.tick = {0}, .status = 0x90, .data1 = 60, .data2 = 64});
///     track.write({.tick = {480}, .status = 0x80, .data1 = 60});
///     smf_rewind(smf.get());
class SmfTrackWriter {
 public:
  /// The track belongs to `smf`, which must outlive the writer.
  explicit SmfTrackWriter(smf_t& smf) : track_(smf_track_new()) {
    if (track_ == nullptr) throw std::bad_alloc();
    smf_add_track(&smf, track_);
  }

  /// Adds an event; its tick is absolute and must not lie before that of the last one. What libsmf takes no notice of
  /// but to log it, or to read past its end, is left out: tempo changes and time signatures that are too short, and a
  /// tempo of 0. Of several ends of track the last stays. Throws invalid_argument for what an smf_t cannot hold: ticks
  /// of 2^31 and more, and escape events (0xf7) other than of one system message.
  void write(const Event& event) {
    if (event.tick < tick_) fail("an event lies before the one written last");
    if (event.tick.count > INT_MAX) fail("libsmf holds no position of 2^31 ticks and more");
    if (libsmf_ignores(event)) return;
    const std::span<const std::byte> bytes = wire_form(event);
    if (bytes.size() > INT_MAX) fail("libsmf holds no event of 2 GiB and more");
    // The parameter lacks a const; the bytes are copied.
    void* const data = const_cast<std::byte*>(bytes.data());
    smf_event_t* const added = smf_event_new_from_pointer(data, static_cast<int>(bytes.size()));
    if (added == nullptr) throw std::bad_alloc();
    delete_end_of_track();
    smf_track_add_event_pulses(track_, added, static_cast<int>(event.tick.count));
    tick_ = event.tick;
  }

 private:
  [[noreturn]] void fail(const char* why) const {
    throw Error(ErrorCode::invalid_argument, why, detail::smf_place(track_->track_number));
  }

  // libsmf takes it out of the track by itself, but then nobody frees it.
  void delete_end_of_track() {
    smf_event_t* const last = smf_track_get_last_event(track_);
    if (last != nullptr && smf_event_is_eot(last) != 0) smf_event_delete(last);
  }

  static bool libsmf_ignores(const Event& event) {
    if (event.is_meta(meta_type::time_signature)) return event.payload.size() < 4;
    if (!event.is_meta(meta_type::set_tempo)) return false;
    if (event.payload.size() < 3) return true;
    return (event.payload[0] | event.payload[1] | event.payload[2]) == std::byte{0};
  }

  // See decode_smf_event. Valid until the next call.
  std::span<const std::byte> wire_form(const Event& event) {
    if (event.status == status::escape) {
      if (!is_system_message(event.payload)) fail("libsmf holds no escape event but one of a whole system message");
      return event.payload;
    }
    if (!event.is_channel() && !event.is_meta()) return system_message(event);
    file_form_.clear();
    file_form_.write({{}, event.status, event.data1, event.data2, event.payload});
    return file_form_.bytes().subspan(1);  // without the delta time, a byte of 0
  }

  static bool is_system_message(std::span<const std::byte> bytes) {
    if (bytes.empty() || bytes[0] <= std::byte{status::sysex}) return false;
    if (bytes[0] == std::byte{status::escape} || bytes[0] == std::byte{status::meta}) return false;
    for (const std::byte byte : bytes.subspan(1)) {
      if (byte >= std::byte{0x80}) return false;
    }
    return bytes.size() <= 3;
  }

  // Sysex, and what does not belong into a file without an escape event around it but occurs.
  std::span<const std::byte> system_message(const Event& event) {
    const bool one_data_byte = event.status == 0xf1 || event.status == 0xf3, two_data_bytes = event.status == 0xf2;
    system_.clear();
    system_.append(static_cast<char>(event.status));
    if (one_data_byte || two_data_bytes) system_.append(static_cast<char>(event.data1));
    if (two_data_bytes) system_.append(static_cast<char>(event.data2));
    system_.append({reinterpret_cast<const char*>(event.payload.data()), event.payload.size()});
    return system_.bytes();
  }

  smf_track_t* track_;  // belongs to the smf_t
  Ticks tick_{};
  ByteBuffer system_;
  TrackWriter file_form_;
};

/// An smf_t without tracks. Throws invalid_argument for a division of 0 and for SMPTE, which libsmf does not have.
inline SmfPointer new_smf(int ticks_per_beat) {
  if (ticks_per_beat <= 0 || ticks_per_beat > 0x7fff) {
    throw Error(ErrorCode::invalid_argument, "libsmf holds divisions from 1 to 32,767 ticks a beat only");
  }
  SmfPointer smf(smf_new());
  if (!smf || smf_set_ppqn(smf.get(), ticks_per_beat) != 0) throw std::bad_alloc();
  return smf;
}

/// A file in memory as an smf_t, rewound, without smf_load's faults: the file is read by the library, in the standard
/// reading. Throws invalid_midi as TrackView does, and invalid_argument for what an smf_t cannot hold: format 2 and
/// what `new_smf` and SmfTrackWriter name.
///
///     aria::SmfPointer smf = aria::to_smf(bytes);
///     while (smf_event_t* event = smf_get_next_event(smf.get())) ...
///
/// libsmf 1.3 places each event by a search among the tempo changes, which costs their product. Its smf_save refuses
/// meta events of more than 128 bytes, and aborts the process on system messages and delta times of 2^28: `to_midi`
/// writes them all.
inline SmfPointer to_smf(std::span<const std::byte> midi) {
  const MidiFileView file(midi);
  const MidiHeader header = file.header();
  if (header.format == 2) throw Error(ErrorCode::invalid_argument, "libsmf holds no files of format 2");
  SmfPointer smf = new_smf(header.division);
  for (const TrackView track : file) {
    SmfTrackWriter writer(*smf);
    for (const Event& event : track) writer.write(event);
  }
  if (smf->number_of_tracks == 0) throw Error(ErrorCode::invalid_midi, "has no tracks");
  if (header.format != 0 && smf_set_format(smf.get(), 1) != 0) throw std::bad_alloc();
  smf_rewind(smf.get());
  return smf;
}

/// What MidiDict::to_midi writes as an smf_t. Throws as above and as `to_midi` does.
inline SmfPointer to_smf(const MidiDict& piece) { return to_smf(piece.to_midi()); }

/// The file that smf_save would write, with running status and in time linear in its size. Every track ends at its
/// last event. Throws invalid_midi as SmfTrackView does, and invalid_argument for events that are not in order.
inline std::vector<std::byte> to_midi(const smf_t& smf) {
  const SmfView view(smf);
  std::vector<TrackWriter> tracks;
  for (const SmfTrackView track : view) {
    TrackWriter& writer = tracks.emplace_back();
    for (const Event& event : track) {
      if (!event.is_meta(meta_type::end_of_track)) writer.write(event);
    }
  }
  std::vector<std::byte> all;
  write_midi_file(view.header(), tracks,
                  [&all](std::span<const std::byte> bytes) { all.insert(all.end(), bytes.begin(), bytes.end()); });
  return all;
}

/// An smf_t as a piece of music; `name` is what its file would be called, for the composer. Throws as `to_midi` and
/// MidiDict::from_midi do.
///
///     smf_t* smf = smf_load("piece.mid");
///     aria::MidiDict piece = aria::to_midi_dict(*smf, "piece.mid");
inline MidiDict to_midi_dict(const smf_t& smf, std::string_view name = {}, const MidiOptions& options = {},
                             MidiLosses* losses = nullptr) {
  return MidiDict::from_midi(to_midi(smf), name, options, losses);
}

}  // namespace aria
