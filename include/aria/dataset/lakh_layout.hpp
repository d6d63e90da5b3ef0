// Any tree of MIDI files -> the layout of the Lakh MIDI dataset: <first digit>/<MD5>.mid.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_set>
#include <utility>

#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/file_copy.hpp>
#include <aria/support/hash128.hpp>
#include <aria/support/md5.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria {

struct LakhLayoutOptions {
  Reading reading = Reading::standard;  ///< which names are those of MIDI files
  unsigned workers = default_workers();
  /// Called for every file found, in order: kept, load_error or duplicate.
  std::function<void(const FileOutcome&)> on_outcome = {};
  /// Called after every file. The files are counted first where it is set.
  ProgressCallback on_progress = {};
};

struct LakhLayoutSummary {
  std::array<std::uint64_t, kOutcomeNames.size()> outcomes{};  ///< files by Outcome
  std::uint64_t there_already = 0;                             ///< kept files that an earlier run had laid out
  std::uint64_t linked_bytes = 0;                              ///< of files that are hard links now
  std::uint64_t copied_bytes = 0;                              ///< of files that had to be copied

  std::uint64_t count(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
  std::uint64_t found() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t files : outcomes) sum += files;
    return sum;
  }
};

/// Where a file with this MD5 lies in the layout: "3/3a0c….mid".
inline std::string lakh_path(std::string_view md5) {
  return std::string(md5.substr(0, 1)) + '/' + std::string(md5) + ".mid";
}

namespace detail {

// The MD5 of a file and the number of its bytes, read block by block.
inline std::pair<std::string, std::uint64_t> md5_of_file(const std::string& path, ByteBuffer& block) {
  constexpr std::size_t kBlock = 1 << 18;
  const OpenFile file = open_file(path);
  Md5 md5;
  std::uint64_t size = 0;
  for (;;) {
    block.clear();
    const std::size_t got = read_up_to(file.descriptor, block.room(kBlock), kBlock, path);
    block.advance(got);
    md5.update(block.view());
    size += got;
    if (got < kBlock) return {md5.hex(), size};
  }
}

class LakhLayout {
 public:
  LakhLayout(std::string source, std::string target, const LakhLayoutOptions& options)
      : source_(std::move(source)), target_(std::move(target)), options_(options) {}

  LakhLayoutSummary run() {
    refuse_overlap();
    const std::uint64_t total = count_files();
    DirectoryWalk walk = this->walk();
    const auto next = [&] { return walk.next(); };
    const auto cost = [](const FoundFile&) { return std::uint64_t{1}; };
    const auto make_worker = [this] {
      return
          [this, block = ByteBuffer()](const FoundFile& file, Result& result) mutable { examine(file, block, result); };
    };
    const auto sink = [&](Result& result) {
      finish(result);
      if (options_.on_progress) options_.on_progress({summary_.found(), total});
    };
    // Short work: many files may wait for the turn of a long one.
    ordered_map<FoundFile, Result>(next, cost, make_worker, sink,
                                   {.workers = options_.workers, .in_flight = std::size_t{32} * options_.workers});
    if (copied_) sync_target();
    return summary_;
  }

 private:
  // A file on its way.
  struct Result {
    std::string path;
    std::string failure;
    std::string md5;
    std::uint64_t size = 0;
    bool there = false;  // its place in the layout has these bytes already
  };

  DirectoryWalk walk() const { return walk_midi_files(source_, true, options_.reading); }
  std::string source_path(const Result& result) const { return source_ + '/' + result.path; }
  std::string target_path(const Result& result) const { return target_ + '/' + lakh_path(result.md5); }

  std::uint64_t count_files() const {
    if (!options_.on_progress) return 0;
    DirectoryWalk walk = this->walk();
    std::uint64_t count = 0;
    while (walk.next()) ++count;
    return count;
  }

  // What is laid out must not be found again as a source.
  void refuse_overlap() const {
    namespace fs = std::filesystem;
    const auto real = [](const std::string& path) {
      std::error_code failed;
      // What does not exist stays relative otherwise.
      const fs::path canonical = fs::weakly_canonical(fs::absolute(path), failed);
      return failed ? fs::absolute(path) : canonical;
    };
    const auto holds = [](const fs::path& outer, const fs::path& inner) {
      return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
    };
    const fs::path source = real(source_);
    for (const char split : kLakhSplits) {
      const fs::path folder = real(lakh_folder(target_, split));
      if (!holds(source, folder) && !holds(folder, source)) continue;
      throw Error(ErrorCode::invalid_argument, "the layout may not lie in the folder that is laid out, " + source_,
                  {.path = target_});
    }
  }

  void examine(const FoundFile& file, ByteBuffer& block, Result& result) const {
    result.path = file.path;
    result.failure = file.failure;
    if (!result.failure.empty()) return;
    try {
      std::tie(result.md5, result.size) = md5_of_file(source_path(result), block);
    } catch (const Error& error) {
      result.failure = error.without_path();
      return;
    }
    result.there = is_laid_out(result, block);
  }

