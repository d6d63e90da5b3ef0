// The lazy tokenizer a second time, slowly and on texts, from the rules of the original's: what tests hold the fast one
// against.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/config/lazy_config.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/reference_duration.hpp>
#include <aria/midi/tempo_map.hpp>
#include <aria/token/tokenizer.hpp>

namespace test {

/// Of the numbers from 0 on in equal steps, the one nearest to `n`, by the binary search of the original's
/// _find_closest_int: of two that are equally near, the one that it meets first.
inline std::int64_t slow_nearest(std::int64_t n, std::int64_t step, std::int64_t count) {
  std::int64_t left = 0, right = count - 1;
  std::optional<std::int64_t> closest;
  while (left <= right) {
    const std::int64_t middle = (left + right) / 2, number = middle * step;
    if (!closest || std::abs(number - n) < std::abs(*closest - n)) closest = number;
    if (number < n) {
      left = middle + 1;
    } else {
      right = middle - 1;
    }
  }
  return *closest;
}

/// A text without control characters as JSON has it.
inline std::string as_json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// Pieces to tokens. Tokens are their JSON texts.
class SlowLazyWriter {
 public:
  /// `diminish_distance` is how many tokens before the end of the music <D> stands.
  SlowLazyWriter(const aria::LazyConfig& config, aria::Reading reading, std::size_t diminish_distance = 100)
      : config_(config), reading_(reading), diminish_distance_(diminish_distance) {}

  /// Empty for a piece without notes. The piece must not have 0 ticks a beat in the reference reading.
  std::vector<std::string> write(aria::MidiDict piece) {
    piece_ = std::move(piece);
    take_out_ignored();
    if (piece_.notes.empty()) return {};
    find_instruments();
    std::vector<std::string> tokens = prefix(), body = music();
    if (body.size() > 150) {
      std::size_t at = body.size() - diminish_distance_;
      if (body[at].substr(0, 7) == "[\"dur\",") --at;
      body.insert(body.begin() + static_cast<std::ptrdiff_t>(at), "\"<D>\"");
    }
    tokens.emplace_back("\"<S>\"");
    tokens.insert(tokens.end(), body.begin(), body.end());
    tokens.emplace_back("\"<E>\"");
    return tokens;
  }

 private:
  bool ignored(unsigned program) const { return config_.ignore[program / 8]; }

  // Channels that anywhere have an ignored program, but not channel 9, and not for program 0.
  void take_out_ignored() {
    std::set<unsigned> channels;
    for (const auto& message : piece_.instruments) {
      if (message.program() > 0 && message.channel() != 9 && ignored(message.program())) {
        channels.insert(message.channel());
      }
    }
    const auto unwanted = [&](const auto& message) { return channels.count(message.channel()) != 0; };
    std::erase_if(piece_.pedals, unwanted);
    std::erase_if(piece_.instruments, unwanted);
    std::erase_if(piece_.notes, unwanted);
  }

  // The last one counts; channels with nothing but notes are played on the piano.
  void find_instruments() {
    instruments_.clear();
    for (const auto& note : piece_.notes) instruments_[note.channel()] = "piano";
    for (const auto& message : piece_.instruments) {
      instruments_[message.channel()] = aria::kInstrumentNames[message.program() / 8];
    }
  }

  std::vector<std::string> prefix() const {
    std::vector<std::string> tokens;
    for (const auto& [key, value] : piece_.metadata) {
      const auto& names = config_.composer_names;
      if (key == "composer" && std::find(names.begin(), names.end(), value) != names.end()) {
        tokens.push_back("[\"prefix\", \"composer\", " + as_json(value) + ']');
      }
    }
    const auto plays = [&](std::string_view name) {
      return std::any_of(instruments_.begin(), instruments_.end(),
                         [name](const auto& entry) { return entry.first != 9 && entry.second == name; });
    };
    const auto add = [&](std::string_view name) {
      tokens.push_back("[\"prefix\", \"instrument\", " + as_json(name) + ']');
    };
    for (const aria::Instrument instrument : config_.order) {
      if (plays(aria::name_of(instrument))) add(aria::name_of(instrument));
    }
    const auto on_drums = [](const aria::NoteMsg& note) { return note.channel() == 9; };
    if (std::any_of(piece_.notes.begin(), piece_.notes.end(), on_drums)) add("drum");
    return tokens;
  }

