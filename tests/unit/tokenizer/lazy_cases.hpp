// What the tests of the lazy tokenizer share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <aria/tokenizer.hpp>

#include "support/random_piece.hpp"

namespace test {

struct NamedConfig {
  std::string name;
  aria::LazyConfig config;
};

inline aria::PerInstrument<bool> all_but(std::initializer_list<aria::Instrument> kept) {
  aria::PerInstrument<bool> ignore;
  ignore.fill(true);
  for (const aria::Instrument instrument : kept) ignore[static_cast<std::size_t>(instrument)] = false;
  return ignore;
}

/// The default configuration, and others that differ in everything that can differ.
inline std::vector<NamedConfig> lazy_configs() {
  using aria::Instrument;
  std::vector<NamedConfig> all(6, {"default", aria::LazyConfig::defaults()});
  auto change = [&all, i = 0](const char* name) mutable -> aria::LazyConfig& {
    all[++i].name = name;
    return all[i].config;
  };
  aria::LazyConfig& coarse = change("300 steps of 7 ms, velocities of 20");
  coarse.time_step = 7;
  coarse.time_steps = 300;
  coarse.velocity_step = 20;
  coarse.drum_velocity = 1;

  aria::LazyConfig& fine = change("steps of 1 ms, velocities of 1, piano and bass");
  fine.time_step = 1;
  fine.velocity_step = 1;
  fine.ignore = all_but({Instrument::piano, Instrument::bass});

  aria::LazyConfig& coarsest = change("two steps, one velocity");
  coarsest.time_step = 1000;
  coarsest.time_steps = 2;
  coarsest.velocity_step = 127;

  aria::LazyConfig& everything = change("no instrument ignored, in another order");
  std::reverse(everything.order.begin(), everything.order.end());
  std::swap(everything.order[3], everything.order[9]);
  everything.ignore.fill(false);
  everything.composer_names = {"J. \"S.\" Bach", "Dvořák", "\\", "[\"piano\", 60, 45]"};

  aria::LazyConfig& no_piano = change("no piano");
  no_piano.ignore = all_but({Instrument::organ, Instrument::strings, Instrument::sfx});
  no_piano.velocity_step = 64;
  no_piano.composer_names.clear();
  return all;
}

/// A random piece that often names one of the composers.
inline aria::MidiDict random_lazy_piece(std::uint64_t seed, const aria::LazyConfig& config) {
  Dice dice(seed ^ 0x1a27);
  PieceOptions options;
  options.max_notes = dice.one_in(3) ? 20 : 200;
  options.max_messages = dice.one_in(2) ? 5 : 60;
  options.ticks = std::int64_t{1} << (8 + dice.below(14));
  options.overlapping_notes = dice.one_in(2);
  aria::MidiDict piece = random_piece(seed, options);
  if (dice.one_in(2)) piece.instruments.resize(1);  // so that not most channels are taken out
  if (dice.one_in(2)) {
    const std::size_t count = config.composer_names.size();
    const std::size_t i = dice.below(count + 1);
    piece.metadata.emplace_back("composer", i == count ? "nobody" : config.composer_names[i]);
  }
  if (dice.one_in(10)) piece.ticks_per_beat = -25 * 256 + 40;
  return piece;
}

}  // namespace test
