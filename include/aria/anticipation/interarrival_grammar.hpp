// The grammar of the interarrival-time encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <aria/anticipation/grammar.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/token/token.hpp>

namespace aria::anticipation {

/// What holds of a sequence. Those of training sequences are the default.
struct InterarrivalRules {
  constexpr explicit InterarrivalRules(const Settings& settings = {}) noexcept
      : vocabulary(settings),
        instruments(settings.instruments),
        max_instruments(settings.max_piece_instruments),
        tokens(settings.context_size) {}

  InterarrivalVocabulary vocabulary;
  std::uint32_t instruments;      ///< that the vocabulary has
  std::uint32_t max_instruments;  ///< of the note-ons of a piece
  std::size_t tokens;             ///< of a whole sequence
};

/// Reads a sequence token by token and knows what may come next. A sequence may begin and end anywhere in a piece:
///
/// - a time is above 0, and a note-on or note-off follows it;
/// - a separator follows a note and stands before one, or before a time;
/// - a piece has note-ons of no more than `max_instruments`. Note-offs may be of any: where the instrument of a channel
///   changes while a note sounds, its end is written with the new one.
class InterarrivalGrammar {
 public:
  explicit InterarrivalGrammar(const InterarrivalRules& rules = InterarrivalRules{})
      : rules_(rules), used_(rules.instruments) {}

  /// Replaces `ranges` by the ids that may follow, in their order.
  void allowed(std::vector<IdRange>& ranges) const {
    const InterarrivalVocabulary& vocabulary = rules_.vocabulary;
    ranges.clear();
    if (last_ != Last::time) add_range(vocabulary.time + 1, vocabulary.note_on, ranges);
    add_notes(used_, rules_.max_instruments, vocabulary.note_on, vocabulary.pitches, ranges);
    add_range(vocabulary.note_off, vocabulary.separator, ranges);
    if (separator_may_stand()) add_range(vocabulary.separator, vocabulary.size, ranges);
  }

  /// Why a token that may not follow may not.
  std::string_view reason_against(TokenId token) const noexcept {
    const InterarrivalVocabulary& vocabulary = rules_.vocabulary;
    if (token >= vocabulary.size) return "no token";
    if (token == vocabulary.separator) return "a separator behind a separator or a time";
    if (token == vocabulary.time) return "a time of 0";
    return token < vocabulary.note_on ? "a time behind a time" : "one instrument too many";
  }

  /// Takes the next token, which should be an allowed one.
  void advance(TokenId token) noexcept {
    const InterarrivalVocabulary& vocabulary = rules_.vocabulary;
    if (token >= vocabulary.separator) {
      last_ = Last::separator;
      used_.clear();
    } else if (token < vocabulary.note_on) {
      last_ = Last::time;
    } else {
      last_ = Last::note;
      if (token < vocabulary.note_off) used_.add((token - vocabulary.note_on) / vocabulary.pitches);
    }
  }

 private:
  enum class Last : std::uint8_t { nothing, time, note, separator };

  bool separator_may_stand() const noexcept { return last_ == Last::nothing || last_ == Last::note; }

  InterarrivalRules rules_;
  UsedInstruments used_;
  Last last_ = Last::nothing;
};

/// What is wrong with a training sequence, if anything is.
inline std::optional<Violation> check_interarrival_sequence(std::span<const TokenId> tokens,
                                                            const InterarrivalRules& rules = InterarrivalRules{}) {
  InterarrivalGrammar grammar(rules);
  std::vector<IdRange> ranges;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    grammar.allowed(ranges);
    if (!contains(ranges, tokens[i])) return Violation{i, grammar.reason_against(tokens[i])};
    grammar.advance(tokens[i]);
  }
  if (tokens.size() != rules.tokens) return Violation{tokens.size(), "a wrong number of tokens"};
  return {};
}

}  // namespace aria::anticipation
