// Folders of files that appear whole or not at all, and how checkpoints are called.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria::nn {

/// The name of a checkpoint: after an epoch, or after a step of it.
struct CheckpointName {
  std::uint64_t epoch = 0;
  std::optional<std::uint64_t> step{};

  /// "epoch3" or "epoch3_step1200", as in the original.
  std::string text() const { return "epoch" + std::to_string(epoch) + (step ? "_step" + std::to_string(*step) : ""); }

  static std::optional<CheckpointName> find(std::string_view text) {
    CheckpointName name;
    const auto number = [&text](std::string_view word, std::uint64_t& value) {
      if (!text.starts_with(word)) return false;
      text.remove_prefix(word.size());
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      return error == std::errc();
    };
    const std::string_view whole = text;
    if (!number("epoch", name.epoch)) return std::nullopt;
    if (!text.empty() && !number("_step", name.step.emplace())) return std::nullopt;
    // A zero in front would be another folder.
    return name.text() == whole ? std::optional(name) : std::nullopt;
  }

  /// In the order in which a run makes them: an epoch's end comes after its steps.
  friend bool operator<(const CheckpointName& a, const CheckpointName& b) {
    constexpr std::uint64_t kEnd = ~std::uint64_t{0};
    return std::pair(a.epoch, a.step.value_or(kEnd)) < std::pair(b.epoch, b.step.value_or(kEnd));
  }
};

namespace detail {

// The names of what is in a folder. Throws not_found or io.
inline std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) throw system_error("cannot read the folder", folder, error.value());
  return names;
}

}  // namespace detail

/// What stands before the names of folders that are being written or removed.
inline constexpr std::string_view kUnfinishedPrefix = ".unfinished-";

/// A folder that is filled under a hidden name and takes its own in `commit`, in place of an older one. Whatever
/// happens before leaves the older one; a hidden one that a kill left behind goes with `remove_unfinished`.
class AtomicFolder {
 public:
  /// Throws io.
  explicit AtomicFolder(std::string path) : path_(std::move(path)) {
    const std::filesystem::path target(path_);
    temporary_ = (target.parent_path() / (std::string(kUnfinishedPrefix) + target.filename().string())).string();
    remove(temporary_);
    if (::mkdir(temporary_.c_str(), 0777) != 0) throw system_error("cannot make the folder", temporary_);
  }
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  ~AtomicFolder() { remove(temporary_); }

  /// Where its files are to be written. Each must have reached the disk before `commit`, as those of AtomicFile have.
  const std::string& folder() const noexcept { return temporary_; }

  /// Throws io.
  void commit() {
    sync(temporary_);
    // Where an older one has the name, both are exchanged at once, and it vanishes under the hidden name.
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0 &&
        ::rename(temporary_.c_str(), path_.c_str()) != 0) {
      // A file system that cannot exchange: the older one must go first.
      remove(path_);
      if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw system_error("cannot write the folder", path_);
    }
    const std::string parent = std::filesystem::path(path_).parent_path().string();
    sync(parent.empty() ? "." : parent);
  }

  /// Removes what kills have left behind in `parent`. Throws not_found or io where that cannot be read.
  static void remove_unfinished(const std::string& parent) {
    for (const std::string& name : detail::entries_of(parent)) {
      if (name.starts_with(kUnfinishedPrefix)) remove(parent + '/' + name);
    }
  }

 private:
  static void remove(const std::string& path) noexcept {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  static void sync(const std::string& folder) {
    const FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor || ::fsync(descriptor.get()) != 0) throw system_error("cannot write the folder", folder);
  }

  std::string path_, temporary_;
};

/// The checkpoints in a folder, from the first to the last; other entries are passed over. Throws not_found or io.
inline std::vector<CheckpointName> checkpoints_in(const std::string& folder) {
  std::vector<CheckpointName> names;
  for (const std::string& entry : detail::entries_of(folder)) {
    const auto name = CheckpointName::find(entry);
    std::error_code ignored;
    if (name && std::filesystem::is_directory(folder + '/' + entry, ignored)) names.push_back(*name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Removes all but the last `keep` of the checkpoints up to `newest`; those behind it are none of this run's.
inline void keep_last(const std::string& folder, const CheckpointName& newest, std::uint64_t keep) {
  std::vector<CheckpointName> names = checkpoints_in(folder);
  std::erase_if(names, [&](const CheckpointName& name) { return newest < name; });
  for (std::size_t i = 0; i + keep < names.size(); ++i) {
    const std::filesystem::path path = std::filesystem::path(folder) / names[i].text();
    // Under a hidden name first: a kill leaves no checkpoint with half of its files.
    const std::filesystem::path hidden =
        std::filesystem::path(folder) / (std::string(kUnfinishedPrefix) + names[i].text());
    std::error_code ignored;
    std::filesystem::remove_all(hidden, ignored);
    std::filesystem::rename(path, hidden, ignored);
    std::filesystem::remove_all(hidden, ignored);
  }
}

/// Gives the checkpoints behind `last` other names, "superseded_epoch3", in place of older ones that have these: a run
/// that goes on from `last` makes its own, and nobody shall take one of before for its. Returns how many there were.
inline std::size_t supersede_after(const std::string& folder, const CheckpointName& last) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  const std::vector<CheckpointName> names = checkpoints_in(folder);
  for (auto at = names.rbegin(); at != names.rend() && last < *at; ++at) {  // the last one first
    const CheckpointName& name = *at;
    const fs::path hidden = fs::path(folder) / ("superseded_" + name.text());
    std::error_code error;
    fs::remove_all(hidden, error);
    fs::rename(fs::path(folder) / name.text(), hidden, error);
    if (error)
      throw Error(ErrorCode::io, "cannot be renamed: " + error.message(), {.path = folder + '/' + name.text()});
    ++count;
  }
  return count;
}

}  // namespace aria::nn
