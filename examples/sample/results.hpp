// The files that continuations are written to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

#include <aria/drawing/piano_roll.hpp>
#include <aria/sampling/continuation.hpp>
#include <aria/support/error.hpp>

#include "../cli/music_files.hpp"
#include "arguments.hpp"

namespace sample {

/// Names the results, and writes them.
class Results {
 public:
  /// Throws already_exists for the first result that is there already, unless it may be replaced; not_found where there
  /// is nothing to make sound with.
  explicit Results(const Arguments& arguments)
      : folder_(arguments.out), files_(arguments.overwrite, arguments.audio, arguments.sound_font) {
    for (std::size_t number = 1; number <= arguments.variations; ++number) {
      files_.refuse_existing(name(number), ", or give --out DIR");
    }
  }

  /// Throws io.
  void make_folder() const {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw aria::Error(aria::ErrorCode::io, "cannot make the folder: " + error.message(), {.path = folder_});
  }

  /// "samples/res_1"
  std::string name(std::size_t number) const { return folder_ + "/res_" + std::to_string(number); }

  /// What there is to listen to.
  std::string to_listen_to(std::size_t number) const { return files_.to_listen_to(name(number)); }

  /// Writes the music, its drawing, and its sound where that is wanted. Throws io.
  void write(std::size_t number, const aria::ContinuedPiece& music, aria::PianoRollOptions drawing) const {
    const auto& notes = music.piece.notes;
    drawing.given.assign(music.given_notes, true);
    if (music.given_notes < notes.size()) drawing.prompt_end = notes[music.given_notes].start();
    files_.write(name(number), music.piece, drawing);
  }

 private:
  std::string folder_;
  cli::MusicFiles files_;
};

}  // namespace sample
