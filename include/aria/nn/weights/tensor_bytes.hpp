// Between tensors and their bytes in a safetensors file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include <aria/nn/torch.hpp>
#include <aria/nn/weights/data_type.hpp>
#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// The element type of libtorch that is the same; nothing for those that its oldest supported version does not have.
inline std::optional<torch::ScalarType> torch_type(DataType type) {
  switch (type) {
    case DataType::boolean:
      return torch::kBool;
    case DataType::u8:
      return torch::kByte;
    case DataType::i8:
      return torch::kChar;
    case DataType::i16:
      return torch::kShort;
    case DataType::i32:
      return torch::kInt;
    case DataType::i64:
      return torch::kLong;
    case DataType::f16:
      return torch::kHalf;
    case DataType::bf16:
      return torch::kBFloat16;
    case DataType::f32:
      return torch::kFloat;
    case DataType::f64:
      return torch::kDouble;
    default:
      return std::nullopt;
  }
}

/// The way back. Throws invalid_argument for types that files do not have, complex numbers for instance.
inline DataType data_type(torch::ScalarType type) {
  for (const DataType candidate : {DataType::boolean, DataType::u8, DataType::i8, DataType::i16, DataType::i32,
                                   DataType::i64, DataType::f16, DataType::bf16, DataType::f32, DataType::f64}) {
    if (torch_type(candidate) == type) return candidate;
  }
  throw Error(ErrorCode::invalid_argument, std::string("safetensors files hold no ") + torch::toString(type));
}

/// The element type of a tensor of the file. Throws invalid_weights for one that libtorch does not have.
inline torch::ScalarType check_torch_type(const SafetensorsFile& file, const TensorInfo& info) {
  if (const std::optional<torch::ScalarType> type = torch_type(info.type)) return *type;
  throw Error(ErrorCode::invalid_weights,
              "tensor \"" + info.name + "\": libtorch has no numbers of type " + std::string(name_of(info.type)),
              {.path = file.path()});
}

/// A copy of a tensor of the file, on the processor. Throws as SafetensorsFile::bytes and check_torch_type do.
inline torch::Tensor read_tensor(const SafetensorsFile& file, const TensorInfo& info) {
  torch::Tensor tensor = torch::empty(info.shape, torch::TensorOptions().dtype(check_torch_type(file, info)));
  const std::span<const std::byte> bytes = file.bytes(info);
  if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

/// The bytes of a contiguous tensor on the processor, valid as long as it is.
inline std::span<const std::byte> bytes_of(const torch::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.nbytes())};
}

}  // namespace aria::nn
