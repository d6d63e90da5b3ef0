// The first line of a TokenizedDataset: which tokenizer made it, and how its sequences were cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/config/json_difference.hpp>
#include <aria/config/json_view.hpp>
#include <aria/config/window_config.hpp>
#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
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

  /// The first line of a file with this text, without its line feed. Throws invalid_json where the file is empty or has
  /// no line of a bearable length.
  static std::string_view line_in(std::string_view text) {
    if (text.empty()) throw Error(ErrorCode::invalid_json, "is empty");
    const std::string_view start = text.substr(0, kMostBytes + 1);
    const std::size_t end = start.find('\n');
    if (end == std::string_view::npos && start.size() > kMostBytes) {
      throw Error(ErrorCode::invalid_json,
                  "is longer than the " + std::to_string(kMostBytes) + " bytes of a first line");
    }
    return start.substr(0, end);
  }

  /// Reads the first line of a file. Throws not_found, io, or as from_json and line_in do, with the place.
  static TokenizedDatasetHeader from_file(const std::string& path) {
    const MappedFile file(path);
    return at_place([&] { return Place{.path = path, .line = 1}; }, [&] { return from_json(line_in(file.view())); });
  }

  template <CheckedTokenizer T>
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
  template <CheckedTokenizer T>
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

 private:
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;
};

}  // namespace aria
