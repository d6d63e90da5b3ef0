// The first step of the Lakh recipe: compound events beside every MIDI file of a tree.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/compound_text.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/dataset/work_state.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/file_stamp.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria {

struct MidiPreprocessOptions {
  Reading reading = Reading::standard;
  unsigned workers = default_workers();
  /// Larger files are a load_error: their notes have to be held in memory.
  std::uint64_t max_file_bytes = 12 << 20;
  anticipation::Settings settings = {};  ///< the time resolution counts
  /// Called for every file, in order.
  std::function<void(const FileOutcome&)> on_outcome = {};
  /// Called after every file. The files are counted first where it is set.
  ProgressCallback on_progress = {};
};

struct MidiPreprocessSummary {
  std::uint64_t found = 0;
  std::uint64_t kept = 0;
  std::uint64_t load_errors = 0;
  std::uint64_t truncated = 0;     ///< kept, although they end before their tracks do
  std::uint64_t done_already = 0;  ///< of all, those that an earlier run had finished
};

namespace detail {

/// The name that .aria-state has for the step.
inline constexpr std::string_view kMidiPreprocessCommand = "midi-preprocess";

// A piece cut short is remarked upon; everything else that is kept needs no reason.
struct MidiPreprocessResult {
  std::string path;
  Outcome outcome = Outcome::kept;
  std::string reason;
  bool done_already = false;

  std::string note() const { return std::string(name_of(outcome)) + ' ' + reason; }
  void set_note(std::string_view note) {
    outcome = note.starts_with(name_of(Outcome::kept)) ? Outcome::kept : Outcome::load_error;
    reason = note.substr(note.find(' ') + 1);
  }
};

template <Reading reading>
class MidiPreprocess {
 public:
  MidiPreprocess(std::string folder, const MidiPreprocessOptions& options)
      : folder_(std::move(folder)), options_(options), state_(folder_, kMidiPreprocessCommand, description(options)) {}

  MidiPreprocessSummary run() {
    const std::uint64_t total = count_files();
    DirectoryWalk files = walk();
    const auto next = [&] { return files.next(); };
    const auto cost = [](const FoundFile& file) { return (64 << 10) + 40 * file.size; };
    const auto make_worker = [this] {
      return [this, reader = anticipation::CompoundReader<reading>(options_.settings), bytes = ByteBuffer(),
              text = ByteBuffer()](const FoundFile& file, MidiPreprocessResult& result) mutable {
        process(file, reader, bytes, text, result);
      };
    };
    const auto sink = [&](const MidiPreprocessResult& result) {
      ++summary_.found;
      ++(result.outcome == Outcome::kept ? summary_.kept : summary_.load_errors);
      summary_.truncated += result.outcome == Outcome::kept && !result.reason.empty() ? 1 : 0;
      summary_.done_already += result.done_already ? 1 : 0;
      if (options_.on_outcome) options_.on_outcome({result.path, result.outcome, result.reason});
      if (options_.on_progress) options_.on_progress({summary_.found, total});
    };
    ordered_map<FoundFile, MidiPreprocessResult>(next, cost, make_worker, sink,
                                                 {.workers = options_.workers, .cost = kMemory});
    state_.flush();
    return summary_;
  }

 private:
  static constexpr std::uint64_t kMemory = 192 << 20;

  static std::string description(const MidiPreprocessOptions& options) {
    std::string text = reading == Reading::reference ? "reading=reference" : "reading=standard";
    const std::uint32_t resolution = options.settings.time_resolution;
    if (resolution != anticipation::Settings().time_resolution) text += " resolution=" + std::to_string(resolution);
    return text;
  }

  // Hidden entries are skipped in both readings, as Python's glob does.
  DirectoryWalk walk() const {
    return DirectoryWalk(
        folder_, {.recursive = true, .accepts = [](std::string_view name) { return is_midi_name(name, reading); }});
  }

  std::uint64_t count_files() const {
    if (!options_.on_progress) return 0;
    DirectoryWalk files = walk();
    std::uint64_t count = 0;
    while (files.next()) ++count;
    return count;
  }

  void process(const FoundFile& file, anticipation::CompoundReader<reading>& reader, ByteBuffer& bytes,
               ByteBuffer& text, MidiPreprocessResult& result) {
    const std::string output = anticipation::compound_path(file.path);
    const auto stamp = FileStamp::of(folder_ + '/' + file.path);
    result.path = file.path;
    result.done_already = false;
    if (stamp) {
      if (const auto note = state_.is_done(output, *stamp)) {
        result.set_note(*note);
        result.done_already = true;
        return;
      }
    }
    const bool is_final = convert(file, reader, bytes, text, result);
    if (result.outcome == Outcome::kept) {
      AtomicFile out(folder_ + '/' + output, IfExists::replace);
      out.write(text.view());
      out.commit(Sync::later);
      if (stamp) state_.finished(output, *stamp, result.note());
    } else {
      // What was made of other contents of the file must not be taken for this one's.
      ::unlink((folder_ + '/' + output).c_str());
      if (is_final && stamp) state_.finished_without_output(output, *stamp, result.note());
    }
  }

  // False where the file may be read another time.
  bool convert(const FoundFile& file, anticipation::CompoundReader<reading>& reader, ByteBuffer& bytes,
               ByteBuffer& text, MidiPreprocessResult& result) const {
    result.outcome = Outcome::load_error;
    result.reason = file.failure;
    if (!file.failure.empty()) return false;
    try {
      read_file(folder_ + '/' + file.path, bytes, options_.max_file_bytes);
      anticipation::CompoundLosses losses;
      text.clear();
      write_compound_text(reader.read(bytes.bytes(), &losses), text);
      result.outcome = Outcome::kept;
      result.reason.clear();
      if (losses.truncated_at) result.reason = "truncated at byte " + std::to_string(*losses.truncated_at);
      return true;
    } catch (const Error& error) {
      result.reason = error.without_path();
      return error.code() != ErrorCode::io && error.code() != ErrorCode::not_found;
    }
  }

  const std::string folder_;
  const MidiPreprocessOptions& options_;
  WorkState state_;
  MidiPreprocessSummary summary_;
};

}  // namespace detail

/// Writes `<file>.compound.txt` beside every MIDI file in `folder` and its subfolders (midi-preprocess.py of the
/// original). A file that cannot be read is reported, and an output of an earlier run is removed from beside it. What
/// an earlier run with the same reading has finished is not done again, unless the file or its output has changed
/// since; see WorkState.
///
///     aria::preprocess_midi("lmd_full");
///
/// Throws not_found or io for the folder, empty_result where no MIDI file is found, io where an output cannot be
/// written: what is done stays, and a rerun goes on. already_exists where another program works in the folder;
/// invalid_argument as `check` of the settings does.
inline MidiPreprocessSummary preprocess_midi(const std::string& folder, const MidiPreprocessOptions& options = {}) {
  check(options.settings);
  const MidiPreprocessSummary summary = options.reading == Reading::reference
                                            ? detail::MidiPreprocess<Reading::reference>(folder, options).run()
                                            : detail::MidiPreprocess<Reading::standard>(folder, options).run();
  if (summary.found == 0) throw Error(ErrorCode::empty_result, "holds no MIDI files", {.path = folder});
  return summary;
}

}  // namespace aria
