// Which models are meant by a folder.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/checkpoint_folder.hpp>
#include <aria/support/error.hpp>

#include "../cli/checkpoint_paths.hpp"

namespace eval {

/// A model folder, and after how many steps it was made; 0 where it does not say.
struct Checkpoint {
  std::string folder;
  std::uint64_t step = 0;
};

namespace detail {

// Levanter and the original's eval-loss have folders step-N, in which there may be another one, hf.
inline std::optional<std::uint64_t> step_in_name(const std::filesystem::path& folder) {
  const std::string name = folder.filename() == "hf" ? folder.parent_path().filename() : folder.filename();
  constexpr std::string_view kPrefix = "step-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t step = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, step);
  return error == std::errc() && stop == end ? std::optional(step) : std::nullopt;
}

inline Checkpoint checkpoint_at(const std::string& folder) {
  const std::string state = aria::nn::CheckpointFiles::state(folder);
  if (std::filesystem::is_regular_file(state)) {
    return {folder, aria::nn::RunState::from_file(state).next.total_steps};
  }
  return {folder, step_in_name(cli::whole(folder)).value_or(0)};
}

inline std::vector<Checkpoint> steps_in(const std::string& folder) {
  std::vector<Checkpoint> found;
  if (!std::filesystem::is_directory(folder)) return found;
  for (const std::string& name : aria::nn::detail::entries_of(folder)) {
    const std::string path = folder + '/' + name;
    const auto step = step_in_name(path);
    if (!step || !std::filesystem::is_directory(path)) continue;
    found.push_back({std::filesystem::is_directory(path + "/hf") ? path + "/hf" : path, *step});
  }
  return found;
}

}  // namespace detail

/// The checkpoints of a project directory of ours or of Levanter's, or a model folder itself, by their steps. Throws
/// not_found or io.
inline std::vector<Checkpoint> checkpoints_of(const std::string& named) {
  const std::string path = cli::tidy(named);
  std::vector<Checkpoint> found;
  if (const std::string folder = path + "/checkpoints"; std::filesystem::is_directory(folder)) {
    for (const auto& name : aria::nn::checkpoints_in(folder)) {
      found.push_back(detail::checkpoint_at(folder + '/' + name.text()));
    }
    if (found.empty()) throw aria::Error(aria::ErrorCode::not_found, "has no checkpoint yet", {.path = folder});
  } else {
    found = detail::steps_in(path);
    if (found.empty()) found.push_back(detail::checkpoint_at(path));
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

}  // namespace eval
