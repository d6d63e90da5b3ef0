// The header of a safetensors file: which tensors there are and where their bytes lie.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/nn/weights/data_type.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>

namespace aria::nn {

/// A tensor in a file: `end - begin` is what its type and shape take.
struct TensorInfo {
  std::string name;
  DataType type = DataType::f32;
  std::vector<std::int64_t> shape;   ///< row-major; a scalar has none
  std::uint64_t begin = 0, end = 0;  ///< bytes of the file, from its start, half-open; aligned to nothing

  bool operator==(const TensorInfo&) const = default;
};

/// What a safetensors file says of itself. Strict as the reference implementation and the format's notes are:
/// https://github.com/huggingface/safetensors, section "Format", and safetensors/src/tensor.rs.
///
///     const auto header = SafetensorsHeader::parse(MappedFile("model.safetensors").bytes());
///     header.tensors[0].name  // "transformer.wte.weight"
struct SafetensorsHeader {
  static constexpr std::uint64_t kMostBytes = 100'000'000;  ///< of the header, the limit of the format
  static constexpr std::string_view kMetadata = "__metadata__";

  std::vector<TensorInfo> tensors;  ///< in the order of their bytes, which cover the rest of the file
  std::vector<std::pair<std::string, std::string>> metadata;

  /// Reads the header of a file that is there as a whole. Takes time in proportion to the header, and its logarithm,
  /// whatever stands in it. Throws invalid_weights; the message names the tensor and counts bytes as data_offsets do,
  /// from the end of the header; the byte of the place counts from the start of the file.
  static SafetensorsHeader parse(std::span<const std::byte> file);
};

namespace detail::safetensors {

inline Error invalid_weights(const std::string& what, Place place = {}) {
  return Error(ErrorCode::invalid_weights, what, std::move(place));
}

// Names and keys may be as long as the header.
inline constexpr std::size_t kShown = 300;

// How messages begin that are about a tensor.
inline std::string of_tensor(std::string_view name) { return "tensor \"" + excerpt(name, kShown) + "\": "; }

inline std::string type_and_shape(DataType type, std::span<const std::int64_t> shape) {
  return std::string(name_of(type)) + ' ' + excerpt(shape_text(shape), 100);
}

// A name that is there twice.
inline std::optional<std::string_view> repeated(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  const auto found = std::adjacent_find(names.begin(), names.end());
  return found == names.end() ? std::nullopt : std::optional(*found);
}

// The JSON at the start of the file.
inline std::string_view json_in(std::span<const std::byte> file) {
  if (file.size() < 8) {
    throw invalid_weights("is no safetensors file: it has " + std::to_string(file.size()) + " bytes",
                          {.byte = file.size()});
  }
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(file[i]);
  if (length > SafetensorsHeader::kMostBytes) {
    throw invalid_weights("is no safetensors file: its header would have " + std::to_string(length) +
                              " bytes, the limit is " + std::to_string(SafetensorsHeader::kMostBytes),
                          {.byte = 0});
  }
  if (length > file.size() - 8) {
    throw invalid_weights("is cut off within its header of " + std::to_string(length) + " bytes",
                          {.byte = file.size()});
  }
  const std::string_view json(reinterpret_cast<const char*>(file.data()) + 8, static_cast<std::size_t>(length));
  if (!json.starts_with('{')) throw invalid_weights("its header does not begin with {", {.byte = 8});
  return json;
}

inline std::vector<std::int64_t> read_shape(const JsonView& list) {
  std::vector<std::int64_t> shape;
  for (const std::uint64_t size : list.whole_numbers()) {
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw invalid_weights(list.way() + '[' + std::to_string(shape.size()) + "] is above 2^63 - 1");
    }
    shape.push_back(static_cast<std::int64_t>(size));
  }
  return shape;
}

// Its `begin` and `end` are data_offsets, from the end of the header.
inline TensorInfo read_tensor(std::string_view name, const JsonView& entry) {
  static constexpr std::array<std::string_view, 3> kKeys = {"dtype", "shape", "data_offsets"};
  entry.only(kKeys);
  const std::string_view type_name = entry["dtype"].text();
  const std::optional<DataType> type = find_data_type(type_name);
  if (!type) throw invalid_weights("unknown dtype \"" + excerpt(type_name, 24) + '"');
  std::vector<std::int64_t> shape = read_shape(entry["shape"]);
  const std::vector<std::uint64_t> offsets = entry["data_offsets"].whole_numbers();
  if (entry.size() != kKeys.size()) throw invalid_weights("a key is there twice");
  if (offsets.size() != 2) throw invalid_weights("data_offsets must be two numbers");
  const std::uint64_t begin = offsets[0], end = offsets[1];
  const std::string bytes = std::to_string(begin) + " to " + std::to_string(end);
  if (begin > end) throw invalid_weights("its bytes " + bytes + " end before they begin");
  const std::optional<std::uint64_t> size = byte_size(*type, shape);
  if (!size) throw invalid_weights(type_and_shape(*type, shape) + " takes more bytes than 64 bits can count");
  if (*size != end - begin) {
    throw invalid_weights("its bytes " + bytes + " are " + std::to_string(end - begin) + ", " +
                          type_and_shape(*type, shape) + " takes " + std::to_string(*size));
  }
  return {std::string(name), *type, std::move(shape), begin, end};
}

inline void read_metadata(const JsonView& object, SafetensorsHeader& header) {
  object.for_each_member(
      [&header](std::string_view key, const JsonView& value) { header.metadata.emplace_back(key, value.text()); });
}

// Everything but where the tensors lie in relation to each other.
inline SafetensorsHeader read_entries(const JsonView& root) {
  SafetensorsHeader header;
  std::vector<std::string_view> names;  // of tensors and of the metadata
  root.for_each_member([&](std::string_view name, const JsonView& value) {
    names.push_back(name);
    if (name == SafetensorsHeader::kMetadata) return read_metadata(value, header);
    try {
      header.tensors.push_back(read_tensor(name, JsonView(value.element(), "")));
    } catch (const Error& error) {
      throw invalid_weights(of_tensor(name) + excerpt(error.message(), kShown));
    }
  });
  if (const auto name = repeated(std::move(names))) throw invalid_weights(of_tensor(*name) + "is there twice");
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : header.metadata) keys.push_back(key);
  if (const auto key = repeated(std::move(keys))) {
    throw invalid_weights("the key __metadata__." + excerpt(*key, kShown) + " is there twice");
  }
  return header;
}

