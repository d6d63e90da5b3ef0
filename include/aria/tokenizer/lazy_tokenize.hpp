// A piece of music -> tokens of the lazy vocabulary: part of LazyTokenizer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/pedal.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/reference_duration.hpp>
#include <aria/midi/remove_instruments.hpp>
#include <aria/midi/tempo_map.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/tokenizer/lazy_vocabulary.hpp>

namespace aria::detail {

// Durations in the standard reading: exact.
class ExactClock {
 public:
  using Position = TempoCursor::Position;

  ExactClock(const MidiDict& piece, Ticks last) : map_(piece.tempos, piece.ticks_per_beat), cursor_(map_, last) {}

  Position at(Ticks tick, const Position& near) const { return cursor_.at(tick, near); }
  std::int64_t milliseconds(const Position& start, const Position& end) const {
    return cursor_.milliseconds(start, end).count;
  }

 private:
  TempoMap map_;
  TempoCursor cursor_;
};

// Durations as the original computes them.
class ReferenceClock {
 public:
  using Position = Ticks;

  ReferenceClock(const MidiDict& piece, Ticks /*last*/) : piece_(piece) {}

  Position at(Ticks tick, Position /*near*/) const { return tick; }
  std::int64_t milliseconds(Position start, Position end) const {
    const auto time = reference_milliseconds(start, end, piece_.tempos, piece_.ticks_per_beat);
    if (!time) throw Error(ErrorCode::invalid_midi, "has 0 ticks a beat: the original divides by zero");
    return time->count;
  }

 private:
  const MidiDict& piece_;
};

// Until when the notes of a channel sound that start while its pedal is down. To be asked in the order of the starts.
class PedalCursor {
 public:
  explicit PedalCursor(const std::vector<PedalInterval>& intervals) : intervals_(&intervals) {}

  Ticks end_of(Ticks start, Ticks end) {
    while (next_ < intervals_->size() && (*intervals_)[next_].up <= start) ++next_;
    if (next_ == intervals_->size() || (*intervals_)[next_].down > start) return end;
    return std::max(end, (*intervals_)[next_].up);
  }

 private:
  const std::vector<PedalInterval>* intervals_;
  std::size_t next_ = 0;
};

// What a channel plays, in tokens.
struct LazyChannel {
  TokenId first_note = LazyVocabulary::kUnknown;
  std::optional<PedalCursor> pedal;  // where the channel has one
};

// Writes the tokens of one piece. Nothing is allocated a note.
class LazyWriter {
 public:
  /// Pieces with more tokens are refused: silence of years is one wait token for every five seconds.
  static constexpr std::size_t kMostTokens = std::size_t{1} << 24;

  LazyWriter(const LazyVocabulary& vocabulary, const MidiDict& piece, std::vector<TokenId>& out)
      : vocabulary_(vocabulary),
        piece_(piece),
        out_(out),
        unwanted_(unwanted_channels(piece.instruments, vocabulary.config().ignore)) {}

  void write_prefix() {
    out_.clear();
    survey_notes();
    std::array<std::optional<Instrument>, 16> instruments{};
    for (const InstrumentMsg& message : piece_.instruments) {
      if (wanted(message.channel())) instruments[message.channel()] = instrument_of(message.program());
    }
    std::uint32_t present = 0;
    for (std::size_t channel = 0; channel < instruments.size(); ++channel) {
      if (channel == kDrumChannel) continue;
      if (!instruments[channel] && (used_ >> channel & 1) == 0) continue;
      const Instrument instrument = instruments[channel].value_or(Instrument::piano);
      present |= 1U << static_cast<unsigned>(instrument);
      channels_[channel].first_note = vocabulary_.first_note(instrument);
    }
    for (const auto& [key, value] : piece_.metadata) {
      if (key != "composer") continue;
      if (const auto composer = vocabulary_.composer(value)) out_.push_back(*composer);
    }
    for (const Instrument instrument : vocabulary_.config().order) {
      const auto sound = static_cast<unsigned>(instrument);
      if ((present >> sound & 1) != 0) out_.push_back(vocabulary_.prefix(sound));
    }
    if ((used_ >> kDrumChannel & 1) != 0) out_.push_back(vocabulary_.prefix(kDrums));
  }

