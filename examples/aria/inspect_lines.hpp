// What `aria inspect` counts in files of token lines.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/config/instrument.hpp>
#include <aria/dataset/line_dataset.hpp>
#include <aria/dataset/token_statistics.hpp>

#include "inspect_tokens.hpp"
#include "inspect_tokens_drawing.hpp"

namespace inspect {

using aria::anticipation::ArrivalVocabulary;
using aria::anticipation::InterarrivalVocabulary;

/// What single ids do not show, but sequences do. Times are in milliseconds.
struct SequenceCounts {
  std::vector<std::uint64_t> steps;  ///< by bins from an onset to the next one, controls and rests left out
  aria::ValueCounts lengths;         ///< of sequences, to the last onset
  aria::ValueCounts notes;           ///< of a sequence, without controls
  aria::ValueCounts controls;        ///< of a sequence

  void add(const SequenceCounts& other) {
    steps.resize(std::max(steps.size(), other.steps.size()));
    for (std::size_t i = 0; i < other.steps.size(); ++i) steps[i] += other.steps[i];
    add(other.lengths, lengths);
    add(other.notes, notes);
    add(other.controls, controls);
  }

 private:
  static void add(const aria::ValueCounts& from, aria::ValueCounts& to) {
    for (const auto& [value, times] : from.counts()) to.add(value, times);
  }
};

/// Counts what a sequence holds. What is no event does not count.
inline void count_sequence(std::span<const aria::TokenId> tokens, const ArrivalVocabulary& ids, std::int32_t bin,
                           SequenceCounts& counts) {
  counts.steps.resize(ids.max_time);
  if (!tokens.empty() && tokens[0] > ids.separator) tokens = tokens.subspan(1);  // the flag
  std::int32_t notes = 0, controls = 0;
  std::int64_t previous = -1, last = 0, length = 0;
  const aria::anticipation::Triples events(tokens.first(tokens.size() / 3 * 3));
  for (std::size_t i = 0; i < events.size(); ++i) {
    const aria::anticipation::Triple event = events[i];
    if (event.note == ids.separator) {  // times begin anew
      length += last;
      last = 0;
      previous = -1;
      continue;
    }
    const std::int64_t time = aria::anticipation::time_of(event, ids).count;
    if (event.note < ids.note || event.note == ids.rest || time < 0 || time >= ids.max_time) continue;
    last = std::max(last, time);
    if (ids.is_control(event.note)) {
      ++controls;
      continue;
    }
    ++notes;
    if (previous >= 0 && time >= previous) ++counts.steps[static_cast<std::size_t>(time - previous)];
    previous = time;
  }
  length = std::min<std::int64_t>((length + last) * bin, std::numeric_limits<std::int32_t>::max());
  counts.lengths.add(static_cast<std::int32_t>(length), 1);
  counts.notes.add(notes, 1);
  counts.controls.add(controls, 1);
}

inline void count_sequence(std::span<const aria::TokenId> tokens, const InterarrivalVocabulary& ids, std::int32_t bin,
                           SequenceCounts& counts) {
  std::int32_t notes = 0;
  std::int64_t now = 0, last = 0;
  for (const aria::TokenId token : tokens) {
    if (token < ids.note_on) {
      now += token;
    } else if (token < ids.note_off) {
      ++notes;
      last = now;
    }
  }
  last = std::min<std::int64_t>(last * bin, std::numeric_limits<std::int32_t>::max());
  counts.lengths.add(static_cast<std::int32_t>(last), 1);
  counts.notes.add(notes, 1);
}

/// All about a file.
struct LineStatistics {
  aria::TokenStatistics all;
  SequenceCounts sequences;
  std::vector<TokenRow> kinds{};
  std::array<std::uint64_t, aria::kSoundCount> notes_of{}, controls_of{};  ///< by instrument class, then drums
  std::uint64_t notes = 0, controls = 0;
  aria::ValueCounts pitches{};    ///< of notes and controls, but not of drums
  aria::ValueCounts durations{};  ///< of notes and controls, in milliseconds
  /// In milliseconds: from an onset to the next one, or what interarrival tokens say, which wait for note-offs, too.
  aria::ValueCounts steps{};
  const char* steps_name = "time between onsets";
  TimeGrid grid{};
};

/// The ids from `first` to `end` - 1.
struct IdBlock {
  const char* name;
  aria::TokenId first, end;
};

/// Sums up what the counts of ids say.
class LineSummary {
 public:
  LineSummary(LineStatistics& out, std::uint32_t pitches) : out_(out), pitches_(pitches) {}

