// The weights of a model to a file and back.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/nn/weights/pickle_file.hpp>
#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/nn/weights/safetensors_writer.hpp>
#include <aria/nn/weights/tensor_bytes.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// How the tensors will lie in a file.
inline std::vector<TensorLayout> layout_of(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorLayout> layout;
  for (const auto& [name, tensor] : tensors) {
    layout.push_back({name, data_type(tensor.scalar_type()), tensor.sizes().vec()});
  }
  return layout;
}

/// Writes tensors to a safetensors file, one after the other, wherever they lie; the caller commits it. Throws io.
inline void write_tensors(AtomicFile& out, const std::vector<NamedTensor>& tensors, const Metadata& metadata = {}) {
  torch::Tensor current;  // holds the bytes while they are written
  write_safetensors(out, layout_of(tensors), metadata, [&](std::size_t i) {
    current = tensors[i].tensor.detach().to(torch::kCPU).contiguous();
    return bytes_of(current);
  });
}

/// Writes the weights of a model as Python's `safetensors.torch.save_file(model.state_dict(), path)` does. Throws
/// already_exists or io.
inline void save_weights(const torch::nn::Module& model, const std::string& path, IfExists if_exists) {
  AtomicFile out(path, if_exists);
  write_tensors(out, state_of(model), {{"format", "pt"}});
  out.commit();
}

/// The tensors of a safetensors file. Throws as SafetensorsFile does.
inline TensorOffers read_safetensors_file(const std::string& path) {
  const auto file = std::make_shared<const SafetensorsFile>(path);
  TensorOffers tensors;
  for (const TensorInfo& info : file->tensors()) {
    check_torch_type(*file, info);
    tensors.offers.push_back(
        {info.name, info.shape, is_floating(info.type), [file, &info] { return read_tensor(*file, info); }});
  }
  return tensors;
}

/// The tensors of a safetensors file, or of one of Python's (.bin, .pt, .pth; see read_pickle_file). Throws as these
/// do.
inline TensorOffers read_weights_file(const std::string& path) {
  const std::string_view name = path;
  const bool is_pickle = name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth");
  return is_pickle ? read_pickle_file(path) : read_safetensors_file(path);
}

/// Copies what a file offers into `state`, see `assign`; errors name the file.
inline void assign_from(const std::string& path, const std::vector<NamedTensor>& state, const TensorOffers& offers) {
  try {
    assign(state, offers);
  } catch (const Error& error) {
    if (!error.place().path.empty()) throw;  // one of several files
    throw error.in_file(path);
  }
}

/// Loads the weights of a model from such a file. Names may have "_orig_mod." or "module." in front. Throws not_found,
/// io, or invalid_weights with the path and the tensor; the model is as it was then, unless the file was changed while
/// it was read.
inline void load_weights(torch::nn::Module& model, const std::string& path) {
  assign_from(path, state_of(model), read_weights_file(path));
}

}  // namespace aria::nn
