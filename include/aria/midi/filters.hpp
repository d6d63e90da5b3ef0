// The five tests that decide whether a piece goes into a data set.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <aria/config/data_config.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/reference_duration.hpp>
#include <aria/midi/tempo_map.hpp>

namespace aria {

enum class Verdict : std::uint8_t {
  pass,
  fail,
  raise,  ///< the original divides by zero; reference reading only
};

/// What a test says of a piece.
struct TestResult {
  std::string_view name;  ///< as in config.json
  bool run = false;       ///< whether the configuration asks for it; an unasked test has a result all the same
  Verdict verdict = Verdict::pass;
  double value = 0;  ///< what was measured: a count, notes a second, or seconds
};

inline constexpr std::size_t kTestCount = 5;

/// The number of different programs in the piece's program changes: 0 to 128.
inline std::size_t count_programs(const MidiDict& piece) {
  std::bitset<128> seen;
  for (const InstrumentMsg& message : piece.instruments) seen.set(message.program());
  return seen.count();
}

/// The number of different instrument classes in the piece's program changes: 0 to 16.
inline std::size_t count_instruments(const MidiDict& piece) {
  std::bitset<kInstrumentCount> seen;
  for (const InstrumentMsg& message : piece.instruments)
    seen.set(static_cast<std::size_t>(instrument_of(message.program())));
  return seen.count();
}

/// How long the piece sounds: from the first start to the last end of any note, and in the reference reading from the
/// start of the first note to the end of the last one, by the original's arithmetic. Nothing where that divides by
/// zero.
inline std::optional<Milliseconds> sounding_length(const MidiDict& piece, Reading reading) {
  if (piece.notes.empty()) return Milliseconds{0};
  const Ticks start = piece.notes.front().start();
  if (reading == Reading::reference) {
    return reference_milliseconds(start, piece.notes.back().end(), piece.tempos, piece.ticks_per_beat);
  }
  Ticks end = start;
  for (const NoteMsg& note : piece.notes) end = std::max(end, note.end());
  return TempoMap(piece.tempos, piece.ticks_per_beat).milliseconds(start, end);
}

/// Runs all five tests. The rules are those of the test_* functions of aria/data/midi.py.
inline std::array<TestResult, kTestCount> run_tests(const MidiDict& piece, const TestsConfig& config, Reading reading) {
  const auto count_test = [](std::string_view name, const CountTest& test, std::size_t count) {
    return TestResult{name, test.run, count <= test.max ? Verdict::pass : Verdict::fail, static_cast<double>(count)};
  };
  const std::optional<Milliseconds> length = sounding_length(piece, reading);
  const auto frequency_test = [&](std::string_view name, const FrequencyTest& test, std::size_t instruments) {
    if (piece.notes.empty()) return TestResult{name, test.run, Verdict::fail, 0};
    const bool divides_by_zero = !length || length->count == 0 || instruments == 0;
    if (divides_by_zero)
      return TestResult{name, test.run, reading == Reading::reference ? Verdict::raise : Verdict::fail, 0};
    const double per_second = static_cast<double>(piece.notes.size()) * 1e3 / static_cast<double>(length->count);
    const double value = per_second / static_cast<double>(instruments);
    const bool pass = value >= test.min_per_second && value <= test.max_per_second;
    return TestResult{name, test.run, pass ? Verdict::pass : Verdict::fail, value};
  };
  const auto length_test = [&](std::string_view name, const LengthTest& test) {
    if (!length) return TestResult{name, test.run, Verdict::raise, 0};
    const double seconds = static_cast<double>(length->count) / 1e3;
    const bool pass = !piece.notes.empty() && seconds >= test.min_seconds;
    return TestResult{name, test.run, pass ? Verdict::pass : Verdict::fail, seconds};
  };
  const std::size_t instruments = count_instruments(piece);
  return {count_test("max_programs", config.max_programs, count_programs(piece)),
          count_test("max_instruments", config.max_instruments, instruments),
          frequency_test("total_note_frequency", config.total_note_frequency, 1),
          frequency_test("note_frequency_per_instrument", config.note_frequency_per_instrument, instruments),
          length_test("min_length", config.min_length)};
}

}  // namespace aria
