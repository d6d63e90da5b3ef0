// The decoder of track bytes, written once: for events handed out one at a time and for a pass over a whole track.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aria/midi/event.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/reference_checks.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// How a call to EventDecoder::step ended.
enum class DecodeStep : std::uint8_t {
  event,      ///< one event was handed to the handler
  end,        ///< the track ends here, between two events
  truncated,  ///< the track ends within an event, which is lost
};

/// Decodes the events of one track (Standard MIDI Files 1.0, "MTrk event"). A handler has
///
///     void note(Ticks, unsigned channel, unsigned pitch, unsigned velocity);  // velocity 0: note off
///     void channel(Ticks, unsigned status, unsigned data1, unsigned data2);   // all other channel messages
///     void meta(Ticks, unsigned type, std::span<const std::byte> payload);
///     void system(Ticks, unsigned status, unsigned data1, unsigned data2, std::span<const std::byte> payload);
///
/// and, where it sets `static constexpr bool all_notes = true`, gets notes through `channel` like the rest, so that it
/// sees release velocities. Nothing is allocated.
template <Reading reading>
class EventDecoder {
 public:
  /// `track` is the contents of an MTrk chunk, `offset` its place in the file, for errors.
  EventDecoder(std::span<const std::byte> track, std::uint64_t offset)
      : begin_(reinterpret_cast<const std::uint8_t*>(track.data())),
        at_(begin_),
        end_(begin_ + track.size()),
        offset_(offset) {}

  /// Decodes all events. False where the last one is truncated. Throws as `step` does.
  template <class Handler>
  bool run(Handler& handler) {
    for (;;) {
      plain_channel_events(handler);
      const DecodeStep result = step(handler);
      if (result != DecodeStep::event) return result == DecodeStep::end;
    }
  }

  /// Where the event decoded last stands.
  Ticks tick() const noexcept { return tick_; }

  /// Decodes one event. Throws invalid_midi, with the byte, for what the reading does not accept.
  template <class Handler>
  DecodeStep step(Handler& handler) {
    if (at_ == end_) return DecodeStep::end;
    std::uint64_t delta = 0;
    if (!take_quantity(delta)) return DecodeStep::truncated;
    if (delta >= kTickLimit) refuse("a delta time is too large");
    if (at_ == end_) return DecodeStep::truncated;
    unsigned status = *at_;
    if (status >= status::sysex) {
      ++at_;
      return system_step(status, delta, handler);
    }
    if (status < 0x80) {
      status = running_;
      if (!is_channel(status)) return odd_running_step(delta, handler);
    } else {
      ++at_;
      running_ = status;
    }
    const int count = data_bytes_of(status);
    if (end_ - at_ < count) return DecodeStep::truncated;
    const unsigned data1 = at_[0];
    const unsigned data2 = count > 1 ? at_[1] : 0U;
    at_ += count;
    if (data1 > 127) refuse_data(count);
    if (data2 > 127) refuse_data(1);
    advance(delta);
    hand_over(handler, tick_, status, data1, data2);
    return DecodeStep::event;
  }

 private:
  static constexpr bool kReference = reading == Reading::reference;

  static constexpr bool is_channel(unsigned status) { return status >= 0x80 && status < status::sysex; }

  // Program change and channel pressure have one data byte, all other channel messages two.
  static constexpr int data_bytes_of(unsigned status) { return (status & 0xe0) == status::program_change ? 1 : 2; }

  template <class Handler>
  static constexpr bool wants_all_notes() {
    if constexpr (requires { Handler::all_notes; }) return Handler::all_notes;
    return false;
  }

  template <class Handler>
  static void hand_over(Handler& handler, Ticks tick, unsigned status, unsigned data1, unsigned data2) {
    if (status < status::poly_pressure && !wants_all_notes<Handler>()) {
      const unsigned is_on = status >> 4 & 1;  // arithmetic, because a branch would be mispredicted often
      handler.note(tick, status & 0x0f, data1, data2 & (0U - is_on));
    } else {
      handler.channel(tick, status, data1, data2);
    }
  }

  // The way of nearly all bytes: channel messages with all their bytes there and nothing to complain about, decoded
  // without a check of the end for each byte and with the state in registers. Stops before the first event that is
  // anything else, which is for `step`.
  template <class Handler>
  void plain_channel_events(Handler& handler) {
    // Four bytes of delta time, a status, two data bytes.
    constexpr std::ptrdiff_t kLongest = 7;
    const std::uint8_t* at = at_;
    std::int64_t tick = tick_.count;
    unsigned running = running_;
    // No delta time of four bytes leads from below this beyond the limit.
    while (end_ - at >= kLongest && tick < kTickLimit - (1 << 28)) {
      const std::uint8_t* next = at;
      std::int64_t delta = *next++;
      if (delta >= 0x80) {
        delta = (delta & 0x7f) << 7 | (*next & 0x7f);
        for (int bytes = 2; *next++ >= 0x80 && bytes < 4; ++bytes) delta = delta << 7 | (*next & 0x7f);
        if (next[-1] >= 0x80) break;
      }
      unsigned status = *next;
      if (status >= 0x80) {
        ++next;
      } else {
        status = running;
      }
      if (!is_channel(status)) break;
      const unsigned data1 = next[0];
      unsigned data2 = next[1];
      const int count = data_bytes_of(status);
      if (count == 1) data2 = 0;
      if ((data1 | data2) > 127) break;
      at = next + count;
      tick += delta;
      running = status;
      hand_over(handler, Ticks{tick}, status, data1, data2);
    }
    at_ = at;
    tick_ = {tick};
    running_ = running;
  }

