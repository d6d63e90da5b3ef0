// What a MIDI file, a folder of them or a MidiDataset file holds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/dataset/midi_dataset_file.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/statistics.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/midi_reader.hpp>
#include <aria/midi/piece_statistics.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria {

/// A MIDI file by itself: what its header says, what was read, what was lost.
struct MidiFileInspection {
  MidiHeader header;
  int tracks_read = 0;
  MidiLosses losses;
  PieceStatistics statistics;
};

namespace detail {

template <Reading reading>
void inspect_tracks(std::span<const std::byte> bytes, MidiFileInspection& out) {
  BasicMidiFileView<reading> file(bytes);
  while (file.next_track()) ++out.tracks_read;
  out.header = file.header();
}

}  // namespace detail

/// Throws as MidiDict::from_midi does.
inline MidiFileInspection inspect_midi_file(const std::string& path, Reading reading = Reading::standard) {
  MidiFileInspection out;
  const MappedFile file(path);
  try {
    out.statistics = piece_statistics(MidiDict::from_midi(file.bytes(), path, {.reading = reading}, &out.losses));
    reading == Reading::reference ? detail::inspect_tracks<Reading::reference>(file.bytes(), out)
                                  : detail::inspect_tracks<Reading::standard>(file.bytes(), out);
  } catch (const Error& error) {
    throw error.in_file(path);
  }
  return out;
}

struct FolderInspectionOptions {
  bool recursive = false;
  Reading reading = Reading::standard;
  unsigned workers = default_workers();
  /// Larger files count as not readable, as in build_midi_dataset.
  std::uint64_t max_file_bytes = 12 << 20;
  /// Of how many files that cannot be read to keep the names and reasons.
  std::size_t max_failures = 5;
  /// Called after every file. The files are counted first where it is set.
  ProgressCallback on_progress = {};
};

/// The MIDI files of a folder.
struct FolderInspection {
  struct Failure {
    std::string path;  ///< relative to the folder
    std::string reason;
  };

  std::uint64_t found = 0;
  std::uint64_t failed = 0;
  std::vector<Failure> first_failures;
  std::uint64_t truncated = 0;  ///< files read that end before their tracks do
  std::uint64_t unclosed_notes = 0;
  std::uint64_t zero_length_notes = 0;
  DatasetStatistics statistics;  ///< of the files that were read
};

namespace detail {

// The way of one file from its path to its numbers, and of all files into the sum.
class FolderInspector {
 public:
  FolderInspector(const std::string& folder, const FolderInspectionOptions& options)
      : folder_(folder), options_(options) {}

  FolderInspection run() {
    const std::uint64_t total = count_files();
    DirectoryWalk walk = files();
    ordered_map<FoundFile, Result>(
        [&] { return walk.next(); }, [](const FoundFile& file) { return kSmallFile + kMemoryPerByte * file.size; },
        [this] {
          return [this, reader = MidiReader(), bytes = ByteBuffer(), piece = MidiDict()](const FoundFile& file,
                                                                                         Result& result) mutable {
            process(file, reader, bytes, piece, result);
            if (file.size > kLargeFile) std::tie(reader, bytes, piece) = std::tuple<MidiReader, ByteBuffer, MidiDict>();
          };
        },
        [&](Result& result) {
          add(result);
          if (options_.on_progress) options_.on_progress({out_.found, total});
        },
        {.workers = options_.workers, .cost = kMemory});
    return std::move(out_);
  }

 private:
  // A byte of MIDI becomes up to 14 bytes of working memory; only workers hold that, so this errs on the safe side.
  static constexpr std::uint64_t kMemory = 144 << 20, kSmallFile = 64 << 10, kLargeFile = 1 << 20, kMemoryPerByte = 14;

  struct Result {
    std::string path;
    std::string failure;  // empty where the file was read
    MidiLosses losses;
    PieceStatistics statistics;
  };

  DirectoryWalk files() const { return walk_midi_files(folder_, options_.recursive, options_.reading); }

  std::uint64_t count_files() const {
    if (!options_.on_progress) return 0;
    DirectoryWalk walk = files();
    std::uint64_t count = 0;
    while (walk.next()) ++count;
    return count;
  }

  void process(const FoundFile& file, MidiReader& reader, ByteBuffer& bytes, MidiDict& piece, Result& result) const {
    result.path = file.path;
    result.failure = file.failure;
    if (!file.failure.empty()) return;
    try {
      read_file(folder_ + '/' + file.path, bytes, options_.max_file_bytes);
      result.losses = reader.read(bytes.bytes(), file.path, {.reading = options_.reading}, piece);
      result.statistics = piece_statistics(piece);
    } catch (const Error& error) {
      result.failure = error.without_path();
    }
  }

  void add(const Result& result) {
    ++out_.found;
    if (!result.failure.empty()) {
      ++out_.failed;
      if (out_.first_failures.size() < options_.max_failures) {
        out_.first_failures.push_back({result.path, result.failure});
      }
      return;
    }
    out_.truncated += result.losses.truncated_at.has_value();
    out_.unclosed_notes += result.losses.unclosed_notes;
    out_.zero_length_notes += result.losses.zero_length_notes;
    out_.statistics.add(result.statistics);
  }

  const std::string& folder_;
  const FolderInspectionOptions& options_;
  FolderInspection out_;
};

}  // namespace detail

/// Reads every MIDI file in `folder`, on all cores; the result is the same for any number of workers. A file that
/// cannot be read is counted. Throws not_found or io for the folder; nothing may be found.
///
///     const auto found = aria::inspect_folder("music", {.recursive = true});
///     found.statistics.pieces  // MIDI files that were read
inline FolderInspection inspect_folder(const std::string& folder, const FolderInspectionOptions& options = {}) {
  return detail::FolderInspector(folder, options).run();
}

/// Reads a MidiDataset file piece by piece. `on_progress` gets the bytes read. Throws not_found, io, or invalid_json
/// with the line.
inline DatasetStatistics inspect_dataset(const std::string& path, const ProgressCallback& on_progress = {}) {
  MidiDatasetFile file(path);
  DatasetStatistics statistics;
  MidiDict piece;
  while (file.next(piece)) {
    statistics.add(piece_statistics(piece));
    if (on_progress) on_progress({file.offset(), file.size()});
  }
  return statistics;
}

}  // namespace aria
