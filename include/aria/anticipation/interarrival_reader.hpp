// MIDI bytes -> the interarrival-time encoding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/midi/merged_events.hpp>
#include <aria/midi/reading.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// Turns every note-on and note-off of a file into a token, with the time since the one before it in front where that
/// is above 0, at most the largest time of the vocabulary (midi_to_interarrival in anticipation/convert.py). Note-offs
/// are written also where no note is open. There is no velocity.
///
/// Standard: times are exact, and what is rounded does not add up. Reference: as the original, where the time between
/// two tokens that rounds to 0 is lost.
///
///     aria::anticipation::InterarrivalReader<> reader;
///     reader.read(bytes, tokens);
template <Reading reading = Reading::standard>
class InterarrivalReader {
 public:
  explicit InterarrivalReader(const Settings& settings = {}) : settings_(settings), vocabulary_(settings) {}

  /// Appends the tokens of a file to `out`, and returns how many times were too large and were cut. Throws as
  /// CompoundReader does.
  std::uint64_t read(std::span<const std::byte> bytes, std::vector<TokenId>& out) {
    return events_.read(bytes, [&](const MergedFile& file, auto events) {
      if constexpr (reading == Reading::standard) detail::refuse_without_tracks(file);
      return detail::with_clock<reading>(file, settings_,
                                         [&](auto clock) { return convert(file, events, clock, out); });
    });
  }

 private:
  template <class Events, class Clock>
  std::uint64_t convert(const MergedFile& file, Events events, Clock clock, std::vector<TokenId>& out) {
    TokenId* const begin = memory_.room(2 * events.size());
    TokenId* at = begin;
    const std::int64_t highest = vocabulary_.max_interarrival - 1;
    std::uint64_t cut = 0;
    detail::ChannelPrograms programs;
    detail::play(file, events, clock, programs, [&](unsigned channel, unsigned pitch, unsigned velocity) {
      const std::int64_t bins = clock.take_interval();
      cut += bins > highest ? 1 : 0;
      if (bins > 0) *at++ = vocabulary_.time + static_cast<TokenId>(std::min(bins, highest));
      const TokenId block = velocity != 0 ? vocabulary_.note_on : vocabulary_.note_off;
      *at++ = block + vocabulary_.pitches * programs[channel] + pitch;
    });
    out.insert(out.end(), begin, at);
    return cut;
  }

  Settings settings_;
  InterarrivalVocabulary vocabulary_;
  MergedEventReader<reading> events_;
  aria::detail::RawArray<TokenId> memory_;
};

}  // namespace aria::anticipation
