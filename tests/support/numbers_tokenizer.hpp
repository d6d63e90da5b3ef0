// A tokenizer whose tokens are numbers and whose padding stands outside of the vocabulary, as in lines of decimal ids.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/midi_dict.hpp>
#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace test {

/// Tokens 0 to size - 1, and "<P>" behind them, which is padding and unknown.
class NumbersTokenizer {
 public:
  explicit NumbersTokenizer(aria::TokenId size = 100) {
    std::vector<std::string> texts;
    for (aria::TokenId id = 0; id < size; ++id) texts.push_back(std::to_string(id));
    texts.emplace_back(R"("<P>")");
    const aria::Vocabulary::Special special{.pad = size, .unknown = size};
    vocabulary_ = std::make_shared<const aria::Vocabulary>(std::move(texts), special, size);
  }

  static constexpr std::string_view name() { return "numbers"; }
  std::string config_json() const { return R"({"size": )" + std::to_string(vocabulary_->size()) + '}'; }
  const aria::Vocabulary& vocabulary() const noexcept { return *vocabulary_; }
  aria::TokenRole role(aria::TokenId token) const noexcept {
    return token < vocabulary_->size() ? aria::TokenRole::event : aria::TokenRole::special;
  }
  void tokenize(const aria::MidiDict& piece, aria::RandomStream, std::vector<aria::TokenId>& out) const {
    out.clear();
    for (const aria::NoteMsg& note : piece.notes) out.push_back(note.pitch());
    if (out.empty()) throw aria::Error(aria::ErrorCode::empty_result, "has no notes");
  }
  aria::MidiDict detokenize(std::span<const aria::TokenId>, aria::SkippedTokens* = nullptr) const { return {}; }

 private:
  std::shared_ptr<const aria::Vocabulary> vocabulary_;
};

static_assert(aria::Tokenizer<NumbersTokenizer>);

/// "1 22 3\n"
inline std::string number_line(std::span<const aria::TokenId> tokens) {
  std::string line;
  for (const aria::TokenId token : tokens) line += (line.empty() ? "" : " ") + std::to_string(token);
  return line + '\n';
}

}  // namespace test
