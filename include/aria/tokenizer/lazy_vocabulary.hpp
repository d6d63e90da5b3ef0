// The vocabulary of the lazy tokenizer: which id means what, by arithmetic and small tables.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/config/lazy_config.hpp>
#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/token/vocabulary.hpp>
#include <aria/tokenizer/quantize.hpp>

namespace aria {

/// The tokens in the order of the original's TokenizerLazy (aria/tokenizer/tokenizer.py):
///
///     "<S>" "<E>" "<P>" "<U>" "<D>"                start, end, padding, unknown, the end is near
///     ["prefix", "instrument", "piano"] ...        those not ignored in the order of the configuration, then "drum"
///     ["prefix", "composer", "bach"] ...
///     ["piano", 60, 45] ...                        instrument, pitch, velocity
///     ["drum", 35] to ["drum", 81]
///     ["dur", 0] ... ["wait", 0] ...               milliseconds
///
/// Behind the vocabulary follow the tokens that the original writes although no model knows them: drums of other
/// pitches, and piano where that is ignored, because channels of program 0 are never taken out.
class LazyVocabulary {
 public:
  static constexpr TokenId kStart = 0, kEnd = 1, kPad = 2, kUnknown = 3, kDiminish = 4;

  /// Throws invalid_argument for numbers outside the ranges of LazyConfig, and for two tokens of one text.
  explicit LazyVocabulary(LazyConfig config)
      : config_(checked(std::move(config))),
        velocities_(127 / config_.velocity_step + 1),
        vocabulary_{texts(), Vocabulary::Special{kPad, kUnknown}, size_} {  // braces: from left to right
    for (unsigned velocity = 0; velocity < 128; ++velocity) {
      const std::size_t nearest = nearest_step(velocity, config_.velocity_step, velocities_);
      velocity_rank_[velocity] = static_cast<std::uint8_t>(nearest == 0 && velocity != 0 ? 1 : nearest);
    }
    time_rank_.reserve(static_cast<std::size_t>(config_.max_time()) + 1);
    for (std::int64_t time = 0; time <= config_.max_time(); ++time) {
      time_rank_.push_back(static_cast<std::uint16_t>(nearest_step(time, config_.time_step, config_.time_steps)));
    }
  }

  const LazyConfig& config() const noexcept { return config_; }
  const Vocabulary& vocabulary() const noexcept { return vocabulary_; }

  /// Velocities are `rank * config().velocity_step`. Only 0 has rank 0.
  std::size_t velocity_rank(unsigned velocity) const noexcept { return velocity_rank_[velocity & 127]; }

  /// Times are `rank * config().time_step`; below 0 and above config().max_time() the nearest one counts.
  std::size_t time_rank(std::int64_t milliseconds) const noexcept {
    const std::int64_t last = static_cast<std::int64_t>(time_rank_.size()) - 1;
    return time_rank_[static_cast<std::size_t>(std::clamp<std::int64_t>(milliseconds, 0, last))];
  }

  /// The note of pitch 0 and velocity rank 0; another one is `pitch * velocity_count() + velocity_rank` behind it. The
  /// instrument class must not be ignored, or must be piano.
  TokenId first_note(Instrument instrument) const noexcept { return first_note_[index(instrument)]; }
  std::size_t velocity_count() const noexcept { return velocities_; }
  TokenId drum(unsigned pitch) const noexcept { return drum_[pitch & 127]; }
  TokenId duration(std::size_t rank) const noexcept { return first_duration_ + static_cast<TokenId>(rank); }
  TokenId wait(std::size_t rank) const noexcept { return first_wait_ + static_cast<TokenId>(rank); }

  /// The prefix token of an instrument class or of kDrums; the class as above.
  TokenId prefix(std::size_t sound) const noexcept { return prefix_[sound]; }
  std::optional<TokenId> composer(std::string_view name) const noexcept {
    const auto& names = config_.composer_names;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return first_composer_ + static_cast<TokenId>(found - names.begin());
  }

  /// What a token means; any number that is none is special.
  TokenView view(TokenId token) const noexcept { return token < views_.size() ? views_[token] : TokenView{}; }

  /// The token with this meaning, or kUnknown. Special tokens are not found.
  TokenId find(const TokenView& view) const noexcept {
    switch (view.kind) {
      case TokenKind::instrument:
        return view.sound < kSoundCount ? prefix_[view.sound] : kUnknown;
      case TokenKind::composer:
        return view.value >= 0 && static_cast<std::size_t>(view.value) < config_.composer_names.size()
                   ? first_composer_ + static_cast<TokenId>(view.value)
                   : kUnknown;
      case TokenKind::note:
        return find_note(view);
      case TokenKind::drum:
        return view.pitch < 128 ? drum_[view.pitch] : kUnknown;
      case TokenKind::duration:
      case TokenKind::wait:
        return find_time(view);
      default:
        return kUnknown;
    }
  }

 private:
  static constexpr unsigned kFirstDrum = 35, kLastDrum = 81;

  // A configuration that was not read from a text but put together.
  static LazyConfig checked(LazyConfig config) {
    const bool right = LazyConfig::kDrumVelocities.holds(config.drum_velocity) &&
                       LazyConfig::kVelocitySteps.holds(config.velocity_step) &&
                       LazyConfig::kTimeStepCounts.holds(config.time_steps) &&
                       LazyConfig::kTimeSteps.holds(config.time_step) &&
                       std::all_of(config.programs.begin(), config.programs.end(),
                                   [](unsigned program) { return LazyConfig::kPrograms.holds(program); });
    if (!right) throw Error(ErrorCode::invalid_argument, "a number of the tokenizer's configuration is out of range");
    return config;
  }