  void add_kind(IdBlock block) {
    std::uint64_t total = 0;
    each(block, [&](aria::TokenId, std::uint64_t times) { total += times; });
    if (total != 0) out_.kinds.emplace_back(block.name, total);
  }

  void add_notes(IdBlock block, bool controls) {
    add_kind(block);
    each(block, [&](aria::TokenId note, std::uint64_t times) {
      const std::uint32_t instrument = note / pitches_;
      const bool drums = instrument == aria::anticipation::kDrumInstrument;
      const std::size_t sound = drums ? aria::kDrums : static_cast<std::size_t>(aria::instrument_of(instrument));
      (controls ? out_.controls_of : out_.notes_of)[sound] += times;
      (controls ? out_.controls : out_.notes) += times;
      if (!drums) out_.pitches.add(static_cast<std::int32_t>(note % pitches_), times);
    });
  }

  void add_times(IdBlock block, aria::ValueCounts& values) {
    add_kind(block);
    each(block, [&](aria::TokenId time, std::uint64_t times) {
      values.add(static_cast<std::int32_t>(time) * out_.grid.step, times);
    });
  }

 private:
  // Calls `use` with the place of every id in the block, and how often it occurs.
  template <class Use>
  void each(IdBlock block, Use use) const {
    for (aria::TokenId id = block.first; id < block.end; ++id) {
      if (out_.all.counts[id] != 0) use(id - block.first, out_.all.counts[id]);
    }
  }

  LineStatistics& out_;
  std::uint32_t pitches_;
};

inline void summarize(const ArrivalVocabulary& ids, LineStatistics& out) {
  out.grid.last = static_cast<std::int32_t>(ids.max_duration - 1) * out.grid.step;
  LineSummary summary(out, ids.pitches);
  for (std::size_t i = 0; i < out.sequences.steps.size(); ++i) {
    out.steps.add(static_cast<std::int32_t>(i) * out.grid.step, out.sequences.steps[i]);
  }
  summary.add_kind({"time", ids.time, ids.duration});
  summary.add_times({"duration", ids.duration, ids.note}, out.durations);
  summary.add_notes({"note", ids.note, ids.rest}, false);
  summary.add_kind({"rest", ids.rest, ids.control});
  summary.add_kind({"control time", ids.control, ids.control + ids.duration});
  summary.add_times({"control duration", ids.control + ids.duration, ids.control + ids.note}, out.durations);
  summary.add_notes({"control note", ids.control + ids.note, ids.separator}, true);
  summary.add_kind({"separator", ids.separator, ids.autoregress});
  summary.add_kind({"autoregress", ids.autoregress, ids.anticipate});
  summary.add_kind({"anticipate", ids.anticipate, ids.size});
}

inline void summarize(const InterarrivalVocabulary& ids, LineStatistics& out) {
  out.grid.last = static_cast<std::int32_t>(ids.max_interarrival - 1) * out.grid.step;
  out.steps_name = "time";
  LineSummary summary(out, ids.pitches);
  summary.add_times({"time", ids.time, ids.note_on}, out.steps);
  summary.add_notes({"note-on", ids.note_on, ids.note_off}, false);
  summary.add_kind({"note-off", ids.note_off, ids.separator});
  summary.add_kind({"separator", ids.separator, ids.size});
}

/// One pass over the file, on all cores. Throws as aria::token_statistics does.
template <aria::Tokenizer T>
LineStatistics line_statistics(const aria::LineDataset<T>& data, const aria::TokenStatisticsOptions& options) {
  const T& tokenizer = data.tokenizer();
  const auto bin = static_cast<std::int32_t>(1000 / tokenizer.settings().time_resolution);
  std::deque<SequenceCounts> of_threads;
  LineStatistics out;
  out.grid.step = bin;
  out.all = aria::token_statistics(data, options, [&] {
    SequenceCounts& counts = of_threads.emplace_back();
    return [&](std::span<const aria::TokenId> tokens) { count_sequence(tokens, tokenizer.ids(), bin, counts); };
  });
  for (const SequenceCounts& counts : of_threads) out.sequences.add(counts);
  summarize(tokenizer.ids(), out);
  out.kinds = most_first(std::move(out.kinds));
  return out;
}

}  // namespace inspect
