// A tokenizer of one's own, complete: the performance encoding of piano music. Whatever in the library takes a
// tokenizer takes this one, and nothing in the library knows of it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/midi.hpp>
#include <aria/token.hpp>

/// What a pianist does, in the order of time, after Oore and others: "This Time with Feeling" (arXiv 1808.03715), with
/// the time steps of Huang and others: "Music Transformer" (arXiv 1809.04281):
///
///     "<P>" "<U>" "<S>" "<E>"                padding, unknown, start, end
///     ["on", 60]        ["off", 60]          a key goes down, or up
///     ["shift", 10] to  ["shift", 1000]      so many milliseconds pass
///     ["velocity", 4] to ["velocity", 127]   how hard keys are struck from here on: the loudest of a bin of 4
///
/// All instruments are played on one piano; drums are left out, and so is silence before the first note. There are no
/// tokens for the pedal: it makes notes longer. A key that is struck while it sounds goes up first, and notes of one
/// pitch that start together are one.
class PerformanceTokenizer {
 public:
  // What every tokenizer has: aria::Tokenizer.

  static constexpr std::string_view name() { return "performance"; }

  /// All that decides which tokens there are. It stands in the first line of data sets, so that none is opened by a
  /// tokenizer that takes its tokens for others.
  std::string config_json() const {
    return R"({"time_step": )" + std::to_string(kTimeStep) + R"(, "time_steps": )" + std::to_string(kTimeSteps) +
           R"(, "velocity_step": )" + std::to_string(kVelocityStep) + '}';
  }

  const aria::Vocabulary& vocabulary() const noexcept { return *vocabulary_; }

  /// A window may begin where a note does. What ends notes and what passes time belongs to the music before it.
  aria::TokenRole role(aria::TokenId token) const noexcept {
    const aria::TokenKind kind = view(token).kind;
    if (kind == aria::TokenKind::special) return aria::TokenRole::special;
    const bool starts_note = kind == aria::TokenKind::note || kind == aria::TokenKind::velocity;
    return starts_note ? aria::TokenRole::event : aria::TokenRole::continuation;
  }

  /// Replaces the contents of `out`. Throws empty_result where nothing but drums plays, and too_large for music that
  /// lasts longer than a day. Nothing is left to chance, so the random numbers are not used.
  void tokenize(const aria::MidiDict& piece, aria::RandomStream /*random*/, std::vector<aria::TokenId>& out) const {
    const std::vector<KeyMove> moves = key_moves(strokes(piece));
    if (moves.empty()) throw aria::Error(aria::ErrorCode::empty_result, "has no notes but drums");
    out.assign({kStart});
    std::int64_t now = moves.front().step;
    int velocity_bin = -1;
    for (const KeyMove& move : moves) {
      while (now < move.step) {
        const std::int64_t steps = std::min<std::int64_t>(move.step - now, kTimeSteps);
        out.push_back(kFirstShift + static_cast<aria::TokenId>(steps - 1));
        now += steps;
      }
      if (move.down && velocity_bin != move.velocity_bin) {
        velocity_bin = move.velocity_bin;
        out.push_back(id(kFirstVelocity, velocity_bin, kVelocityBins));
      }
      out.push_back((move.down ? kFirstOn : kFirstOff) + move.pitch);
    }
    out.push_back(kEnd);
  }

  /// The music of any tokens whatsoever, for models write what they like, and windows begin and end anywhere. What
  /// makes no sense is left out and counted; keys that never go up do so at the end. A tick is a millisecond.
  aria::MidiDict detokenize(std::span<const aria::TokenId> tokens, aria::SkippedTokens* skipped = nullptr) const {
    aria::SkippedTokens nobody_asks;
    aria::SkippedTokens& counts = skipped != nullptr ? *skipped : nobody_asks;
    Piano piano(counts);
    for (const aria::TokenId token : tokens) {
      const aria::TokenView said = view(token);
      if (said.kind == aria::TokenKind::note) {
        piano.press(said.pitch);
      } else if (said.kind == aria::TokenKind::note_off) {
        piano.release(said.pitch);
      } else if (said.kind == aria::TokenKind::wait) {
        piano.wait(said.value);
      } else if (said.kind == aria::TokenKind::velocity) {
        piano.set_velocity(said.velocity);
      } else if (token == kUnknown || token >= kTokenCount) {
        ++counts.unknown;
      }
    }
    return piano.finish();
  }

  // What augmentations ask, too: aria::TypedTokenizer. With these, pitch, velocity and tempo of sequences can be
  // changed. A tokenizer that lacks them is still good for data sets and training.

