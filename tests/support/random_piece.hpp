// Pieces of music of random content, the same for a seed on every machine: for tests of properties.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/midi/messages.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/random.hpp>

namespace test {

/// A sequence of random numbers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}

  /// From 0 to `count` - 1.
  std::uint64_t below(std::uint64_t count) { return aria::random_bits(seed_, index_++) % count; }
  unsigned small(unsigned count) { return static_cast<unsigned>(below(count)); }
  bool one_in(unsigned count) { return below(count) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t index_ = 0;
};

struct PieceOptions {
  unsigned max_notes = 200;     ///< the number of notes is random, and may be 0
  unsigned max_messages = 20;   ///< of each other kind; of tempo changes and instruments there is at least one
  std::int64_t ticks = 20'000;  ///< where messages start, below
  /// Also notes that sound while another of their pitch and channel does. They end together, as a .mid can hold no
  /// other ones.
  bool overlapping_notes = false;
  /// Also what to_midi does not write: texts, with all kinds of characters, and a composer.
  bool texts = false;
};

namespace detail {

inline std::vector<std::int64_t> random_ticks(Dice& dice, std::size_t count, std::int64_t end) {
  std::vector<std::int64_t> ticks(count);
  for (std::int64_t& tick : ticks) tick = static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(end)));
  std::sort(ticks.begin(), ticks.end());
  return ticks;
}

// Characters that JSON escapes, that take one to four bytes, and that look like an escape.
inline std::string random_text(Dice& dice) {
  static constexpr std::array<std::string_view, 16> kPieces = {
      "a",    "Zz",   " ", "\"",      "\\",     "\n",     "\t",         "\x01",
      "\x1f", "\x7f", "/", "\\u0041", "\u00e9", "\u20ac", "\U0001d11e", std::string_view("\0", 1)};
  std::string text;
  for (unsigned i = dice.small(20); i > 0; --i) text += kPieces[dice.small(kPieces.size())];
  return text;
}

inline void add_texts(Dice& dice, unsigned count, aria::MidiDict& piece) {
  for (; count > 0; --count) {
    const auto type = dice.one_in(2) ? aria::MetaMsg::Type::text : aria::MetaMsg::Type::copyright;
    piece.meta.add(type, random_text(dice));
  }
  if (dice.one_in(2)) piece.metadata.emplace_back("composer", random_text(dice));
}

// Notes with chords and repeated pitches, each after the one before it on its pitch and channel has ended or, where
// wanted, ending with it. In the order in which a reader closes them: by start, end, and the start of the first of the
// notes that end together with them.
inline void add_notes(Dice& dice, const PieceOptions& options, aria::MidiDict& piece) {
  struct Sounding {
    std::int64_t first_start = 0, end = 0;
  };
  std::array<std::array<Sounding, 128>, 16> keys{};
  std::vector<std::pair<std::int64_t, aria::NoteMsg>> notes;  // first_start, note
  // Few of them make many repetitions.
  const unsigned channels = 1 + dice.small(dice.one_in(2) ? 2 : 16), pitches = 1 + dice.small(dice.one_in(2) ? 6 : 128);
  std::int64_t start = 0;
  for (const std::int64_t tick : random_ticks(dice, dice.small(options.max_notes + 1), options.ticks)) {
    if (!dice.one_in(3)) start = tick;  // else a chord with the last note
    const unsigned channel = dice.small(channels), pitch = dice.small(pitches), velocity = 1 + dice.small(127);
    Sounding& key = keys[channel][pitch];
    if (key.end <= start) {
      key = {start, start + 1 + static_cast<std::int64_t>(dice.below(1U << dice.small(12)))};
    } else if (!options.overlapping_notes) {
      continue;
    }
    notes.emplace_back(key.first_start,
                       aria::NoteMsg(aria::Ticks{start}, aria::Ticks{key.end}, pitch, velocity, channel));
  }
  const auto rank = [](const auto& entry) {
    const auto& [first_start, note] = entry;
    return std::tuple(note.start(), note.end(), first_start, note.channel(), note.pitch());
  };
  std::stable_sort(notes.begin(), notes.end(), [rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
  for (const auto& entry : notes) piece.notes.push_back(entry.second);
}

}  // namespace detail

/// A valid piece of random content: tempo changes, pedal, programs and notes on up to 16 channels, several of them at
/// one tick now and then. Without `texts`, MidiDict::from_midi(piece.to_midi()) == piece.
///
///     const auto seed = GENERATE(range(0, 100));
///     const aria::MidiDict piece = test::random_piece(seed);
inline aria::MidiDict random_piece(std::uint64_t seed, const PieceOptions& options = {}) {
  Dice dice(seed);
  aria::MidiDict piece;
  piece.ticks_per_beat = dice.one_in(2) ? 480 : static_cast<int>(1 + dice.below(0x7fff));
  const auto some_ticks = [&](unsigned at_least) {
    return detail::random_ticks(dice, at_least + dice.small(options.max_messages), options.ticks);
  };
  for (const std::int64_t tick : some_ticks(1)) {
    const std::uint64_t tempo = dice.one_in(4) ? 1 + dice.below(0xff'ffff) : 250'000 + dice.below(1'000'000);
    piece.tempos.push_back({aria::Ticks{tick}, tempo});
  }
  for (const std::int64_t tick : some_ticks(0)) {
    piece.pedals.emplace_back(aria::Ticks{tick}, dice.small(16), dice.one_in(2));
  }
  for (const std::int64_t tick : some_ticks(1)) {
    piece.instruments.emplace_back(aria::Ticks{tick}, dice.small(16), dice.small(128));
  }
  detail::add_notes(dice, options, piece);
  if (options.texts) detail::add_texts(dice, dice.small(options.max_messages), piece);
  return piece;
}

}  // namespace test
