// Names of files beside other ones.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace aria {

/// The path with something between its stem and its extension: path_beside("a/music.jsonl", "_train") is
/// "a/music_train.jsonl".
inline std::string path_beside(const std::filesystem::path& path, std::string_view suffix) {
  std::filesystem::path name = path.stem();
  name += suffix;
  name += path.extension();
  return path.parent_path() / name;
}

}  // namespace aria
