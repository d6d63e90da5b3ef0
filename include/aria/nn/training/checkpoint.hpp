// Checkpoints: a folder with the weights, the optimizer's moments and where the run stands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/training/adamw.hpp>
#include <aria/nn/training/checkpoint_folder.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/nn/weights/model_weights.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/disk_space.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// The files of a checkpoint.
struct CheckpointFiles {
  static std::string weights(const std::string& folder) { return ModelFolderFiles::weights(folder); }
  static std::string optimizer(const std::string& folder) { return folder + "/optimizer.safetensors"; }
  static std::string state(const std::string& folder) { return folder + "/state.json"; }
};

namespace detail {

// Moments under the names that Python's AdamW gives them, and that of their weight.
inline std::vector<NamedTensor> moments_of(const AdamW& optimizer) {
  std::vector<NamedTensor> moments;
  for (const AdamW::State& state : optimizer.states()) {
    moments.push_back({"exp_avg." + state.name, state.mean});
    moments.push_back({"exp_avg_sq." + state.name, state.square});
  }
  return moments;
}

}  // namespace detail

/// Writes a checkpoint; it appears whole or not at all. Throws io, also where the disk has not enough room: then
/// nothing is written.
/// That of a GPT-2 has its config.json, too, so that it is a model folder.
inline void write_checkpoint(const std::string& path, const torch::nn::Module& model, const AdamW& optimizer,
                             const RunState& state) {
  const std::vector<NamedTensor> weights = state_of(model), moments = detail::moments_of(optimizer);
  constexpr std::uint64_t kSmallFiles = 1 << 20;
  const std::uint64_t size = safetensors_size(layout_of(weights), {}) + safetensors_size(layout_of(moments), {});
  check_disk_space(std::filesystem::path(path).parent_path().string(), size + kSmallFiles, "a checkpoint");
  AtomicFolder folder(path);
  const auto write = [](const std::string& file, const auto& fill) {
    AtomicFile out(file, IfExists::refuse);
    fill(out);
    out.commit();
  };
  write(CheckpointFiles::weights(folder.folder()), [&](AtomicFile& out) {
    write_tensors(out, weights, {{"format", "pt"}});
  });
  write(CheckpointFiles::optimizer(folder.folder()), [&](AtomicFile& out) { write_tensors(out, moments); });
  if (const Gpt2Config* const config = state.settings.model.gpt2()) {
    write(ModelFolderFiles::config(folder.folder()), [&](AtomicFile& out) { out.write(config->to_json()); });
  }
  write(CheckpointFiles::state(folder.folder()), [&](AtomicFile& out) { out.write(state.to_json()); });
  folder.commit();
}

/// Where a run stands, from its checkpoint. Throws not_found where that is none or lacks a file, invalid_json or
/// invalid_config.
inline RunState read_checkpoint_state(const std::string& path) {
  if (!std::filesystem::is_directory(path))
    throw Error(ErrorCode::not_found, "is no checkpoint: no such folder", {.path = path});
  for (const std::string& file :
       {CheckpointFiles::state(path), CheckpointFiles::weights(path), CheckpointFiles::optimizer(path)}) {
    if (!std::filesystem::is_regular_file(file)) {
      throw Error(ErrorCode::not_found,
                  "is no whole checkpoint: " + std::filesystem::path(file).filename().string() + " is missing",
                  {.path = path});
    }
  }
  return RunState::from_file(CheckpointFiles::state(path));
}

/// Loads weights and moments. Throws as load_weights does.
inline void read_checkpoint(const std::string& path, torch::nn::Module& model, AdamW& optimizer,
                            const RunState& state) {
  load_weights(model, CheckpointFiles::weights(path));
  const std::string moments = CheckpointFiles::optimizer(path);
  const TensorOffers offers = read_safetensors_file(moments);
  try {
    assign(detail::moments_of(optimizer), offers);
  } catch (const Error& error) {
    throw error.in_file(moments);
  }
  optimizer.set_step_count(state.next.total_steps);
}

}  // namespace aria::nn
