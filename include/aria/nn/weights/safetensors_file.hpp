// A safetensors file that is mapped, and its tensors by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/weights/safetensors_header.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria::nn {

/// The tensors of a file; their bytes are read when they are used. Several threads may. The format:
/// https://github.com/huggingface/safetensors, section "Format".
///
///     const SafetensorsFile file("model.safetensors");
///     if (const TensorInfo* weight = file.find("lm_head.weight"))
///       std::memcpy(target, file.bytes(*weight).data(), file.bytes(*weight).size());
class SafetensorsFile {
 public:
  /// Throws not_found, io, or invalid_weights with the path and the byte.
  explicit SafetensorsFile(std::string path) : path_(std::move(path)), file_(path_) {
    try {
      header_ = SafetensorsHeader::parse(file_.bytes());
    } catch (const Error& error) {
      throw error.in_file(path_);
    }
    by_name_.resize(header_.tensors.size());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::sort(by_name_.begin(), by_name_.end(),
              [this](std::size_t a, std::size_t b) { return header_.tensors[a].name < header_.tensors[b].name; });
  }

  const std::string& path() const noexcept { return path_; }

  /// In the order of their bytes.
  const std::vector<TensorInfo>& tensors() const noexcept { return header_.tensors; }

  /// Keys and values of the file's `__metadata__`, in the order of the text.
  const std::vector<std::pair<std::string, std::string>>& metadata() const noexcept { return header_.metadata; }

  /// The tensor of that name, valid as long as the file is; null where there is none.
  const TensorInfo* find(std::string_view name) const noexcept {
    const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name, [this](std::size_t i, auto wanted) {
      return std::string_view(header_.tensors[i].name) < wanted;
    });
    if (found == by_name_.end() || header_.tensors[*found].name != name) return nullptr;
    return &header_.tensors[*found];
  }

  /// The bytes of one of `tensors()`, valid as long as the file is. They may begin at any address: copy them before
  /// they are used as numbers. Throws invalid_argument where the file has no such bytes, and io where it has changed
  /// its size since it was opened.
  std::span<const std::byte> bytes(const TensorInfo& tensor) const {
    if (tensor.begin > tensor.end || tensor.end > file_.size()) {
      throw Error(ErrorCode::invalid_argument, detail::safetensors::of_tensor(tensor.name) + "is none of this file",
                  {.path = path_});
    }
    file_.check_unchanged(path_);
    return file_.bytes().subspan(static_cast<std::size_t>(tensor.begin),
                                 static_cast<std::size_t>(tensor.end - tensor.begin));
  }

 private:
  std::string path_;
  MappedFile file_;
  SafetensorsHeader header_;
  std::vector<std::size_t> by_name_;  // not a hash table: names in a file could be made to collide
};

}  // namespace aria::nn
