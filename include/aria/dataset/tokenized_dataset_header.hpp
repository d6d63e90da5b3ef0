// The first line of a TokenizedDataset: which tokenizer made it, and how its sequences were cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <aria/config/json_difference.hpp>
#include <aria/config/json_view.hpp>
#include <aria/config/window_config.hpp>
#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/line_reader.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria {

/// What the first line says. It has the keys of the original's TokenizedDataset (aria/data/datasets.py).
struct TokenizedDatasetHeader {
  std::string tokenizer_name;
  std::string tokenizer_config;  ///< JSON, a text of its own
  WindowConfig windows;
  bool padding = true;  ///< all sequences have windows.max_seq_len tokens; else they have at most as many

  /// Reads the line. Throws invalid_json or invalid_config.
  static TokenizedDatasetHeader from_json(std::string_view line) {
    const JsonDocument document(line);
    const JsonView root = document.root();
    TokenizedDatasetHeader header{std::string(root["tokenizer_name"].text()),
                                  root["tokenizer_config"].to_json(),
                                  {root["max_seq_len"].whole_number(), root["stride_len"].whole_number()},
                                  root["padding"].boolean()};
    if (header.windows.max_seq_len == 0 || header.windows.max_seq_len > WindowConfig::kMaxSeqLen) {
      throw Error(ErrorCode::invalid_config,
                  "max_seq_len must lie between 1 and " + std::to_string(WindowConfig::kMaxSeqLen));
    }
    return header;
  }

  /// Reads the first line of a file. Throws not_found, io, or as from_json does, with the place.
  static TokenizedDatasetHeader from_file(const std::string& path) {
    LineReader lines(path);
    const auto line = lines.next();
    if (!line) throw Error(ErrorCode::invalid_json, "is empty", {.path = path});
    return at_place([&] { return Place{.path = path, .line = 1}; }, [&] { return from_json(*line); });
  }

  template <Tokenizer T>
  static TokenizedDatasetHeader of(const T& tokenizer, const WindowConfig& windows, bool padding) {
    return {std::string(tokenizer.name()), tokenizer.config_json(), windows, padding};
  }

  /// The line, without a line feed, as Python's json.dumps writes it.
  std::string to_json() const {
    ByteBuffer name;
    detail::write_json_string(tokenizer_name, name, [](ByteBuffer&) {});
    return R"({"tokenizer_config": )" + tokenizer_config + R"(, "tokenizer_name": )" + std::string(name.view()) +
           R"(, "max_seq_len": )" + std::to_string(windows.max_seq_len) + R"(, "padding": )" +
           (padding ? "true" : "false") + R"(, "stride_len": )" + std::to_string(windows.stride_len) + '}';
  }

  /// Throws invalid_config where the tokenizer is not the one of this header; the message names the differing key.
  template <Tokenizer T>
  void check(const T& tokenizer) const {
    if (tokenizer_name != tokenizer.name()) {
      throw Error(ErrorCode::invalid_config, "was made by the tokenizer \"" + tokenizer_name +
                                                 "\", and this one is \"" + std::string(tokenizer.name()) + '"');
    }
    const JsonDocument there(tokenizer_config), here(std::string(tokenizer.config_json()));
    if (const auto difference = json_difference(there.root(), here.root())) {
      throw Error(ErrorCode::invalid_config,
                  "was made with other settings of the tokenizer: tokenizer_config." + *difference);
    }
  }
};

}  // namespace aria
