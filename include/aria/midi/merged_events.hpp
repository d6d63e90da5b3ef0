// The notes, programs and tempos of all tracks of a file in one order: what a synthesizer would be sent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <aria/midi/event_decoder.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/merge_runs.hpp>

namespace aria {

/// What a merged event says.
enum class MergedKind : std::uint8_t {
  note,     ///< channel, pitch, velocity; velocity 0 is a note-off
  program,  ///< channel, program
  tempo,    ///< the number of a tempo
  other,    ///< something happens; reference reading only, where sums of times depend on it
};

namespace detail {

// What a merged event says in 32 bits: the kind in the lowest two, above them either velocity, pitch and channel, or
// program and channel, or a number.
struct MergedWord {
  std::uint32_t bits = 0;

  static constexpr MergedWord note(unsigned channel, unsigned pitch, unsigned velocity) noexcept {
    return {(channel << 14 | pitch << 7 | velocity) << 2};
  }
  static constexpr MergedWord program(unsigned channel, unsigned program) noexcept {
    return {(channel << 14 | program) << 2 | 1};
  }
  static constexpr MergedWord tempo(std::uint32_t number) noexcept { return {number << 2 | 2}; }
  static constexpr MergedWord other() noexcept { return {3}; }

  constexpr MergedKind kind() const noexcept { return static_cast<MergedKind>(bits & 3); }
  constexpr unsigned channel() const noexcept { return bits >> 16 & 0x0f; }
  constexpr unsigned pitch() const noexcept { return bits >> 9 & 0x7f; }
  constexpr unsigned velocity() const noexcept { return bits >> 2 & 0x7f; }
  constexpr unsigned program() const noexcept { return velocity(); }
  constexpr std::uint32_t number() const noexcept { return bits >> 2; }
};

// An event in eight bytes, which is enough for nearly all files: ticks below 2^40, numbers below 2^22.
struct ShortMergedEvent {
  std::uint64_t bits;

