// What the elements of a tensor in a file are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aria::nn {

/// The element types of safetensors files. Numbers are little-endian.
enum class DataType : std::uint8_t {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  f64,
  i64,
  u64
};

namespace detail {

struct DataTypeRow {
  std::string_view name;
  std::size_t bytes;
};

// By the value of the DataType.
inline constexpr std::array<DataTypeRow, 15> kDataTypes = {{{"BOOL", 1},
                                                            {"U8", 1},
                                                            {"I8", 1},
                                                            {"F8_E5M2", 1},
                                                            {"F8_E4M3", 1},
                                                            {"I16", 2},
                                                            {"U16", 2},
                                                            {"F16", 2},
                                                            {"BF16", 2},
                                                            {"I32", 4},
                                                            {"U32", 4},
                                                            {"F32", 4},
                                                            {"F64", 8},
                                                            {"I64", 8},
                                                            {"U64", 8}}};

}  // namespace detail

/// Whether these are floating-point numbers.
constexpr bool is_floating(DataType type) noexcept {
  return type == DataType::f8_e5m2 || type == DataType::f8_e4m3 || type == DataType::f16 || type == DataType::bf16 ||
         type == DataType::f32 || type == DataType::f64;
}

/// The bytes of one element: `byte_size(DataType::f32)` is 4.
constexpr std::size_t byte_size(DataType type) noexcept {
  return detail::kDataTypes[static_cast<std::size_t>(type)].bytes;
}

/// The name in files: `name_of(DataType::f32)` is "F32".
constexpr std::string_view name_of(DataType type) noexcept {
  return detail::kDataTypes[static_cast<std::size_t>(type)].name;
}

/// The type of that name; nothing where there is none: `find_data_type("BF16")` is DataType::bf16.
constexpr std::optional<DataType> find_data_type(std::string_view name) noexcept {
  for (std::size_t i = 0; i < detail::kDataTypes.size(); ++i) {
    if (detail::kDataTypes[i].name == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

/// The bytes of a tensor; nothing where a size is negative or 64 bits do not hold the number:
/// `byte_size(DataType::f32, {{2, 96}})` is 768. Without sizes it is a scalar.
constexpr std::optional<std::uint64_t> byte_size(DataType type, std::span<const std::int64_t> shape) noexcept {
  std::uint64_t bytes = byte_size(type);
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor != 0 && bytes > UINT64_MAX / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

/// A shape for messages: "[2, 96]".
inline std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + ']';
}

}  // namespace aria::nn