  std::vector<std::string> music() const {
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < piece_.notes.size(); ++i) {
      const aria::NoteMsg& note = piece_.notes[i];
      if (i > 0) add_wait(milliseconds(piece_.notes[i - 1].start(), note.start()), tokens);
      if (note.channel() == 9) {
        tokens.push_back("[\"drum\", " + std::to_string(note.pitch()) + ']');
      } else {
        add_note(note, tokens);
      }
    }
    return tokens;
  }

  void add_note(const aria::NoteMsg& note, std::vector<std::string>& tokens) const {
    const std::int64_t step = config_.velocity_step;
    std::int64_t velocity = slow_nearest(note.velocity(), step, 127 / step + 1);
    if (velocity == 0 && note.velocity() != 0) velocity = step;
    tokens.push_back("[\"" + instruments_.at(note.channel()) + "\", " + std::to_string(note.pitch()) + ", " +
                     std::to_string(velocity) + ']');
    const std::int64_t length = quantized(milliseconds(note.start(), end_with_pedal(note)));
    tokens.push_back("[\"dur\", " + std::to_string(length == 0 ? config_.time_step : length) + ']');
  }

  void add_wait(std::int64_t length, std::vector<std::string>& tokens) const {
    const auto add = [&](std::int64_t part) { tokens.push_back("[\"wait\", " + std::to_string(part) + ']'); };
    for (; length > config_.max_time(); length -= config_.max_time()) add(config_.max_time());
    if (const std::int64_t rest = quantized(length); rest != 0) add(rest);
  }

  std::int64_t quantized(std::int64_t milliseconds) const {
    return slow_nearest(milliseconds, config_.time_step, config_.time_steps);
  }

  std::int64_t milliseconds(aria::Ticks start, aria::Ticks end) const {
    if (reading_ == aria::Reading::standard) {
      return aria::TempoMap(piece_.tempos, piece_.ticks_per_beat).milliseconds(start, end).count;
    }
    return aria::reference_milliseconds(start, end, piece_.tempos, piece_.ticks_per_beat)->count;
  }

  // All intervals of the channel are tried in order, and each may extend what those before it have extended.
  aria::Ticks end_with_pedal(const aria::NoteMsg& note) const {
    aria::Ticks end = note.end();
    const auto extend = [&](aria::Ticks down, aria::Ticks up) {
      if (down <= note.start() && note.start() < up && end < up) end = up;
    };
    std::optional<aria::Ticks> down;
    for (const aria::PedalMsg& message : piece_.pedals) {
      if (message.channel() != note.channel()) continue;
      if (message.down() && !down) down = message.tick();
      if (!message.down() && down) {
        extend(*down, message.tick());
        down.reset();
      }
    }
    if (down) extend(*down, piece_.notes.back().end());
    return end;
  }

  aria::LazyConfig config_;
  aria::Reading reading_;
  std::size_t diminish_distance_;
  aria::MidiDict piece_;
  std::map<unsigned, std::string> instruments_;  // by channel
};

/// Tokens to music. Tokens are their JSON texts, and empty where there is none.
class SlowLazyReader {
 public:
  SlowLazyReader(const aria::LazyConfig& config, aria::Reading reading) : config_(config), reading_(reading) {}

  aria::MidiDict read(std::span<const std::string> texts, aria::SkippedTokens& skipped) {
    *this = SlowLazyReader(config_, reading_);
    for (const std::string& text : texts) tokens_.push_back(words_of(text));
    piece_.ticks_per_beat = 480;
    piece_.tempos.push_back({aria::Ticks{0}, 500'000});
    read_music(read_prefix());
    skipped = skipped_;
    return piece_;
  }

 private:
  using Words = std::vector<std::string>;

  // `["piano", 60, 45]` -> piano 60 45; `"<S>"` -> special <S>; nothing -> special and an empty word.
  static Words words_of(std::string text) {
    if (text.empty() || text.front() == '"') return {"special", text};
    text = text.substr(1, text.size() - 2);
    Words words;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(", ", begin), text.size());
      std::string word = text.substr(begin, end - begin);
      if (word.size() >= 2 && word.front() == '"') word = word.substr(1, word.size() - 2);
      words.push_back(word);
      begin = end + 2;
    }
    return words;
  }

