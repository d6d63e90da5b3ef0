// The grammar of the arrival-time encoding: of training sequences, and of what a model may write.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <aria/anticipation/grammar.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// What holds of a sequence beyond the order of its blocks. Those of training sequences are the default.
struct ArrivalRules {
  constexpr explicit ArrivalRules(const Settings& settings = {}) noexcept
      : vocabulary(settings),
        instruments(settings.instruments),
        max_instruments(settings.max_piece_instruments),
        delta{settings.delta()},
        density{settings.time_resolution},
        events(settings.events_in_sequence()) {}

  ArrivalVocabulary vocabulary;
  std::uint32_t instruments;      ///< that the vocabulary has
  std::uint32_t max_instruments;  ///< of a piece
  Bins delta;                     ///< how far ahead of its time a control stands
  Bins density;                   ///< how far rests are apart
  std::size_t events;             ///< of a whole sequence, controls and separators included
  bool padded = true;             ///< whether rests bridge every pause; a model leaves some out
  /// Whether a sequence flagged as without controls has none before a separator. Reference mode flags a sequence behind
  /// a discarded one as the one before it, so there it may have.
  bool flag_tells = true;
};

/// Reads a sequence token by token and knows what may come next:
///
///     ArrivalGrammar grammar;
///     for (const TokenId token : sequence) grammar.advance(token);
///     grammar.allowed(ranges);  // ids that may follow; those below vocabulary.control if no control is wanted
///
/// A sequence is a flag and then events, controls and separators of three tokens. Up to the first separator its times
/// are counted from its earliest event or control, and the piece may have begun before it; behind a separator a piece
/// begins at 0. In each of these segments
///
/// - events are in the order of time, and controls are;
/// - a control stands before the first event whose predecessor starts at most `delta` before it: with the last event
///   before it at e, and the one before that at d, its time is in (d + delta, e + delta];
/// - no more than `max_instruments` play;
/// - a rest lasts 0. In a padded sequence it stands `density` behind the event before it, and what follows is later,
///   but by no more than `density`.
class ArrivalGrammar {
 public:
  explicit ArrivalGrammar(const ArrivalRules& rules = ArrivalRules{}) : rules_(rules), used_(rules.instruments) {
    for (Bins* const length : {&rules_.delta, &rules_.density}) {
      length->count = std::clamp(length->count, std::int64_t{0}, detail::kFar);
    }
  }

  /// Replaces `ranges` by the ids that may follow, in their order.
  void allowed(std::vector<IdRange>& ranges) const {
    ranges.clear();
    switch (slot()) {
      case Slot::flag:
        return add_range(rules_.vocabulary.autoregress, rules_.vocabulary.size, ranges);
      case Slot::time:
        return add_event_starts(ranges);
      case Slot::duration:
        return kind_ == Kind::separator ? add_separator(ranges) : add_durations(block(), rules_.vocabulary, ranges);
      case Slot::note:
        return add_third(ranges);
    }
  }

  /// Why a token that may not follow may not.
  std::string_view reason_against(TokenId token) const noexcept {
    switch (slot()) {
      case Slot::flag:
        return "no flag at the beginning";
      case Slot::time:
        return reason_against_start(token);
      case Slot::duration:
        return kind_ == Kind::separator ? "a separator in part" : "no duration behind a time of its kind";
      case Slot::note:
        return reason_against_third(token);
    }
    return {};
  }

  /// Takes the next token, which should be an allowed one: any other is taken for what it resembles most.
  void advance(TokenId token) noexcept {
    switch (slot()) {
      case Slot::flag:
        autoregressive_ = token == rules_.vocabulary.autoregress;
        break;
      case Slot::time:
        take_time(token);
        break;
      case Slot::duration:
        current_.duration = token;
        break;
      case Slot::note:
        current_.note = token;
        take_event();
        break;
    }
    ++position_;
  }

