// The names that files have for the tensors of a GPT-2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/nn/weights/named_tensors.hpp>

namespace aria::nn {

namespace detail {

inline constexpr std::string_view kGpt2Prefix = "transformer.", kGpt2Head = "lm_head.weight";

// The causal mask and its value, which older files hold for each layer, are no weights.
inline bool is_gpt2_mask(std::string_view name) noexcept {
  return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
}

// A head that shares its weights with the embeddings may be there, too, but must not have others.
inline void check_gpt2_head(const TensorOffers::Offer& head, const TensorOffers& offers) {
  for (const TensorOffers::Offer& offer : offers.offers) {
    if (offer.name != "transformer.wte.weight") continue;
    if (head.shape == offer.shape && torch::equal(head.read(), offer.read())) return;
    break;
  }
  refuse_tensor(kGpt2Head, "has weights of its own, and is to share those of transformer.wte.weight");
}

}  // namespace detail

/// What a file of Hugging Face's layout offers, under the names of GPT2LMHeadModel: with "transformer." in front, as
/// files of the bare GPT2Model do not have it, without the masks of older files, and without the head, which is that of
/// the embeddings. Throws invalid_weights where it is another one.
inline TensorOffers gpt2_offers(TensorOffers offers) {
  TensorOffers own;
  std::vector<TensorOffers::Offer> heads;
  for (TensorOffers::Offer& offer : offers.offers) {
    std::string name(plain_name(offer.name));
    if (detail::is_gpt2_mask(name)) continue;
    if (name == detail::kGpt2Head) {
      heads.push_back(std::move(offer));
      continue;
    }
    if (!name.starts_with(detail::kGpt2Prefix)) name.insert(0, detail::kGpt2Prefix);
    offer.name = std::move(name);
    own.offers.push_back(std::move(offer));
  }
  for (const TensorOffers::Offer& head : heads) detail::check_gpt2_head(head, own);
  return own;
}

}  // namespace aria::nn
