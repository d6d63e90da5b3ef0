// A Standard MIDI File as views of its bytes: the header, the tracks, and the events of a track. Nothing is copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>

#include <aria/midi/event.hpp>
#include <aria/midi/event_decoder.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// The MThd chunk. All three values are signed, as mido has them.
struct MidiHeader {
  std::int16_t format = 0;    ///< 0 one track, 1 tracks played together, 2 tracks on their own; others occur
  std::int16_t tracks = 0;    ///< announced tracks
  std::int16_t division = 0;  ///< ticks a beat; where negative, SMPTE: see TempoMap
};

/// The contents of one MTrk chunk.
struct TrackChunk {
  std::span<const std::byte> bytes;
  std::uint64_t offset = 0;  ///< of the first of `bytes` in the file
  bool cut_off = false;      ///< the file ends before the chunk does
};

/// The events of a track, decoded while it is iterated (once or several times). It ends before an event that is cut
/// off.
///
///     for (const aria::Event& event : track) ...
///
/// Iterating throws invalid_midi for bytes that the reading does not accept.
template <Reading reading = Reading::standard>
class BasicTrackView {
 public:
  explicit BasicTrackView(TrackChunk chunk) : chunk_(chunk) {}

  class iterator {
   public:
    using value_type = Event;
    using difference_type = std::ptrdiff_t;

    explicit iterator(const TrackChunk& chunk) : decoder_(chunk.bytes, chunk.offset) { ++*this; }

    const Event& operator*() const noexcept { return taker_.event; }
    const Event* operator->() const noexcept { return &taker_.event; }
    iterator& operator++() {
      more_ = decoder_.step(taker_) == DecodeStep::event;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept { return !at.more_; }

   private:
    struct Taker {
      static constexpr bool all_notes = true;
      Event event;
      void note(Ticks, unsigned, unsigned, unsigned) noexcept {}
      void channel(Ticks tick, unsigned status, unsigned data1, unsigned data2) noexcept {
        system(tick, status, data1, data2, {});
      }
      void meta(Ticks tick, unsigned type, std::span<const std::byte> payload) noexcept {
        system(tick, status::meta, type, 0, payload);
      }
      void system(Ticks tick, unsigned status, unsigned data1, unsigned data2,
                  std::span<const std::byte> payload) noexcept {
        event = {tick, static_cast<std::uint8_t>(status), static_cast<std::uint8_t>(data1),
                 static_cast<std::uint8_t>(data2), payload};
      }
    };
    EventDecoder<reading> decoder_;
    Taker taker_;
    bool more_ = false;
  };

  iterator begin() const { return iterator(chunk_); }
  std::default_sentinel_t end() const noexcept { return {}; }

  const TrackChunk& chunk() const noexcept { return chunk_; }

 private:
  TrackChunk chunk_;
};

using TrackView = BasicTrackView<>;

/// A file in memory. The bytes must outlive the view.
///
///     aria::MidiFileView file(bytes);
///     for (aria::TrackView track : file)
///       for (const aria::Event& event : track) ...
///
/// In the standard reading a RIFF wrapping is taken off, chunks of other types are skipped, and tracks that are missing
/// or cut off at the end are taken as far as they go; `truncated_at` says so. In the reference reading these are
/// errors.
template <Reading reading = Reading::standard>
class BasicMidiFileView {
 public:
  /// Reads the header. Throws invalid_midi where there is none.
  explicit BasicMidiFileView(std::span<const std::byte> bytes) : bytes_(bytes) {
    if constexpr (!kReference) unwrap_riff();
    const std::size_t size = chunk_size("MThd", "is not a MIDI file: it does not start with MThd");
    position_ += 8;
    if (size < 6 || bytes_.size() - position_ < 6) {
      throw Error(ErrorCode::invalid_midi, "the header is shorter than 6 bytes", {.byte = position_});
    }
    header_ = {signed16(position_), signed16(position_ + 2), signed16(position_ + 4)};
    position_ += std::min(size, bytes_.size() - position_);
  }

  const MidiHeader& header() const noexcept { return header_; }