  /// Whether a sequence may end here: behind a whole event, and with one at time 0 before the first separator.
  bool may_end() const noexcept { return slot() == Slot::time && !lacks_zero(); }

  /// Tokens taken.
  std::size_t position() const noexcept { return position_; }

 private:
  enum class Slot : std::uint8_t { flag, time, duration, note };
  enum class Kind : std::uint8_t { event, control, separator };
  static constexpr std::int64_t kNever = -detail::kFar;  // before all times

  Slot slot() const noexcept {
    if (position_ == 0) return Slot::flag;
    return static_cast<Slot>(1 + (position_ - 1) % 3);
  }
  TokenId block() const noexcept { return kind_ == Kind::control ? rules_.vocabulary.control : 0; }
  bool controls_may_stand() const noexcept { return !(rules_.flag_tells && autoregressive_); }
  bool lacks_zero() const noexcept { return !behind_separator_ && !segment_empty_ && earliest_ != 0; }

  // How far the first event of a sequence, the one before which is unknown, can be behind the earliest control.
  std::int64_t latest_first_event() const noexcept {
    if (!rules_.padded) return std::numeric_limits<std::int64_t>::max();
    return std::max(rules_.density.count, 2 * rules_.density.count - rules_.delta.count);
  }

  // The times that an event may have.
  Bins earliest_event() const noexcept {
    const std::int64_t behind = last_event_ + (rules_.padded && after_rest_ ? 1 : 0);
    return {std::max(event_known_ ? behind : 0, last_control_ - rules_.delta.count)};
  }
  Bins latest_event() const noexcept {
    if (!event_known_) return {latest_first_event()};
    return {rules_.padded ? last_event_ + rules_.density.count : std::numeric_limits<std::int64_t>::max()};
  }

  // The times that a control may have.
  Bins earliest_control() const noexcept { return {std::max(last_control_, event_before_ + rules_.delta.count + 1)}; }
  Bins latest_control() const noexcept {
    if (event_known_) return Bins{last_event_} + rules_.delta;
    return rules_.padded ? latest_event() + rules_.delta : latest_event();
  }

  void add_event_starts(std::vector<IdRange>& ranges) const {
    const ArrivalVocabulary& vocabulary = rules_.vocabulary;
    add_times(earliest_event(), latest_event(), 0, vocabulary, ranges);
    if (controls_may_stand()) {
      add_times(earliest_control(), latest_control(), vocabulary.control, vocabulary, ranges);
    }
    if (separator_may_stand()) add_separator(ranges);
  }
  bool separator_may_stand() const noexcept { return !(behind_separator_ && segment_empty_) && !lacks_zero(); }

  void add_third(std::vector<IdRange>& ranges) const {
    const ArrivalVocabulary& vocabulary = rules_.vocabulary;
    if (kind_ == Kind::separator) return add_separator(ranges);
    add_notes(used_, rules_.max_instruments, block() + vocabulary.note, vocabulary.pitches, ranges);
    if (rest_may_stand()) add_range(vocabulary.rest, vocabulary.rest + 1, ranges);
  }
  bool rest_may_stand() const noexcept {
    if (kind_ != Kind::event || current_.duration != rules_.vocabulary.duration) return false;
    return !rules_.padded || !event_known_ || time() == last_event_ + rules_.density.count;
  }

  void add_separator(std::vector<IdRange>& ranges) const {
    add_range(rules_.vocabulary.separator, rules_.vocabulary.separator + 1, ranges);
  }

  std::string_view reason_against_start(TokenId token) const noexcept {
    const ArrivalVocabulary& vocabulary = rules_.vocabulary;
    if (token == vocabulary.separator) {
      return lacks_zero() ? "a separator, and no event before it at time 0" : "a separator behind a separator";
    }
    if (token > vocabulary.separator) return "a flag within a sequence";
    if (token < vocabulary.duration) {
      return token < earliest_event().count ? "an event out of order" : "an event too late: a rest is missing";
    }
    if (token < vocabulary.control || token >= vocabulary.control + vocabulary.duration) return "no time";
    const std::int64_t time = std::int64_t{token} - vocabulary.control;
    if (!controls_may_stand()) return "a control in a sequence flagged as without";
    if (time < last_control_) return "a control out of order";
    return time > latest_control().count ? "a control too far ahead of its time" : "a control too late";
  }

