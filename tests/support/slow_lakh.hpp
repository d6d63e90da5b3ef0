// The sequences of a split, step by step as the original makes them: to hold the pipeline against.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/control_choice.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/instruments.hpp>
#include <aria/anticipation/interarrival_reader.hpp>
#include <aria/anticipation/numpy_random.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/hash128.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

#include "data.hpp"

namespace test {

/// What becomes of the files of a split.
struct SlowSplit {
  std::string lines;
  aria::LakhCounts counts;
};

namespace detail {

using Tokens = std::vector<aria::TokenId>;

inline void add_line(const Tokens& tokens, SlowSplit& split) {
  for (const aria::TokenId token : tokens) split.lines += std::to_string(token) + ' ';
  split.lines.back() = '\n';
  ++split.counts.sequences;
}

// Counts the piece; false where it is left out.
inline bool takes(std::span<const aria::anticipation::CompoundEvent> notes, aria::LakhCounts& counts) {
  std::int64_t end = 0;
  std::set<int> instruments;
  for (const auto& note : notes) {
    end = std::max(end, note.time.count);
    instruments.insert(note.instrument);
  }
  const bool too_short = notes.size() < 100 || end<1000, too_long = end> 360'000, too_many = instruments.size() > 16;
  ++(too_short  ? counts.too_short
     : too_long ? counts.too_long
     : too_many ? counts.too_many_instruments
                : counts.pieces);
  return !too_short && !too_long && !too_many;
}

// The loop of tokenize in the original over the copies of all pieces.
template <aria::Reading reading>
class SlowArrival {
 public:
  explicit SlowArrival(std::uint64_t seed) : seed_(seed) {}

  void add(const std::string& path, std::span<const aria::anticipation::CompoundEvent> notes, std::uint32_t copies) {
    for (std::uint32_t k = 0; k < copies; ++k) {
      Tokens events;
      split_.counts.cut += aria::anticipation::compound_to_events(notes, events);
      add_copy(path, k, events);
    }
  }
  SlowSplit& split() { return split_; }

 private:
  static constexpr std::size_t kLength = 1023;

  void add_copy(const std::string& path, std::uint32_t k, const Tokens& events) {
    const aria::TokenId flag =
        k % 10 == 0 ? aria::anticipation::kArrival.autoregress : aria::anticipation::kArrival.anticipate;
    Tokens piece(3, aria::anticipation::kArrival.separator);
    anticipate(path, k, events, piece);
    if (waiting_.empty()) flag_ = flag;
    waiting_.insert(waiting_.end(), piece.begin(), piece.end());
    flags_.insert(flags_.end(), piece.size(), flag);
    while (waiting_.size() >= kLength) cut(flag);
  }

  void anticipate(const std::string& path, std::uint32_t k, const Tokens& events, Tokens& out) {
    namespace ant = aria::anticipation;
    std::vector<ant::InstrumentCount> playing;
    ant::instruments(events, playing);
    ant::ControlMarks marks;
    if constexpr (reading == aria::Reading::reference) {
      ant::choose_controls(k, events, playing, numpy_, marks);
    } else {
      const aria::Hash128 name = aria::hash128(bytes_of(path));
      aria::RandomStream random(seed_, name.low, name.high, k);
      ant::choose_controls(k, events, playing, random, marks);
    }
    Tokens kept = events, controls, padded;
    if (!marks.empty()) ant::separate(events, marks, kept, controls);
    ant::pad(kept, padded, ant::Bins{events[events.size() - 3]});
    for (std::size_t i = 2; i < padded.size(); i += 3) split_.counts.rests += padded[i] == ant::kArrival.rest;
    REQUIRE(ant::anticipate(padded, controls, out).empty());
  }

  // Takes a sequence from the front; `flag` is that of the copy under way.
  void cut(aria::TokenId flag) {
    const auto& vocabulary = aria::anticipation::kArrival;
    Tokens sequence(waiting_.begin(), waiting_.begin() + kLength);
    const aria::TokenId own_flag = reading == aria::Reading::reference ? flag_ : flags_.front();
    waiting_.erase(waiting_.begin(), waiting_.begin() + kLength);
    flags_.erase(flags_.begin(), flags_.begin() + kLength);
    const auto time_of = [&](std::size_t i) {
      return sequence[i + 2] >= vocabulary.control ? sequence[i] - vocabulary.control : sequence[i];
    };
    std::optional<aria::TokenId> first;
    std::size_t separator = 0;
    for (; separator < kLength && sequence[separator + 2] != vocabulary.separator; separator += 3) {
      first = std::min(first.value_or(~aria::TokenId{0}), time_of(separator));
    }
    for (std::size_t i = 0; i < separator; i += 3) sequence[i] -= *first;
    for (std::size_t i = 0; i < kLength; i += 3) {
      if (sequence[i + 2] == vocabulary.separator || time_of(i) < 10'000) continue;
      ++split_.counts.left_out;
      return;
    }
    sequence.insert(sequence.begin(), own_flag);
    add_line(sequence, split_);
    flag_ = flag;
  }

  const std::uint64_t seed_;
  aria::anticipation::NumpyRandom numpy_;
  Tokens waiting_;
  Tokens flags_;  // of the pieces that the tokens belong to
  aria::TokenId flag_ = 0;
  SlowSplit split_;
};

}  // namespace detail

/// The lines of the files of a split, given in their order as path and bytes.
template <aria::Reading reading>
SlowSplit slow_lakh_split(const std::vector<std::pair<std::string, std::string>>& files, aria::LakhEncoding encoding,
                          std::uint32_t copies, std::uint64_t seed) {
  namespace ant = aria::anticipation;
  detail::SlowArrival<reading> arrival(seed);
  SlowSplit& split = arrival.split();
  detail::Tokens waiting;
  for (const auto& [path, bytes] : files) {
    ant::CompoundReader<reading> reader;
    std::vector<ant::CompoundEvent> notes;
    try {
      const auto all = reader.read(bytes_of(bytes));
      notes.assign(all.begin(), all.end());
    } catch (const aria::Error&) {
      ++split.counts.load_errors;
      continue;
    }
    if (!detail::takes(notes, split.counts)) continue;
    if (encoding == aria::LakhEncoding::arrival) {
      arrival.add(path, notes, copies);
      continue;
    }
    waiting.push_back(ant::kInterarrival.separator);
    split.counts.cut += ant::InterarrivalReader<reading>().read(bytes_of(bytes), waiting);
    for (; waiting.size() >= 1024; waiting.erase(waiting.begin(), waiting.begin() + 1024)) {
      detail::add_line(detail::Tokens(waiting.begin(), waiting.begin() + 1024), split);
    }
  }
  return std::move(split);
}

inline SlowSplit slow_lakh_split(const std::vector<std::pair<std::string, std::string>>& files,
                                 const aria::LakhOptions& options, std::uint32_t copies) {
  return options.reading == aria::Reading::reference
             ? slow_lakh_split<aria::Reading::reference>(files, options.encoding, copies, options.seed)
             : slow_lakh_split<aria::Reading::standard>(files, options.encoding, copies, options.seed);
}

}  // namespace test
