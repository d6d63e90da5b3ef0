// The files that a continuation is written to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <aria/drawing/piano_roll.hpp>
#include <aria/midi.hpp>
#include <aria/sampling/continuation.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

#include "../cli/synthesizer.hpp"
#include "arguments.hpp"

namespace sample {

/// Names the results, and writes them.
class Results {
 public:
  /// Throws already_exists for the first result that is there already, unless it may be replaced; not_found where there
  /// is nothing to make sound with.
  explicit Results(const Arguments& arguments)
      : folder_(arguments.out), if_exists_(arguments.overwrite ? aria::IfExists::replace : aria::IfExists::refuse) {
    if (arguments.audio) synthesizer_.emplace(arguments.sound_font);
    for (std::size_t number = 1; number <= arguments.variations && !arguments.overwrite; ++number) {
      for (const char* extension : {".mid", ".svg", ".wav"}) {
        if (!std::filesystem::exists(path(number, extension))) continue;
        throw aria::Error(aria::ErrorCode::already_exists,
                          "is there already; --overwrite replaces it, or give --out DIR",
                          {.path = path(number, extension)});
      }
    }
  }

  /// Throws io.
  void make_folder() const {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw aria::Error(aria::ErrorCode::io, "cannot make the folder: " + error.message(), {.path = folder_});
  }

  /// "samples/res_1.mid"
  std::string path(std::size_t number, const std::string& extension) const {
    return folder_ + "/res_" + std::to_string(number) + extension;
  }

  /// Writes the music, its drawing, and its sound where that is wanted. Throws io.
  void write(std::size_t number, const aria::ContinuedPiece& music, aria::PianoRollOptions drawing) const {
    aria::write_midi(music.piece, path(number, ".mid"), if_exists_);
    const auto& notes = music.piece.notes;
    drawing.given.assign(music.given_notes, true);
    if (music.given_notes < notes.size()) drawing.prompt_end = notes[music.given_notes].start();
    aria::AtomicFile svg(path(number, ".svg"), if_exists_);
    svg.write(aria::piano_roll_svg(music.piece, drawing));
    svg.commit();
    if (!synthesizer_) return;
    aria::AtomicFile wav(path(number, ".wav"), if_exists_);
    synthesizer_->render(path(number, ".mid"), wav);
    wav.commit();
  }

  bool with_sound() const noexcept { return synthesizer_.has_value(); }

 private:
  std::string folder_;
  aria::IfExists if_exists_;
  std::optional<cli::Synthesizer> synthesizer_;
};

}  // namespace sample
