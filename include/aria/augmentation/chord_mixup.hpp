// The notes of chords in random order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <aria/augmentation/chord_grammar.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// Puts the notes that start together into random order: export_chord_mixup of the original's TokenizerLazy
/// (aria/tokenizer/tokenizer.py). A chord is what lies between the last wait, prefix or special token and the next
/// wait; every note of it, and every unknown token, as it may be a note that fell off the keyboard, takes the duration
/// behind it along. What stands before a special token, as at the end of a piece, stays. So does what is no chord,
/// where a note lacks its duration or a duration its note.
///
///     const aria::ChordMixup augment(tokenizer);
///     aria::RandomStream random(seed, epoch, index);
///     augment(tokens, random);
///
/// Several threads may use one. It keeps nothing of the tokenizer but tables.
class ChordMixup {
 public:
  /// The tokenizer must write the duration of a note right behind it: a NoteTokenizer.
  template <Tokenizer T>
  explicit ChordMixup(const T& tokenizer) : grammar_(tokenizer) {}

  /// Changes the tokens in place. Draws for every chord of two notes and more as Python's random.shuffle does.
  template <RandomSource Random>
  void operator()(std::vector<TokenId>& tokens, Random& random) const {
    const detail::ChordParts parts = grammar_.parts();
    const auto ends = std::make_unique_for_overwrite<std::size_t[]>(tokens.size() / 3 + 1);
    const std::size_t chords = grammar_.find_chords(tokens, ends.get());
    std::vector<Note> notes(16);  // grows with the largest chord
    for (std::size_t i = 0; i < chords; ++i) {
      TokenId* const end = tokens.data() + ends[i];
      const TokenId wait = *end;  // is written over where a drum is written as if it had a duration
      const Chord chord = take_notes(parts, tokens.data(), end, notes);
      write_shuffled(parts, notes.data(), chord, random);
      *end = wait;
    }
  }

 private:
  // A note and what lies behind it: its duration; of a drum, anything. In one word, as the two are moved together.
  using Note = std::uint64_t;
  static_assert(sizeof(Note) == 2 * sizeof(TokenId));

  struct Chord {
    TokenId* begin = nullptr;
    std::size_t notes = 0;
  };

  // Copies the notes of the chord that ends before `end`, the last one first.
  static Chord take_notes(detail::ChordParts parts, const TokenId* first, TokenId* end, std::vector<Note>& notes) {
    TokenId* at = end;
    std::size_t count = 0;
    while (at != first) {
      const detail::ChordPart part = parts[at[-1]];
      if (part >= detail::ChordPart::wait) break;
      at -= part == detail::ChordPart::duration ? 2 : 1;
      if (count == notes.size()) notes.resize(2 * count);
      std::memcpy(&notes[count++], at, sizeof(Note));
    }
    return {at, count};
  }

  // Python shuffles the notes from the last one down and then takes them from the end, so that each of them can be
  // written as soon as it is drawn.
  template <RandomSource Random>
  static void write_shuffled(detail::ChordParts parts, Note* notes, Chord chord, Random& random) {
    for (std::size_t left = chord.notes; left > 0; --left, ++notes) {
      const std::size_t drawn = left > 1 ? random.below(static_cast<std::uint32_t>(left)) : 0;
      const Note note = notes[left - 1 - drawn];
      notes[left - 1 - drawn] = *notes;
      std::memcpy(chord.begin, &note, sizeof(Note));
      TokenId first = 0;
      std::memcpy(&first, &note, sizeof(TokenId));
      chord.begin += parts.data[first] == detail::ChordPart::drum ? 1 : 2;
    }
  }

  detail::ChordGrammar grammar_;
};

}  // namespace aria
