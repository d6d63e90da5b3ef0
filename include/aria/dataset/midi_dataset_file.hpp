// A MidiDataset on disk, one piece of music a line: read piece by piece, and split.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <aria/midi/json_reader.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>
#include <aria/support/line_reader.hpp>
#include <aria/support/path_beside.hpp>
#include <aria/support/random.hpp>

namespace aria {

/// Reads a MidiDataset file without holding more than one piece.
///
///     aria::MidiDatasetFile file("music.jsonl");
///     aria::MidiDict piece;
///     while (file.next(piece)) use(piece);
class MidiDatasetFile {
 public:
  /// Throws not_found or io.
  explicit MidiDatasetFile(std::string path) : lines_(std::move(path)) {}

  /// Replaces `piece` by the next one; false at the end of the file. Throws io, or invalid_json with the line.
  bool next(MidiDict& piece) {
    const auto line = lines_.next();
    if (!line) return false;
    at_place([&] { return Place{.path = lines_.path(), .line = lines_.number()}; }, [&] { json_.read(*line, piece); });
    return true;
  }

  /// Number of the line that `next` read last, from 1.
  std::uint64_t line() const noexcept { return lines_.number(); }

  /// Bytes read so far, and in all: how far reading has come.
  std::uint64_t offset() const noexcept { return lines_.offset(); }
  std::uint64_t size() const noexcept { return lines_.file_size(); }

 private:
  static_assert(LineReader::kPadding >= MidiDictJsonReader::kPadding);

  LineReader lines_;
  MidiDictJsonReader json_;
};

/// How entries are divided between training and validation.
struct Split {
  double train_ratio = 0.95;  ///< in (0, 1)
  std::uint64_t seed = 0;

  /// Whether entry `i`, from 0, goes to the training set.
  bool to_train(std::uint64_t i) const noexcept { return uniform(seed, i) <= train_ratio; }
};

/// How many entries went where.
struct SplitCounts {
  std::uint64_t train = 0;
  std::uint64_t validation = 0;
};

/// "music.jsonl" -> "music_train.jsonl"
inline std::string train_path(const std::string& path) { return path_beside(path, "_train"); }

/// "music.jsonl" -> "music_val.jsonl"
inline std::string validation_path(const std::string& path) { return path_beside(path, "_val"); }

/// The files <stem>_train<ext> and <stem>_val<ext> beside a data-set file, while they are written.
class SplitFiles {
 public:
  /// Throws invalid_argument for a ratio outside (0, 1), else as AtomicFile does.
  SplitFiles(const std::string& path, Split split, IfExists if_exists)
      : split_(checked(split)), train_(train_path(path), if_exists), validation_(validation_path(path), if_exists) {}

  /// Where the next entry goes; counts it.
  AtomicFile& next_entry() {
    const bool train = split_.to_train(counts_.train + counts_.validation);
    ++(train ? counts_.train : counts_.validation);
    return train ? train_ : validation_;
  }

  const SplitCounts& counts() const noexcept { return counts_; }
  AtomicFile& train() noexcept { return train_; }
  AtomicFile& validation() noexcept { return validation_; }

 private:
  static Split checked(Split split) {
    if (split.train_ratio > 0 && split.train_ratio < 1) return split;
    throw Error(ErrorCode::invalid_argument,
                "the split ratio must lie between 0 and 1, and is " + std::to_string(split.train_ratio));
  }

  Split split_;
  AtomicFile train_;
  AtomicFile validation_;
  SplitCounts counts_;
};

/// Writes the entries of a MidiDataset file to <stem>_train<ext> and <stem>_val<ext> beside it: both appear, or none.
/// The file itself stays. Lines are copied as they are. Throws as SplitFiles and LineReader do.
inline SplitCounts split_midi_dataset(const std::string& path, Split split, IfExists if_exists = IfExists::refuse) {
  LineReader lines(path);
  SplitFiles files(path, split, if_exists);
  while (const auto line = lines.next()) {
    AtomicFile& file = files.next_entry();
    file.write(*line);
    file.write("\n");
  }
  AtomicFile::commit_all({&files.train(), &files.validation()});
  return files.counts();
}

}  // namespace aria
