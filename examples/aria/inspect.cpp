// aria inspect: what a MIDI file, a folder of them or a MidiDataset holds, as a table and as histograms.
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/inspection.hpp>
#include <aria/support/atomic_file.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "commands.hpp"
#include "inspect_drawing.hpp"
#include "inspect_table.hpp"

namespace {

constexpr const char* kAbout =
    R"(Says what a MIDI file, a folder of MIDI files or a MidiDataset holds: pieces, durations,
notes, instruments, tempo and use of the pedal.

Files of a folder that cannot be read are counted, with the reasons of the first ones.

Example:
  aria inspect --svg music.svg music.jsonl
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria inspect", kAbout);
  options.positional_help("PATH").custom_help("[OPTION...]");
  options.add_options()("r,recursive", "search subfolders, too")("svg", "draw histograms",
                                                                 cxxopts::value<std::string>(), "FILE")(
      "reference", "read MIDI files as the original Python tools do, faults included")("overwrite",
                                                                                       "replace an existing FILE");
  options.add_options("positional")("path", "", cxxopts::value<std::string>());
  return options;
}

enum class Kind { midi_file, folder, dataset };

// A file is a MIDI file by its name or its first bytes, and else taken for a MidiDataset.
Kind kind_of(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return Kind::folder;
  const aria::OpenFile file = aria::open_file(path);
  if (aria::is_midi_name(std::filesystem::path(path).filename().string(), aria::Reading::standard)) {
    return Kind::midi_file;
  }
  std::string start(4, '\0');
  start.resize(aria::read_up_to(file.descriptor, start.data(), start.size(), path));
  if (start == "MThd" || start == "RIFF") return Kind::midi_file;
  // Something else may be large and have no line feeds; no need to look for one.
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && start[first] != '{') {
    throw aria::Error(aria::ErrorCode::invalid_json, "is neither MIDI nor a MidiDataset: it starts with no {",
                      {.path = path, .line = 1});
  }
  return Kind::dataset;
}

// The last part of a path, also of one that ends in a slash.
std::string name_of(const std::string& path) {
  const std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

aria::DatasetStatistics inspect_one(const std::string& path, aria::Reading reading) {
  const aria::MidiFileInspection file = aria::inspect_midi_file(path, reading);
  aria::DatasetStatistics about;
  about.add(file.statistics);
  std::cout << cli::printable(path) << ": a MIDI file\n\n";
  inspect::print_midi_file(file, about, std::cout);
  return about;
}

aria::DatasetStatistics inspect_folder(const std::string& path, bool recursive, aria::Reading reading) {
  aria::FolderInspection folder;
  {
    cli::ProgressBar bar("files");
    folder = aria::inspect_folder(path, {.recursive = recursive, .reading = reading, .on_progress = bar.callback()});
  }
  if (folder.found == 0) {
    throw aria::Error(aria::ErrorCode::empty_result,
                      recursive ? "holds no MIDI files" : "holds no MIDI files (its subfolders were not searched)",
                      {.path = path});
  }
  std::cout << cli::printable(path) << ": a folder\n\n";
  inspect::print_files(folder, std::cout);
  std::cout << '\n';
  if (folder.statistics.pieces == 0) {
    throw aria::Error(aria::ErrorCode::empty_result,
                      "none of the " + std::to_string(folder.found) + " MIDI files could be read", {.path = path});
  }
  inspect::print_statistics(folder.statistics, std::cout);
  return folder.statistics;
}

aria::DatasetStatistics inspect_dataset(const std::string& path) {
  aria::DatasetStatistics about;
  {
    cli::ProgressBar bar("MB");
    const aria::ProgressCallback draw = bar.callback();
    aria::ProgressCallback in_megabytes;
    if (draw) {
      in_megabytes = [&draw](const aria::Progress& bytes) { draw({bytes.done / 1'000'000, bytes.total / 1'000'000}); };
    }
    about = aria::inspect_dataset(path, in_megabytes);
  }
  if (about.pieces == 0) throw aria::Error(aria::ErrorCode::empty_result, "holds no pieces", {.path = path});
  std::cout << cli::printable(path) << ": a MidiDataset\n\n";
  inspect::print_statistics(about, std::cout);
  return about;
}

}  // namespace

int inspect_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"path"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto path = cli::value_of<std::string>(arguments, "path");
  const auto svg_path = arguments.count("svg") != 0 ? cli::value_of<std::string>(arguments, "svg") : "";
  const auto reading = arguments.count("reference") != 0 ? aria::Reading::reference : aria::Reading::standard;
  const Kind kind = kind_of(path);

  // What cannot be written is said before the work, not after it.
  std::optional<aria::AtomicFile> svg;
  if (arguments.count("svg") != 0) {
    std::error_code ignored;
    if (std::filesystem::equivalent(path, svg_path, ignored)) throw cli::UsageError("--svg names the input: " + path);
    svg.emplace(svg_path, arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse);
  }
  const aria::DatasetStatistics about = kind == Kind::midi_file ? inspect_one(path, reading)
                                        : kind == Kind::folder
                                            ? inspect_folder(path, arguments.count("recursive") != 0, reading)
                                            : inspect_dataset(path);
  if (svg) {
    const std::string summary = aria::grouped_number(about.pieces) + (about.pieces == 1 ? " piece, " : " pieces, ") +
                                aria::grouped_number(about.notes) + " notes, " +
                                inspect::duration_text(about.seconds.sum());
    svg->write(inspect::draw_statistics(about, name_of(path), summary));
    svg->commit();
    std::cout << "\nwrote " << cli::printable(svg_path) << '\n';
  }
  return cli::kDone;
}