  // A variable-length quantity of any number of bytes, saturating. False where the track ends before it does.
  bool take_quantity(std::uint64_t& value) {
    for (value = 0; at_ != end_;) {
      const unsigned byte = *at_++;
      value = value >> 56 != 0 ? ~std::uint64_t{0} : value << 7 | (byte & 0x7f);
      if (byte < 0x80) return true;
    }
    return false;
  }

  // A data byte where no channel message is running.
  template <class Handler>
  DecodeStep odd_running_step(std::uint64_t delta, Handler& handler) {
    if (running_ == 0) refuse("a data byte without a status before it");
    const unsigned status = running_;  // only the reference reading keeps the status of a system message
    if (status != status::sysex && status != status::escape) return system_common(status, delta, handler, true);
    ++at_;  // mido takes the data byte for the status
    return sysex(status, delta, handler);
  }

  template <class Handler>
  [[gnu::noinline]] DecodeStep system_step(unsigned status, std::uint64_t delta, Handler& handler) {
    if (status == status::meta) return meta(delta, handler);
    if (kReference) running_ = status;
    if (status == status::sysex || status == status::escape) return sysex(status, delta, handler);
    return system_common(status, delta, handler, false);
  }

  template <class Handler>
  DecodeStep meta(std::uint64_t delta, Handler& handler) {
    const auto* start = at_;
    if (at_ == end_) return DecodeStep::truncated;
    const unsigned type = *at_++;
    std::span<const std::byte> payload;
    if (!take_payload(payload)) return DecodeStep::truncated;
    if constexpr (kReference) {
      if (!detail::kReferenceKnownMeta[type]) delta = 0;
      detail::check_meta_as_reference(static_cast<std::uint8_t>(type), payload, place_of(start));
    }
    advance(delta);
    handler.meta(tick_, type, payload);
    return DecodeStep::event;
  }

  template <class Handler>
  DecodeStep sysex(unsigned status, std::uint64_t delta, Handler& handler) {
    const auto* start = at_;
    std::span<const std::byte> payload;
    if (!take_payload(payload)) return DecodeStep::truncated;
    if constexpr (kReference) detail::check_sysex_as_reference(payload, place_of(start));
    advance(delta);
    handler.system(tick_, status, 0U, 0U, payload);
    return DecodeStep::event;
  }

  // System common and real-time messages, which do not belong into a file but occur.
  template <class Handler>
  DecodeStep system_common(unsigned status, std::uint64_t delta, Handler& handler, bool running) {
    static constexpr int kDataBytes[16] = {-1, 1, 2, 1, -1, -1, 0, -1, 0, -1, 0, 0, 0, -1, 0, -1};
    const int count = kDataBytes[status & 0x0f];
    if (count < 0) refuse("an undefined status byte");
    if (count == 0 && running) refuse("a data byte after a message that has none");
    if (end_ - at_ < count) return DecodeStep::truncated;
    const unsigned data1 = count > 0 ? at_[0] : 0U;
    const unsigned data2 = count > 1 ? at_[1] : 0U;
    at_ += count;
    if ((data1 | data2) > 127) refuse_data(1);
    advance(delta);
    handler.system(tick_, status, data1, data2, std::span<const std::byte>{});
    return DecodeStep::event;
  }

  bool take_payload(std::span<const std::byte>& payload) {
    std::uint64_t size = 0;
    if (!take_quantity(size)) return false;
    if (kReference && size > detail::kReferenceMaxPayload) refuse("a message is longer than 1,000,000 bytes");
    if (size > static_cast<std::uint64_t>(end_ - at_)) return false;
    payload = {reinterpret_cast<const std::byte*>(at_), static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  void advance(std::uint64_t delta) {
    tick_ = Ticks{tick_.count + static_cast<std::int64_t>(delta)};
    if (tick_.count >= kTickLimit) refuse("a position is too large");
  }

  std::uint64_t place_of(const std::uint8_t* at) const { return offset_ + static_cast<std::uint64_t>(at - begin_); }

  [[noreturn, gnu::cold, gnu::noinline]] void refuse(const char* why) const {
    throw Error(ErrorCode::invalid_midi, why, {.byte = place_of(at_)});
  }

  // `back`: how many bytes ago.
  [[noreturn, gnu::cold, gnu::noinline]] void refuse_data(int back) const {
    throw Error(ErrorCode::invalid_midi, "data byte " + std::to_string(*(at_ - back)) + " is above 127",
                {.byte = place_of(at_ - back)});
  }

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::uint64_t offset_;
  Ticks tick_{};
  unsigned running_ = 0;
};

}  // namespace aria
