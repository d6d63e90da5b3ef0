// aria tokenize-lakh: compound events -> training sequences, a file for each split.
#include <iostream>
#include <string>
#include <vector>

#include <aria/dataset/tokenize_lakh.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/report.hpp"
#include "commands.hpp"
#include "lakh_arguments.hpp"

namespace {

constexpr const char* kAbout =
    R"(Writes DIR/tokenized-events-<0..f>.txt, a training sequence a line, from the compound events
that `aria midi-preprocess` wrote in DIR/0 to DIR/f: the second step of the Lakh recipe of the
Anticipatory Music Transformer.

The splits e and f, for validation and test, are never augmented. What an earlier run with the
same options has finished is skipped, unless --report asks for every file. Next come
`aria lakh-splits` and training; `aria lakh` does all of it at once.

Example:
  aria tokenize-lakh -k 10 lmd_full/
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria tokenize-lakh", kAbout);
  options.positional_help("DIR").custom_help("[OPTION...]");
  cxxopts::OptionAdder add = options.add_options();
  lakh::add_options(add);
  add("report", "write a table: path, outcome, reason; an older report is replaced", cxxopts::value<std::string>(),
      "FILE");
  options.add_options("positional")("dir", "", cxxopts::value<std::string>());
  return options;
}

void print(const aria::TokenizeLakhSummary& summary, const aria::LakhOptions& options, const std::string& dir) {
  lakh::print(summary.total(), options);
  if (!summary.missing.empty()) std::cout << "there are no folders " << summary.missing << ": they count as empty\n";
  if (!summary.done_already.empty()) std::cout << "the splits " << summary.done_already << " were done already\n";
  std::cout << "wrote " << cli::printable(dir) << "/tokenized-events-<0..f>.txt\n";
}

}  // namespace

int tokenize_lakh_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dir"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto dir = cli::value_of<std::string>(arguments, "dir");
  aria::LakhOptions options = lakh::options_of(arguments);
  const bool reference = options.reading == aria::Reading::reference;
  cli::Report report = cli::Report::replacing(arguments);
  options.on_outcome = report.callback();
  if (reference) lakh::print_start_as_reference(options);
  aria::TokenizeLakhSummary summary;
  {
    cli::ProgressBar bar("files");
    options.on_progress = bar.callback();
    summary = aria::tokenize_lakh(dir, options);
  }
  report.commit();
  if (reference) {
    lakh::print_as_reference(summary.total(), options);
  } else {
    print(summary, options, dir);
  }
  return cli::kDone;
}
