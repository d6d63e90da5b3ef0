// The MIDI files that `aria lakh` works on: of a tree in the layout of the Lakh dataset, or of any other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/dataset/lakh_layout.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria::detail {

// The files in the order in which the steps of the recipe take them.
struct LakhMidiTree {
  LakhTree tree;
  bool by_hash = false;
  LakhPlaces places;                                       // where `by_hash`
  std::vector<std::pair<std::string, std::string>> lost;   // path and reason of files that could not be read
  std::vector<std::pair<std::string, std::string>> equal;  // path of a file, and of the one with the same contents

  std::uint64_t bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& split : tree.splits) {
      for (const FoundFile& file : split) sum += file.size;
    }
    return sum;
  }
};

// Files directly in DIR/0 to DIR/f, in the order of their compound events' names.
inline LakhMidiTree laid_out_midi_files(const std::string& folder, Reading reading) {
  LakhMidiTree files;
  files.tree =
      list_lakh_tree(folder, "MIDI files", [reading](std::string_view name) { return is_midi_name(name, reading); });
  for (auto& split : files.tree.splits) {
    std::sort(split.begin(), split.end(), [](const FoundFile& a, const FoundFile& b) {
      return anticipation::compound_path(a.path) < anticipation::compound_path(b.path);
    });
  }
  return files;
}

// All files below DIR, as `aria lakh-layout` would lay them out.
inline LakhMidiTree hashed_midi_files(const std::string& folder, Reading reading, unsigned workers,
                                      const ProgressCallback& on_progress) {
  struct Hashed {
    FoundFile file;
    std::string md5;
  };
  LakhMidiTree files;
  files.by_hash = true;
  DirectoryWalk walk = walk_midi_files(folder, true, reading);
  std::uint64_t done = 0;
  const auto make_worker = [&folder] {
    return [&folder, block = ByteBuffer()](const FoundFile& file, Hashed& result) mutable {
      result = {file, {}};
      if (!file.failure.empty()) return;
      try {
        result.md5 = md5_of_file(folder + '/' + file.path, block).first;
      } catch (const Error& error) {
        result.file.failure = error.without_path();
      }
    };
  };
  const auto sink = [&](Hashed& result) {
    if (on_progress) on_progress({++done, 0});
    if (!result.file.failure.empty()) {
      files.lost.emplace_back(std::move(result.file.path), std::move(result.file.failure));
      return;
    }
    std::string name = lakh_path(result.md5);
    const auto [place, is_new] = files.places.emplace(name, result.file.path);
    if (!is_new) {
      files.equal.emplace_back(result.file.path, place->second);
      return;
    }
    files.tree.splits[kLakhSplits.find(name.front())].push_back({std::move(name), result.file.size, {}});
  };
  ordered_map<FoundFile, Hashed>([&] { return walk.next(); }, [](const FoundFile&) { return std::uint64_t{1}; },
                                 make_worker, sink, {.workers = workers, .in_flight = std::size_t{32} * workers});
  for (auto& split : files.tree.splits) {
    std::sort(split.begin(), split.end(), [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
  }
  if (files.tree.size() == 0) throw Error(ErrorCode::empty_result, "holds no MIDI files", {.path = folder});
  return files;
}

}  // namespace aria::detail
