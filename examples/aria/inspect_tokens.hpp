// The tables of `aria inspect` about TokenizedDatasets.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/token_statistics.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/token/token.hpp>
#include <aria/token/vocabulary.hpp>

#include "../cli/table.hpp"
#include "inspect_table.hpp"

namespace inspect {

/// A name, and how many tokens it stands for.
using TokenRow = std::pair<std::string, std::uint64_t>;

inline std::vector<TokenRow> most_first(std::vector<TokenRow> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return rows;
}

/// "1,234 (5.6 %)"; "3 (below 0.1 %)" rather than 0.0 %; "0".
inline std::string counted_share(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "0";
  const double share = share_of(part, whole);
  return grouped_number(part) + " (" + (share < 0.0005 ? "below 0.1 %" : percent_text(share)) + ')';
}

/// What there is of each kind of tokens, or of each role where tokens have no kind, the most first; padding is none.
inline std::vector<TokenRow> kind_rows(const aria::TokenStatistics& about) {
  static constexpr std::array<const char*, aria::kTokenKindCount> kKinds = {
      "special", "instrument", "composer", "note", "note off", "drum", "velocity", "duration", "wait"};
  static constexpr std::array<const char*, aria::TokenStatistics::kRoleCount> kRoles = {"special", "prefix", "event",
                                                                                        "continuation"};
  std::vector<TokenRow> rows;
  const auto add = [&](std::span<const char* const> names, std::span<const std::uint64_t> counts) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (counts[i] != 0) rows.emplace_back(names[i], counts[i]);
    }
  };
  about.typed ? add(kKinds, about.kinds) : add(kRoles, about.roles);
  return most_first(std::move(rows));
}

/// The notes of each instrument class and of drums, the most first.
inline std::vector<TokenRow> sound_rows(const std::array<std::uint64_t, aria::kSoundCount>& notes_of) {
  std::vector<TokenRow> rows;
  for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
    if (notes_of[sound] != 0) rows.emplace_back(aria::sound_name(sound), notes_of[sound]);
  }
  return most_first(std::move(rows));
}

/// The most frequent tokens, but for padding.
inline std::vector<TokenRow> frequent_rows(const aria::TokenStatistics& about, const aria::Vocabulary& vocabulary,
                                           std::size_t at_most) {
  std::vector<TokenRow> rows;
  for (const aria::TokenId token : most_frequent(about, at_most + 1)) {
    if (token == vocabulary.pad() || rows.size() == at_most) continue;
    rows.emplace_back(cli::printable(vocabulary.text(token)), about.counts[token]);
  }
  return rows;
}

/// Rows with their share of `whole`; nothing where there are none.
inline void print_rows(const char* name, const char* unit, const std::vector<TokenRow>& rows, std::uint64_t whole,
                       std::ostream& out) {
  if (rows.empty()) return;
  cli::Table table;
  table.add({name, unit, ""});
  for (const auto& [row, count] : rows) {
    table.add({row, grouped_number(count), percent_text(share_of(count, whole))});
  }
  out << '\n';
  table.print(out);
}

/// From the smallest to the largest value.
inline constexpr std::array kQuantiles = {0.0, 0.05, 0.5, 0.95, 1.0};

inline cli::Table quantile_table() {
  cli::Table table;
  table.add({"", "min", "5 %", "median", "95 %", "max"});
  return table;
}

/// A row of such a table; nothing where there are no values.
template <class Values, class Text>
void add_quantiles(cli::Table& table, const char* name, const Values& values, Text text) {
  if (values.empty()) return;
  std::vector<std::string> row = {name};
  for (const double share : kQuantiles) row.push_back(text(values.quantile(share)));
  table.add(std::move(row));
}

inline void print_token_quantiles(const aria::TokenStatistics& about, std::ostream& out) {
  cli::Table table = quantile_table();
  const auto number = [](std::int32_t value) { return std::to_string(value); };
  const auto time = [](std::int32_t milliseconds) { return std::to_string(milliseconds) + " ms"; };
  add_quantiles(table, "tokens a sequence", about.lengths, count_text);
  add_quantiles(table, "pitch", about.pitches,
                [](std::int32_t pitch) { return pitch_name(static_cast<unsigned>(pitch)); });
  add_quantiles(table, "velocity", about.velocities, number);
  add_quantiles(table, "duration", about.durations, time);
  add_quantiles(table, "wait", about.waits, time);
  out << '\n';
  table.print(out);
}

/// How the first sequence begins, in lines that fit on a terminal. `text_of` gives the text of a token.
template <class TextOf>
void print_first_tokens(const std::vector<aria::TokenId>& tokens, TextOf text_of, std::ostream& out) {
  constexpr std::size_t kShown = 24, kWidth = 100;
  out << "\nfirst sequence\n";
  std::string line;
  for (std::size_t i = 0; i < tokens.size() && i <= kShown; ++i) {
    const std::string text = i < kShown ? text_of(tokens[i]) : "...";
    if (!line.empty() && line.size() + 2 + text.size() > kWidth) {
      out << line << '\n';
      line.clear();
    }
    line += "  " + text;
  }
  out << line << '\n';
}

/// All about a TokenizedDataset. Its lengths and shares of tokens are without padding.
inline void print_tokens(const aria::TokenizedDatasetHeader& header, const aria::TokenStatistics& about,
                         const aria::Vocabulary& vocabulary, const std::vector<aria::TokenId>& first_sequence,
                         std::ostream& out) {
  constexpr std::size_t kFrequent = 10;
  const std::uint64_t music = about.tokens - about.padding;
  Facts facts(out);
  facts.add("tokenizer", cli::printable(header.tokenizer_name));
  facts.add("max_seq_len", grouped_number(header.windows.max_seq_len));
  facts.add("stride_len", grouped_number(header.windows.stride_len));
  facts.add("sequences", grouped_number(about.sequences) + (header.padding ? ", padded" : ", not padded"));
  facts.add("tokens", grouped_number(about.tokens));
  facts.add("padding", counted_share(about.padding, about.tokens));
  facts.add("unknown", counted_share(about.unknown, music));
  facts.add("vocabulary", counted_share(about.vocabulary_used, about.vocabulary_size) + " of " +
                              grouped_number(about.vocabulary_size) + " tokens occur");
  print_token_quantiles(about, out);
  print_rows(about.typed ? "kind" : "role", "tokens", kind_rows(about), music, out);
  print_rows("instrument", "notes", sound_rows(about.notes_of), about.notes(), out);
  print_rows("most frequent", "times", frequent_rows(about, vocabulary, kFrequent), music, out);
  print_first_tokens(
      first_sequence, [&](aria::TokenId token) { return cli::printable(vocabulary.text(token)); }, out);
}

}  // namespace inspect
