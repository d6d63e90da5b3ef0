// Training sequences of the arrival-time encoding for the tests of its grammar, and what the grammar says of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/anticipation/times.hpp>

#include "sequences.hpp"

namespace test {

using aria::TokenId;
using aria::anticipation::ArrivalRules;
using aria::anticipation::Settings;

/// "legal", or the place and the reason: for a sequence of any length.
inline std::string verdict(const Tokens& tokens, ArrivalRules rules = ArrivalRules{}) {
  rules.events = tokens.size() / 3;
  const auto violation = check_arrival_sequence(tokens, rules);
  return violation ? std::to_string(violation->index) + ": " + std::string(violation->reason) : "legal";
}

/// A flag, and events behind it.
inline Tokens sequence(TokenId flag, std::initializer_list<Triple> events) {
  Tokens all = {flag};
  const Tokens rest = tokens(events);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

inline std::string verdict(std::initializer_list<Triple> events) {
  return verdict(sequence(kArrival.anticipate, events));
}

/// Pieces as training data are made of them, cut to sequences.
inline std::vector<Tokens> random_sequences(std::uint64_t seed, const Settings& settings, std::size_t pieces) {
  aria::RandomStream random(seed);
  const ArrivalVocabulary vocabulary(settings);
  const ArrivalRules rules(settings);
  std::vector<Tokens> sequences;
  Tokens stream;
  TokenId flag = vocabulary.autoregress;
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto piece = random_piece(random, 4 + random.below(400), settings);
    const std::uint32_t share = random.below(5);
    const Parts parts = random_parts(piece, random, share, vocabulary);
    const TokenId own_flag = parts.controls.empty() ? vocabulary.autoregress : vocabulary.anticipate;
    if (stream.empty()) flag = own_flag;
    stream.insert(stream.end(), 3, vocabulary.separator);
    pad_and_anticipate(tokens_of(parts.events), tokens_of(parts.controls), stream, Bins{piece.back().time + 3},
                       rules.density, rules.delta, vocabulary);
    const std::size_t length = 3 * rules.events;
    for (; stream.size() >= length; flag = own_flag) {
      Tokens window(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length));
      stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length));
      translate(window, Bins{} - min_time(window, {}, vocabulary), vocabulary);
      const bool fits = max_time(window, {}, vocabulary).count < vocabulary.max_time;
      window.insert(window.begin(), flag);
      if (fits) sequences.push_back(std::move(window));
    }
  }
  return sequences;
}

/// A vocabulary that is small enough to try every id.
inline Settings small_settings() {
  return {.time_resolution = 3,
          .max_time_seconds = 8,
          .max_duration_seconds = 1,
          .pitches = 2,
          .instruments = 4,
          .context_size = 25,
          .delta_seconds = 2,
          .max_piece_instruments = 2};
}

}  // namespace test
