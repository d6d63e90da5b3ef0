// bytes -> tokens of the lazy tokenizer, or a MIDI file -> a valid MidiDict -> tokens -> the same MidiDict -> the same
// tokens. The first byte says what the others are:
//
//   1  the reference reading, else the standard one
//   2  the default configuration, else a small one, in which more is likely to make sense
//   4  a MIDI file, else token ids of 16 bits, the lower byte first
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aria/tokenizer.hpp>

#include "expect.hpp"
#include "support/slow_lazy.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::LazyTokenizer;
using aria::MidiDict;
using aria::Reading;
using aria::TokenId;
using fuzz::expect;
using Tokens = std::vector<TokenId>;

aria::LazyConfig small_config() {
  aria::LazyConfig config = aria::LazyConfig::defaults();
  config.ignore.fill(true);
  config.ignore[static_cast<std::size_t>(aria::Instrument::bass)] = false;
  std::reverse(config.order.begin(), config.order.end());
  config.velocity_step = 64;
  config.time_steps = 100;
  config.composer_names = {"\"\\", "é"};
  return config;
}

class Target {
 public:
  Target(const aria::LazyConfig& config, Reading reading)
      : tokenizer_(config, {.reading = reading}),
        reader_(config, reading),
        writer_(config, reading),
        reading_(reading) {}

  void check_tokens(const Tokens& tokens) {
    const MidiDict piece = read(tokens);
    expect(MidiDict::from_json(piece.to_json()) == piece, "what tokens become is valid");
    expect(reading_ == Reading::reference || test::all_notes_sound(piece), "what tokens become sounds");
    piece.to_midi();
    const auto written = write(piece);
    expect(written.has_value() == !piece.notes.empty(), "notes that were tokens are tokens");
    if (written) check_stable(*written, piece.notes.size());
  }

  void check_file(std::span<const std::byte> bytes) {
    MidiDict piece;
    try {
      piece = MidiDict::from_midi(bytes, "bach", {.reading = reading_});
    } catch (const aria::Error&) {
      return;
    }
    const auto tokens = write(piece);
    if (tokens && tokens->size() < kMany) check_tokens(*tokens);
  }

  TokenId token_count() const { return static_cast<TokenId>(tokenizer_.vocabulary().token_count()); }

 private:
  static constexpr std::size_t kMany = 20'000;  // for the slow tokenizer, of which most are waits

  MidiDict read(const Tokens& tokens) {
    aria::SkippedTokens skipped, expected;
    MidiDict piece = tokenizer_.detokenize(tokens, &skipped);
    expect(piece == reader_.read(texts_of(tokens), expected), "tokens are read as the slow reader does");
    expect(skipped.unknown == expected.unknown && skipped.misplaced == expected.misplaced &&
               skipped.silent == expected.silent,
           "what is skipped is counted");
    return piece;
  }

  std::optional<Tokens> write(const MidiDict& piece) {
    try {
      Tokens tokens = tokenizer_.tokenize(piece);
      expect(tokens.size() >= kMany || texts_of(tokens) == writer_.write(piece), "music is written as the slow way");
      return tokens;
    } catch (const aria::Error& error) {
      expect(error.code() == aria::ErrorCode::empty_result || error.code() == aria::ErrorCode::too_large ||
                 (reading_ == Reading::reference && piece.ticks_per_beat == 0),
             "music that gives no tokens has no notes, or too many");
      return std::nullopt;
    }
  }

  // In the reference reading, long silence gets shorter.
  void check_stable(const Tokens& tokens, std::size_t notes) {
    if (reading_ == Reading::reference && most_waits(tokens) > 8) return;
    const MidiDict again = read(tokens);
    expect(again.notes.size() == notes, "no note is lost");
    expect(write(again) == tokens, "tokens are stable");
  }

  std::size_t most_waits(const Tokens& tokens) const {
    std::size_t most = 0, now = 0;
    for (const TokenId token : tokens) {
      now = tokenizer_.view(token).kind == aria::TokenKind::wait ? now + 1 : 0;
      most = std::max(most, now);
    }
    return most;
  }

  std::vector<std::string> texts_of(const Tokens& tokens) const {
    std::vector<std::string> texts;
    for (const TokenId id : tokens) texts.emplace_back(id < token_count() ? tokenizer_.vocabulary().text(id) : "");
    return texts;
  }

  LazyTokenizer tokenizer_;
  test::SlowLazyReader reader_;
  test::SlowLazyWriter writer_;
  Reading reading_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<Target> targets = {{small_config(), Reading::standard},
                                        {small_config(), Reading::reference},
                                        {aria::LazyConfig::defaults(), Reading::standard},
                                        {aria::LazyConfig::defaults(), Reading::reference}};
  if (size == 0) return 0;
  Target& target = targets[data[0] & 3];
  const auto bytes = std::span(data, size).subspan(1);
  if ((data[0] & 4) != 0) {
    target.check_file(std::as_bytes(bytes));
    return 0;
  }
  Tokens tokens;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) tokens.push_back(bytes[i] + 256U * bytes[i + 1]);
  // In the small vocabulary, few numbers of 16 bits are tokens.
  if ((data[0] & 2) == 0) {
    for (TokenId& token : tokens) token %= target.token_count() + 3;
  }
  target.check_tokens(tokens);
  return 0;
}