  static std::size_t index(Instrument instrument) noexcept { return static_cast<std::size_t>(instrument); }

  TokenId find_note(const TokenView& view) const noexcept {
    if (view.sound >= kInstrumentCount || view.pitch >= 128 || view.velocity >= 128) return kUnknown;
    const TokenId first = first_note_[view.sound];
    if (first == kUnknown || view.velocity % config_.velocity_step != 0) return kUnknown;
    return first + static_cast<TokenId>(view.pitch * velocities_ + view.velocity / config_.velocity_step);
  }

  TokenId find_time(const TokenView& view) const noexcept {
    const auto step = static_cast<std::int32_t>(config_.time_step);
    if (view.value < 0 || view.value > config_.max_time() || view.value % step != 0) return kUnknown;
    return (view.kind == TokenKind::duration ? first_duration_ : first_wait_) + static_cast<TokenId>(view.value / step);
  }

  // Fills the tables while it puts the texts together, so that ids are counted in one place.
  std::vector<std::string> texts() {
    std::vector<std::string> all = {R"("<S>")", R"("<E>")", R"("<P>")", R"("<U>")", R"("<D>")"};
    views_.resize(all.size());
    const auto add = [&](std::string text, TokenView view) {
      all.push_back(std::move(text));
      views_.push_back(view);
      return static_cast<TokenId>(all.size() - 1);
    };
    first_note_.fill(kUnknown);
    prefix_.fill(kUnknown);
    add_prefixes(add);
    first_composer_ = static_cast<TokenId>(all.size());
    for (std::size_t i = 0; i < config_.composer_names.size(); ++i) {
      add("[\"prefix\", \"composer\", " + quoted(config_.composer_names[i]) + ']',
          {.kind = TokenKind::composer, .value = static_cast<std::int32_t>(i)});
    }
    for (const Instrument instrument : config_.order) {
      if (!config_.ignore[index(instrument)]) add_notes(instrument, add);
    }
    for (unsigned pitch = kFirstDrum; pitch <= kLastDrum; ++pitch) add_drum(pitch, add);
    first_duration_ = add_times("dur", TokenKind::duration, add);
    first_wait_ = add_times("wait", TokenKind::wait, add);
    size_ = all.size();
    add_outsiders(add);
    return all;
  }

  template <class Add>
  void add_prefix(std::size_t sound, std::string_view name, Add& add) {
    prefix_[sound] = add("[\"prefix\", \"instrument\", \"" + std::string(name) + "\"]",
                         {.kind = TokenKind::instrument, .sound = static_cast<std::uint8_t>(sound)});
  }

  template <class Add>
  void add_prefixes(Add& add) {
    for (const Instrument instrument : config_.order) {
      if (!config_.ignore[index(instrument)]) add_prefix(index(instrument), name_of(instrument), add);
    }
    add_prefix(kDrums, "drum", add);
  }

  template <class Add>
  void add_notes(Instrument instrument, Add& add) {
    for (unsigned pitch = 0; pitch < 128; ++pitch) {
      for (unsigned rank = 0; rank < velocities_; ++rank) {
        const unsigned velocity = rank * config_.velocity_step;
        const TokenId id = add("[\"" + std::string(name_of(instrument)) + "\", " + std::to_string(pitch) + ", " +
                                   std::to_string(velocity) + ']',
                               {.kind = TokenKind::note,
                                .sound = static_cast<std::uint8_t>(instrument),
                                .pitch = static_cast<std::uint8_t>(pitch),
                                .velocity = static_cast<std::uint8_t>(velocity)});
        if (pitch == 0 && rank == 0) first_note_[index(instrument)] = id;
      }
    }
  }

  template <class Add>
  void add_drum(unsigned pitch, Add& add) {
    drum_[pitch] = add("[\"drum\", " + std::to_string(pitch) + ']', {.kind = TokenKind::drum,
                                                                     .sound = static_cast<std::uint8_t>(kDrums),
                                                                     .pitch = static_cast<std::uint8_t>(pitch)});
  }

  template <class Add>
  TokenId add_times(const char* name, TokenKind kind, Add& add) {
    TokenId first = 0;
    for (unsigned rank = 0; rank < config_.time_steps; ++rank) {
      const unsigned time = rank * config_.time_step;
      const TokenId id = add("[\"" + std::string(name) + "\", " + std::to_string(time) + ']',
                             {.kind = kind, .value = static_cast<std::int32_t>(time)});
      if (rank == 0) first = id;
    }
    return first;
  }

  template <class Add>
  void add_outsiders(Add& add) {
    for (unsigned pitch = 0; pitch < 128; ++pitch) {
      if (pitch < kFirstDrum || pitch > kLastDrum) add_drum(pitch, add);
    }
    if (!config_.ignore[index(Instrument::piano)]) return;
    add_prefix(index(Instrument::piano), name_of(Instrument::piano), add);
    add_notes(Instrument::piano, add);
  }

  static std::string quoted(std::string_view text) {
    ByteBuffer out;
    detail::write_json_string(text, out, [](ByteBuffer&) {});
    return std::string(out.view());
  }

  LazyConfig config_;
  std::size_t velocities_;
  std::size_t size_ = 0;
  std::vector<TokenView> views_;
  std::array<TokenId, kInstrumentCount> first_note_{};
  std::array<TokenId, kSoundCount> prefix_{};
  std::array<TokenId, 128> drum_{};
  TokenId first_composer_ = 0;
  TokenId first_duration_ = 0;
  TokenId first_wait_ = 0;
  Vocabulary vocabulary_;  // behind what texts() fills
  std::array<std::uint8_t, 128> velocity_rank_{};
  std::vector<std::uint16_t> time_rank_;
};

}  // namespace aria