// Puts the tensors in the order of their bytes and makes those count from the start of the file, which has
// `data_begin` bytes before them.
inline void place_tensors(std::vector<TensorInfo>& tensors, std::uint64_t data_begin, std::uint64_t file_size) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  const std::uint64_t data_size = file_size - data_begin;
  std::uint64_t covered = 0;
  const TensorInfo* before = nullptr;  // the tensor whose last byte is the last that is covered
  for (const TensorInfo& tensor : tensors) {
    const auto what = [&tensor] {
      return of_tensor(tensor.name) + "its bytes " + std::to_string(tensor.begin) + " to " + std::to_string(tensor.end);
    };
    if (tensor.begin < covered) {
      throw invalid_weights(what() + " overlap those of \"" + excerpt(before->name, kShown) + '"',
                            {.byte = data_begin + tensor.begin});
    }
    if (tensor.end > data_size) {
      throw invalid_weights(
          what() + " reach beyond the file, which has " + std::to_string(data_size) + " bytes of tensors",
          {.byte = file_size});
    }
    if (tensor.begin > covered) {
      throw invalid_weights(
          what() + " leave a gap: " + std::to_string(tensor.begin - covered) + " bytes before them belong to no tensor",
          {.byte = data_begin + covered});
    }
    covered = tensor.end;
    before = &tensor;
  }
  if (covered != data_size) {
    throw invalid_weights("the last " + std::to_string(data_size - covered) + " bytes belong to no tensor",
                          {.byte = data_begin + covered});
  }
  for (TensorInfo& tensor : tensors) {
    tensor.begin += data_begin;
    tensor.end += data_begin;
  }
}

}  // namespace detail::safetensors

inline SafetensorsHeader SafetensorsHeader::parse(std::span<const std::byte> file) {
  namespace impl = detail::safetensors;
  const std::string_view json = impl::json_in(file);
  SafetensorsHeader header;
  try {
    const JsonDocument document(json);
    header = impl::read_entries(document.root());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::invalid_weights) throw;
    throw impl::invalid_weights("its header: " + excerpt(error.message(), impl::kShown));
  }
  impl::place_tensors(header.tensors, 8 + json.size(), file.size());
  return header;
}

}  // namespace aria::nn
