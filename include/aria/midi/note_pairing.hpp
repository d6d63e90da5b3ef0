// Pairs the note-ons and note-offs of a track to notes, in one pass and without moving a note twice.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <aria/midi/messages.hpp>
#include <aria/midi/units.hpp>

namespace aria::detail {

/// RULES of the pairing (those of the original, in both readings):
/// - a note-off closes all open notes of its channel and pitch that started before it, the oldest first;
/// - those that start at its very tick stay open if it closed others, else they are lost, being of length 0;
/// - what is open at the end of the track is lost.
/// Notes come out in the order of their starts, and where starts are equal in the order in which they were closed.
///
/// A note is put down where its note-on stands, so the starts are in order from the beginning. While it is open, the
/// word for its end holds the index of the next open note of its key.
class NotePairing {
 public:
  NotePairing() { reset(); }

  /// Forgets everything: after a track that ended with an exception.
  void reset() {
    if (dirty_) keys_.fill({kNone, kNone});
    dirty_ = false;
    pending_.clear();
    closed_ = 0;
  }

  void note(Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
    dirty_ = true;
    Key& key = keys_[channel << 7 | pitch];
    if (velocity != 0) {
      open(key, tick, channel, pitch, velocity);
    } else if (key.first != kNone) {
      close(key, tick);
    }
  }

  /// Begins a track of so many bytes, of which a note-on takes three at least. Memory that is not used costs nothing.
  void begin_track(std::size_t bytes) { pending_.reserve(bytes / 3 + 1); }

  /// Ends the track: its notes are added to `notes`.
  void finish_track(std::vector<NoteMsg>& notes, std::uint64_t& unclosed, std::uint64_t& zero_length) {
    if (notes.capacity() < notes.size() + closed_) notes.reserve(std::max(notes.size() + closed_, 2 * notes.size()));
    for (std::size_t i = 0; i < pending_.size();) {
      const std::size_t end = order_chord(i);
      for (; i < end; ++i) {
        const OpenNote& note = pending_[i];
        if (note.order == kOpen) {
          keys_[static_cast<unsigned>(note.channel) << 7 | packed_high(note.start)] = {kNone, kNone};
          ++unclosed;
        } else if (note.order == kLost) {
          ++zero_length;
        } else {
          notes.emplace_back(packed_tick(note.start), Ticks{static_cast<std::int64_t>(note.end)},
                             packed_high(note.start), packed_low(note.start), note.channel);
        }
      }
    }
    dirty_ = false;
    reset();
  }

 private:
  static constexpr std::uint32_t kNone = ~0U;
  // Values of OpenNote::order that are no places in the order of closing.
  static constexpr std::uint32_t kOpen = ~0U;
  static constexpr std::uint32_t kLost = ~0U - 1;

  struct Key {
    std::uint32_t first;
    std::uint32_t last;
  };
  struct OpenNote {
    std::uint64_t start;  // as in NoteMsg
    std::uint64_t end;    // tick; while open, the index of the next open note of the key
    std::uint32_t order;  // of closing
    std::uint8_t channel;
  };

  void open(Key& key, Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
    const auto index = static_cast<std::uint32_t>(pending_.size());
    pending_.push_back({pack(tick, pitch, velocity), kNone, kOpen, static_cast<std::uint8_t>(channel)});
    if (key.first == kNone) {
      key.first = index;
    } else {
      pending_[key.last].end = index;
    }
    key.last = index;
  }

  void close(Key& key, Ticks tick) {
    bool closed_some = false;
    std::uint32_t index = key.first;
    while (index != kNone && packed_tick(pending_[index].start) != tick) {
      OpenNote& note = pending_[index];
      index = static_cast<std::uint32_t>(note.end);
      note.end = static_cast<std::uint64_t>(tick.count);
      note.order = closed_++;
      closed_some = true;
    }
    if (closed_some && index != kNone) {
      key.first = index;
      return;
    }
    for (; index != kNone; index = static_cast<std::uint32_t>(pending_[index].end)) pending_[index].order = kLost;
    key = {kNone, kNone};
  }

  // Puts the notes that start with the one at `begin` into the order of closing; returns their end.
  std::size_t order_chord(std::size_t begin) {
    std::size_t end = begin + 1;
    bool ordered = true;
    for (; end < pending_.size() && packed_tick(pending_[end].start) == packed_tick(pending_[begin].start); ++end) {
      ordered = ordered && pending_[end - 1].order <= pending_[end].order;
    }
    if (!ordered) {
      const auto first = pending_.begin();
      std::sort(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end),
                [](const OpenNote& a, const OpenNote& b) { return a.order < b.order; });
    }
    return end;
  }

  std::array<Key, 16 * 128> keys_;
  std::vector<OpenNote> pending_;
  std::uint32_t closed_ = 0;
  bool dirty_ = true;  // keys_ may name notes
};

}  // namespace aria::detail