  void count_special(const Words& token) {
    if (token[1].empty() || token[1] == "\"<U>\"") ++skipped_.unknown;
  }

  std::size_t read_prefix() {
    std::size_t i = 0;
    for (; i < tokens_.size(); ++i) {
      const Words& token = tokens_[i];
      if (token[0] == "special") {
        count_special(token);
      } else if (token[0] != "prefix") {
        break;
      } else if (token[1] == "instrument") {
        skipped_.misplaced += add_instrument(token[2]) ? 0 : 1;
      }
    }
    if (piece_.instruments.empty()) piece_.instruments.emplace_back(aria::Ticks{0}, 0U, 0U);
    return i;
  }

  bool add_instrument(const std::string& name) {
    if (channels_.count(name) != 0) return false;
    unsigned channel = 9, program = 0;
    if (name != "drum") {
      const auto number =
          static_cast<std::size_t>(std::find(aria::kInstrumentNames.begin(), aria::kInstrumentNames.end(), name) -
                                   aria::kInstrumentNames.begin());
      if (reading_ == aria::Reading::reference && config_.ignore[number]) return false;
      static constexpr std::array<unsigned, 15> kChannels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15};
      const std::size_t taken = channels_.size() - channels_.count("drum");
      if (taken == kChannels.size()) return false;
      channel = kChannels[taken];
      program = config_.programs[number];
    }
    channels_[name] = channel;
    piece_.instruments.emplace_back(aria::Ticks{0}, channel, program);
    return true;
  }

  void read_music(std::size_t begin) {
    const std::size_t end = tokens_.size() - (reading_ == aria::Reading::reference && !tokens_.empty() ? 1 : 0);
    for (std::size_t i = begin; i < end; ++i) {
      const Words& token = tokens_[i];
      if (token[0] == "special") {
        count_special(token);
      } else if (token[0] == "wait") {
        silence_.push_back(std::stoll(token[1]));
      } else if (token[0] == "drum") {
        add_note("drum", token[1], config_.drum_velocity, config_.time_step);
      } else if (token[0] != "dur" && token[0] != "prefix" && i + 1 < tokens_.size() && tokens_[i + 1][0] == "dur") {
        add_note(token[0], token[1], static_cast<unsigned>(std::stoul(token[2])), ticks(std::stoll(tokens_[++i][1])));
      } else {
        ++skipped_.misplaced;
      }
    }
  }

  void add_note(const std::string& name, const std::string& pitch, unsigned velocity, std::int64_t length) {
    if (channels_.count(name) == 0) {
      ++skipped_.misplaced;
      return;
    }
    if (reading_ == aria::Reading::standard && (velocity == 0 || length == 0)) {
      ++skipped_.silent;
      return;
    }
    pass_silence();
    piece_.notes.emplace_back(aria::Ticks{now_}, aria::Ticks{now_ + length}, static_cast<unsigned>(std::stoul(pitch)),
                              velocity, channels_.at(name));
  }

  // In the reference reading each wait is rounded on its own.
  void pass_silence() {
    std::int64_t sum = 0;
    for (const std::int64_t wait : silence_) {
      sum += wait;
      if (reading_ == aria::Reading::reference) now_ += ticks(wait);
    }
    if (reading_ == aria::Reading::standard) now_ += ticks(sum);
    silence_.clear();
  }

  // 480 ticks are 500 ms. There are no halves.
  static std::int64_t ticks(std::int64_t milliseconds) { return (96 * milliseconds + 50) / 100; }

  aria::LazyConfig config_;
  aria::Reading reading_;
  std::vector<Words> tokens_;
  aria::MidiDict piece_;
  aria::SkippedTokens skipped_;
  std::map<std::string, unsigned> channels_;  // by instrument
  std::vector<std::int64_t> silence_;         // milliseconds, since the last note
  std::int64_t now_ = 0;
};

}  // namespace test
