// aria lakh-layout: any tree of MIDI files -> the sixteen folders that midi-preprocess and tokenize-lakh work on.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <aria/dataset/lakh_layout.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/report.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout = R"(Lays the MIDI files of a folder, subfolders included, out as the Lakh MIDI dataset is:
DIR/<h>/<md5>.mid, where h, the split, is the first digit of the MD5 of the file's bytes.

Files are hard links where the disk allows it, and copies elsewhere; of equal files one is laid
out. A file that cannot be read is left out; --report says which and why. What has its place
already stays, so the command can be repeated after an interruption or with more files.

Example:
  aria lakh-layout music/ lmd_full/
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria lakh-layout", kAbout);
  options.positional_help("SRC DIR").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("workers", "threads (default: one a core); the output does not depend on it", text(), "N");
  add("report", "write a table: path, outcome, reason; an older report is replaced", text(), "FILE");
  add("reference", "take the files that the original Python tools take: *.mid and *.midi");
  options.add_options("positional")("src", "", text())("dir", "", text());
  return options;
}

void print(const aria::LakhLayoutSummary& summary, const std::string& dir) {
  using aria::Outcome;
  std::cout << "laid out " << summary.count(Outcome::kept) << " of " << summary.found()
            << " MIDI files: " << summary.count(Outcome::duplicate) << " had the contents of another, "
            << summary.count(Outcome::load_error) << " could not be read\n";
  if (summary.there_already != 0) std::cout << summary.there_already << " were there already\n";
  std::cout << "linked " << summary.linked_bytes << " bytes, copied " << summary.copied_bytes << " bytes to "
            << cli::printable(dir) << '\n';
}

}  // namespace

int lakh_layout_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"src", "dir"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto source = cli::value_of<std::string>(arguments, "src");
  const auto dir = cli::value_of<std::string>(arguments, "dir");
  aria::LakhLayoutOptions options;
  options.workers = cli::workers_of(arguments);
  if (arguments.count("reference") != 0) options.reading = aria::Reading::reference;

  cli::Report report = cli::Report::replacing(arguments);
  options.on_outcome = report.callback();
  try {
    std::optional<cli::ProgressBar> bar(std::in_place, "files");
    options.on_progress = bar->callback();
    const auto summary = aria::lay_out_lakh(source, dir, options);
    report.commit();
    bar.reset();
    print(summary, dir);
  } catch (const aria::Error& error) {
    if (error.code() == aria::ErrorCode::invalid_argument) throw cli::UsageError(error.what());
    // Without a file to lay out, why each was left out is all there is to say.
    if (error.code() == aria::ErrorCode::empty_result) report.commit();
    throw;
  }
  return cli::kDone;
}
