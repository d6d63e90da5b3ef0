// The files below a folder, in the order of the bytes of their relative paths, without a list of all of them.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria {

/// Which entries a DirectoryWalk visits.
struct WalkOptions {
  bool recursive = false;
  bool hidden = false;       ///< entries whose name starts with a dot
  bool only_regular = true;  ///< false: a folder or a pipe that `accepts` its name counts as a file, too
  std::function<bool(std::string_view name)> accepts = [](std::string_view) { return true; };
};

/// A file found, or a folder that could not be opened.
struct FoundFile {
  std::string path;  ///< relative to the folder walked
  std::uint64_t size = 0;
  std::string failure;  ///< why it cannot be read; empty where nothing is known to be wrong
};

/// Visits files one at a time and holds no more than the names in the folders above the current one. Links to files are
/// followed, links to folders are not, so a walk ends.
///
///     DirectoryWalk walk("music", {.recursive = true});
///     while (auto file = walk.next()) read(*file);
class DirectoryWalk {
 public:
  /// Throws not_found or io where the folder cannot be listed.
  DirectoryWalk(std::string folder, WalkOptions options) : root_(std::move(folder)), options_(std::move(options)) {
    std::string failure;
    if (!enter("", failure)) throw Error(last_failure_code_, failure, {.path = root_});
  }

  /// The next file, nothing at the end.
  std::optional<FoundFile> next() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.position == level.entries.size()) {
        levels_.pop_back();
        continue;
      }
      const std::string& key = level.entries[level.position++];
      std::string path = level.prefix + key;
      if (path.back() != '/') return found(std::move(path));
      std::string failure;
      if (!enter(path, failure)) return FoundFile{path, 0, std::move(failure)};
    }
    return std::nullopt;
  }

 private:
  struct Level {
    std::string prefix;                // "" or ends in a slash
    std::vector<std::string> entries;  // sorted; folders end in a slash, which sorts them as their contents do
    std::size_t position = 0;
  };

  std::string absolute(const std::string& relative) const { return root_ + '/' + relative; }

  bool enter(const std::string& prefix, std::string& failure) {
    struct Close {
      void operator()(DIR* folder) const noexcept { ::closedir(folder); }
    };
    const std::unique_ptr<DIR, Close> folder(::opendir(prefix.empty() ? root_.c_str() : absolute(prefix).c_str()));
    if (!folder) {
      const Error error = system_error("cannot list the folder", "");
      failure = error.message();
      last_failure_code_ = error.code();
      return false;
    }
    Level level{prefix, {}, 0};
    while (const dirent* entry = ::readdir(folder.get())) add(*entry, level);
    std::sort(level.entries.begin(), level.entries.end());
    levels_.push_back(std::move(level));
    return true;
  }

  void add(const dirent& entry, Level& level) const {
    const std::string_view name = entry.d_name;
    if (name == "." || name == ".." || (name.front() == '.' && !options_.hidden)) return;
    const bool accepted = options_.accepts(name);
    const mode_t type = accepted || entry.d_type == DT_UNKNOWN || entry.d_type == DT_DIR ? type_of(entry, level) : 0;
    if (type == S_IFDIR && options_.recursive) level.entries.push_back(std::string(name) + '/');
    if (accepted && (!options_.only_regular || wanted(type, level.prefix + std::string(name)))) {
      level.entries.emplace_back(name);
    }
  }

  // The type of the entry itself; a link is a link.
  mode_t type_of(const dirent& entry, const Level& level) const {
    switch (entry.d_type) {
      case DT_REG:
        return S_IFREG;
      case DT_DIR:
        return S_IFDIR;
      case DT_LNK:
        return S_IFLNK;
      case DT_UNKNOWN:
        break;
      default:
        return 0;
    }
    struct stat status {};
    const std::string path = absolute(level.prefix + entry.d_name);
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
  }

  // A link that leads nowhere is a file that cannot be read: it is reported, not lost.
  bool wanted(mode_t type, const std::string& relative) const {
    if (type != S_IFLNK) return type == S_IFREG;
    struct stat status {};
    return ::stat(absolute(relative).c_str(), &status) != 0 || S_ISREG(status.st_mode);
  }

  FoundFile found(std::string path) const {
    struct stat status {};
    if (::stat(absolute(path).c_str(), &status) == 0) {
      return {std::move(path), static_cast<std::uint64_t>(status.st_size), {}};
    }
    return {std::move(path), 0, system_error("cannot open", "").message()};
  }

  std::string root_;
  WalkOptions options_;
  std::vector<Level> levels_;
  ErrorCode last_failure_code_ = ErrorCode::io;
};

}  // namespace aria
