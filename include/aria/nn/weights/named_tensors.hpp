// Tensors with names: what a model consists of, and what a file gives for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/nn/weights/safetensors_header.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

namespace detail {

inline void add_state(const torch::nn::Module& module, const std::string& prefix, std::vector<NamedTensor>& out) {
  for (const auto& item : module.named_parameters(/*recurse=*/false))
    out.push_back({prefix + item.key(), item.value()});
  for (const auto& item : module.named_buffers(/*recurse=*/false)) out.push_back({prefix + item.key(), item.value()});
  for (const auto& child : module.named_children()) add_state(*child.value(), prefix + child.key() + '.', out);
}

}  // namespace detail

/// The parameters and buffers of a module, under the names and in the order of Python's `state_dict()`.
inline std::vector<NamedTensor> state_of(const torch::nn::Module& module) {
  std::vector<NamedTensor> state;
  detail::add_state(module, "", state);
  return state;
}

/// The name without what torch.compile and DistributedDataParallel put in front: "_orig_mod." and "module.".
inline std::string_view plain_name(std::string_view name) noexcept {
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view prefix : {std::string_view("_orig_mod."), std::string_view("module.")}) {
      if (!name.starts_with(prefix)) continue;
      name.remove_prefix(prefix.size());
      found = true;
    }
  }
  return name;
}

/// Tensors that a file offers: their names and shapes at once, the numbers when they are asked for.
struct TensorOffers {
  struct Offer {
    std::string name;
    std::vector<std::int64_t> shape;
    bool is_floating = true;  ///< whether its numbers are of a floating type
    std::function<torch::Tensor()> read;
  };
  std::vector<Offer> offers;
};

namespace detail {

// Buffers that follow from the configuration: a file need not have them, and must not have others.
inline bool is_computed(std::string_view name) noexcept { return name.ends_with("rotary_emb.inv_freq"); }

[[noreturn]] inline void refuse_tensor(std::string_view name, const std::string& why) {
  throw Error(ErrorCode::invalid_weights, "tensor \"" + std::string(name) + "\" " + why);
}

inline std::map<std::string_view, const TensorOffers::Offer*> by_plain_name(const TensorOffers& tensors) {
  std::map<std::string_view, const TensorOffers::Offer*> found;
  for (const TensorOffers::Offer& offer : tensors.offers) {
    if (!found.emplace(plain_name(offer.name), &offer).second) {
      refuse_tensor(plain_name(offer.name), "is there twice, once with a prefix");
    }
  }
  return found;
}

// Frequencies that were saved in half precision are as far off as that allows.
inline void check_computed(const std::string& name, const torch::Tensor& ours, const torch::Tensor& theirs) {
  const double tolerance = theirs.element_size() < 4 ? 8e-3 : 1e-5;
  if (!torch::allclose(theirs.to(ours.device(), ours.scalar_type()), ours, tolerance, 0)) {
    refuse_tensor(name, "has other values than the model computes: it was made with another base or head size");
  }
}

}  // namespace detail

/// Copies what a file offers into `state`; numbers of another precision are converted. Throws invalid_weights, naming
/// the tensor, where one is missing, is left over, has another shape or holds whole numbers: nothing is resized or left
/// out in silence.
inline void assign(const std::vector<NamedTensor>& state, const TensorOffers& tensors) {
  const torch::NoGradGuard no_graph;
  auto found = detail::by_plain_name(tensors);
  std::vector<std::pair<const NamedTensor*, const TensorOffers::Offer*>> pairs;
  for (const NamedTensor& own : state) {
    const auto offer = found.find(own.name);
    if (offer == found.end()) {
      if (detail::is_computed(own.name)) continue;
      detail::refuse_tensor(own.name, "is missing");
    }
    if (own.tensor.sizes() != at::IntArrayRef(offer->second->shape)) {
      detail::refuse_tensor(own.name, "has shape " + shape_text(offer->second->shape) + ", and the model's is " +
                                          shape_text(own.tensor.sizes().vec()));
    }
    if (own.tensor.is_floating_point() && !offer->second->is_floating) {
      detail::refuse_tensor(own.name, "holds whole numbers, and the model's are fractions");
    }
    pairs.emplace_back(&own, offer->second);
    found.erase(offer);
  }
  if (!found.empty()) detail::refuse_tensor(found.begin()->second->name, "is none of the model's");
  // Nothing is copied before everything is known to fit: a model is never half of one and half of the other.
  for (const auto& [own, offer] : pairs) {
    if (detail::is_computed(own->name)) detail::check_computed(own->name, own->tensor, offer->read());
  }
  for (const auto& [own, offer] : pairs) {
    torch::Tensor target = own->tensor;
    if (!detail::is_computed(own->name)) target.copy_(offer->read());
  }
}

}  // namespace aria::nn
