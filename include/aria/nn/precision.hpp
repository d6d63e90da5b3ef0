// In which precision a model computes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace aria::nn {

/// fp32 throughout, or bf16 where libtorch's autocast finds it safe; weights are fp32 in both.
enum class Precision : std::uint8_t { fp32, bf16 };

/// "fp32" or "bf16".
constexpr std::string_view name_of(Precision precision) noexcept {
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

constexpr std::optional<Precision> find_precision(std::string_view name) noexcept {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  return std::nullopt;
}

}  // namespace aria::nn
