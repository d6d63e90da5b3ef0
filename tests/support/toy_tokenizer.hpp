// A tokenizer that is easy to foresee, for tests of what takes any tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/token/tokenizer.hpp>

#include "random_piece.hpp"

namespace test {

/// A piece becomes ["p", channel] of its first note, then for every note ["e", n], where n is its pitch, and ["c", n]
/// with a velocity; pitch 127 has no place in the vocabulary. ["e", n] is there for n below `events`, which makes the
/// vocabulary as large as wanted. One token has a long text, others all kinds of characters.
class ToyTokenizer {
 public:
  explicit ToyTokenizer(unsigned events = 127)
      : events_(events),
        vocabulary_(std::make_shared<const aria::Vocabulary>(texts(events), aria::Vocabulary::Special{kPad, kUnknown},
                                                             kFirstEvent + events)) {}

  static constexpr aria::TokenId kPad = 0, kUnknown = 1, kLong = 2, kFirstPrefix = 6, kFirstContinuation = 22,
                                 kFirstEvent = 150;
  static constexpr std::string_view kLongText = R"(["a token whose text is longer than most", "of them", 1.5])";

  static aria::TokenId prefix(unsigned i) { return kFirstPrefix + i; }
  static aria::TokenId continuation(unsigned i) { return kFirstContinuation + i; }
  static aria::TokenId event(unsigned i) { return kFirstEvent + i; }
  /// The token that stands outside of the vocabulary.
  aria::TokenId outsider() const { return kFirstEvent + events_; }

  static constexpr std::string_view name() { return "toy"; }
  std::string config_json() const { return R"({"events": )" + std::to_string(events_) + R"(, "kind": {"of": "toy"}})"; }
  const aria::Vocabulary& vocabulary() const { return *vocabulary_; }

  aria::TokenRole role(aria::TokenId token) const {
    if (token < kFirstPrefix) return aria::TokenRole::special;
    if (token < kFirstContinuation) return aria::TokenRole::prefix;
    return token < kFirstEvent ? aria::TokenRole::continuation : aria::TokenRole::event;
  }

  void tokenize(const aria::MidiDict& piece, aria::RandomStream, std::vector<aria::TokenId>& out) const {
    out.clear();
    if (piece.notes.empty()) throw aria::Error(aria::ErrorCode::empty_result, "has no notes");
    out.push_back(prefix(piece.notes.front().channel()));
    for (const aria::NoteMsg& note : piece.notes) {
      out.push_back(note.pitch() < events_ ? event(note.pitch()) : outsider());
      out.push_back(continuation(note.velocity()));
    }
  }

  aria::MidiDict detokenize(std::span<const aria::TokenId>, aria::SkippedTokens* = nullptr) const { return {}; }

  /// Tokens of all kinds, one of those without a place in the vocabulary among them now and then.
  std::vector<aria::TokenId> random_tokens(Dice& dice, std::size_t count) const {
    std::vector<aria::TokenId> tokens(count);
    for (aria::TokenId& token : tokens) token = static_cast<aria::TokenId>(dice.below(vocabulary_->token_count()));
    return tokens;
  }

 private:
  static std::vector<std::string> texts(unsigned events) {
    std::vector<std::string> all = {R"("<P>")", R"("<U>")", std::string(kLongText), "\"a \\\" \\\\ \\n \u20ac\"",
                                    "-7",       "null"};
    for (unsigned i = 0; i < 16; ++i) all.push_back(R"(["p", )" + std::to_string(i) + ']');
    for (unsigned i = 0; i < 128; ++i) all.push_back(R"(["c", )" + std::to_string(i) + ']');
    for (unsigned i = 0; i < events; ++i) all.push_back(R"(["e", )" + std::to_string(i) + ']');
    all.push_back(R"(["outside"])");
    return all;
  }

  unsigned events_;
  std::shared_ptr<const aria::Vocabulary> vocabulary_;
};

static_assert(aria::Tokenizer<ToyTokenizer>);

/// The text of a TokenizedDataset file with these sequences.
template <class T>
std::string tokenized_text(const T& tokenizer, const aria::TokenizedDatasetHeader& header,
                           const std::vector<std::vector<aria::TokenId>>& sequences) {
  aria::ByteBuffer text;
  text.append(header.to_json());
  text.append('\n');
  for (const auto& sequence : sequences) {
    aria::write_token_line(tokenizer.vocabulary(), sequence, text);
    text.append('\n');
  }
  return std::string(text.view());
}

}  // namespace test
