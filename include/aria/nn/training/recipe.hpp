// What is done with the numbers of a training: the shape of the learning rate, and what weight decay is for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aria::nn {

/// How a model is trained.
enum class Recipe : std::uint8_t {
  aria,        ///< EleutherAI's Aria: LinearSchedule, decay of all weights
  split_lakh,  ///< the Anticipatory Music Transformer (Levanter at 99a5c616): CosineSchedule down to 0, where it stays
               ///< for as many steps as the warm-up has; decay of all weights
  levanter,    ///< later Levanter: CosineSchedule down to a share of the peak; decay of matrices alone, embeddings left
               ///< out
};

inline constexpr std::array<std::string_view, 3> kRecipeNames = {"aria", "split_lakh", "levanter"};

constexpr std::string_view name_of(Recipe recipe) noexcept { return kRecipeNames[static_cast<std::size_t>(recipe)]; }

/// By its name; nothing for another one.
constexpr std::optional<Recipe> find_recipe(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kRecipeNames.size(); ++i) {
    if (kRecipeNames[i] == name) return static_cast<Recipe>(i);
  }
  return std::nullopt;
}

}  // namespace aria::nn
