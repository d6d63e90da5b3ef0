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
    DecodeStep result = DecodeStep::event;
    while (end_ - at_ >= kLongestChannelEvent && result == DecodeStep::event) result = step<false>(handler);
    while (result == DecodeStep::event) result = step<true>(handler);
    return result == DecodeStep::end;
  }

  /// Decodes one event. Throws invalid_midi, with the byte, for what the reading does not accept.
  template <class Handler>
  DecodeStep step(Handler& handler) {
    return end_ - at_ >= kLongestChannelEvent ? step<false>(handler) : step<true>(handler);
  }

 private:
  static constexpr bool kReference = reading == Reading::reference;

  // A delta time of up to four bytes, a status and two data bytes: with as many bytes left, none needs a check.
  static constexpr std::ptrdiff_t kLongestChannelEvent = 7;

  template <bool checked>
  bool exhausted() const {
    return checked && at_ == end_;
  }

  template <bool checked, class Handler>
  [[gnu::always_inline]] DecodeStep step(Handler& handler) {
    if (exhausted<checked>()) return DecodeStep::end;
    const std::uint8_t* const start = at_;
    std::uint64_t delta = *at_++;
    if (delta >= 0x80) {
      delta &= 0x7f;
      if (!take_quantity<checked>(delta)) {
        if (checked) return DecodeStep::truncated;
        at_ = start;
        return step<true>(handler);
      }
      if (delta >= kTickLimit) refuse("a delta time is too large");
    }
    const Ticks tick{tick_.count + static_cast<std::int64_t>(delta)};
    if (exhausted<checked>()) return DecodeStep::truncated;
    unsigned status = *at_;
    if (status >= 0x80) {
      ++at_;
      if (status >= status::sysex) return system_step(status, delta, handler);
      running_ = status;
    } else {
      status = running_;
      if (status - 0x80 >= 0x70) return odd_running_step(delta, handler);
    }
    if (tick.count >= kTickLimit) refuse("a position is too large");
    tick_ = tick;
    if ((status & 0xe0) == status::program_change) {  // program change and channel pressure have one data byte
      if (exhausted<checked>()) return DecodeStep::truncated;
      const unsigned data = *at_++;
      if (data > 127) refuse_data(1);
      handler.channel(tick, status, data, 0U);
      return DecodeStep::event;
    }
    if (checked && end_ - at_ < 2) return DecodeStep::truncated;
    const unsigned data1 = at_[0];
    const unsigned data2 = at_[1];
    at_ += 2;
    if ((data1 | data2) > 127) refuse_data(data1 > 127 ? 2 : 1);
    if (status < status::poly_pressure && !wants_all_notes<Handler>()) {
      handler.note(tick, status & 0x0f, data1, status >= status::note_on ? data2 : 0U);
    } else {
      handler.channel(tick, status, data1, data2);
    }
    return DecodeStep::event;
  }

  template <class Handler>
  static constexpr bool wants_all_notes() {
    if constexpr (requires { Handler::all_notes; }) return Handler::all_notes;
    return false;
  }

  // The rest of a variable-length quantity whose first byte had its high bit set: any number of bytes, saturating.
  // False where the track ends before it does or, unchecked, where it has more than the four bytes of the file format.
  template <bool checked>
  bool take_quantity(std::uint64_t& value) {
    for (int bytes = 1;; ++bytes) {
      if (checked ? at_ == end_ : bytes == 4) return false;
      const unsigned byte = *at_++;
      value = value >> 56 != 0 ? ~std::uint64_t{0} : value << 7 | (byte & 0x7f);
      if (byte < 0x80) return true;
    }
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
    static constexpr std::int8_t kDataBytes[16] = {-1, 1, 2, 1, -1, -1, 0, -1, 0, -1, 0, 0, 0, -1, 0, -1};
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
    if (at_ == end_) return false;
    std::uint64_t size = *at_++;
    if (size >= 0x80) {
      size &= 0x7f;
      if (!take_quantity<true>(size)) return false;
    }
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
