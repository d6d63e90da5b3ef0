// MIDI bytes -> compound events and interarrival tokens, in both readings -> text, events, MIDI -> the same again, but
// for what these cannot hold. Where the input does not begin as a MIDI file, it is token ids of 16 bits, the lower byte
// first, for what takes any ids.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/anticipation/arrival_tokenizer.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/compound_text.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/instrument_tracks.hpp>
#include <aria/anticipation/interarrival_grammar.hpp>
#include <aria/anticipation/interarrival_reader.hpp>
#include <aria/anticipation/interarrival_tokenizer.hpp>
#include <aria/midi.hpp>

#include "expect.hpp"
#include "support/compound_through_midi.hpp"
#include "support/slow_compound.hpp"
#include "support/through_midi.hpp"

namespace {

namespace amt = aria::anticipation;
using amt::CompoundEvent;
using amt::kArrival;
using amt::kInterarrival;
using aria::MidiDict;
using aria::Reading;
using aria::TokenId;
using fuzz::expect;
using test::CompoundEvents;
using Bytes = std::span<const std::byte>;
using Tokens = std::vector<TokenId>;

// What `work` returns, nothing where it throws an error with this code.
template <class Work>
auto unless_refused(aria::ErrorCode code, Work work) -> std::optional<decltype(work())> {
  try {
    return work();
  } catch (const aria::Error& error) {
    expect(error.code() == code, "what is refused is called by its name");
    return std::nullopt;
  }
}

template <Reading reading>
std::optional<CompoundEvents> read_compound(Bytes bytes) {
  static amt::CompoundReader<reading> reader;  // keeps its memory from input to input
  return unless_refused(aria::ErrorCode::invalid_midi, [&] {
    amt::CompoundLosses losses;
    const auto notes = reader.read(bytes, &losses);
    const auto unclosed = std::count_if(
        notes.begin(), notes.end(), [](const CompoundEvent& note) { return note.duration == amt::kUnknownDuration; });
    expect(losses.unclosed_notes == static_cast<std::uint64_t>(unclosed), "unclosed notes are counted");
    expect(!losses.truncated_at || *losses.truncated_at <= bytes.size(), "a file ends within its bytes");
    return CompoundEvents(notes.begin(), notes.end());
  });
}

template <Reading reading>
std::optional<Tokens> read_interarrival(Bytes bytes, std::uint64_t* cut = nullptr) {
  static amt::InterarrivalReader<reading> reader;
  return unless_refused(aria::ErrorCode::invalid_midi, [&] {
    Tokens tokens;
    const std::uint64_t times_cut = reader.read(bytes, tokens);
    if (cut != nullptr) *cut = times_cut;
    return tokens;
  });
}

bool valid(const CompoundEvent& note) {
  return note.time.count >= 0 && note.duration >= amt::kUnknownDuration && note.pitch < 128 && note.instrument <= 128 &&
         note.velocity > 0 && note.velocity < 128;
}

void check_text(const CompoundEvents& notes) {
  aria::ByteBuffer text;
  amt::write_compound_text(notes, text);
  CompoundEvents again;
  amt::read_compound_text(text.view(), again);
  expect(again == notes, "text of compound events and back is the identity");
}

// Events hold durations of less than 10 s, and no velocity.
void check_events(CompoundEvents notes) {
  const auto events = unless_refused(aria::ErrorCode::too_large, [&] {
    Tokens tokens;
    amt::compound_to_events(notes, tokens);
    return tokens;
  });
  if (!events) return;
  std::int64_t last = 0;
  for (CompoundEvent& note : notes) {
    last = std::max(last, note.time.count);
    note.duration = {note.duration == amt::kUnknownDuration ? 25 : std::min<std::int64_t>(note.duration.count, 999)};
    note.velocity = amt::kDefaultVelocity;
  }
  CompoundEvents again;
  amt::events_to_compound(*events, again);
  expect(again == notes, "events and back is the identity");
  if (last >= std::int64_t{kArrival.control}) return;
  amt::events_to_compound(*events, again, Reading::reference);
  expect(again == notes, "events and back is the identity in the reference reading up to 275.13 s");
}

void check_midi(const CompoundEvents& notes) {
  if (!test::midi_can_hold(notes)) return;
  const CompoundEvents expected = test::compound_through_midi(notes);
  const auto file = test::midi_of(notes);
  expect(read_compound<Reading::standard>(file) == expected, "MIDI and back is the identity for what MIDI can hold");
  expect(test::midi_of(expected) == test::midi_of(*read_compound<Reading::standard>(file)), "a file is stable");
}

void check_interarrival(const Tokens& tokens) {
  amt::InterarrivalRules rules;
  rules.max_instruments = rules.instruments;
  rules.tokens = tokens.size();
  expect(!amt::check_interarrival_sequence(tokens, rules), "tokens obey the grammar");
}

// A note-off of an instrument that has not played is gone, and what falls together is sorted by tracks. After that,
// nothing changes.
void check_interarrival_midi(const Tokens& tokens) {
  std::set<TokenId> instruments;
  for (const TokenId token : tokens) {
    if (token >= kInterarrival.note_on && token < kInterarrival.note_off) {
      instruments.insert((token - kInterarrival.note_on) / kInterarrival.pitches);
    }
  }
  if (instruments.size() > 15) return;
  const auto midi = [](const Tokens& from) {
    return test::bytes_of([&](auto sink) { amt::interarrival_to_midi(from, sink); });
  };
  const auto again = read_interarrival<Reading::standard>(midi(tokens));
  // A file without tracks is refused.
  expect(again.has_value() == !instruments.empty(), "tokens become a file");
  if (again) expect(read_interarrival<Reading::standard>(midi(*again)) == again, "tokens and files are stable");
}

void check_against_slow(Bytes bytes, const CompoundEvents& notes, const Tokens& tokens, std::uint64_t cut) {
  expect(notes == test::slow_compound(bytes), "compound events are read as the slow reader does");
  Tokens expected;
  std::uint64_t expected_cut = 0;
  bool is_time = true;
  for (const std::int64_t value : test::slow_interarrival(bytes)) {
    expected_cut += is_time && value > 999 ? 1 : 0;
    if (!is_time || value > 0)
      expected.push_back(static_cast<TokenId>(is_time ? std::min<std::int64_t>(value, 999) : value));
    is_time = !is_time;
  }
  expect(tokens == expected && cut == expected_cut, "interarrival tokens are read as the slow reader does");
}

template <Reading reading>
void check_readers(Bytes bytes) {
  std::uint64_t cut = 0;
  const auto notes = read_compound<reading>(bytes);
  const auto tokens = read_interarrival<reading>(bytes, &cut);
  expect(notes.has_value() == tokens.has_value(), "both encodings take the same files");
  if (!notes) return;
  expect(std::all_of(notes->begin(), notes->end(), valid), "compound events are valid");
  expect(std::is_sorted(notes->begin(), notes->end(), [](const auto& a, const auto& b) { return a.time < b.time; }),
         "compound events are in the order of time");
  if (reading == Reading::standard) {
    check_against_slow(bytes, *notes, *tokens, cut);
  } else {
    expect(notes == test::slow_compound_as_reference(bytes), "compound events are read as the original does");
  }
  check_text(*notes);
  check_events(*notes);
  check_midi(*notes);
  check_interarrival(*tokens);
  check_interarrival_midi(*tokens);
}

void check_piece(const MidiDict& piece) {
  expect(MidiDict::from_json(piece.to_json()) == piece, "what tokens become is valid");
  expect(test::all_notes_sound(piece), "what tokens become sounds");
  expect(MidiDict::from_midi(piece.to_midi()) == test::through_midi(piece), "what tokens become can be written");
}

std::size_t melodic_instruments(const MidiDict& piece) {
  std::set<std::uint8_t> programs;
  for (const aria::InstrumentMsg& message : piece.instruments) programs.insert(message.program());
  return programs.size();
}

bool in_grammar(const amt::ArrivalTokenizer&, const Tokens& tokens) {
  amt::ArrivalRules rules;
  rules.max_instruments = rules.instruments;
  rules.events = tokens.size() / 3;
  return !amt::check_arrival_sequence(tokens, rules);
}
bool in_grammar(const amt::InterarrivalTokenizer&, const Tokens& tokens) {
  check_interarrival(tokens);
  return true;
}

// Pieces of more than one segment are put together anew: what follows a separator begins behind the last end.
bool is_stable(const amt::ArrivalTokenizer& tokenizer, const Tokens& tokens) {
  return std::find(tokens.begin() + 4, tokens.end(), tokenizer.ids().separator) == tokens.end();
}
bool is_stable(const amt::InterarrivalTokenizer&, const Tokens&) { return true; }

// Music -> tokens -> music, two times; what has a length of 0 is a bin long from the first one on.
template <class Tokenizer>
void check_tokens_of(const Tokenizer& tokenizer, const MidiDict& piece) {
  Tokens tokens, again;
  tokenizer.tokenize(piece, aria::RandomStream(0), tokens);
  expect(in_grammar(tokenizer, tokens), "what is written obeys the grammar");
  aria::SkippedTokens skipped;
  const MidiDict music = tokenizer.detokenize(tokens, &skipped);
  expect(skipped.total() == 0, "what is written makes sense");
  expect(music.notes.size() == piece.notes.size(), "no note is lost");
  check_piece(music);
  tokenizer.tokenize(music, aria::RandomStream(0), tokens);
  if (!is_stable(tokenizer, tokens) || melodic_instruments(music) > 15) return;
  tokenizer.tokenize(tokenizer.detokenize(tokens), aria::RandomStream(0), again);
  expect(again == tokens, "tokens are stable");
}

const amt::ArrivalTokenizer& arrival() {
  static const amt::ArrivalTokenizer tokenizer;
  return tokenizer;
}
const amt::InterarrivalTokenizer& interarrival() {
  static const amt::InterarrivalTokenizer tokenizer;
  return tokenizer;
}

void check_tokenizers(const MidiDict& piece) {
  if (piece.notes.empty()) return;
  const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
  // Pauses of days are filled with rests; that takes time.
  if (time.milliseconds({0}, piece.notes.back().start()).count < 3'600'000) check_tokens_of(arrival(), piece);
  check_tokens_of(interarrival(), piece);
}

void check_file(Bytes bytes) {
  check_readers<Reading::standard>(bytes);
  check_readers<Reading::reference>(bytes);
  const auto piece = unless_refused(aria::ErrorCode::invalid_midi, [&] { return MidiDict::from_midi(bytes); });
  if (piece) check_tokenizers(*piece);
}

// Three tokens a note or rest; every other one is counted or special.
void check_arrival_ids(const Tokens& ids) {
  aria::SkippedTokens skipped;
  const MidiDict piece = arrival().detokenize(ids, &skipped);
  const auto count_if = [&](auto is) { return static_cast<std::size_t>(std::count_if(ids.begin(), ids.end(), is)); };
  const std::size_t special = count_if([](TokenId id) { return id >= kArrival.separator; });
  const std::size_t left = ids.size() - special - skipped.misplaced;
  expect(left % 3 == 0 && left >= 3 * piece.notes.size(), "every token is a note's, special, or counted");
  expect(skipped.unknown == count_if([](TokenId id) { return id > kArrival.size; }), "unknown tokens are counted");
  check_piece(piece);
  check_tokenizers(piece);
}

void check_interarrival_ids(const Tokens& ids) {
  aria::SkippedTokens skipped;
  const MidiDict piece = interarrival().detokenize(ids, &skipped);
  const auto is_on = [](TokenId id) { return id >= kInterarrival.note_on && id < kInterarrival.note_off; };
  expect(std::ssize(piece.notes) == std::count_if(ids.begin(), ids.end(), is_on), "every note-on is a note");
  check_piece(piece);
  check_tokenizers(piece);
}

// The first event of a window is at 0, and doing it again changes nothing.
void check_rebase(Tokens window) {
  arrival().rebase(window);
  Tokens again = window;
  arrival().rebase(again);
  expect(again == window, "times that count from the first event on stay");
}

void check_refusals(const Tokens& ids) {
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    unless_refused(aria::ErrorCode::invalid_argument, [&] {
      CompoundEvents notes;
      amt::events_to_compound(ids, notes, reading);
      expect(std::all_of(notes.begin(), notes.end(), valid), "notes of events are valid");
      return 0;
    });
    unless_refused(aria::ErrorCode::invalid_argument,
                   [&] { return test::bytes_of([&](auto sink) { amt::interarrival_to_midi(ids, sink, reading); }); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with("MThd") || text.starts_with("RIFF")) {
    check_file(bytes);
    return 0;
  }
  Tokens ids;
  for (std::size_t i = 0; i + 1 < size; i += 2) ids.push_back(data[i] + 256U * data[i + 1]);
  std::replace(ids.begin(), ids.end(), TokenId{0xffff}, std::numeric_limits<TokenId>::max());
  check_arrival_ids(ids);
  check_interarrival_ids(ids);
  check_rebase(ids);
  check_refusals(ids);
  return 0;
}
