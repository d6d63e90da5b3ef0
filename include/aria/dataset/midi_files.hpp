// Which files in a folder are MIDI files.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <aria/midi/reading.hpp>
#include <aria/support/directory_walk.hpp>

namespace aria {

/// Whether a file of this name is taken for a MIDI file: it ends in .mid, .midi, .smf, .kar or .rmi in any case, and in
/// the reference reading in exactly .mid or .midi.
inline bool is_midi_name(std::string_view name, Reading reading) {
  if (reading == Reading::reference) return name.ends_with(".mid") || name.ends_with(".midi");
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  std::string ending(name.substr(dot));
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  constexpr std::array<std::string_view, 5> kEndings = {".mid", ".midi", ".smf", ".kar", ".rmi"};
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

/// Walks the MIDI files in `folder`. In the reference reading hidden entries count, and so does whatever has the name,
/// as in the original's Path.glob. Throws not_found or io where the folder cannot be listed.
inline DirectoryWalk walk_midi_files(std::string folder, bool recursive, Reading reading) {
  const bool reference = reading == Reading::reference;
  return DirectoryWalk(std::move(folder),
                       {.recursive = recursive,
                        .hidden = reference,
                        .only_regular = !reference,
                        .accepts = [reading](std::string_view name) { return is_midi_name(name, reading); }});
}

}  // namespace aria
