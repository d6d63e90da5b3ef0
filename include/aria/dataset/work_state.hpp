// What commands that work inside a folder have finished there, so that a rerun does the rest.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aria/dataset/work_journal.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/escape.hpp>
#include <aria/support/file.hpp>
#include <aria/support/file_stamp.hpp>

namespace aria {

/// The name of the file in the folder that commands work in.
inline constexpr std::string_view kWorkStateName = ".aria-state";

/// Part of what an entry stands for: raised whenever a command writes other bytes for the same input and options.
inline constexpr int kWorkVersion = 1;

inline std::string work_state_path(const std::string& folder) { return folder + '/' + std::string(kWorkStateName); }

/// The text of the journal in a folder, which must have one. Throws not_found or io.
inline ByteBuffer read_work_state(const std::string& folder) {
  constexpr std::uint64_t kMaxBytes = std::uint64_t{1}
                                      << 30;  // millions of entries: what is larger was not written here
  ByteBuffer bytes;
  try {
    read_file(work_state_path(folder), bytes, kMaxBytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::too_large) throw;
  }
  return bytes;
}

/// The journal `.aria-state` of one command in one folder. Several commands share the file; each forgets its own
/// entries where it finishes something with other options. What cannot be read in it counts as not done.
///
///     WorkState state(dir, "midi-preprocess", "reading=standard");
///     // for every input, on any thread:
///     if (const auto note = state.is_done(output, stamp)) return report(*note);
///     file.commit(Sync::later);
///     state.finished(output, stamp, "kept");
///     // at the end:
///     state.flush();
///
/// Entries are written in batches, each after a syncfs of the folder, so an entry never speaks of an output that a
/// crash can take away. Outputs that lie on other disks, behind a link to a folder, are recognised by their size alone.
class WorkState {
 public:
  /// `options` says in a line of text all that decides the outputs besides the inputs. Throws not_found, io, or
  /// already_exists while another program works in the folder.
  WorkState(std::string folder, std::string_view command, std::string_view options)
      : folder_(std::move(folder)), path_(work_state_path(folder_)), section_(command, options, kWorkVersion) {
    take_lock();
    load();
    if (journal_.is_wasteful()) rewrite();
    started_ = journal_.use(section_);
  }
  WorkState(const WorkState&) = delete;
  WorkState& operator=(const WorkState&) = delete;

  /// What is finished is kept also where the work ends with an exception. A journal without any entry goes.
  ~WorkState() {
    try {
      flush();
    } catch (...) {
      // The entries are lost, and their outputs will be made again.
    }
    if (file_ && !started_ && journal_.empty()) ::unlink(path_.c_str());
  }

  /// The note about an output that was made from these inputs and is still as it was made; nothing where it has to be
  /// made. `output` is relative to the folder. For any number of threads at once.
  std::optional<std::string> is_done(std::string_view output, const FileStamp& inputs) const {
    const WorkEntry* entry = journal_.find(section_.command(), output);
    if (entry == nullptr || entry->inputs != inputs) return std::nullopt;
    if (FileStamp::of(folder_ + '/' + std::string(output)) != entry->output) return std::nullopt;
    return unescaped(entry->note);
  }

  /// Notes that the output, which must have its final name, was made from these inputs. For any number of threads at
  /// once. Throws not_found where the output is missing, and io.
  void finished(std::string_view output, const FileStamp& inputs, std::string_view note) {
    const std::string path = folder_ + '/' + std::string(output);
    const auto stamp = FileStamp::of(path);
    if (!stamp) throw system_error("cannot find what was written", path);
    add(output, inputs, stamp, note);
  }

  /// Notes that these inputs give no output: a rerun does not try them again.
  void finished_without_output(std::string_view output, const FileStamp& inputs, std::string_view note) {
    add(output, inputs, std::nullopt, note);
  }

  /// Notes that the output is about to appear with this stamp.
  void announce(std::string_view output, const FileStamp& inputs, const FileStamp& stamp, std::string_view note) {
    add(output, inputs, stamp, note);
  }

