// What `aria inspect` has before it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <aria/dataset/midi_files.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

#include "../cli/token_lines.hpp"

namespace inspect {

enum class Kind { midi_file, folder, midi_dataset, tokenized_dataset, token_lines };

/// Whether the first line has the key "tokenizer_config". That of a TokenizedDataset is short; that of a MidiDataset
/// may go on behind `start`.
inline bool names_tokenizer(std::string_view start) {
  constexpr std::string_view kKey = R"("tokenizer_config")";
  start = start.substr(0, start.find('\n'));
  for (std::size_t at = start.find(kKey); at != std::string_view::npos; at = start.find(kKey, at + 1)) {
    const std::size_t behind = start.find_first_not_of(" \t\r", at + kKey.size());
    if (behind != std::string_view::npos && start[behind] == ':') return true;
  }
  return false;
}

/// A file is a MIDI file by its name or its first bytes, and else a data set: lines of ids start with a digit. Throws
/// not_found, io, or invalid_json where it can be none of them.
inline Kind kind_of(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return Kind::folder;
  const aria::OpenFile file = aria::open_file(path);
  if (aria::is_midi_name(std::filesystem::path(path).filename().string(), aria::Reading::standard)) {
    return Kind::midi_file;
  }
  std::string start(1 << 20, '\0');
  start.resize(aria::read_up_to(file.descriptor, start.data(), start.size(), path));
  if (start.starts_with("MThd") || start.starts_with("RIFF")) return Kind::midi_file;
  if (token_lines::is_start(start)) return Kind::token_lines;
  // Something else may be large and have no line feeds; no need to look for one.
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && start[first] != '{') {
    throw aria::Error(aria::ErrorCode::invalid_json, "is neither MIDI nor a data set: it starts with no {",
                      {.path = path, .line = 1});
  }
  return names_tokenizer(start) ? Kind::tokenized_dataset : Kind::midi_dataset;
}

}  // namespace inspect