  /// What a token means. Any number may be asked for.
  aria::TokenView view(aria::TokenId token) const noexcept {
    const auto behind = [token](aria::TokenId first) { return static_cast<std::uint8_t>(token - first); };
    if (token < kFirstOn || token >= kTokenCount) return {.kind = aria::TokenKind::special};
    if (token < kFirstOff) return {.kind = aria::TokenKind::note, .pitch = behind(kFirstOn)};
    if (token < kFirstShift) return {.kind = aria::TokenKind::note_off, .pitch = behind(kFirstOff)};
    if (token < kFirstVelocity) return {.kind = aria::TokenKind::wait, .value = kTimeStep * (behind(kFirstShift) + 1)};
    return {.kind = aria::TokenKind::velocity,
            .velocity = static_cast<std::uint8_t>(velocity_of(behind(kFirstVelocity)))};
  }

  /// The token with this meaning, or the unknown one. A velocity has the token of its bin.
  aria::TokenId find(const aria::TokenView& wanted) const noexcept {
    switch (wanted.kind) {
      case aria::TokenKind::note:
        return id(kFirstOn, wanted.pitch, kPitches);
      case aria::TokenKind::note_off:
        return id(kFirstOff, wanted.pitch, kPitches);
      case aria::TokenKind::wait:
        return wanted.value % kTimeStep == 0 ? id(kFirstShift, wanted.value / kTimeStep - 1, kTimeSteps) : kUnknown;
      case aria::TokenKind::velocity:
        return id(kFirstVelocity, velocity_bin_of(wanted.velocity), kVelocityBins);
      default:
        return kUnknown;
    }
  }

  int velocity_step() const noexcept { return kVelocityStep; }
  int max_velocity() const noexcept { return kMaxVelocity; }
  std::int32_t time_step() const noexcept { return kTimeStep; }
  std::int32_t max_time() const noexcept { return kTimeStep * kTimeSteps; }

 private:
  static constexpr std::int32_t kTimeStep = 10, kTimeSteps = 100;  // milliseconds, and how many steps a token holds
  static constexpr int kVelocityStep = 4, kVelocityBins = 32, kMaxVelocity = 127, kPitches = 128;

  // Tokens of a kind have ids side by side, so that arithmetic turns ids into meanings and back.
  static constexpr aria::TokenId kPad = 0, kUnknown = 1, kStart = 2, kEnd = 3;
  static constexpr aria::TokenId kFirstOn = 4, kFirstOff = kFirstOn + kPitches, kFirstShift = kFirstOff + kPitches,
                                 kFirstVelocity = kFirstShift + kTimeSteps,
                                 kTokenCount = kFirstVelocity + kVelocityBins;

  static aria::TokenId id(aria::TokenId first, std::int32_t number, std::int32_t count) {
    return number >= 0 && number < count ? first + static_cast<aria::TokenId>(number) : kUnknown;
  }

  // 1 to 4, 5 to 8, ..., 125 to 127 are the bins 0 to 31.
  static int velocity_bin_of(int velocity) { return (velocity + kVelocityStep - 1) / kVelocityStep - 1; }
  static int velocity_of(int bin) { return std::min((bin + 1) * kVelocityStep, kMaxVelocity); }

  // The texts in the order of the ids.
  static std::vector<std::string> texts() {
    std::vector<std::string> all = {R"("<P>")", R"("<U>")", R"("<S>")", R"("<E>")"};
    const auto add = [&all](const char* word, int number) {
      all.push_back("[\"" + std::string(word) + "\", " + std::to_string(number) + ']');
    };
    for (int pitch = 0; pitch < kPitches; ++pitch) add("on", pitch);
    for (int pitch = 0; pitch < kPitches; ++pitch) add("off", pitch);
    for (int steps = 1; steps <= kTimeSteps; ++steps) add("shift", steps * kTimeStep);
    for (int bin = 0; bin < kVelocityBins; ++bin) add("velocity", velocity_of(bin));
    return all;
  }

  // On the way to tokens: notes on the grid of time, then keys that go down and up.

  struct Stroke {
    std::int64_t start;
    std::int64_t end;
    std::uint8_t pitch;
    int velocity_bin;
  };
  struct KeyMove {
    std::int64_t step;
    bool down;
    std::uint8_t pitch;
    int velocity_bin;
  };

  // Every time is counted from the first note and put on the grid by itself. Rounding what lies between notes would
  // add up.
  static std::int64_t step_of(const aria::TempoMap& time, aria::Ticks first, aria::Ticks tick) {
    constexpr double kSecondsOfDay = 86'400, kStepsPerSecond = 1000.0 / kTimeStep;
    const double seconds = time.seconds(first, tick);
    if (std::abs(seconds) > kSecondsOfDay) {
      throw aria::Error(aria::ErrorCode::too_large, "lasts longer than a day");
    }
    return std::llround(seconds * kStepsPerSecond);
  }

