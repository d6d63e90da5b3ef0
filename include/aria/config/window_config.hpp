// The "dataset_gen_args" of config.json: how long training sequences are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <aria/config/default_config.hpp>
#include <aria/config/json_view.hpp>

namespace aria {

/// How token sequences are cut into windows.
struct WindowConfig {
  /// No window has more tokens, so that a line of a data set fits in memory many times.
  static constexpr std::uint64_t kMaxSeqLen = std::uint64_t{1} << 24;

  std::uint64_t max_seq_len = 2048;  ///< tokens of a window, prefix and padding included
  std::uint64_t stride_len = 1024;   ///< from the start of a window to that of the next one

  /// Reads "data.dataset_gen_args" of a config.json. Throws invalid_config or invalid_json.
  static WindowConfig from_json(std::string_view json) {
    const JsonDocument document(json);
    const JsonView args = document.root()["data"]["dataset_gen_args"];
    return {args["max_seq_len"].whole_number(), args["stride_len"].whole_number()};
  }

  /// The same from a file. Throws not_found or io, too.
  static WindowConfig from_file(const std::string& path) { return read_json_file(path, from_json); }
};

}  // namespace aria
