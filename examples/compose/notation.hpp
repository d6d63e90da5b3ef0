// Music as text that a musician can check:
//
//   notes(3, "G4 | C5:2 D5:1 | E5:1.5 F#5:.5 E5:1")
//
//   C4:1      a note (C4 is middle C, Bb3, F#5) and how many quarter notes it lasts
//   D4        a note as long as the one before
//   E4+G4:2   notes at the same time
//   R:.5      a rest
//   A4:3~     tied to what follows, which must be the same notes
//   |         a bar line; where the notes between two of them do not fill the bar, an Error says so
//   mf        how loud it is from here on: pp p mp mf f ff
//
// The first note behind a bar line is played a little louder, so a phrase without an upbeat starts with one.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>

#include "phrase.hpp"

namespace compose {

/// Calls `use` with each of the parts of `text` that stand between characters of `separators`.
template <class Use>
void split(std::string_view text, std::string_view separators, Use use) {
  for (;;) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == text.npos) return;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    use(text.substr(0, end));
    text.remove_prefix(end);
  }
}

[[noreturn]] inline void wrong(std::string_view what, std::string_view where) {
  throw aria::Error(aria::ErrorCode::invalid_argument, std::string(what) + ": " + std::string(where));
}

/// The velocity of a dynamic mark, 0 where the text is none.
inline int velocity_of(std::string_view mark) {
  constexpr std::array<std::pair<std::string_view, int>, 6> kMarks = {
      {{"pp", 38}, {"p", 50}, {"mp", 62}, {"mf", 74}, {"f", 88}, {"ff", 104}}};
  for (const auto& [name, velocity] : kMarks) {
    if (name == mark) return velocity;
  }
  return 0;
}

/// "C4" is 60, "Bb3" 58. A number stands for a note of `chord`, "1" for its first.
inline int pitch_of(std::string_view name, const std::vector<int>& chord = {}) {
  constexpr std::array<int, 7> kSemitones = {9, 11, 0, 2, 4, 5, 7};  // of A to G, above C
  const auto digit = [&](std::size_t i) { return i < name.size() ? static_cast<unsigned>(name[i] - '0') : 10U; };
  if (const auto index = digit(0) - 1; name.size() == 1 && index < chord.size()) return chord[index];
  if (name.empty() || name[0] < 'A' || name[0] > 'G') wrong("not a note", name);
  const int accidental = name.substr(1, 1) == "#" ? 1 : name.substr(1, 1) == "b" ? -1 : 0;
  const std::size_t octave = accidental == 0 ? 1 : 2;
  if (name.size() != octave + 1 || digit(octave) > 9) wrong("not a note", name);
  return 12 * static_cast<int>(digit(octave) + 1) + kSemitones[static_cast<std::size_t>(name[0] - 'A')] + accidental;
}

/// Reads the notation above, word by word.
class NotationReader {
 public:
  explicit NotationReader(double beats_per_bar) : bar_(beats(beats_per_bar)) {}

  /// `chord` is what numbers in the text stand for.
  void read(std::string_view text, const std::vector<int>& chord = {}) {
    split(text, " \n", [&](std::string_view word) { read_word(word, chord); });
  }

  void bar_line() {
    const aria::Ticks length = phrase_.length - bar_start_;
    const bool full = length == bar_ || bar_number_ == 0;  // all but an upbeat
    if (!full || length > bar_) wrong("the notes do not fill the bar", "bar " + std::to_string(bar_number_));
    ++bar_number_;
    bar_start_ = phrase_.length;
    accent_ = kAccent;
  }

  Phrase take() { return std::move(phrase_); }

 private:
  static constexpr int kAccent = 9;

  void read_word(std::string_view word, const std::vector<int>& chord) {
    if (word == "|") return bar_line();
    if (const int velocity = velocity_of(word)) {
      velocity_ = velocity;
      return;
    }
    const bool tied = word.ends_with('~');
    if (tied) word.remove_suffix(1);
    const std::size_t colon = std::min(word.find(':'), word.size());
    if (colon < word.size()) read_length(word.substr(colon + 1));
    if (word.substr(0, colon) != "R") add_notes(word.substr(0, colon), chord, tied);
    phrase_.length = phrase_.length + length_;
  }

  void read_length(std::string_view text) {
    double count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size() || !(count > 0)) wrong("not a length", text);
    length_ = beats(count);
  }

  // A tied note grows where the note before it ended, instead of being struck again.
  void add_notes(std::string_view names, const std::vector<int>& chord, bool tied) {
    std::vector<int> still_tied;
    split(names, "+", [&](std::string_view name) {
      const int pitch = pitch_of(name, chord);
      if (tied) still_tied.push_back(pitch);
      if (std::erase(tied_, pitch) == 0) {
        phrase_.notes.push_back({phrase_.length, length_, pitch, velocity_ + accent_});
      } else {
        Note& before = *std::find_if(phrase_.notes.rbegin(), phrase_.notes.rend(),
                                     [pitch](const Note& note) { return note.pitch == pitch; });
        before.length = before.length + length_;
      }
    });
    if (!tied_.empty()) wrong("a tie leads to another note", names);
    tied_ = std::move(still_tied);
    accent_ = 0;
  }

  Phrase phrase_;
  aria::Ticks bar_, bar_start_{}, length_ = beats(1);
  int bar_number_ = 0, velocity_ = velocity_of("mf"), accent_ = 0;
  std::vector<int> tied_;
};

/// The phrase that `text` spells.
inline Phrase notes(double beats_per_bar, std::string_view text) {
  NotationReader reader(beats_per_bar);
  reader.read(text);
  return reader.take();
}

/// Broken chords: the pattern once a bar, its numbers standing for the notes of that bar's chord.
///
///     figure(2, "1:.5 2 3 2", "C4 E4 G4 | B3 D4 G4")  // C4 E4 G4 E4 | B3 D4 G4 D4
inline Phrase figure(double beats_per_bar, std::string_view pattern, std::string_view chords) {
  NotationReader reader(beats_per_bar);
  split(chords, "|", [&](std::string_view bar) {
    std::vector<int> chord;
    split(bar, " \n", [&](std::string_view word) {
      if (velocity_of(word) != 0) return reader.read(word);
      chord.push_back(pitch_of(word));
    });
    if (chord.empty()) return;
    reader.bar_line();
    reader.read(pattern, chord);
  });
  return reader.take();
}

}  // namespace compose
