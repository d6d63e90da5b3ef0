// Pairs the note-ons and note-offs of a track to notes, in one pass and without moving a note twice.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>
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
/// A note is put down where its note-on stands, so the starts are in order from the beginning and nothing is sorted but
/// chords whose notes were closed in another order than they were opened.
class NotePairing {
 public:
  NotePairing() { keys_.fill({kNone, kNone}); }

  /// Begins a track of so many bytes, of which a note-on takes three at least. Memory that is not used costs nothing.
  void begin_track(std::size_t bytes) {
    if (in_track_) keys_.fill({kNone, kNone});  // the track before ended with an exception
    in_track_ = true;
    count_ = closed_ = 0;
    const std::size_t most = bytes / 3 + 1;
    if (most <= capacity_) return;
    notes_.reset(new NoteMsg[most]);  // not make_unique: that would clear them
    orders_.reset(new std::uint32_t[most]);
    capacity_ = most;
  }

  void note(Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
    Key& key = keys_[channel << 7 | pitch];
    if (velocity != 0) {
      open(key, NoteMsg(tick, Ticks{kNone}, pitch, velocity, channel));
    } else if (key.first != kNone) {
      close(key, tick);
    }
  }

  /// Ends the track: its notes are added to `notes`.
  void finish_track(std::vector<NoteMsg>& notes, std::uint64_t& unclosed, std::uint64_t& zero_length) {
    if (closed_ != count_) drop_unclosed(unclosed, zero_length);
    if (notes.capacity() < notes.size() + count_) notes.reserve(std::max(notes.size() + count_, 2 * notes.size()));
    std::uint32_t done = 0;
    for (std::uint32_t i = 1; i < count_; ++i) {
      // Both conditions at once, because each alone is as good as random.
      const unsigned same_start = notes_[i].start() == notes_[i - 1].start();
      if ((same_start & unsigned{orders_[i] < orders_[i - 1]}) == 0) continue;
      const auto [begin, end] = chord_around(i);
      notes.insert(notes.end(), notes_.get() + done, notes_.get() + begin);
      add_chord(begin, end, notes);
      i = done = end;
    }
    notes.insert(notes.end(), notes_.get() + done, notes_.get() + count_);
    in_track_ = false;
  }

 private:
  static constexpr std::uint32_t kNone = ~0U;
  // Values in orders_ that are no places in the order of closing.
  static constexpr std::uint32_t kOpen = ~0U;
  static constexpr std::uint32_t kLost = ~0U - 1;

  // The first and the last open note of a channel and pitch.
  struct Key {
    std::uint32_t first;
    std::uint32_t last;
  };

  static unsigned key_of(const NoteMsg& note) { return static_cast<unsigned>(note.channel()) << 7 | note.pitch(); }

  // While a note is open, its end is the index of the next open note of its key.
  std::uint32_t next_of(std::uint32_t index) const { return static_cast<std::uint32_t>(notes_[index].end().count); }

  void set_end(std::uint32_t index, Ticks end) { notes_[index] = NoteMsg(notes_[index], end); }

  void open(Key& key, const NoteMsg& note) {
    const std::uint32_t index = count_++;
    notes_[index] = note;
    orders_[index] = kOpen;
    if (key.first == kNone) {
      key.first = index;
    } else {
      set_end(key.last, Ticks{index});
    }
    key.last = index;
  }

  void close(Key& key, Ticks tick) {
    const std::uint32_t index = key.first;
    if (index != key.last || notes_[index].start() == tick) return close_several(key, tick);
    close_one(index, tick);  // nearly always
    key.first = kNone;
  }

  void close_one(std::uint32_t index, Ticks tick) {
    set_end(index, tick);
    orders_[index] = closed_++;
  }

  [[gnu::noinline]] void close_several(Key& key, Ticks tick) {
    bool closed_some = false;
    std::uint32_t index = key.first;
    while (index != kNone && notes_[index].start() != tick) {
      const std::uint32_t next = next_of(index);
      close_one(index, tick);
      closed_some = true;
      index = next;
    }
    key.first = index;
    if (closed_some && index != kNone) return;
    for (; index != kNone; index = next_of(index)) orders_[index] = kLost;
    key.first = kNone;
  }

  // Takes out the notes that are open or lost.
  void drop_unclosed(std::uint64_t& unclosed, std::uint64_t& zero_length) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (orders_[i] == kOpen) {
        keys_[key_of(notes_[i])] = {kNone, kNone};
        ++unclosed;
      } else if (orders_[i] == kLost) {
        ++zero_length;
      } else {
        notes_[kept] = notes_[i];
        orders_[kept++] = orders_[i];
      }
    }
    count_ = kept;
  }

  // The notes that start with the one at `index`: from the first to behind the last.
  std::pair<std::uint32_t, std::uint32_t> chord_around(std::uint32_t index) const {
    const Ticks tick = notes_[index].start();
    std::uint32_t begin = index;
    while (begin > 0 && notes_[begin - 1].start() == tick) --begin;
    std::uint32_t end = index + 1;
    while (end < count_ && notes_[end].start() == tick) ++end;
    return {begin, end};
  }

  // Adds notes that start together in the order in which they were closed.
  void add_chord(std::uint32_t begin, std::uint32_t end, std::vector<NoteMsg>& notes) {
    chord_.resize(end - begin);
    std::iota(chord_.begin(), chord_.end(), begin);
    std::sort(chord_.begin(), chord_.end(), [this](auto a, auto b) { return orders_[a] < orders_[b]; });
    for (const std::uint32_t index : chord_) notes.push_back(notes_[index]);
  }

  std::array<Key, std::size_t{16} * 128> keys_;
  bool in_track_ = false;
  std::uint32_t count_ = 0;
  std::uint32_t closed_ = 0;
  std::size_t capacity_ = 0;
  std::unique_ptr<NoteMsg[]> notes_;
  std::unique_ptr<std::uint32_t[]> orders_;  // of closing
  std::vector<std::uint32_t> chord_;         // indices of the notes of one
};

}  // namespace aria::detail
