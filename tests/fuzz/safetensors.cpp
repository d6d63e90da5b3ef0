// bytes as a safetensors file -> tensors that cover it, or an error; what was read is written and read again. Bytes as
// a header without its length, and bytes as numbers -> a file -> the same tensors.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/nn/weights/safetensors_header.hpp>
#include <aria/nn/weights/safetensors_writer.hpp>
#include <aria/support/atomic_file.hpp>

#include "expect.hpp"

namespace {

using aria::nn::DataType;
using aria::nn::SafetensorsFile;
using aria::nn::SafetensorsHeader;
using aria::nn::TensorInfo;
using aria::nn::TensorLayout;
using fuzz::expect;
using Metadata = std::vector<std::pair<std::string, std::string>>;

// What a tensor takes, by the names of the format.
std::uint64_t bytes_of(const TensorInfo& tensor) {
  static const std::map<std::string_view, unsigned> kSizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"F64", 8},     {"I64", 8}, {"U64", 8}};
  std::uint64_t bytes = kSizes.at(name_of(tensor.type));
  for (const std::int64_t size : tensor.shape) {
    expect(size >= 0, "a size is not negative");
    expect(!__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes), "a tensor has a size");
  }
  return bytes;
}

// Every byte behind the header belongs to one tensor.
void check_cover(const SafetensorsHeader& header, std::span<const std::byte> file) {
  std::size_t begin = 8;
  for (std::size_t i = 0; i < 8; ++i) begin += std::to_integer<std::size_t>(file[i]) << 8 * i;
  expect(begin <= file.size(), "the header lies in the file");
  std::vector<int> tensors_at(file.size());
  std::set<std::string> names;
  std::uint64_t last = 0;
  for (const TensorInfo& tensor : header.tensors) {
    expect(tensor.begin <= tensor.end && tensor.end <= file.size(), "a tensor lies in the file");
    expect(tensor.end - tensor.begin == bytes_of(tensor), "a tensor has the size of its shape");
    expect(last <= tensor.begin, "tensors are in the order of their bytes");
    expect(names.insert(tensor.name).second && tensor.name != "__metadata__", "a name is there once");
    for (std::uint64_t i = tensor.begin; i < tensor.end; ++i) ++tensors_at[i];
    last = tensor.begin;
  }
  for (std::size_t i = 0; i < file.size(); ++i) {
    expect(tensors_at[i] == (i < begin ? 0 : 1), "a byte belongs to one tensor, or to the header");
  }
}

// Files are written where they never get a name.
aria::AtomicFile nameless() {
  static const std::string path = (std::filesystem::temp_directory_path() / "fuzz.safetensors").string();
  return {path, aria::IfExists::replace};
}

// Writes the tensors, reads them, and expects them to be the same.
void check_written(const std::vector<TensorLayout>& tensors, const Metadata& metadata,
                   const std::vector<std::span<const std::byte>>& bytes) {
  aria::AtomicFile out = nameless();
  aria::nn::write_safetensors(out, tensors, metadata, [&bytes](std::size_t i) { return bytes[i]; });
  const SafetensorsFile file(out.path_to_read());
  expect(std::filesystem::file_size(file.path()) == aria::nn::safetensors_size(tensors, metadata), "the size is known");
  expect(file.metadata() == metadata, "the metadata are the same");
  expect(file.tensors().size() == tensors.size(), "all tensors are there");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo* const tensor = file.find(tensors[i].name);
    expect(tensor != nullptr && tensor->name == tensors[i].name, "a tensor is found by its name");
    expect(tensor->type == tensors[i].type && tensor->shape == tensors[i].shape, "type and shape are the same");
    const std::span<const std::byte> found = file.bytes(*tensor);
    expect(std::equal(found.begin(), found.end(), bytes[i].begin(), bytes[i].end()), "the bytes are the same");
  }
}

void check_file(std::span<const std::byte> file) {
  SafetensorsHeader header;
  try {
    header = SafetensorsHeader::parse(file);
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_weights, "what is no such file is called so");
    expect(!error.place().byte || *error.place().byte <= file.size(), "its byte is one of the file");
    return expect(error.message().size() < 1500, "a message stays short");
  }
  check_cover(header, file);
  std::vector<TensorLayout> tensors;
  std::vector<std::span<const std::byte>> bytes;
  for (const TensorInfo& tensor : header.tensors) {
    tensors.push_back({tensor.name, tensor.type, tensor.shape});
    bytes.push_back(file.subspan(tensor.begin, tensor.end - tensor.begin));
  }
  check_written(tensors, header.metadata, bytes);
}

// Text up to the first byte 0 is the header, what follows are tensors: without a length in front, mutations get far.
void check_header(std::string_view data) {
  const std::string_view json = data.substr(0, data.find('\0'));
  std::string file;
  for (std::size_t i = 0; i < 8; ++i) file += static_cast<char>(json.size() >> 8 * i & 0xff);
  file += json;
  if (json.size() < data.size()) file += data.substr(json.size() + 1);
  check_file(std::as_bytes(std::span(file)));
}

// Three bytes are a tensor: its type, and one or two sizes; its name comes from the same bytes.
void check_numbers(std::span<const std::byte> data) {
  static const std::vector<std::byte> content(std::size_t{15} * 15 * 8, std::byte{'x'});
  std::vector<TensorLayout> tensors;
  std::vector<std::span<const std::byte>> bytes;
  for (std::size_t i = 0; i + 3 <= data.size(); i += 3) {
    const auto at = [&](std::size_t n) { return std::to_integer<std::int64_t>(data[i + n]); };
    std::string name = '.' + std::to_string(i);
    if (at(0) < 0x80) name.insert(0, 1, static_cast<char>(at(0)));
    TensorLayout& tensor = tensors.emplace_back(TensorLayout{name, static_cast<DataType>(at(0) % 15), {at(1) % 16}});
    if (at(2) < 0x80) tensor.shape.push_back(at(2) % 16);
    if (at(2) == 0xff) tensor.shape.clear();
    bytes.push_back(std::span(content).first(*byte_size(tensor.type, tensor.shape)));
  }
  check_written(tensors, {}, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  check_file(bytes);
  check_header({reinterpret_cast<const char*>(data), size});
  check_numbers(bytes);
  return 0;
}
