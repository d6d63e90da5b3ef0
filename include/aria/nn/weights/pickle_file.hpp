// Weights that Python's torch.save wrote, where these are nothing but a dict of tensors.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria::nn {

namespace detail {

// libtorch's reader knows few classes of Python's; a state dict is one that it does not know.
inline std::string how_to_convert(const std::string& path) {
  return "is no dict of tensors that libtorch can read. Python converts it:\n"
         "  import torch; from safetensors.torch import save_file\n"
         "  state = {k: v.clone().contiguous() for k, v in torch.load(\"" +
         path +
         "\", map_location=\"cpu\").items()}\n"
         "  save_file(state, \"model.safetensors\")";
}

}  // namespace detail

/// Reads a file that ends in .bin, .pt or .pth, through libtorch's own reader. Throws not_found, io, or invalid_weights
/// for everything that is no dict from texts to tensors: the message has the lines of Python that convert it.
/// `torch.save(dict(model.state_dict()), path)` writes one that can be read.
inline TensorOffers read_pickle_file(const std::string& path) {
  ByteBuffer bytes;
  read_file(path, bytes);
  TensorOffers tensors;
  try {
    const auto text = bytes.view();
    const torch::IValue value = torch::pickle_load(std::vector<char>(text.begin(), text.end()));
    for (const auto& entry : value.toGenericDict()) {
      const torch::Tensor tensor = entry.value().toTensor();
      tensors.offers.push_back(
          {entry.key().toStringRef(), tensor.sizes().vec(), tensor.is_floating_point(), [tensor] { return tensor; }});
    }
  } catch (const std::exception&) {
    throw Error(ErrorCode::invalid_weights, detail::how_to_convert(path), {.path = path});
  }
  return tensors;
}

}  // namespace aria::nn
