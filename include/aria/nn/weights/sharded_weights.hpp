// Weights in several safetensors files with an index, as Hugging Face's transformers writes large models.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/nn/json_object.hpp>
#include <aria/nn/weights/model_weights.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

namespace detail {

inline constexpr const char *kWeightsName = "model.safetensors", *kIndexName = "model.safetensors.index.json";

// The tensors of an index: name -> file. Throws invalid_json or invalid_config.
inline std::map<std::string, std::string> read_weight_map(std::string_view json) {
  const JsonDocument document(json);
  std::map<std::string, std::string> files;
  document.root()["weight_map"].for_each_member([&files](std::string_view name, const JsonView& file) {
    const std::string path(file.text());
    // Only files beside the index are meant.
    if (path.empty() || path == ".." || path.find('/') != std::string::npos) {
      throw Error(ErrorCode::invalid_config, file.way() + " must be the name of a file, and is \"" + path + '"');
    }
    files.emplace(name, path);
  });
  return files;
}

// Appends the tensors of one file; those that the index says to be in it must be there.
inline void add_shard(const std::string& folder, const std::string& file, const std::string& index,
                      const std::map<std::string, std::string>& files, TensorOffers& offers) {
  const std::string path = folder + '/' + file;
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path, unknown)) {
    throw Error(ErrorCode::not_found, "the file " + file + " is missing, in which there are weights", {.path = index});
  }
  TensorOffers shard = read_safetensors_file(path);
  std::set<std::string> names;
  for (TensorOffers::Offer& offer : shard.offers) {
    names.insert(offer.name);
    offers.offers.push_back(std::move(offer));
  }
  for (const auto& [name, of] : files) {
    if (of == file && names.count(name) == 0) {
      throw Error(ErrorCode::invalid_weights, "tensor \"" + name + "\" is missing, which " + index + " says is here",
                  {.path = path});
    }
  }
}

}  // namespace detail

/// The tensors that a model.safetensors.index.json names, of all files beside it in which they are. Throws not_found,
/// io, invalid_json, invalid_config or invalid_weights, with the file.
inline TensorOffers read_sharded_weights(const std::string& index) {
  const auto files = read_json_file(index, detail::read_weight_map);
  std::set<std::string> shards;
  for (const auto& [name, file] : files) shards.insert(file);
  const std::filesystem::path parent = std::filesystem::path(index).parent_path();
  TensorOffers offers;
  for (const std::string& file : shards) {
    detail::add_shard(parent.empty() ? "." : parent.string(), file, index, files, offers);
  }
  return offers;
}

/// Which tensors go together in a file of at most `most` bytes, or of one tensor that is larger: the first tensor of
/// each file, in the order of the tensors.
inline std::vector<std::size_t> shard_begins(const std::vector<NamedTensor>& tensors, std::uint64_t most) {
  std::vector<std::size_t> begins;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto size = static_cast<std::uint64_t>(tensors[i].tensor.nbytes());
    if (i == 0 || size > most - std::min(bytes, most)) {
      begins.push_back(i);
      bytes = 0;
    }
    bytes += size;
  }
  return begins;
}

/// Writes tensors to `folder`: to model.safetensors, or where that would hold more than `most` bytes to
/// model-00001-of-00002.safetensors and so on, with the index beside them. Throws already_exists or io.
inline void write_weights(const std::string& folder, const std::vector<NamedTensor>& tensors, std::uint64_t most,
                          IfExists if_exists) {
  const Metadata metadata = {{"format", "pt"}};
  std::vector<std::size_t> begins = shard_begins(tensors, most);
  const auto write = [&](const std::string& name, std::size_t begin, std::size_t end) {
    AtomicFile out(folder + '/' + name, if_exists);
    using Offset = std::vector<NamedTensor>::difference_type;
    write_tensors(out, {tensors.begin() + static_cast<Offset>(begin), tensors.begin() + static_cast<Offset>(end)},
                  metadata);
    out.commit();
  };
  const auto forget = [&](const std::string& name) {  // what would be read in place of what is written
    std::error_code error;
    std::filesystem::remove(folder + '/' + name, error);
    if (error) throw Error(ErrorCode::io, "cannot be removed: " + error.message(), {.path = folder + '/' + name});
  };
  if (begins.size() <= 1) {
    write(detail::kWeightsName, 0, tensors.size());
    return forget(detail::kIndexName);
  }
  begins.push_back(tensors.size());
  JsonObject map;
  std::uint64_t total = 0;
  for (std::size_t shard = 0; shard + 1 < begins.size(); ++shard) {
    char name[60];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", shard + 1, begins.size() - 1);
    write(name, begins[shard], begins[shard + 1]);
    for (std::size_t i = begins[shard]; i < begins[shard + 1]; ++i) {
      map.add(tensors[i].name, name);
      total += static_cast<std::uint64_t>(tensors[i].tensor.nbytes());
    }
  }
  AtomicFile index(folder + '/' + detail::kIndexName, if_exists);
  index.write(JsonObject().add("metadata", JsonObject().add("total_size", total)).add("weight_map", map).text() + '\n');
  index.commit();
  forget(detail::kWeightsName);
}

}  // namespace aria::nn
