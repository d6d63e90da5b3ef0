// What is noted about a piece: its composer, from the file's name or its texts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/data_config.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/utf8.hpp>

namespace aria {

namespace detail {

// The code point at the start of `text`, which is shortened by it. A byte that is no UTF-8 stands for itself, above all
// code points, so that it equals nothing.
inline char32_t take_code_point(std::string_view& text) {
  const std::size_t length = utf8_length(text);
  const auto lead = static_cast<unsigned char>(text.front());
  char32_t point = length == 0 ? 0x110000U + lead : length == 1 ? lead : lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  text.remove_prefix(std::max(length, std::size_t{1}));
  return point;
}

// The form in which code points are compared when case is ignored: that of Python's re.IGNORECASE for ASCII and Latin-1
// letters, with the four other letters that it takes for an ASCII one.
constexpr char32_t fold_case(char32_t c) {
  if ((c >= U'A' && c <= U'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) return c + 0x20;
  if (c == 0x130 || c == 0x131) return U'i';
  if (c == 0x17f) return U's';
  if (c == 0x212a) return U'k';
  return c;
}

// White space as Python's str.isspace has it.
constexpr bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

constexpr bool separates_words(char32_t c) { return c == U'_' || is_space(c); }

// Whether `text` starts with `name`, upper and lower case being alike, and a word ends there.
inline bool starts_with_word(std::string_view text, std::string_view name) {
  while (!name.empty()) {
    if (text.empty() || fold_case(take_code_point(text)) != fold_case(take_code_point(name))) return false;
  }
  return text.empty() || separates_words(take_code_point(text));
}

// The file's name without folder and ending, as Python's pathlib has it: "a.b.mid" -> "a.b", ".mid" -> ".mid".
inline std::string_view stem_of(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  path.remove_prefix(path.rfind('/') + 1);
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos || dot == 0 || dot + 1 == path.size() ? path : path.substr(0, dot);
}

// Notes which composers are named in the texts that it is shown.
class ComposerSearch {
 public:
  explicit ComposerSearch(const std::vector<std::string>& names) : names_(names), found_(names.size()) {}

  void look_at(std::string_view text) {
    bool word_starts = true;
    while (!text.empty()) {
      for (std::size_t i = 0; word_starts && i < names_.size(); ++i) {
        found_[i] = found_[i] || starts_with_word(text, names_[i]);
      }
      word_starts = separates_words(take_code_point(text));
    }
  }

  // The composer, where exactly one was named.
  std::optional<std::string> only_one() const {
    std::optional<std::string> only;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!found_[i]) continue;
      if (only && *only != names_[i]) return std::nullopt;
      only = names_[i];
    }
    return only;
  }

 private:
  const std::vector<std::string>& names_;
  std::vector<bool> found_;
};

}  // namespace detail

/// Sets `metadata["composer"]` where exactly one of the configured names stands as a word in the name of the file or,
/// with precedence, exactly one in the texts. Upper and lower case are alike.
///
///     find_composer("music/Bach_invention.mid", config.metadata, piece);  // {"composer", "bach"}
inline void find_composer(std::string_view path, const MetadataConfig& config, MidiDict& piece) {
  std::optional<std::string> composer;
  if (config.composer_filename.run) {
    detail::ComposerSearch search(config.composer_filename.names);
    search.look_at(detail::stem_of(path));
    composer = search.only_one();
  }
  if (config.composer_metamsg.run && !piece.meta.empty()) {
    detail::ComposerSearch search(config.composer_metamsg.names);
    for (std::size_t i = 0; i < piece.meta.size(); ++i) search.look_at(piece.meta[i].text);
    if (auto named = search.only_one()) composer = std::move(named);
  }
  if (composer) piece.metadata.emplace_back("composer", std::move(*composer));
}

}  // namespace aria