  /// The chunk of the next track, nothing behind the last one that the header announces. Throws invalid_midi in the
  /// reference reading for what is cut off or no track.
  std::optional<TrackChunk> next_track() {
    while (read_ < header_.tracks) {
      if (bytes_.size() - position_ < 8) {
        note_truncation(bytes_.size(), "a track is missing");
        return std::nullopt;
      }
      const bool is_track = tag_at(position_, "MTrk");
      if (kReference && !is_track) throw Error(ErrorCode::invalid_midi, "no MTrk here", {.byte = position_});
      const std::size_t announced = unsigned32(position_ + 4);
      position_ += 8;
      const std::size_t size = std::min(announced, bytes_.size() - position_);
      const TrackChunk chunk{bytes_.subspan(position_, size), position_, size < announced};
      position_ += size;
      if (chunk.cut_off) note_truncation(bytes_.size(), "the track is cut off");
      if (!is_track) continue;
      ++read_;
      return chunk;
    }
    return std::nullopt;
  }

  /// Where in the bytes the next chunk starts.
  std::uint64_t position() const noexcept { return position_; }

  /// How many tracks `next_track` has given.
  int tracks_read() const noexcept { return read_; }

  /// Byte at which the file ends before its tracks do; the first one, as far as the tracks have been read.
  std::optional<std::uint64_t> truncated_at() const noexcept { return truncated_at_; }

  /// Records that a track ends within an event, at `byte`. Throws invalid_midi in the reference reading.
  void note_truncation(std::uint64_t byte, const char* what = "the track ends within an event") {
    if (kReference) throw Error(ErrorCode::invalid_midi, what, {.byte = byte});
    if (!truncated_at_) truncated_at_ = byte;
  }

  class iterator {
   public:
    using value_type = BasicTrackView<reading>;
    using difference_type = std::ptrdiff_t;

    explicit iterator(const BasicMidiFileView& file) : file_(file), chunk_(file_.next_track()) {}
    BasicTrackView<reading> operator*() const { return BasicTrackView<reading>(*chunk_); }
    iterator& operator++() {
      chunk_ = file_.next_track();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept { return !at.chunk_; }

   private:
    BasicMidiFileView file_;
    std::optional<TrackChunk> chunk_;
  };

  /// Iterates from where `next_track` stands, without moving it.
  iterator begin() const { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  static constexpr bool kReference = reading == Reading::reference;

  // RIFF, size, RMID, then chunks with little-endian sizes, padded to even ones; "data" holds the file (RP-029).
  void unwrap_riff() {
    if (bytes_.size() < 12 || !tag_at(0, "RIFF") || !tag_at(8, "RMID")) return;
    std::size_t at = 12;
    while (bytes_.size() - at >= 8) {
      const std::size_t size = little_endian32(at + 4);
      const bool is_data = tag_at(at, "data");
      at += 8;
      if (is_data) {
        position_ = at;
        bytes_ = bytes_.first(at + std::min(size, bytes_.size() - at));
        return;
      }
      at += std::min(size + size % 2, bytes_.size() - at);
    }
  }

  std::size_t chunk_size(const char* tag, const char* complaint) const {
    if (bytes_.size() - position_ < 8 || !tag_at(position_, tag)) {
      throw Error(ErrorCode::invalid_midi, bytes_.empty() ? "is empty" : complaint, {.byte = position_});
    }
    return unsigned32(position_ + 4);
  }

  bool tag_at(std::size_t at, const char* tag) const { return std::memcmp(bytes_.data() + at, tag, 4) == 0; }
  std::uint32_t byte_at(std::size_t at) const { return std::to_integer<std::uint32_t>(bytes_[at]); }
  std::int16_t signed16(std::size_t at) const { return static_cast<std::int16_t>(byte_at(at) << 8 | byte_at(at + 1)); }
  std::uint32_t unsigned32(std::size_t at) const {
    return byte_at(at) << 24 | byte_at(at + 1) << 16 | byte_at(at + 2) << 8 | byte_at(at + 3);
  }
  std::uint32_t little_endian32(std::size_t at) const {
    return byte_at(at + 3) << 24 | byte_at(at + 2) << 16 | byte_at(at + 1) << 8 | byte_at(at);
  }

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  MidiHeader header_;
  int read_ = 0;
  std::optional<std::uint64_t> truncated_at_;
};

using MidiFileView = BasicMidiFileView<>;

}  // namespace aria
