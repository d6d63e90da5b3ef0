// The files that music is written to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <aria/anticipation/join.hpp>
#include <aria/drawing/piano_roll.hpp>
#include <aria/support/error.hpp>

#include "../cli/arguments.hpp"
#include "../cli/music_files.hpp"
#include "arguments.hpp"

namespace generate {

/// Names the results, and writes them.
class Results {
 public:
  /// Throws already_exists for the first result that is there already, unless it may be replaced; not_found where there
  /// is nothing to make sound with, or no such folder.
  explicit Results(const Arguments& arguments)
      : stem_(arguments.out.substr(0, arguments.out.size() - 4)),
        is_single_(arguments.variations == 1),
        files_(arguments.overwrite, arguments.audio, arguments.sound_font) {
    const std::filesystem::path parent = std::filesystem::path(arguments.out).parent_path();
    if (!parent.empty() && !std::filesystem::is_directory(parent)) {
      throw aria::Error(aria::ErrorCode::not_found, "no such folder", {.path = parent.string()});
    }
    for (std::size_t number = 1; number <= arguments.variations; ++number) {
      cli::refuse_same_path({arguments.input, name(number) + ".mid"});
      files_.refuse_existing(name(number));
    }
  }

  /// "new", or "new_1" of several.
  std::string name(std::size_t number) const { return stem_ + (is_single_ ? "" : "_" + std::to_string(number)); }

  /// What there is to listen to.
  std::string to_listen_to(std::size_t number) const { return files_.to_listen_to(name(number)); }

  /// Writes the music, its drawing, and its sound where that is wanted. Throws io.
  void write(std::size_t number, const aria::anticipation::JoinedPiece& music, aria::PianoRollOptions drawing) const {
    drawing.given = music.given;
    drawing.given_name = "given";
    files_.write(name(number), music.piece, drawing);
  }

 private:
  std::string stem_;
  bool is_single_;
  cli::MusicFiles files_;
};

}  // namespace generate
