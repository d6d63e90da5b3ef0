// Music as the files that people want of it: MIDI, a drawing, perhaps sound.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <aria/drawing/piano_roll.hpp>
#include <aria/midi.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

#include "synthesizer.hpp"

namespace cli {

/// Writes pieces under a name, to which .mid, .svg and .wav are added.
class MusicFiles {
 public:
  /// With `audio`, sound is made with this sound font, or one that the system has where it is empty. Throws not_found
  /// where there is nothing to make sound with.
  MusicFiles(bool overwrite, bool audio, const std::string& sound_font)
      : if_exists_(overwrite ? aria::IfExists::replace : aria::IfExists::refuse) {
    if (audio) synthesizer_.emplace(sound_font);
  }

  /// Throws already_exists where one of the files is there and may not be replaced; `hint` says what else may help.
  void refuse_existing(const std::string& name, const std::string& hint = "") const {
    if (if_exists_ == aria::IfExists::replace) return;
    for (const char* extension : {".mid", ".svg", ".wav"}) {
      const std::string path = name + extension;
      if (!std::filesystem::exists(path)) continue;
      throw aria::Error(aria::ErrorCode::already_exists, "is there already; --overwrite replaces it" + hint,
                        {.path = path});
    }
  }

  /// Throws io.
  void write(const std::string& name, const aria::MidiDict& piece, const aria::PianoRollOptions& drawing) const {
    aria::write_midi(piece, name + ".mid", if_exists_);
    aria::AtomicFile svg(name + ".svg", if_exists_);
    svg.write(aria::piano_roll_svg(piece, drawing));
    svg.commit();
    if (!synthesizer_) {  // an older sound is not that of the new music
      std::error_code ignored;
      std::filesystem::remove(name + ".wav", ignored);
      return;
    }
    aria::AtomicFile wav(name + ".wav", if_exists_);
    synthesizer_->render(name + ".mid", wav);
    wav.commit();
  }

  /// What there is to listen to: "name.wav", or "name.mid".
  std::string to_listen_to(const std::string& name) const { return name + (synthesizer_ ? ".wav" : ".mid"); }

 private:
  aria::IfExists if_exists_;
  std::optional<Synthesizer> synthesizer_;
};

}  // namespace cli
