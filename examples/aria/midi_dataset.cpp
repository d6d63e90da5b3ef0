// aria midi-dataset: a folder of MIDI files -> a MidiDataset, with an outcome for every file.
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <aria/dataset.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout = R"(Builds a MidiDataset, one piece of music a line, from the MIDI files in a folder.

A file that cannot be read, fails a test of the configuration or has the same music as an
earlier one is left out; --report says which and why. Existing files are never replaced
without --overwrite, and either all of the output appears or none.

Example:
  aria midi-dataset -r --split 0.95 --report outcomes.tsv music/ music.jsonl
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria midi-dataset", kAbout);
  options.positional_help("DIR SAVE_PATH").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("r,recursive", "search subfolders, too");
  add("split", "also write <stem>_train<ext> with this share of the pieces, <stem>_val<ext> with the rest", text(),
      "RATIO");
  add("seed", "decides the split", text()->default_value("0"), "N");
  add("config", "tests, pre-processing and metadata (default: as examples/config/config.json)", text(), "FILE");
  add("workers", "threads (default: one a core); the output does not depend on it", text(), "N");
  add("report", "write a table: path, outcome, reason", text(), "FILE");
  add("reference", "read MIDI files as the original Python tools do, faults included");
  add("overwrite", "replace existing outputs");
  options.add_options("positional")("dir", "", text())("save-path", "", text());
  return options;
}

aria::MidiDatasetOptions build_options(const cxxopts::ParseResult& arguments) {
  aria::MidiDatasetOptions options;
  options.recursive = arguments.count("recursive") != 0;
  if (arguments.count("reference") != 0) options.reading = aria::Reading::reference;
  options.workers = cli::workers_of(arguments);
  if (arguments.count("config") != 0) {
    options.config = aria::DataConfig::from_file(cli::value_of<std::string>(arguments, "config"));
  }
  return options;
}

std::optional<aria::Split> split_of(const cxxopts::ParseResult& arguments) {
  const auto seed = cli::number_of<std::uint64_t>(arguments, "seed");
  if (arguments.count("split") == 0) return std::nullopt;
  const auto ratio = cli::number_of<double>(arguments, "split");
  if (!(ratio > 0 && ratio < 1)) throw cli::UsageError("--split must lie between 0 and 1, both excluded");
  return aria::Split{ratio, seed};
}

void print(const aria::MidiDatasetSummary& summary, const std::string& path) {
  using aria::Outcome;
  std::cout << "kept " << summary.count(Outcome::kept) << " of " << summary.found()
            << " MIDI files: " << summary.count(Outcome::load_error) << " could not be read, "
            << summary.count(Outcome::failed_tests) << " failed a test, " << summary.count(Outcome::duplicate)
            << " had the music of another\n";
  if (summary.truncated != 0) std::cout << summary.truncated << " kept files are truncated\n";
  if (summary.unclosed_notes + summary.zero_length_notes != 0) {
    std::cout << "dropped from kept files: " << summary.unclosed_notes << " notes without an end, "
              << summary.zero_length_notes << " of length 0\n";
  }
  std::cout << "wrote " << path;
  if (summary.split)
    std::cout << "; of its pieces, " << summary.split->train << " went to train and " << summary.split->validation
              << " to val";
  std::cout << '\n';
}

}  // namespace

int midi_dataset_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dir", "save-path"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto dir = cli::value_of<std::string>(arguments, "dir");
  const auto path = cli::value_of<std::string>(arguments, "save-path");
  const auto report_path = arguments.count("report") != 0 ? cli::value_of<std::string>(arguments, "report") : "";
  const std::optional<aria::Split> split = split_of(arguments);
  cli::refuse_same_path(
      {path, report_path, split ? aria::train_path(path) : "", split ? aria::validation_path(path) : ""});
  aria::MidiDatasetOptions options = build_options(arguments);
  const auto if_exists = arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse;

  std::optional<aria::OutcomeReport> report;
  if (!report_path.empty()) {
    report.emplace(report_path, if_exists);
    options.on_outcome = [&report](const aria::FileOutcome& row) { report->add(row); };
  }
  try {
    cli::ProgressBar bar("files");
    options.on_progress = bar.callback();
    const auto summary = aria::build_midi_dataset(dir, path, options, split, if_exists);
    if (report) report->commit();
    print(summary, path);
  } catch (const aria::Error& error) {
    // Without a piece to keep, why every file was left out is all there is to say.
    if (report && error.code() == aria::ErrorCode::empty_result) report->commit();
    throw;
  }
  return cli::kDone;
}
