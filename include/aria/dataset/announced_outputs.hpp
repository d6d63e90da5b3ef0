// Outputs that belong together, also where the program is killed while they take their names.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include <aria/dataset/work_state.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/file_stamp.hpp>

namespace aria::detail {

// Whether an earlier run has announced the output, which stands there: it is ours to replace.
inline IfExists if_exists(const WorkState& state, std::string_view name, IfExists wanted) {
  return state.is_done(name, {}) ? IfExists::replace : wanted;
}

// Notes in the journal of their folder that these files are about to appear, each with its size and time, and gives
// them their names. Where only some of them get theirs, the next run knows them for what they are.
inline void announce_and_commit(WorkState& state, std::initializer_list<AtomicFile*> files, std::string_view note) {
  for (AtomicFile* file : files) {
    const auto stamp = FileStamp::of(file->path_to_read());
    const std::string name = std::filesystem::path(file->path()).filename().string();
    state.announce(name, {}, stamp.value_or(FileStamp()), note);
  }
  state.flush();
  AtomicFile::commit_all(files);
}

}  // namespace aria::detail
