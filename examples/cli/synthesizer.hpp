// MIDI files as sound, by FluidSynth, where it is installed.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

extern char** environ;

namespace cli {

/// The program fluidsynth and a sound font.
class Synthesizer {
 public:
  /// With this sound font, or one that the system has. Throws not_found where either is missing, and says what to
  /// install.
  explicit Synthesizer(const std::string& sound_font = "") : program_(find_program()), sound_font_(sound_font) {
    if (sound_font_.empty()) sound_font_ = find_sound_font();
    if (!std::filesystem::is_regular_file(sound_font_)) {
      throw aria::Error(aria::ErrorCode::not_found, "is no sound font: no such file", {.path = sound_font_});
    }
  }

  /// Writes a MIDI file as 16-bit stereo at 44,100 Hz. Throws io with what fluidsynth says.
  void render(const std::string& midi, aria::AtomicFile& wav) const {
    // The file has no name yet, and is not the child's: it is found among ours.
    const std::string out = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(wav.descriptor_to_append());
    const std::vector<std::string> words = {program_, "-n",  "-i", "-q",    "-F",        out,
                                            "-T",     "wav", "-r", "44100", sound_font_, midi};
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const int error = ::posix_spawn(&child, program_.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      throw aria::Error(aria::ErrorCode::io, "cannot be started: " + std::generic_category().message(error),
                        {.path = program_});
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::error_code unknown;
    const bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!done || std::filesystem::file_size(out, unknown) <= kWavHeader || unknown) {
      throw aria::Error(aria::ErrorCode::io, "fluidsynth cannot render it with the sound font " + sound_font_,
                        {.path = midi});
    }
  }

 private:
  static constexpr std::uintmax_t kWavHeader = 44;
  static constexpr const char* kInstall =
      "; --audio needs both, on Debian: apt-get install fluidsynth "
      "fluid-soundfont-gm";

  static std::string find_program() {
    const char* folders = std::getenv("PATH");
    for (std::string_view rest = folders == nullptr ? "" : folders; !rest.empty();) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      const std::string path = std::string(rest.substr(0, end)) + "/fluidsynth";
      if (::access(path.c_str(), X_OK) == 0) return path;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    throw aria::Error(aria::ErrorCode::not_found, std::string("the program fluidsynth is not installed") + kInstall);
  }

  // The names under which distributions install one for General MIDI.
  static std::string find_sound_font() {
    constexpr std::array kFonts = {"/usr/share/sounds/sf2/default-GM.sf2", "/usr/share/sounds/sf3/default-GM.sf3",
                                   "/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2",
                                   "/usr/share/soundfonts/default.sf2",    "/usr/share/soundfonts/FluidR3_GM.sf2"};
    for (const char* path : kFonts) {
      if (std::filesystem::is_regular_file(path)) return path;
    }
    throw aria::Error(
        aria::ErrorCode::not_found,
        std::string("no sound font is installed where one is looked for; --sound-font FILE names one") + kInstall);
  }

  std::string program_, sound_font_;
};

}  // namespace cli
