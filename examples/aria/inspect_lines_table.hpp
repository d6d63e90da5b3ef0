// What `aria inspect` says and draws about files of token lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <aria/anticipation/print.hpp>
#include <aria/drawing.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>

#include "../cli/token_lines.hpp"
#include "inspect_drawing.hpp"
#include "inspect_lines.hpp"
#include "inspect_table.hpp"
#include "inspect_tokens.hpp"
#include "inspect_tokens_drawing.hpp"

namespace inspect {

inline void print_line_quantiles(const LineStatistics& about, std::ostream& out) {
  cli::Table table = quantile_table();
  const auto number = [](std::int32_t value) { return grouped_number(static_cast<std::uint64_t>(value)); };
  const auto time = [](std::int32_t milliseconds) { return std::to_string(milliseconds) + " ms"; };
  add_quantiles(table, "notes a sequence", about.sequences.notes, number);
  if (about.controls != 0) add_quantiles(table, "controls a sequence", about.sequences.controls, number);
  add_quantiles(table, "time to the last onset", about.sequences.lengths,
                [](std::int32_t milliseconds) { return duration_text(milliseconds / 1e3); });
  add_quantiles(table, about.steps_name, about.steps, time);
  add_quantiles(table, "duration", about.durations, time);
  add_quantiles(table, "pitch", about.pitches,
                [](std::int32_t pitch) { return pitch_name(static_cast<unsigned>(pitch)); });
  out << '\n';
  table.print(out);
}

/// How the first sequence begins, event by event.
inline void print_first_events(const std::vector<aria::TokenId>& tokens, const token_lines::ArrivalTokenizer& tokenizer,
                               std::ostream& out) {
  constexpr std::size_t kShown = 12;
  const ArrivalVocabulary& ids = tokenizer.ids();
  std::span<const aria::TokenId> events = tokens;
  std::string flag = "no flag";
  if (!events.empty() && events[0] > ids.separator) {
    flag = events[0] == ids.anticipate ? "anticipate" : "autoregress";
    events = events.subspan(1);
  }
  aria::ByteBuffer text;
  try {
    aria::anticipation::print(events.first(std::min(events.size() / 3, kShown) * 3), text, ids);
  } catch (const aria::Error&) {  // no events of three: ids have to do
    return print_first_tokens(
        tokens, [](aria::TokenId token) { return std::to_string(token); }, out);
  }
  out << "\nfirst sequence: " << flag << ", then events: time, duration (in "
      << 1000 / tokenizer.settings().time_resolution << " ms), instrument, pitch; (A) is a control\n"
      << text.view();
}

/// "wait 125", "on 0 60", "off 128 36"
inline std::string interarrival_text(aria::TokenId token, const InterarrivalVocabulary& ids) {
  if (token == ids.separator) return "separator";
  if (token < ids.note_on) return "wait " + std::to_string(token);
  const bool on = token < ids.note_off;
  const aria::TokenId note = token - (on ? ids.note_on : ids.note_off);
  return (on ? "on " : "off ") + std::to_string(note / ids.pitches) + ' ' + std::to_string(note % ids.pitches);
}

inline void print_first_events(const std::vector<aria::TokenId>& tokens,
                               const token_lines::InterarrivalTokenizer& tokenizer, std::ostream& out) {
  print_first_tokens(
      tokens, [&](aria::TokenId token) { return interarrival_text(token, tokenizer.ids()); }, out);
}

template <aria::Tokenizer T>
void print_lines(const LineStatistics& about, const std::vector<aria::TokenId>& first, const T& tokenizer,
                 std::ostream& out) {
  const std::uint64_t sequences = about.all.sequences;
  Facts facts(out);
  facts.add("sequences", grouped_number(sequences));
  facts.add("ids a sequence", grouped_number(first.size()));
  facts.add("notes", grouped_number(about.notes));
  if constexpr (std::is_same_v<T, token_lines::ArrivalTokenizer>) {
    facts.add("controls", counted_share(about.controls, about.notes + about.controls) + " of notes and controls");
    facts.add("with controls", counted_share(sequences - about.sequences.controls[0], sequences) + " of the sequences");
    facts.add("anticipate", counted_share(about.all.counts[tokenizer.ids().anticipate], sequences) +
                                " of the sequences have this flag");
  }
  facts.add("vocabulary", counted_share(about.all.vocabulary_used, about.all.vocabulary_size) + " of " +
                              grouped_number(about.all.vocabulary_size) + " ids occur");
  print_line_quantiles(about, out);
  print_rows("kind", "ids", about.kinds, about.all.tokens, out);
  print_rows("instrument", "notes", sound_rows(about.notes_of), about.notes, out);
  print_rows("instrument", "controls", sound_rows(about.controls_of), about.controls, out);
  print_first_events(first, tokenizer, out);
}

/// A page of histograms.
inline std::string draw_lines(const LineStatistics& about, const std::string& title, const std::string& subtitle) {
  aria::PanelPage page(title, subtitle);
  page.add(row_chart("Kinds of ids", about.kinds, about.all.tokens));
  page.add(row_chart("Instruments", sound_rows(about.notes_of), about.notes));
  if (about.controls != 0) {
    page.add(row_chart("Instruments of controls", sound_rows(about.controls_of), about.controls));
  }
  page.add(data_byte_histogram(about.pitches, "Pitches", kPitchAxis, 12, octave_label));
  if (!about.durations.empty()) {
    page.add(time_histogram(about.durations, about.grid, "Durations", "duration of a note in milliseconds", "notes"));
  }
  const std::string unit = std::string(about.steps_name) + " in milliseconds";
  page.add(time_histogram(about.steps, about.grid, "Times", unit, "times"));
  page.add(time_histogram(about.sequences.lengths, {about.grid.step, std::numeric_limits<std::int32_t>::max()},
                          "Lengths", "milliseconds to the last onset", "sequences"));
  return page.svg();
}

}  // namespace inspect
