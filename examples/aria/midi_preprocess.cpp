// aria midi-preprocess: compound events beside every MIDI file of a tree.
#include <iostream>
#include <string>
#include <vector>

#include <aria/dataset/midi_preprocess.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/report.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout =
    R"(Writes FILE.compound.txt beside every MIDI file in DIR and its subfolders: the first step of
the Lakh recipe of the Anticipatory Music Transformer.

A file that cannot be read is counted; --report says why. What an earlier run has finished is
skipped (DIR/.aria-state remembers it), so a run that was interrupted goes on where it was.

Example:
  aria midi-preprocess --report outcomes.tsv lmd_full/
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria midi-preprocess", kAbout);
  options.positional_help("DIR").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("workers", "threads (default: one a core); the output does not depend on it", text(), "N");
  add("report", "write a table: path, outcome, reason; an older report is replaced", text(), "FILE");
  add("reference", "read MIDI files as the original Python tools do, faults included");
  options.add_options("positional")("dir", "", text());
  return options;
}

void print(const aria::MidiPreprocessSummary& summary) {
  std::cout << "processed " << summary.kept << " of " << summary.found << " MIDI files: " << summary.load_errors
            << " could not be read\n";
  if (summary.truncated != 0) std::cout << summary.truncated << " of them are truncated\n";
  if (summary.done_already != 0) std::cout << summary.done_already << " were done already\n";
}

}  // namespace

int midi_preprocess_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dir"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto dir = cli::value_of<std::string>(arguments, "dir");
  aria::MidiPreprocessOptions options;
  options.workers = cli::workers_of(arguments);
  if (arguments.count("reference") != 0) options.reading = aria::Reading::reference;
  cli::Report report = cli::Report::replacing(arguments);
  options.on_outcome = report.callback();
  aria::MidiPreprocessSummary summary;
  {
    cli::ProgressBar bar("files");
    options.on_progress = bar.callback();
    summary = aria::preprocess_midi(dir, options);
  }
  report.commit();
  print(summary);
  return cli::kDone;
}