  static bool can_hold(std::int64_t last_tick, std::size_t tempos) noexcept {
    return last_tick >> 40 == 0 && tempos >> 22 == 0;
  }
  static ShortMergedEvent of(std::int64_t tick, MergedWord word) noexcept {
    return {static_cast<std::uint64_t>(tick) << 24 | (word.bits & 0xff'ffff)};
  }
  std::int64_t tick() const noexcept { return static_cast<std::int64_t>(bits >> 24); }
  MergedWord word() const noexcept { return {static_cast<std::uint32_t>(bits & 0xff'ffff)}; }
};

struct LongMergedEvent {
  std::int64_t ticks;
  MergedWord bits;

  static bool can_hold(std::int64_t, std::size_t) noexcept { return true; }
  static LongMergedEvent of(std::int64_t tick, MergedWord word) noexcept { return {tick, word}; }
  std::int64_t tick() const noexcept { return ticks; }
  MergedWord word() const noexcept { return bits; }
};

// Takes what the decoder finds in a track.
template <class MergedEvent, bool with_others>
struct MergedCollector {
  MergedEvent* next;
  std::vector<std::uint32_t>& tempos;
  std::int64_t last_tick = -1;  // of events in `next`, where others than notes count
  std::uint64_t ignored_meta_events = 0;

  void put(Ticks tick, MergedWord word) noexcept {
    *next++ = MergedEvent::of(tick.count, word);
    if constexpr (with_others) last_tick = tick.count;
  }
  void put_other(Ticks tick) noexcept {
    if (with_others && tick.count != last_tick) put(tick, MergedWord::other());
  }

  void note(Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) noexcept {
    put(tick, MergedWord::note(channel, pitch, velocity));
  }
  void channel(Ticks tick, unsigned status, unsigned data1, unsigned) noexcept {
    if ((status & 0xf0) != status::program_change) return put_other(tick);
    put(tick, MergedWord::program(status & 0x0f, data1));
  }
  void meta(Ticks tick, unsigned type, std::span<const std::byte> payload) {
    // An end of track counts for nothing, wherever it stands.
    if (type == meta_type::end_of_track) return;
    if (type != meta_type::set_tempo) return put_other(tick);
    if (payload.size() < 3) {
      ++ignored_meta_events;
      return put_other(tick);
    }
    const auto at = [payload](std::size_t i) { return std::to_integer<std::uint32_t>(payload[i]); };
    tempos.push_back(at(0) << 16 | at(1) << 8 | at(2));
    put(tick, MergedWord::tempo(static_cast<std::uint32_t>(tempos.size() - 1)));
  }
  void system(Ticks tick, unsigned, unsigned, unsigned, std::span<const std::byte>) noexcept { put_other(tick); }
};

// Memory that is not cleared before it is written to.
template <class T>
class RawArray {
 public:
  T* room(std::size_t count) {
    if (count > capacity_) {
      items_.reset();
      items_.reset(new T[count]);
      capacity_ = count;
    }
    return items_.get();
  }

 private:
  std::unique_ptr<T[]> items_;
  std::size_t capacity_ = 0;
};

}  // namespace detail

/// What is true of all events of a file.
struct MergedFile {
  MidiHeader header;
  int tracks = 0;                               ///< that there are
  std::int64_t last_tick = 0;                   ///< no event stands behind it
  std::span<const std::uint32_t> tempos{};      ///< microseconds a beat, by the numbers in the events
  std::optional<std::uint64_t> truncated_at{};  ///< as MidiLosses has it
};

/// Reads MIDI files one after the other with the same working memory; one a thread. The events come in the order of
/// their ticks, at equal ticks in the order of the tracks and of the file.
///
///     aria::MergedEventReader<> reader;
///     reader.read(bytes, [&](const aria::MergedFile& file, auto events) {
///       for (const auto event : events) use(event.tick(), event.word());
///     });
template <Reading reading = Reading::standard>
class MergedEventReader {
 public:
  /// Calls `use(MergedFile, events)` and returns what it returns. Throws invalid_midi for what the reading does not
  /// accept, with the track and byte, and too_large above 4 GiB.
  template <class Use>
  decltype(auto) read(std::span<const std::byte> bytes, Use use) {
    if (bytes.size() > kMaxBytes) throw Error(ErrorCode::too_large, "is larger than 4 GiB");
    MergedFile file;
    if (const auto events = collect(bytes, short_, file)) return use(std::as_const(file), *events);
    return use(std::as_const(file), *collect(bytes, long_, file));
  }

 private:
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 32;

  template <class MergedEvent>
  struct Memory {
    detail::RawArray<MergedEvent> events, spare;
  };

  // Nothing where an event does not fit.
  template <class MergedEvent>
  std::optional<std::span<const MergedEvent>> collect(std::span<const std::byte> bytes, Memory<MergedEvent>& memory,
                                                      MergedFile& file) {
    BasicMidiFileView<reading> view(bytes);
    tempos_.clear();
    ends_.clear();
    file = {.header = view.header()};
    MergedEvent* const begin = memory.events.room(bytes.size() / 2 + 1);  // an event takes two bytes at least
    detail::MergedCollector<MergedEvent, reading == Reading::reference> collector{begin, tempos_};
    while (const auto track = view.next_track()) {
      const MergedEvent* const first = collector.next;
      collector.last_tick = -1;
      const std::int64_t end = decode(*track, view, collector);
      if (collector.next != first) file.last_tick = std::max(file.last_tick, end);
      ends_.push_back(static_cast<std::size_t>(collector.next - begin));
    }
    file.tracks = view.tracks_read();
    file.truncated_at = view.truncated_at();
    file.tempos = tempos_;
    if (!MergedEvent::can_hold(file.last_tick, tempos_.size())) return std::nullopt;
    const auto count = static_cast<std::size_t>(collector.next - begin);
    const MergedEvent* sorted = merge_runs(begin, ends_, memory.spare.room(ends_.size() > 1 ? count : 0),
                                           [](const MergedEvent& event) { return event.tick(); });
    return std::span(sorted, count);
  }

  // Returns where the track ends.
  template <class Collector>
  static std::int64_t decode(const TrackChunk& track, BasicMidiFileView<reading>& view, Collector& collector) {
    try {
      EventDecoder<reading> decoder(track.bytes, track.offset);
      if (!decoder.run(collector)) view.note_truncation(track.offset + track.bytes.size());
      return decoder.tick().count;
    } catch (const Error& error) {
      Place place = error.place();
      place.track = static_cast<std::uint64_t>(view.tracks_read() - 1);
      throw Error(error.code(), error.message(), place);
    }
  }

  Memory<detail::ShortMergedEvent> short_;
  Memory<detail::LongMergedEvent> long_;
  std::vector<std::uint32_t> tempos_;
  std::vector<std::size_t> ends_;
};

}  // namespace aria