  std::string_view reason_against_third(TokenId token) const noexcept {
    const ArrivalVocabulary& vocabulary = rules_.vocabulary;
    if (kind_ == Kind::separator) return "a separator in part";
    if (token == vocabulary.rest) return kind_ == Kind::event ? "a rest with a duration or out of place" : "no note";
    const TokenId first = block() + vocabulary.note;
    const bool note = token >= first && token < first + rules_.instruments * vocabulary.pitches;
    return note ? "one instrument too many" : "no note of its kind";
  }

  void take_time(TokenId token) noexcept {
    current_.time = token;
    kind_ = token >= rules_.vocabulary.separator ? Kind::separator
            : token >= rules_.vocabulary.control ? Kind::control
                                                 : Kind::event;
  }
  std::int64_t time() const noexcept { return std::int64_t{current_.time} - rules_.vocabulary.time - block(); }

  void take_event() noexcept {
    if (kind_ == Kind::separator) return begin_piece();
    const std::int64_t now = time();
    earliest_ = segment_empty_ ? now : std::min(earliest_, now);
    segment_empty_ = false;
    if (current_.note != rules_.vocabulary.rest && current_.note >= block() + rules_.vocabulary.note) {
      used_.add(rules_.vocabulary.instrument_of(current_.note));
    }
    if (kind_ == Kind::control) {
      last_control_ = now;
    } else {
      take_event_at(now);
    }
  }

  void take_event_at(std::int64_t now) noexcept {
    if (event_known_) {
      event_before_ = last_event_;
    } else {
      // The one before it is not in the sequence, but in a padded one is not far away.
      event_before_ = rules_.padded ? now - rules_.density.count : kNever;
    }
    last_event_ = now;
    event_known_ = true;
    after_rest_ = current_.note == rules_.vocabulary.rest;
  }

  // At the beginning of a piece the controls stand as if there had been an event at 0.
  void begin_piece() noexcept {
    if (position_ > 3) autoregressive_ = false;  // the flag is about the piece of the first token
    behind_separator_ = segment_empty_ = event_known_ = true;
    after_rest_ = false;
    last_event_ = last_control_ = 0;
    event_before_ = kNever;
    used_.clear();
  }

  ArrivalRules rules_;
  UsedInstruments used_;
  std::size_t position_ = 0;
  Kind kind_ = Kind::event;
  Triple current_;
  bool autoregressive_ = false;    // no controls before the next separator
  bool behind_separator_ = false;  // whether the segment begins with its piece
  bool segment_empty_ = true;
  bool event_known_ = false;  // whether the last event before this place is known
  bool after_rest_ = false;
  std::int64_t last_event_ = 0;         // of the segment
  std::int64_t event_before_ = kNever;  // the one before the last
  std::int64_t last_control_ = 0;
  std::int64_t earliest_ = 0;  // event or control of the first segment
};

/// What is wrong with a training sequence, if anything is.
inline std::optional<Violation> check_arrival_sequence(std::span<const TokenId> tokens,
                                                       const ArrivalRules& rules = ArrivalRules{}) {
  ArrivalGrammar grammar(rules);
  std::vector<IdRange> ranges;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    grammar.allowed(ranges);
    if (!contains(ranges, tokens[i])) return Violation{i, grammar.reason_against(tokens[i])};
    grammar.advance(tokens[i]);
  }
  if (tokens.size() != 1 + 3 * rules.events) return Violation{tokens.size(), "a wrong number of tokens"};
  if (!grammar.may_end()) return Violation{tokens.size(), "no event at time 0"};
  return {};
}

}  // namespace aria::anticipation
