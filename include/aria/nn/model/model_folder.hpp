// Model folders in the layout of Hugging Face's transformers: config.json and model.safetensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <aria/config/gpt2_config.hpp>
#include <aria/config/json_difference.hpp>
#include <aria/config/json_view.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/gpt2_lm.hpp>
#include <aria/nn/weights/model_weights.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/nn/weights/pickle_file.hpp>
#include <aria/nn/weights/sharded_weights.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// The files of a model folder.
struct ModelFolderFiles {
  static std::string config(const std::string& folder) { return folder + "/config.json"; }
  static std::string weights(const std::string& folder) { return folder + "/model.safetensors"; }
  static std::string index(const std::string& folder) { return folder + "/model.safetensors.index.json"; }
  static std::string pickle(const std::string& folder) { return folder + "/pytorch_model.bin"; }
};

/// The file of a folder from which its weights are loaded: model.safetensors, the index of several such, or
/// pytorch_model.bin. Throws not_found.
inline std::string weights_in_folder(const std::string& folder) {
  for (const std::string& file :
       {ModelFolderFiles::weights(folder), ModelFolderFiles::index(folder), ModelFolderFiles::pickle(folder)}) {
    if (std::filesystem::is_regular_file(file)) return file;
  }
  throw Error(ErrorCode::not_found, "has no weights: model.safetensors is missing", {.path = folder});
}

/// Loads weights from a file of either kind that load_weights knows, from the index of several, or from a folder,
/// whatever their names. Throws as these do; the model is as it was then.
inline void load_model_weights(CausalTransformer& model, const std::string& path) {
  const std::string file = std::filesystem::is_directory(path) ? weights_in_folder(path) : path;
  const TensorOffers offers = file.ends_with(".json") ? read_sharded_weights(file) : read_weights_file(file);
  const auto adapted = [&] {
    try {
      return model.adapted(offers);
    } catch (const Error& error) {
      throw error.place().path.empty() ? error.in_file(file) : error;
    }
  };
  assign_from(file, state_of(model), adapted());
}

/// The configuration of a folder. Throws not_found where it has no config.json, and as Gpt2Config does.
inline Gpt2Config read_folder_config(const std::string& folder) {
  const std::string file = ModelFolderFiles::config(folder);
  if (!std::filesystem::is_directory(folder)) throw Error(ErrorCode::not_found, "no such folder", {.path = folder});
  if (!std::filesystem::is_regular_file(file)) {
    throw Error(ErrorCode::not_found, "is no folder of a GPT-2: config.json is missing", {.path = folder});
  }
  return Gpt2Config::from_file(file);
}

/// Throws invalid_argument, with both values, where the model of a folder gives other numbers than one of this
/// configuration: how it was trained makes no difference.
inline void check_same_numbers(const Gpt2Config& config, const std::string& name, const std::string& folder) {
  const std::string ours = config.numbers().to_json(), theirs = read_folder_config(folder).numbers().to_json();
  const JsonDocument our_json(ours), their_json(theirs);
  if (const auto difference = json_difference(their_json.root(), our_json.root())) {
    throw Error(ErrorCode::invalid_argument, "is another model than " + name + ": " + *difference, {.path = folder});
  }
}

/// The model of a folder, on the processor. Throws as read_folder_config and load_model_weights do.
///
///     const auto model = aria::nn::load_model_folder("music-small-800k");
inline std::shared_ptr<Gpt2LM> load_model_folder(const std::string& folder) {
  auto model = std::make_shared<Gpt2LM>(read_folder_config(folder));
  load_model_weights(*model, folder);
  return model;
}

struct ModelFolderOptions {
  std::uint64_t most_bytes = 5'000'000'000;  ///< of a file of weights; more are divided, as transformers does
  bool is_bare = false;                      ///< names without "transformer.", as of GPT2Model
  IfExists if_exists = IfExists::refuse;
};

/// Writes config.json and the weights, for load_model_folder and GPT2LMHeadModel.from_pretrained. Makes the folder
/// where it is missing. Throws already_exists or io.
inline void save_model_folder(const Gpt2LM& model, const std::string& folder, const ModelFolderOptions& options = {}) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::io, "cannot make the folder: " + error.message(), {.path = folder});
  std::vector<NamedTensor> tensors = state_of(model);
  for (NamedTensor& tensor : tensors) {
    if (options.is_bare) tensor.name.erase(0, detail::kGpt2Prefix.size());
  }
  AtomicFile config(ModelFolderFiles::config(folder), options.if_exists);
  config.write(model.config().to_json());
  write_weights(folder, tensors, options.most_bytes, options.if_exists);
  config.commit();  // last: without it, there is no model
}

}  // namespace aria::nn
