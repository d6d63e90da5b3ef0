// The files that music is written to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include <aria/anticipation/join.hpp>
#include <aria/drawing/piano_roll.hpp>
#include <aria/midi.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

#include "../cli/synthesizer.hpp"
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
        if_exists_(arguments.overwrite ? aria::IfExists::replace : aria::IfExists::refuse) {
    if (arguments.audio) synthesizer_.emplace(arguments.sound_font);
    const std::filesystem::path parent = std::filesystem::path(arguments.out).parent_path();
    if (!parent.empty() && !std::filesystem::is_directory(parent)) {
      throw aria::Error(aria::ErrorCode::not_found, "no such folder", {.path = parent.string()});
    }
    for (std::size_t number = 1; number <= arguments.variations && !arguments.overwrite; ++number) {
      for (const char* extension : {".mid", ".svg", ".wav"}) {
        if (!std::filesystem::exists(path(number, extension))) continue;
        throw aria::Error(aria::ErrorCode::already_exists, "is there already; --overwrite replaces it",
                          {.path = path(number, extension)});
      }
    }
  }

  /// "new.mid", or "new_1.mid" of several.
  std::string path(std::size_t number, const std::string& extension) const {
    return stem_ + (is_single_ ? "" : "_" + std::to_string(number)) + extension;
  }

  /// Writes the music, its drawing, and its sound where that is wanted. Throws io.
  void write(std::size_t number, const aria::anticipation::JoinedPiece& music, aria::PianoRollOptions drawing) const {
    aria::write_midi(music.piece, path(number, ".mid"), if_exists_);
    drawing.given = music.given;
    drawing.given_name = "given";
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
  std::string stem_;
  bool is_single_;
  aria::IfExists if_exists_;
  std::optional<cli::Synthesizer> synthesizer_;
};

}  // namespace generate
