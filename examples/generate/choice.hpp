// What a musician writes on a command line to choose notes: by instrument, or by the track in which they stand.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/midi_dict.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/config/instrument.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/note_tracks.hpp>
#include <aria/midi/program_names.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>

#include "../cli/arguments.hpp"

namespace generate {

/// A mark for each program, and one for drums.
using InstrumentSet = std::bitset<aria::anticipation::kDrumInstrument + std::size_t{1}>;

/// Notes that are meant. Items stand between commas, and a note is chosen where one of them means it. Blanks around
/// items, and upper and lower case do not count:
///
///     program:0,33            these programs, 0 to 127; numbers behind it go on with it until the next word
///     track:2                 what stands in this track, from 0 as in NoteTracks; numbers go on here, too
///     drums
///     violin                  a name of General MIDI, and "electric bass" or "electric piano" for all that begin so
///     strings, synth_lead     one of the sixteen classes of instruments; "synth lead", too
struct Choice {
  InstrumentSet instruments;
  std::vector<std::uint16_t> tracks;  ///< in order, each once
  std::vector<std::string> names;     ///< what was said of instruments, for messages

  /// Throws cli::UsageError for what is none of these, with what is, and with the name that may have been meant.
  static Choice parse(std::string_view what);

  /// Whether it means a note of an instrument (a program, or kDrumInstrument) in a track.
  bool has(unsigned instrument, unsigned track) const {
    return (instrument < instruments.size() && instruments[instrument]) ||
           std::binary_search(tracks.begin(), tracks.end(), track);
  }
};

/// Where the notes of a file come from, in the order of MidiDict::notes. Of one length but for the names.
struct NoteSources {
  std::vector<std::uint8_t> instruments;  ///< programs, or kDrumInstrument
  std::vector<std::uint16_t> tracks;
  std::vector<std::string> track_names;  ///< by the number of the track; may be shorter than there are tracks
};

/// The sources of the notes of a piece that was read from `file` in the standard reading. The instruments are those
/// that anticipation::compound_from gives. Throws as aria::note_tracks does.
inline NoteSources note_sources(std::span<const std::byte> file, const aria::MidiDict& piece) {
  aria::NoteTracks of_file = aria::note_tracks(file, piece);
  NoteSources sources{{}, std::move(of_file.tracks), std::move(of_file.names)};
  std::vector<aria::anticipation::CompoundEvent> events;
  aria::anticipation::compound_from(piece, events);
  sources.instruments.reserve(events.size());
  for (const auto& event : events) sources.instruments.push_back(event.instrument);
  return sources;
}

namespace detail {

// "a", "a and b", "a, b and c".
inline std::string listed(const std::vector<std::string>& items, std::string_view last = " and ") {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) text += i + 1 == items.size() ? last : ", ";
    text += items[i];
  }
  return text;
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

inline std::string quoted(std::string_view text) { return '"' + aria::excerpt(text) + '"'; }

// All that can be said without a number.
inline std::vector<std::string_view> known_names() {
  std::vector<std::string_view> names(aria::kInstrumentNames.begin(), aria::kInstrumentNames.end());
  names.push_back("drums");
  for (unsigned program = 0; program < aria::kProgramCount; ++program) {
    names.push_back(aria::program_name(program));
    for (const std::string_view name : aria::short_program_names(program)) names.push_back(name);
  }
  return names;
}

// How many letters must be put in, taken out, replaced or exchanged with their neighbours to make one of the other.
inline std::size_t typing_errors(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      next[j] = std::min({replaced, row[j] + 1, next[j - 1] + 1});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row.back();
}

// The name that differs least, where few letters are wrong: one in four to six, and a third of more.
inline std::string_view nearest_name(std::string_view word) {
  const std::string wanted = aria::folded_name(word);
  constexpr std::size_t kLongest = 40;  // longer than any name
  if (wanted.size() < 4 || wanted.size() > kLongest) return {};
  std::size_t fewest = std::max<std::size_t>(1, (wanted.size() + 1) / 3) + 1;
  std::string_view nearest;
  for (const std::string_view name : known_names()) {
    const std::size_t errors = typing_errors(wanted, aria::folded_name(name));
    if (errors < fewest) {
      fewest = errors;
      nearest = name;
    }
  }
  return nearest;
}

// A text in small letters, its words between single blanks: " orchestral harp ".
inline std::string words_of(std::string_view text) {
  std::string words(1, ' ');
  for (const char c : text) {
    const bool letter = aria::folded_name({&c, 1}).size() == 1;
    if (letter) {
      words += aria::folded_name({&c, 1});
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

// Names of programs in which what was said is a part: "sax" is none, but four of them have it.
inline std::vector<std::string> names_with(std::string_view word) {
  constexpr std::size_t kMost = 4;
  const std::string wanted = words_of(word);
  std::vector<std::string> names;
  for (const std::string_view name : aria::kProgramNames) {
    if (names.size() == kMost) break;
    if (wanted != " " && words_of(name).find(wanted) != std::string::npos) names.emplace_back(name);
  }
  return names;
}

// What a word may have been meant to be.
inline std::vector<std::string> meant_by(std::string_view word) {
  if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
    const std::string head = aria::folded_name(word.substr(0, std::min<std::size_t>(colon, 20)));
    for (const char* known : {"program", "track"}) {
      if (typing_errors(head, known) <= 2) return {known + std::string(":N")};
    }
    return {};
  }
  std::vector<std::string> meant = names_with(word);
  if (const std::string_view nearest = nearest_name(word); !nearest.empty()) {
    // A part of a name is as good as all of it, unless a single letter is wrong.
    const bool close = typing_errors(aria::folded_name(word), aria::folded_name(nearest)) <= 1;
    if (meant.empty() || close) meant = {std::string(nearest)};
  }
  return meant;
}

[[noreturn]] inline void refuse_word(std::string_view word) {
  std::string text = quoted(word) + " names no notes";
  const std::vector<std::string> meant = meant_by(word);
  if (!meant.empty()) text += "; did you mean " + listed(meant, " or ") + '?';
  text += (meant.empty() ? "; understood are" : " Understood are");
  text += R"( program:N (0 to 127), track:N (from 0), drums, names of General MIDI such as "Violin", and the classes )";
  const std::vector<std::string> classes(aria::kInstrumentNames.begin(), aria::kInstrumentNames.end());
  throw cli::UsageError(text + listed(classes));
}

// Reads the items of a choice one after the other.
class ChoiceParser {
 public:
  void item(std::string_view text) {
    text = trimmed(text);
    if (text.empty()) throw cli::UsageError("a choice of notes, or a part of it between commas, is empty");
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
      start_numbers(text, aria::folded_name(text.substr(0, colon)));
      number(trimmed(text.substr(colon + 1)));
    } else if (text.find_first_not_of("0123456789") == std::string_view::npos) {
      number(text);
    } else {
      numbers_ = Numbers::none;
      word(text);
    }
  }

  Choice finish() {
    auto& tracks = choice_.tracks;
    std::sort(tracks.begin(), tracks.end());
    tracks.erase(std::unique(tracks.begin(), tracks.end()), tracks.end());
    return std::move(choice_);
  }

 private:
  // What a number is.
  enum class Numbers : std::uint8_t { none, programs, tracks };

  void start_numbers(std::string_view text, std::string_view word) {
    if (word != "program" && word != "track") refuse_word(text);
    numbers_ = word == "program" ? Numbers::programs : Numbers::tracks;
  }

  void number(std::string_view text) {
    const std::string digits(text);
    if (numbers_ == Numbers::none) {
      throw cli::UsageError(digits + " may be a program or a track: write program:" + digits + " or track:" + digits);
    }
    const bool programs = numbers_ == Numbers::programs;
    constexpr unsigned kMostProgram = 127, kMostTrack = 32766;  // a file announces 32767 tracks at most
    const unsigned most = programs ? kMostProgram : kMostTrack;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > most) {
      throw cli::UsageError((programs ? "programs are numbers from 0 to " : "tracks are numbers from 0 to ") +
                            std::to_string(most) + ", and " + quoted(text) + " is none");
    }
    if (programs) {
      add(number, "program " + std::to_string(number) + ' ' + std::string(aria::program_name(number)));
    } else {
      choice_.tracks.push_back(static_cast<std::uint16_t>(number));
    }
  }

  void word(std::string_view text) {
    const std::string folded = aria::folded_name(text);
    if (folded == "drums") return add(aria::anticipation::kDrumInstrument, "drums");
    for (std::size_t i = 0; i < aria::kInstrumentCount; ++i) {
      if (folded == aria::folded_name(aria::kInstrumentNames[i])) return add_class(i);
    }
    const std::vector<unsigned> programs = aria::programs_named(text);
    if (programs.empty()) refuse_word(text);
    const bool one = programs.size() == 1;
    const std::string name(one ? aria::program_name(programs[0]) : text);
    for (const unsigned program : programs) add(program, name);
  }

  void add_class(std::size_t number) {
    for (unsigned program = 0; program < aria::kProgramCount; ++program) {
      if (aria::instrument_of(program) != static_cast<aria::Instrument>(number)) continue;
      add(program, std::string(aria::kInstrumentNames[number]));
    }
  }

  void add(unsigned instrument, const std::string& name) {
    choice_.instruments.set(instrument);
    auto& names = choice_.names;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  Choice choice_;
  Numbers numbers_ = Numbers::none;
};

// "track 2", "tracks 2 and 9".
inline std::string tracks_said(const Choice& choice) {
  std::vector<std::string> numbers;
  for (const std::uint16_t track : choice.tracks) numbers.push_back(std::to_string(track));
  return (numbers.size() == 1 ? "track " : "tracks ") + listed(numbers);
}

// "program 33 Electric Bass (finger) (96 notes), drums (1 note)".
inline std::string instruments_played(const NoteSources& sources) {
  std::array<std::size_t, InstrumentSet().size()> counts{};
  for (const std::uint8_t instrument : sources.instruments) ++counts.at(instrument);
  std::string text;
  for (unsigned i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += text.empty() ? "" : ", ";
    text += i == aria::anticipation::kDrumInstrument
                ? "drums"
                : "program " + std::to_string(i) + ' ' + std::string(aria::program_name(i));
    text += " (" + std::to_string(counts[i]) + (counts[i] == 1 ? " note)" : " notes)");
  }
  return text;
}

// The tracks that have notes: `the tracks 1 "Piano", 2 "Bass", 9`.
inline std::string tracks_played(const NoteSources& sources) {
  constexpr std::size_t kLongestName = 40;
  std::vector<std::uint16_t> tracks = sources.tracks;
  std::sort(tracks.begin(), tracks.end());
  tracks.erase(std::unique(tracks.begin(), tracks.end()), tracks.end());
  std::vector<std::string> texts;
  for (const std::uint16_t track : tracks) {
    std::string& text = texts.emplace_back(std::to_string(track));
    if (track >= sources.track_names.size()) continue;
    const std::string_view name = trimmed(sources.track_names[track]);
    if (!name.empty()) text += " \"" + aria::excerpt(name, kLongestName) + '"';
  }
  return (texts.size() == 1 ? "the track " : "the tracks ") + listed(texts, ", ");
}

// A file has none of the notes that are meant.
[[noreturn]] inline void refuse_choice(const Choice& choice, const NoteSources& sources) {
  std::string text = "plays ";
  if (!choice.names.empty()) text += "no " + listed(choice.names, " or ");
  if (!choice.tracks.empty()) text += (choice.names.empty() ? "nothing in " : " and nothing in ") + tracks_said(choice);
  text += sources.instruments.empty() ? "; it has no notes"
                                      : "; it has: " + instruments_played(sources) + ", in " + tracks_played(sources);
  throw aria::Error(aria::ErrorCode::invalid_argument, text);
}

inline void check_lengths(const NoteSources& sources) {
  if (sources.instruments.size() == sources.tracks.size()) return;
  throw aria::Error(aria::ErrorCode::invalid_argument, "every note must have an instrument and a track");
}

}  // namespace detail

inline Choice Choice::parse(std::string_view what) {
  detail::ChoiceParser parser;
  for (std::size_t begin = 0; begin <= what.size();) {
    const std::size_t end = std::min(what.find(',', begin), what.size());
    parser.item(what.substr(begin, end - begin));
    begin = end + 1;
  }
  return parser.finish();
}

/// One mark a note: whether the choice means it. Throws invalid_argument where it means none of them, saying which
/// instruments and tracks there are.
///
///     chosen(Choice::parse("bass, drums"), note_sources(bytes, piece))
inline std::vector<bool> chosen(const Choice& choice, const NoteSources& sources) {
  detail::check_lengths(sources);
  std::vector<bool> marks(sources.instruments.size());
  bool any = false;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    marks[i] = choice.has(sources.instruments[i], sources.tracks[i]);
    any = any || marks[i];
  }
  if (!any) detail::refuse_choice(choice, sources);
  return marks;
}

/// The instruments that a choice names, where there is no file whose tracks it could name: throws cli::UsageError where
/// it names one.
inline InstrumentSet instruments_of(const Choice& choice) {
  if (choice.tracks.empty()) return choice.instruments;
  throw cli::UsageError("there is no MIDI file whose " + detail::tracks_said(choice) + " could be meant");
}

/// The instruments that a choice names, whether the file plays them or not, and those that play in the tracks that it
/// names. They are never none: throws invalid_argument where tracks alone are named and nothing plays in them.
inline InstrumentSet instruments_of(const Choice& choice, const NoteSources& sources) {
  detail::check_lengths(sources);
  InstrumentSet instruments = choice.instruments;
  for (std::size_t i = 0; i < sources.tracks.size(); ++i) {
    if (choice.has(sources.instruments[i], sources.tracks[i])) instruments.set(sources.instruments[i]);
  }
  if (instruments.none()) detail::refuse_choice(choice, sources);
  return instruments;
}

}  // namespace generate
