// A piece of music -> tokens of the lazy vocabulary: part of LazyTokenizer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/messages.hpp>
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

// Times in the standard reading: exact. A clock goes from the start of one note to the next.
class ExactClock {
 public:
  ExactClock(const MidiDict& piece, Ticks first, Ticks last)
      : map_(piece.tempos, piece.ticks_per_beat), cursor_(map_, first, last) {}
  ExactClock(const ExactClock&) = delete;
  ExactClock& operator=(const ExactClock&) = delete;

  std::int64_t go_to(Ticks tick) { return cursor_.go_to(tick).count; }
  std::int64_t until(Ticks end) const { return cursor_.until(end).count; }

 private:
  TempoMap map_;
  TempoCursor cursor_;
};

// Times as the original computes them.
class ReferenceClock {
 public:
  ReferenceClock(const MidiDict& piece, Ticks /*first*/, Ticks /*last*/)
      : tempos_(piece.tempos), ticks_per_beat_(piece.ticks_per_beat) {
    if (tempos_.empty()) tempos_ = std::span(&kDefault, 1);
  }

  // The original does not ask for the time before the first note, and divides by zero only where it asks.
  std::int64_t go_to(Ticks tick) {
    const std::int64_t passed = now_ ? until(tick) : 0;
    now_ = tick;
    return passed;
  }
  std::int64_t until(Ticks end) const {
    const auto time = reference_milliseconds(*now_, end, tempos_, ticks_per_beat_);
    if (!time) throw Error(ErrorCode::invalid_midi, "has 0 ticks a beat: the original divides by zero");
    return time->count;
  }

 private:
  static constexpr TempoMsg kDefault{Ticks{0}, kDefaultTempo};

  std::span<const TempoMsg> tempos_;
  int ticks_per_beat_;
  std::optional<Ticks> now_;
};

// Until when the notes of a channel sound that start while its pedal is down. To be asked in the order of the starts.
class PedalCursor {
 public:
  PedalCursor() = default;
  explicit PedalCursor(std::span<const PedalInterval> intervals)
      : next_(intervals.data()), end_(intervals.data() + intervals.size()) {}

  Ticks end_of(Ticks start, Ticks end) {
    while (next_ != end_ && next_->up <= start) ++next_;
    return next_ == end_ || next_->down > start ? end : std::max(end, next_->up);
  }

 private:
  const PedalInterval* next_ = nullptr;
  const PedalInterval* end_ = nullptr;
};

// What a channel plays.
struct LazyChannel {
  TokenId first_note = LazyVocabulary::kUnknown;
  PedalCursor pedal;
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
      channels_[channel].pedal = PedalCursor(intervals[channel]);
    }
    Clock clock(piece_, first_start_, furthest_);
    const std::int64_t longest = vocabulary_.config().max_time();
    const std::size_t body = out_.size();
    out_.resize(body + 3 * notes_);  // a wait, a note, its duration
    TokenId* end = out_.data() + body;
    for (const NoteMsg& note : piece_.notes) {
      if (!wanted(note.channel())) continue;
      std::int64_t wait = clock.go_to(note.start());
      if (wait > longest) end = write_long_wait(end, wait, longest);
      const std::size_t rank = vocabulary_.time_rank(wait);
      *end = vocabulary_.wait(rank);
      end += rank != 0 ? 1 : 0;
      end = write_note(end, note, clock);
    }
    out_.resize(static_cast<std::size_t>(end - out_.data()));
    expect_few(out_.size());
  }

 private:
  bool wanted(unsigned channel) const { return (unwanted_ >> channel & 1) == 0; }

  void survey_notes() {
    for (const NoteMsg& note : piece_.notes) {
      if (!wanted(note.channel())) continue;
      if (notes_++ == 0) first_start_ = note.start();
      used_ |= 1U << note.channel();
      last_end_ = note.end();
      furthest_ = std::max(furthest_, note.end());
    }
    if (notes_ == 0) {
      throw Error(ErrorCode::empty_result,
                  piece_.notes.empty() ? "has no notes" : "has no notes left after ignoring instruments");
    }
    // A pedal may keep a note sounding until it goes up.
    for (const PedalMsg& message : piece_.pedals) furthest_ = std::max(furthest_, message.tick());
  }

  template <class Clock>
  TokenId* write_note(TokenId* end, const NoteMsg& note, const Clock& clock) {
    if (note.channel() == kDrumChannel) {
      *end = vocabulary_.drum(note.pitch());
      return end + 1;
    }
    LazyChannel& channel = channels_[note.channel()];
    const std::size_t rank = vocabulary_.time_rank(clock.until(channel.pedal.end_of(note.start(), note.end())));
    end[0] = channel.first_note + static_cast<TokenId>(note.pitch() * vocabulary_.velocity_count() +
                                                       vocabulary_.velocity_rank(note.velocity()));
    end[1] = vocabulary_.duration(rank == 0 ? 1 : rank);
    return end + 2;
  }

  // All but the last token of a wait that one does not hold; `milliseconds` becomes what is left. Returns the new end.
  TokenId* write_long_wait(TokenId* end, std::int64_t& milliseconds, std::int64_t longest) {
    const std::int64_t count = (milliseconds - 1) / longest;
    const auto used = static_cast<std::size_t>(end - out_.data());
    expect_few(used + static_cast<std::uint64_t>(count));
    milliseconds -= count * longest;
    const TokenId token = vocabulary_.wait(vocabulary_.config().time_steps - 1);
    out_.resize(out_.size() + static_cast<std::size_t>(count));
    return std::fill_n(out_.data() + used, count, token);
  }

  static void expect_few(std::uint64_t tokens) {
    if (tokens <= kMostTokens) return;
    throw Error(ErrorCode::too_large, "takes more than " + std::to_string(kMostTokens) + " tokens");
  }

  const LazyVocabulary& vocabulary_;
  const MidiDict& piece_;
  std::vector<TokenId>& out_;
  const std::uint32_t unwanted_;  // channels, by bit

  std::size_t notes_ = 0;   // on wanted channels
  std::uint32_t used_ = 0;  // channels that have notes, by bit
  Ticks first_start_;
  Ticks last_end_;  // of the note that starts last
  Ticks furthest_;
  std::array<LazyChannel, 16> channels_{};
};

}  // namespace aria::detail
