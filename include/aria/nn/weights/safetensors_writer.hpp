// Tensors to a safetensors file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/midi/json_text.hpp>
#include <aria/nn/weights/data_type.hpp>
#include <aria/nn/weights/safetensors_header.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>
#include <aria/support/utf8.hpp>

namespace aria::nn {

/// A tensor that is to be written.
struct TensorLayout {
  std::string name;
  DataType type = DataType::f32;
  std::vector<std::int64_t> shape;  ///< row-major; a scalar has none
};

namespace detail::safetensors {

using Metadata = std::span<const std::pair<std::string, std::string>>;

inline Error invalid_argument(const std::string& what) { return Error(ErrorCode::invalid_argument, what); }

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Throws invalid_argument where a file with these names could not be read again.
inline void check_names(std::span<const TensorLayout> tensors, Metadata metadata) {
  std::vector<std::string_view> names, keys;
  for (const TensorLayout& tensor : tensors) names.push_back(tensor.name);
  for (const std::string_view name : names) {
    if (!is_utf8(name)) throw invalid_argument(of_tensor(name) + "the name is not UTF-8");
    if (name == SafetensorsHeader::kMetadata) throw invalid_argument(of_tensor(name) + "the format keeps this name");
  }
  for (const auto& [key, value] : metadata) {
    keys.push_back(key);
    if (!is_utf8(key) || !is_utf8(value)) {
      throw invalid_argument("__metadata__." + excerpt(key, kShown) + " is not UTF-8");
    }
  }
  if (const auto name = repeated(std::move(names))) throw invalid_argument(of_tensor(*name) + "is there twice");
  if (const auto key = repeated(std::move(keys))) {
    throw invalid_argument("the key __metadata__." + excerpt(*key, kShown) + " is there twice");
  }
}

inline std::uint64_t size_of(const TensorLayout& tensor) {
  if (const std::optional<std::uint64_t> size = byte_size(tensor.type, tensor.shape)) return *size;
  throw invalid_argument(of_tensor(tensor.name) + type_and_shape(tensor.type, tensor.shape) +
                         " has a negative size, or more bytes than 64 bits can count");
}

inline void write_quoted(std::string_view text, ByteBuffer& out) {
  aria::detail::write_json_string(text, out, [](ByteBuffer&) {});
}

inline void write_metadata(Metadata metadata, ByteBuffer& out) {
  write_quoted(SafetensorsHeader::kMetadata, out);
  out.append(":{");
  for (const auto& [key, value] : metadata) {
    if (&key != &metadata.front().first) out.append(',');
    write_quoted(key, out);
    out.append(':');
    write_quoted(value, out);
  }
  out.append('}');
}

// Without blanks, as the reference implementation writes it.
inline void write_entry(const TensorLayout& tensor, std::uint64_t begin, std::uint64_t end, ByteBuffer& out) {
  write_quoted(tensor.name, out);
  out.append(R"(:{"dtype":")");
  out.append(name_of(tensor.type));
  out.append(R"(","shape":[)");
  for (const std::int64_t& size : tensor.shape) {
    if (&size != tensor.shape.data()) out.append(',');
    out.append(std::to_string(size));
  }
  out.append(R"(],"data_offsets":[)");
  out.append(std::to_string(begin));
  out.append(',');
  out.append(std::to_string(end));
  out.append("]}");
}

// All that comes before the tensors; `data_size` gets the size of what comes then.
inline ByteBuffer head_of(std::span<const TensorLayout> tensors, Metadata metadata, std::uint64_t& data_size) {
  check_names(tensors, metadata);
  ByteBuffer out;
  out.append(std::string_view("\0\0\0\0\0\0\0\0{", 9));
  if (!metadata.empty()) write_metadata(metadata, out);
  std::uint64_t begin = 0;
  for (const TensorLayout& tensor : tensors) {
    if (out.size() > 9) out.append(',');
    const std::uint64_t size = size_of(tensor);
    // So that the size of the file is a number, too.
    if (size > std::uint64_t{std::numeric_limits<std::int64_t>::max()} - begin) {
      throw invalid_argument(of_tensor(tensor.name) + "with those before it there are 2^63 bytes or more");
    }
    write_entry(tensor, begin, begin + size, out);
    begin += size;
  }
  out.append('}');
  while (out.size() % 8 != 0) out.append(' ');
  const std::uint64_t length = out.size() - 8;
  if (length > SafetensorsHeader::kMostBytes) {
    throw Error(ErrorCode::too_large, "the header would have " + std::to_string(length) + " bytes, the limit is " +
                                          std::to_string(SafetensorsHeader::kMostBytes));
  }
  for (std::size_t i = 0; i < 8; ++i) out.data()[i] = static_cast<char>(length >> 8 * i & 0xff);
  data_size = begin;
  return out;
}

}  // namespace detail::safetensors

/// The size in bytes of the file that `write_safetensors` would write; for the room on a disk. Throws as it does.
inline std::uint64_t safetensors_size(std::span<const TensorLayout> tensors,
                                      std::span<const std::pair<std::string, std::string>> metadata) {
  namespace impl = detail::safetensors;
  std::uint64_t data_size = 0;
  const std::size_t head_size = impl::head_of(tensors, metadata, data_size).size();
  return head_size + data_size;
}

/// Writes tensors and metadata as a safetensors file (https://github.com/huggingface/safetensors, section "Format"), in
/// the order that is given. `bytes_of(i)` is asked once for the bytes of `tensors[i]`, after those before it are
/// written; they must last until the next call. Put tensors of wide types first where other readers want them aligned.
///
///     AtomicFile out("model.safetensors", IfExists::replace);
///     const std::vector<TensorLayout> tensors{{"weight", DataType::f32, {2, 96}}};
///     write_safetensors(out, tensors, {}, [&](std::size_t) { return std::as_bytes(std::span(weight)); });
///     out.commit();
///
/// Throws invalid_argument where names repeat, are not UTF-8 or "__metadata__", where a shape has no size, or where
/// `bytes_of` gives a wrong number of bytes; too_large where the header would be above the limit of the format; io.
inline void write_safetensors(AtomicFile& out, std::span<const TensorLayout> tensors,
                              std::span<const std::pair<std::string, std::string>> metadata,
                              const std::function<std::span<const std::byte>(std::size_t)>& bytes_of) {
  namespace impl = detail::safetensors;
  std::uint64_t data_size = 0;
  out.write(impl::head_of(tensors, metadata, data_size).view());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::span<const std::byte> bytes = bytes_of(i);
    const std::uint64_t size = impl::size_of(tensors[i]);
    if (bytes.size() != size) {
      throw impl::invalid_argument(impl::of_tensor(tensors[i].name) + "there are " + std::to_string(bytes.size()) +
                                   " bytes, " + impl::type_and_shape(tensors[i].type, tensors[i].shape) + " takes " +
                                   std::to_string(size));
    }
    out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

}  // namespace aria::nn
