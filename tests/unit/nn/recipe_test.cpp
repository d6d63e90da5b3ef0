#include <aria/nn/training/recipe.hpp>

#include <set>
#include <string_view>

#include "support/catch.hpp"

using aria::nn::find_recipe;
using aria::nn::name_of;
using aria::nn::Recipe;

TEST_CASE("Recipe: names and back", "[nn]") {
  CHECK(name_of(Recipe::aria) == "aria");
  CHECK(name_of(Recipe::split_lakh) == "split_lakh");
  CHECK(name_of(Recipe::levanter) == "levanter");
  std::set<std::string_view> names;
  for (const Recipe recipe : {Recipe::aria, Recipe::split_lakh, Recipe::levanter}) {
    CHECK(find_recipe(name_of(recipe)) == recipe);
    names.insert(name_of(recipe));
  }
  CHECK(names == std::set<std::string_view>(aria::nn::kRecipeNames.begin(), aria::nn::kRecipeNames.end()));
  for (const std::string_view other : {"", "Aria", "split-lakh", "levanter ", "lakh"}) CHECK_FALSE(find_recipe(other));
}
