// aria clean-lakh: removes what a stage of the Lakh pipeline left in its folder.
#include <iostream>
#include <string>
#include <vector>

#include <aria/dataset/clean_lakh.hpp>

#include "../cli/program.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout = R"(Removes what a stage of the Lakh pipeline left in a folder, and nothing else:
  compound   of midi-preprocess: <file>.compound.txt beside each MIDI file
  events     of tokenize-lakh: tokenized-events-<0..f>.txt
and what the stage noted in .aria-state, so that it starts anew. Files whose names only look
alike stay. The original's train-ordered.txt never exists here: lakh-splits and lakh shuffle
without such a copy.

Example:
  aria clean-lakh --stage compound lmd_full/
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria clean-lakh", kAbout);
  options.positional_help("DIR").custom_help("--stage compound|events");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("stage", "whose files to remove: compound or events", text(), "NAME");
  options.add_options("positional")("dir", "", text());
  return options;
}

aria::LakhStage stage_of(const cxxopts::ParseResult& arguments) {
  const std::string name = arguments.count("stage") != 0 ? cli::value_of<std::string>(arguments, "stage") : "";
  if (name == "compound") return aria::LakhStage::compound;
  if (name == "events") return aria::LakhStage::events;
  throw cli::UsageError("--stage must be compound or events");
}

}  // namespace

int clean_lakh_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dir"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const aria::LakhStage stage = stage_of(arguments);
  const aria::CleanLakhSummary summary = aria::clean_lakh(cli::value_of<std::string>(arguments, "dir"), stage);
  if (summary.files == 0) {
    std::cout << "nothing to remove\n";
  } else {
    std::cout << "removed " << summary.files << " files, " << summary.bytes << " bytes\n";
  }
  if (summary.kept != 0) {
    std::cout << "left alone " << summary.kept << " files named like outputs that no MIDI file lies beside\n";
  }
  return cli::kDone;
}