  template <class Clock>
  void write_body() {
    const PedalIntervals intervals = pedal_intervals(piece_, last_end_);
    for (std::size_t channel = 0; channel < channels_.size(); ++channel) {
      if (!intervals[channel].empty()) channels_[channel].pedal.emplace(intervals[channel]);
    }
    const Clock clock(piece_, furthest_);
    out_.resize(out_.size() + 3 * notes_);  // a note, its duration, a wait
    used_tokens_ = out_.size() - 3 * notes_;
    typename Clock::Position start{};
    bool first = true;
    for (const NoteMsg& note : piece_.notes) {
      if (!wanted(note.channel())) continue;
      const typename Clock::Position next = clock.at(note.start(), start);
      if (!first) write_wait(clock.milliseconds(start, next));
      first = false;
      start = next;
      write_note(note, start, clock);
    }
    out_.resize(used_tokens_);
  }

 private:
  bool wanted(unsigned channel) const { return (unwanted_ >> channel & 1) == 0; }

  void survey_notes() {
    for (const NoteMsg& note : piece_.notes) {
      if (!wanted(note.channel())) continue;
      ++notes_;
      used_ |= 1U << note.channel();
      last_end_ = note.end();
      furthest_ = std::max(furthest_, note.end());
    }
    if (notes_ == 0) {
      throw Error(ErrorCode::empty_result,
                  piece_.notes.empty() ? "has no notes" : "has no notes left after ignoring instruments");
    }
    // An open pedal may have gone down behind the last note; nothing sounds there.
    for (const PedalMsg& message : piece_.pedals) furthest_ = std::max(furthest_, message.tick());
  }

  template <class Clock>
  void write_note(const NoteMsg& note, const typename Clock::Position& start, const Clock& clock) {
    if (note.channel() == kDrumChannel) {
      out_[used_tokens_++] = vocabulary_.drum(note.pitch());
      return;
    }
    LazyChannel& channel = channels_[note.channel()];
    const Ticks end = channel.pedal ? channel.pedal->end_of(note.start(), note.end()) : note.end();
    const std::size_t rank = vocabulary_.time_rank(clock.milliseconds(start, clock.at(end, start)));
    out_[used_tokens_] = channel.first_note + static_cast<TokenId>(note.pitch() * vocabulary_.velocity_count() +
                                                                   vocabulary_.velocity_rank(note.velocity()));
    out_[used_tokens_ + 1] = vocabulary_.duration(rank == 0 ? 1 : rank);
    used_tokens_ += 2;
  }

  void write_wait(std::int64_t milliseconds) {
    const std::int64_t longest = vocabulary_.config().max_time();
    if (milliseconds > longest) milliseconds = write_long_wait(milliseconds, longest);
    const std::size_t rank = vocabulary_.time_rank(milliseconds);
    out_[used_tokens_] = vocabulary_.wait(rank);
    used_tokens_ += rank != 0 ? 1 : 0;
  }

  // All but the last token of a wait that one does not hold; returns what is left.
  std::int64_t write_long_wait(std::int64_t milliseconds, std::int64_t longest) {
    const std::int64_t count = (milliseconds - 1) / longest;
    if (static_cast<std::uint64_t>(count) > kMostTokens - std::min(kMostTokens, out_.size())) {
      throw Error(ErrorCode::too_large, "takes more than " + std::to_string(kMostTokens) + " tokens");
    }
    const TokenId token = vocabulary_.wait(vocabulary_.config().time_steps - 1);
    out_.resize(out_.size() + static_cast<std::size_t>(count));
    std::fill_n(out_.begin() + static_cast<std::ptrdiff_t>(used_tokens_), count, token);
    used_tokens_ += static_cast<std::size_t>(count);
    return milliseconds - count * longest;
  }

  const LazyVocabulary& vocabulary_;
  const MidiDict& piece_;
  std::vector<TokenId>& out_;
  const std::uint32_t unwanted_;  // channels, by bit

  std::size_t notes_ = 0;   // on wanted channels
  std::uint32_t used_ = 0;  // channels that have notes, by bit
  Ticks last_end_;          // of the note that starts last
  Ticks furthest_;
  std::array<LazyChannel, 16> channels_{};
  std::size_t used_tokens_ = 0;  // of out_
};

}  // namespace aria::detail
