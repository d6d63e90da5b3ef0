// The layout of the Lakh MIDI dataset: sixteen folders, each a split.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>

namespace aria {

/// The names of the splits, a hexadecimal digit each: the first of the MD5 of a file.
inline constexpr std::string_view kLakhSplits = "0123456789abcdef";

/// "DIR/0", the folder of a split.
inline std::string lakh_folder(const std::string& folder, char split) {
  return folder + (folder.ends_with('/') ? "" : "/") + split;
}

/// "tokenized-events-3.txt", the sequences of a split.
inline std::string tokenized_events_name(char split) { return std::string("tokenized-events-") + split + ".txt"; }

/// The files of a tree, split by split.
struct LakhTree {
  /// In the order of kLakhSplits, each in the order of the bytes of the names. Paths are relative to the tree:
  /// "0/a.mid".
  std::array<std::vector<FoundFile>, kLakhSplits.size()> splits;
  std::string missing;  ///< the splits without a folder: "3e"

  std::uint64_t size() const noexcept {
    std::uint64_t files = 0;
    for (const auto& split : splits) files += split.size();
    return files;
  }
};

namespace detail {

// The files that lie directly in the folder of a split; nothing where there is no such folder.
inline std::optional<std::vector<FoundFile>> list_lakh_split(const std::string& folder, char split,
                                                             const std::function<bool(std::string_view)>& accepts) {
  std::vector<FoundFile> files;
  try {
    DirectoryWalk walk(lakh_folder(folder, split), {.accepts = accepts});
    while (auto file = walk.next()) {
      file->path.insert(0, {split, '/'});
      files.push_back(std::move(*file));
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;
  }
  return files;
}

}  // namespace detail

/// Lists the files directly in DIR/0 to DIR/f whose names are accepted: regular files and links to such, none that is
/// hidden. Folders that are missing count as empty. `wanted` says what is looked for: "MIDI files".
///
///     const LakhTree tree = list_lakh_tree("lmd_full", "MIDI files", [](auto name) { return name.ends_with(".mid");
///     });
///
/// Throws not_found where there is no file at all, and io for a folder that cannot be listed.
inline LakhTree list_lakh_tree(const std::string& folder, std::string_view wanted,
                               const std::function<bool(std::string_view name)>& accepts) {
  DirectoryWalk(folder, {.accepts = [](std::string_view) { return false; }});  // throws where there is no such folder
  LakhTree tree;
  for (std::size_t i = 0; i < kLakhSplits.size(); ++i) {
    if (auto files = detail::list_lakh_split(folder, kLakhSplits[i], accepts)) {
      tree.splits[i] = std::move(*files);
    } else {
      tree.missing += kLakhSplits[i];
    }
  }
  if (tree.size() != 0) return tree;
  throw Error(ErrorCode::not_found,
              "expected " + lakh_folder(folder, '0') + " ... " + lakh_folder(folder, 'f') + " with " +
                  std::string(wanted) + " in them; `aria lakh-layout` makes such folders of any tree of MIDI files",
              {.path = folder});
}

}  // namespace aria
