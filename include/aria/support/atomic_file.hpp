// Output files that appear whole or not at all.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria {

/// What to do where the output is there already.
enum class IfExists : bool { refuse, replace };

/// When the bytes of a file must have reached the disk: before it takes its name, or whenever the caller sees to it,
/// with one syncfs for many files. A crash of the system in between may leave a file of the wrong size under that name.
enum class Sync : bool { now, later };

/// A file that is written in its own folder without a name, or where the file system cannot do that under a temporary
/// one, and takes its final name in `commit`, after its bytes have reached the disk. Whatever happens before (an
/// exception, a full disk, a kill) leaves the final name as it was, and a file without a name vanishes by itself.
///
///     AtomicFile file("data.jsonl", IfExists::refuse);
///     file.write("one line\n");
///     file.commit();
class AtomicFile {
 public:
  /// Throws already_exists, not_found where the folder is missing, or io.
  AtomicFile(std::string path, IfExists if_exists) : path_(std::move(path)), if_exists_(if_exists) {
    namespace fs = std::filesystem;
    const fs::path target(path_);
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::already_exists, "is a folder", {.path = path_});
      if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        throw Error(ErrorCode::already_exists, "exists and is no regular file", {.path = path_});
      }
      refuse_if_taken(true);
    }
    const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
    if (target.filename().empty()) throw Error(ErrorCode::io, "is not the name of a file", {.path = path_});
    if (::stat(folder.c_str(), &status) != 0) {
      throw Error(ErrorCode::not_found, "the folder " + folder.string() + " does not exist", {.path = path_});
    }
    temporary_ = (folder / ('.' + target.filename().string() + unique_suffix())).string();
    descriptor_ = FileDescriptor(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (descriptor_) return;
    descriptor_ = FileDescriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!descriptor_) throw system_error("cannot write", path_);
    has_name_ = true;
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (has_name_) ::unlink(temporary_.c_str());
    if (!backup_.empty()) ::unlink(backup_.c_str());
  }

  const std::string& path() const noexcept { return path_; }

  /// Bytes are gathered to blocks before they are written. Throws io where the system refuses, a full disk for
  /// instance.
  void write(std::string_view bytes) {
    const bool large = bytes.size() >= kBlock / 8;  // copying it would cost more than one more call
    if (large || pending_.size() + bytes.size() >= kBlock) flush();
    if (large) return write_through(bytes);
    pending_.append(bytes);
  }

  /// A path under which what was written so far can be read before the file has its name. Throws io.
  std::string path_to_read() {
    flush();
    return "/proc/self/fd/" + std::to_string(descriptor_.get());
  }

  /// The descriptor, for system calls that append to the file themselves. Throws io.
  int descriptor_to_append() {
    flush();
    return descriptor_.get();
  }

  /// Gives the file its final name. Throws io, or already_exists where that name was taken in the meantime.
  void commit(Sync sync = Sync::now) {
    if (sync == Sync::now) return commit_all({this});
    flush();
    publish();
  }

  /// All of the files take their final names, or none does.
  static void commit_all(std::initializer_list<AtomicFile*> files) {
    for (AtomicFile* file : files) {
      if (file != nullptr) file->sync();
    }
    std::initializer_list<AtomicFile*>::iterator done = files.begin();
    try {
      for (; done != files.end(); ++done) {
        if (*done != nullptr) (*done)->publish();
      }
    } catch (...) {
      while (done != files.begin()) {
        if (AtomicFile* file = *--done) file->take_back();
      }
      throw;
    }
    for (AtomicFile* file : files) {
      if (file != nullptr) file->sync_folder();
    }
  }

 private:
  static constexpr std::size_t kBlock = 1 << 18;

  static std::string unique_suffix() {
    static std::atomic<unsigned> count{0};
    return ".aria-" + std::to_string(::getpid()) + '-' + std::to_string(count++);
  }

  void refuse_if_taken(bool taken) const {
    if (taken && if_exists_ == IfExists::refuse) {
      throw Error(ErrorCode::already_exists, "exists already; name another path or allow it to be overwritten",
                  {.path = path_});
    }
  }

  void flush() {
    write_through(pending_.view());
    pending_.clear();
  }

  void write_through(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) throw system_error("cannot write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  void sync() {
    flush();
    if (::fsync(descriptor_.get()) != 0) throw system_error("cannot write", path_);
  }

  // A link refuses a name that is taken, a rename replaces it; what is replaced stays reachable until all files are
  // through.
  void publish() {
    if (link_to(path_)) {
      if (has_name_) ::unlink(temporary_.c_str());
      has_name_ = false;
      return;
    }
    if (if_exists_ == IfExists::refuse) {
      refuse_if_taken(errno == EEXIST);
      // A file system without hard links: the rename has a moment in which it could replace somebody else's new file.
      refuse_if_taken(::access(path_.c_str(), F_OK) == 0);
    } else {
      const std::string backup = temporary_ + ".old";
      if (::link(path_.c_str(), backup.c_str()) == 0) {
        backup_ = backup;
      } else {
        replaced_ = errno != ENOENT;
      }
    }
    if (!has_name_) has_name_ = link_to(temporary_);
    if (!has_name_ || ::rename(temporary_.c_str(), path_.c_str()) != 0) throw system_error("cannot write", path_);
    has_name_ = false;
  }

  bool link_to(const std::string& name) const {
    if (has_name_) return ::link(temporary_.c_str(), name.c_str()) == 0;
    const std::string open_file = "/proc/self/fd/" + std::to_string(descriptor_.get());
    return ::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }

  void take_back() noexcept {
    if (backup_.empty()) {
      // Where the old file could not be kept (no hard links here), the complete new one is better than none.
      if (!replaced_) ::unlink(path_.c_str());
    } else if (std::rename(backup_.c_str(), path_.c_str()) == 0) {
      backup_.clear();
    }
  }

  void sync_folder() const noexcept {
    const auto folder = std::filesystem::path(path_).parent_path();
    const FileDescriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor) ::fsync(descriptor.get());
  }

  std::string path_;
  IfExists if_exists_;
  std::string temporary_;  // a name in the same folder
  bool has_name_ = false;  // whether the file has that name
  bool replaced_ = false;  // a file without another name was replaced
  std::string backup_;     // another name of the file that was replaced
  FileDescriptor descriptor_;
  ByteBuffer pending_;
};

}  // namespace aria
