// The paths of projects and checkpoints, in all the ways in which people write them.
#pragma once

#include <filesystem>
#include <string>

#include <aria/nn/training/checkpoint_folder.hpp>
#include <aria/support/error.hpp>

namespace cli {

/// The whole path, with no slash at its end. Throws invalid_argument where it is empty.
inline std::filesystem::path whole(const std::string& path) {
  if (path.empty()) throw aria::Error(aria::ErrorCode::invalid_argument, "a folder is named by an empty text");
  const std::filesystem::path all = std::filesystem::absolute(path).lexically_normal();
  return all.has_filename() ? all : all.parent_path();
}

/// The same as people write it: relative where it leads down from here.
inline std::string tidy(const std::filesystem::path& path) {
  const std::filesystem::path all = whole(path), below = all.lexically_proximate(std::filesystem::current_path());
  return below.empty() || *below.begin() == ".." || below == "." ? all.string() : below.string();
}

/// A checkpoint as it is, or the last one of a project directory. Throws not_found where that has none yet.
inline std::string newest_checkpoint(const std::string& named) {
  const std::string path = tidy(named);
  const std::string folder = path + "/checkpoints";
  if (!std::filesystem::is_directory(folder)) return path;
  const auto names = aria::nn::checkpoints_in(folder);
  if (names.empty()) throw aria::Error(aria::ErrorCode::not_found, "has no checkpoint yet", {.path = folder});
  return folder + '/' + names.back().text();
}

/// The project directory in which a checkpoint lies.
inline std::string project_of(const std::string& checkpoint) {
  return tidy(whole(checkpoint).parent_path().parent_path());
}

}  // namespace cli
