// aria lakh: the whole recipe at once, from a tree of MIDI files to shuffled training sequences.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <aria/dataset/lakh.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/report.hpp"
#include "../cli/size.hpp"
#include "commands.hpp"
#include "lakh_arguments.hpp"

namespace {

constexpr const char* kAbout =
    R"(Writes OUT/train.txt (shuffled), OUT/valid.txt and OUT/test.txt, a training sequence of the
Anticipatory Music Transformer a line, from the MIDI files in DIR/0 to DIR/f: the whole Lakh
recipe at once. The files are those that midi-preprocess, tokenize-lakh and lakh-splits write
with the same seed, without what these leave on the disk in between.

With --by-hash, DIR may be any folder of MIDI files: all that lie below it are taken, equal
contents once, and the MD5 of a file decides where it goes.

Example:
  aria lakh -k 10 --memory 4G lmd_full/ lakh/
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria lakh", kAbout);
  options.positional_help("DIR OUT").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  lakh::add_options(add);
  add("report", "write a table: path, outcome, reason", text(), "FILE");
  add("by-hash", "take any tree of MIDI files");
  add("memory", "for the shuffle, in bytes or with K, M or G", text()->default_value("1G"), "SIZE");
  add("overwrite", "replace existing outputs");
  options.add_options("positional")("dir", "", text())("out", "", text());
  return options;
}

void print_plan(const aria::LakhPlan& plan) {
  const auto megabytes = [](std::uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; };
  std::cout << plan.files << " MIDI files, " << megabytes(plan.midi_bytes) << "; this will take up to "
            << megabytes(plan.memory) << " of memory, and on the disk about " << megabytes(plan.output_bytes)
            << " and as much again until the end" << std::endl;  // now, not behind the work
}

void print(const aria::LakhRunSummary& summary, const aria::LakhOptions& options, const std::string& out) {
  lakh::print(summary.total(), options);
  if (!summary.missing.empty()) std::cout << "there are no folders " << summary.missing << ": they count as empty\n";
  if (summary.equal_files != 0) std::cout << summary.equal_files << " files had the contents of another\n";
  std::cout << "wrote " << cli::printable(out) << "/train.txt: " << summary.train.sequences
            << " sequences, valid.txt: " << summary.validation.sequences << ", test.txt: " << summary.test.sequences
            << '\n';
}

}  // namespace

int lakh_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dir", "out"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto dir = cli::value_of<std::string>(arguments, "dir");
  const auto out = cli::value_of<std::string>(arguments, "out");
  cli::refuse_same_path({dir, out});
  aria::LakhRunOptions options;
  options.lakh = lakh::options_of(arguments);
  options.by_hash = arguments.count("by-hash") != 0;
  options.shuffle_memory = cli::size_of(arguments, "memory");
  if (options.shuffle_memory < aria::kSmallestShuffleMemory) throw cli::UsageError("--memory must be at least 1M");
  options.if_exists = cli::if_exists_of(arguments);
  cli::Report report = cli::Report::with_overwrite(arguments);
  options.lakh.on_outcome = report.callback();
  options.on_plan = print_plan;
  aria::LakhRunSummary summary;
  try {
    cli::ProgressBar hashing("files"), bar("files");
    options.on_hash_progress = hashing.callback();
    options.lakh.on_progress = bar.callback();
    summary = aria::run_lakh(dir, out, options);
  } catch (const aria::Error& error) {
    // Without a sequence, why every file was left out is all there is to say.
    if (error.code() == aria::ErrorCode::empty_result) report.commit();
    throw;
  }
  report.commit();
  print(summary, options.lakh, out);
  return cli::kDone;
}