  /// Writes the entries that wait; they are on the disk when it returns. Throws io.
  void flush() {
    const std::lock_guard one_at_a_time(flushing_);
    write_batch();
  }

  /// Ends the use of the journal: the entries of this command go, and the file, too, where no others are left.
  void forget() {
    const std::lock_guard one_at_a_time(flushing_);
    {
      const std::lock_guard lock(mutex_);
      pending_.clear();
      pending_count_ = 0;
    }
    journal_.forget(section_.command());
    started_ = false;
    if (!journal_.empty()) return rewrite();
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) throw system_error("cannot remove", path_);
    file_ = {};
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kBatch = 4096;
  static constexpr std::chrono::seconds kBatchTime{2};

  // The lock lies on the file, which another program may replace or remove between our opening and our locking it.
  void take_lock() {
    for (;;) {
      FileDescriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666));
      if (!file && errno == ENOENT) throw system_error("cannot work in the folder", folder_);
      if (!file) throw system_error("cannot write", path_);
      struct stat opened {
      }, named{};
      if (::fstat(file.get(), &opened) != 0) throw system_error("cannot read", path_);
      if (!S_ISREG(opened.st_mode)) throw Error(ErrorCode::io, "is not a regular file", {.path = path_});
      if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        throw Error(ErrorCode::already_exists, "another program works in this folder", {.path = path_});
      }
      const bool same = ::stat(path_.c_str(), &named) == 0 && named.st_ino == opened.st_ino;
      file_ = std::move(file);
      if (same) return;
    }
  }

  void load() {
    ByteBuffer bytes = read_work_state(folder_);
    const bool whole_lines = bytes.empty() || bytes.view().back() == '\n';
    const bool fresh = bytes.empty();
    if (fresh) {
      append(WorkJournal::kFirstLine);
    } else if (!journal_.read(std::move(bytes))) {
      rewrite();
    } else if (!whole_lines) {
      append("\n");  // ends a line that was torn
    }
  }

  void rewrite() {
    AtomicFile file(path_, IfExists::replace);
    journal_.write(file);
    file.commit();
    take_lock();  // of the new file; the old one stays locked until then
  }

  void add(std::string_view output, const FileStamp& inputs, const std::optional<FileStamp>& stamp,
           std::string_view note) {
    {
      const std::lock_guard lock(mutex_);
      section_.append_entry(output, inputs, stamp, note, pending_);
      ++pending_count_;
      if (pending_count_ < kBatch && Clock::now() - last_batch_ < kBatchTime) return;
    }
    // Another thread that writes already leaves this entry for the next batch.
    if (const std::unique_lock one_at_a_time(flushing_, std::try_to_lock); one_at_a_time) write_batch();
  }

  void write_batch() {
    std::string lines;
    {
      const std::lock_guard lock(mutex_);
      lines.swap(pending_);
      pending_count_ = 0;
      last_batch_ = Clock::now();
    }
    if (lines.empty()) return;
    if (!std::exchange(started_, true)) lines.insert(0, section_.start_line());
    if (::syncfs(file_.get()) != 0) throw system_error("cannot write to the disk of", folder_);
    append(lines);
    if (::fdatasync(file_.get()) != 0) throw system_error("cannot write", path_);
  }

  void append(std::string_view lines) {
    while (!lines.empty()) {
      const ssize_t wrote = ::write(file_.get(), lines.data(), lines.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) throw system_error("cannot write", path_);
      lines.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  const std::string folder_;
  const std::string path_;
  const WorkSection section_;
  WorkJournal journal_;  // as it was found: readers need no lock
  FileDescriptor file_;

  std::mutex flushing_;   // taken before mutex_
  bool started_ = false;  // the file says which options the entries that follow belong to
  std::mutex mutex_;      // of what follows
  std::string pending_;
  std::size_t pending_count_ = 0;
  Clock::time_point last_batch_ = Clock::now();
};

}  // namespace aria