  // A link to the same file is trusted; the bytes of a copy are compared by their MD5.
  bool is_laid_out(const Result& result, ByteBuffer& block) const {
    struct stat source {
    }, target{};
    const std::string path = target_path(result);
    if (::lstat(path.c_str(), &target) != 0 || !S_ISREG(target.st_mode)) return false;
    if (static_cast<std::uint64_t>(target.st_size) != result.size) return false;
    const bool same_file = ::stat(source_path(result).c_str(), &source) == 0 && source.st_dev == target.st_dev &&
                           source.st_ino == target.st_ino;
    if (same_file) return true;
    try {
      return md5_of_file(path, block).first == result.md5;
    } catch (const Error&) {
      return false;
    }
  }

  void finish(Result& result) {
    FileOutcome row{result.path, Outcome::kept, {}};
    std::string reason;
    if (result.failure.empty() && seen_.count(key_of(result.md5)) != 0) {
      row.outcome = Outcome::duplicate;
      reason = "same contents as " + lakh_path(result.md5);
    } else if (result.failure.empty() && place(result)) {
      seen_.insert(key_of(result.md5));
    } else {
      row.outcome = Outcome::load_error;
      reason = result.failure;
    }
    row.reason = reason;
    ++summary_.outcomes[static_cast<std::size_t>(row.outcome)];
    if (options_.on_outcome) options_.on_outcome(row);
  }

  // False, with the failure in `result`, where the source cannot be read any more.
  bool place(Result& result) {
    make_folders();
    if (result.there) {
      ++summary_.there_already;
      return true;
    }
    // Whatever speaks against a link (another disk, a file of somebody else, a wrong file of that name), a copy works
    // or says why not. A link to a file is followed: its name would be nothing to read elsewhere.
    if (::linkat(AT_FDCWD, source_path(result).c_str(), AT_FDCWD, target_path(result).c_str(), AT_SYMLINK_FOLLOW) ==
        0) {
      summary_.linked_bytes += result.size;
      return true;
    }
    return copy(result);
  }

  bool copy(Result& result) {
    const std::string source = source_path(result);
    AtomicFile file(target_path(result), IfExists::replace);
    try {
      if (append_file(file, source) != result.size) result.failure = "has changed while it was read";
    } catch (const Error& error) {
      if (error.place().path != source) throw;
      result.failure = error.without_path();
    }
    if (!result.failure.empty()) return false;
    file.commit(Sync::later);
    copied_ = true;
    summary_.copied_bytes += result.size;
    return true;
  }

  // Not before the first file has its place: where none is found, nothing is made.
  void make_folders() {
    if (std::exchange(folders_made_, true)) return;
    for (const char split : kLakhSplits) {
      const std::string folder = lakh_folder(target_, split);
      std::error_code failed;
      std::filesystem::create_directories(folder, failed);
      if (failed) throw Error(ErrorCode::io, "cannot make the folder: " + failed.message(), {.path = folder});
    }
  }

  // Copies reach the disk all at once. What a crash takes away before has another MD5 for the next run.
  void sync_target() const {
    const FileDescriptor folder(::open(target_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::syncfs(folder.get()) != 0) throw system_error("cannot write to the disk of", target_);
  }

  struct Low {
    std::size_t operator()(const Hash128& key) const noexcept { return key.low; }
  };

  static Hash128 key_of(std::string_view md5) {
    Hash128 key;
    std::from_chars(md5.data(), md5.data() + 16, key.low, 16);
    std::from_chars(md5.data() + 16, md5.data() + 32, key.high, 16);
    return key;
  }

  const std::string source_;
  const std::string target_;
  const LakhLayoutOptions& options_;
  std::unordered_set<Hash128, Low> seen_;
  LakhLayoutSummary summary_;
  bool folders_made_ = false;
  bool copied_ = false;
};

}  // namespace detail

/// Lays the MIDI files in `source`, subfolders included, out in `target` as <h>/<MD5>.mid, where h is the first digit
/// of the MD5 of the file's bytes: as hard links, or as copies where the file system refuses those. Of equal files the
/// first in the order of the bytes of their paths counts. What has its place already stays, so an interrupted run can
/// be repeated. A hard link is the same file: who changes the one changes the other.
///
///     aria::lay_out_lakh("music", "lmd_full");  // lmd_full/3/3a0c….mid, ...
///
/// Throws invalid_argument where one folder lies in the other, not_found or io for `source`, io for `target`, and
/// empty_result where no file is found or can be read; then `target` is not made.
inline LakhLayoutSummary lay_out_lakh(const std::string& source, const std::string& target,
                                      const LakhLayoutOptions& options = {}) {
  const LakhLayoutSummary summary = detail::LakhLayout(source, target, options).run();
  if (summary.found() == 0) throw Error(ErrorCode::empty_result, "holds no MIDI files", {.path = source});
  if (summary.count(Outcome::kept) == 0) {
    throw Error(ErrorCode::empty_result, "none of the " + std::to_string(summary.found()) + " MIDI files could be read",
                {.path = source});
  }
  return summary;
}

}  // namespace aria
