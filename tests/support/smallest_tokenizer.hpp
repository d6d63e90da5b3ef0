// A tokenizer with nothing that it could do without.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/midi_dict.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace test {

/// Writes the pitches of the notes.
class SmallestTokenizer {
 public:
  static constexpr std::string_view name() { return "smallest"; }
  std::string config_json() const { return "{}"; }
  const aria::Vocabulary& vocabulary() const noexcept { return *vocabulary_; }
  aria::TokenRole role(aria::TokenId token) const noexcept {
    return token < kFirst ? aria::TokenRole::special : aria::TokenRole::event;
  }
  void tokenize(const aria::MidiDict& piece, aria::RandomStream, std::vector<aria::TokenId>& out) const {
    out.clear();
    for (const aria::NoteMsg& note : piece.notes) out.push_back(kFirst + note.pitch());
  }
  aria::MidiDict detokenize(std::span<const aria::TokenId> tokens, aria::SkippedTokens*) const {
    aria::MidiDict piece;
    std::int64_t tick = 0;
    for (const aria::TokenId token : tokens) {
      if (role(token) != aria::TokenRole::event || token >= vocabulary().size()) continue;
      piece.notes.emplace_back(aria::Ticks{tick}, aria::Ticks{tick + 1}, token - kFirst, 64U, 0U);
      ++tick;
    }
    return piece;
  }

 private:
  static constexpr aria::TokenId kFirst = 2;

  static std::vector<std::string> texts() {
    std::vector<std::string> texts = {R"("<P>")", R"("<U>")"};
    for (int pitch = 0; pitch < 128; ++pitch) texts.push_back(std::to_string(pitch));
    return texts;
  }

  std::shared_ptr<const aria::Vocabulary> vocabulary_ =
      std::make_shared<const aria::Vocabulary>(texts(), aria::Vocabulary::Special{.pad = 0, .unknown = 1});
};

/// The same with typed views.
class SmallestTypedTokenizer : public SmallestTokenizer {
 public:
  aria::TokenView view(aria::TokenId token) const noexcept {
    if (token < 2 || token >= vocabulary().size()) return {};
    return {.kind = aria::TokenKind::note, .pitch = static_cast<std::uint8_t>(token - 2)};
  }
  aria::TokenId find(const aria::TokenView& view) const noexcept {
    return view.kind == aria::TokenKind::note && view.pitch < 128 ? 2U + view.pitch : vocabulary().unknown();
  }
  int velocity_step() const noexcept { return 1; }
  int max_velocity() const noexcept { return 127; }
  std::int32_t time_step() const noexcept { return 10; }
  std::int32_t max_time() const noexcept { return 100; }
};

}  // namespace test
