// Small safetensors files, put together by hand.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace test {

// A file with this header, and as many bytes of tensors.
inline std::string safetensors_file(std::string_view json, std::size_t data = 0) {
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(json.size() >> 8 * i & 0xff);
  return text.append(json).append(data, 'x');
}

// Two tensors, with 32 bytes.
inline constexpr std::string_view kTwoTensors =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},)"
    R"("a":{"shape":[],"data_offsets":[0,8],"dtype":"I64"}}   )";

}  // namespace test