  // A note that ends while the pedal is down sounds until it goes up.
  static aria::Ticks held_until(aria::Ticks end, const std::vector<aria::PedalInterval>& pedal) {
    const auto behind =
        std::upper_bound(pedal.begin(), pedal.end(), end,
                         [](aria::Ticks tick, const aria::PedalInterval& interval) { return tick < interval.down; });
    return behind == pedal.begin() ? end : std::max(end, behind[-1].up);
  }

  // In the order of their starts, as the notes of a piece are.
  static std::vector<Stroke> strokes(const aria::MidiDict& piece) {
    const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
    const aria::PedalIntervals pedal = pedal_intervals(piece);
    std::optional<aria::Ticks> first;
    std::vector<Stroke> all;
    all.reserve(piece.notes.size());
    for (const aria::NoteMsg& note : piece.notes) {
      if (note.channel() == aria::kDrumChannel || note.velocity() == 0) continue;
      if (!first) first = note.start();
      const std::int64_t start = step_of(time, *first, note.start());
      const std::int64_t end = step_of(time, *first, held_until(note.end(), pedal[note.channel()]));
      all.push_back({start, std::max(end, start + 1), note.pitch(), velocity_bin_of(note.velocity())});
    }
    return all;
  }

  // In the order in which they are played: keys go up before others go down, and lower keys come first.
  static std::vector<KeyMove> key_moves(const std::vector<Stroke>& strokes) {
    std::vector<KeyMove> moves;
    moves.reserve(2 * strokes.size());
    const auto add = [&moves](const Stroke& stroke, std::int64_t end) {
      moves.push_back({stroke.start, true, stroke.pitch, stroke.velocity_bin});
      moves.push_back({end, false, stroke.pitch, 0});
    };
    std::array<std::optional<Stroke>, kPitches> last;
    for (const Stroke& stroke : strokes) {
      std::optional<Stroke>& before = last[stroke.pitch];
      if (before && before->start == stroke.start) {
        before->end = std::max(before->end, stroke.end);
        before->velocity_bin = std::max(before->velocity_bin, stroke.velocity_bin);
        continue;
      }
      if (before) add(*before, std::min(before->end, stroke.start));
      before = stroke;
    }
    for (const auto& stroke : last) {
      if (stroke) add(*stroke, stroke->end);
    }
    std::sort(moves.begin(), moves.end(), [](const KeyMove& a, const KeyMove& b) {
      return std::tuple(a.step, a.down, a.pitch) < std::tuple(b.step, b.down, b.pitch);
    });
    return moves;
  }

  // On the way back: plays on one piano, and writes down what sounds.
  class Piano {
   public:
    explicit Piano(aria::SkippedTokens& skipped) : skipped_(skipped) {
      piece_.ticks_per_beat = 500;  // at half a second a beat
      piece_.tempos = {{aria::Ticks{0}, 500'000}};
      piece_.instruments.emplace_back(aria::Ticks{0}, 0U, 0U);
    }

    void wait(std::int32_t milliseconds) { now_ = now_ + aria::Ticks{milliseconds}; }

    void set_velocity(std::uint8_t velocity) { velocity_ = velocity; }

    void press(std::uint8_t pitch) {
      if (sounding_[pitch]) end_note(pitch, now_);
      sounding_[pitch] = piece_.notes.size();
      piece_.notes.emplace_back(now_, now_, pitch, velocity_, 0U);
    }

    void release(std::uint8_t pitch) {
      if (sounding_[pitch]) return end_note(pitch, now_);
      ++skipped_.misplaced;
    }

    aria::MidiDict finish() {
      for (std::size_t pitch = 0; pitch < sounding_.size(); ++pitch) {
        if (sounding_[pitch]) end_note(pitch, std::max(now_, start_of(pitch) + aria::Ticks{kTimeStep}));
      }
      // Notes that ended as they began.
      skipped_.silent += std::erase_if(piece_.notes, [](const aria::NoteMsg& n) { return n.start() == n.end(); });
      return std::move(piece_);
    }

   private:
    aria::Ticks start_of(std::size_t pitch) const { return piece_.notes[*sounding_[pitch]].start(); }

    void end_note(std::size_t pitch, aria::Ticks end) {
      aria::NoteMsg& note = piece_.notes[*sounding_[pitch]];
      note = aria::NoteMsg(note, end);
      sounding_[pitch].reset();
    }

    aria::SkippedTokens& skipped_;
    aria::MidiDict piece_;
    aria::Ticks now_;
    unsigned velocity_ = 64;                                     // until one is set
    std::array<std::optional<std::size_t>, kPitches> sounding_;  // which note the key plays
  };

  // Copies of the tokenizer share it: data sets and threads have one each.
  std::shared_ptr<const aria::Vocabulary> vocabulary_ =
      std::make_shared<const aria::Vocabulary>(texts(), aria::Vocabulary::Special{.pad = kPad, .unknown = kUnknown});
};

// Where something is missing, the compiler names it.
static_assert(aria::CheckedTypedTokenizer<PerformanceTokenizer>);
