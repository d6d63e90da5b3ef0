#include <aria/nn/weights/data_type.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using aria::nn::DataType;

TEST_CASE("DataType: names and sizes", "[nn]") {
  static constexpr std::array<std::pair<std::string_view, std::size_t>, 15> kTypes = {{{"BOOL", 1},
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
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    const auto type = static_cast<DataType>(i);
    CHECK(name_of(type) == kTypes[i].first);
    CHECK(byte_size(type) == kTypes[i].second);
    CHECK(aria::nn::find_data_type(kTypes[i].first) == type);
  }
  CHECK(kTypes.size() == aria::nn::detail::kDataTypes.size());
  CHECK(name_of(DataType::boolean) == "BOOL");
  CHECK(name_of(DataType::f32) == "F32");
  CHECK(name_of(DataType::bf16) == "BF16");
  CHECK(name_of(DataType::u64) == "U64");
  for (const auto* name : {"", "f32", "F99", "F32 ", "F8_E4M3FN"}) CHECK(!aria::nn::find_data_type(name));
}

TEST_CASE("DataType: the bytes and the text of a shape", "[nn]") {
  using Shape = std::vector<std::int64_t>;
  CHECK(byte_size(DataType::f32, Shape{2, 96}) == 768);
  CHECK(byte_size(DataType::f64, Shape{}) == 8);
  CHECK(byte_size(DataType::f64, Shape{5, 0, 3}) == 0);
  CHECK(byte_size(DataType::u8, Shape{INT64_MAX, 2}) == UINT64_MAX - 1);
  CHECK(!byte_size(DataType::u8, Shape{INT64_MAX, 3}));
  CHECK(!byte_size(DataType::u16, Shape{INT64_MAX, 2}));
  CHECK(!byte_size(DataType::u8, Shape{2, -1}));
  CHECK(!byte_size(DataType::u8, Shape{0, -1}));
  CHECK(aria::nn::shape_text(Shape{2, 96}) == "[2, 96]");
  CHECK(aria::nn::shape_text(Shape{7}) == "[7]");
  CHECK(aria::nn::shape_text(Shape{}) == "[]");
}
