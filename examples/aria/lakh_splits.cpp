// aria lakh-splits: the sequences of sixteen splits -> train.txt, valid.txt and test.txt.
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <aria/dataset/lakh_splits.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/size.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout = R"(Makes the files for training of what tokenize-lakh left in DIR:
  OUT/valid.txt, OUT/test.txt   the sequences of these splits, in order
  OUT/train.txt                 those of all others, shuffled

Either all three appear or none, and existing ones are never replaced without --overwrite. The
same seed gives the same order, whatever --memory and --workers are. A run that was interrupted
can be repeated with the same options, with --move, too.

Example:
  aria lakh-splits --seed 1 --memory 4G lmd_full/ data/
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria lakh-splits", kAbout);
  options.positional_help("DIR OUT").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("valid", "splits for validation, for instance de", text()->default_value("e"), "DIGITS");
  add("test", "splits for the test", text()->default_value("f"), "DIGITS");
  add("seed", "decides the order of train.txt", text()->default_value("0"), "N");
  add("memory", "use at most this much, from 1M; no line may be longer", text()->default_value("1G"), "SIZE");
  add("workers", "threads (default: one a core)", text(), "N");
  add("move", "remove the files of the splits from DIR when the outputs are there");
  add("overwrite", "replace existing outputs");
  options.add_options("positional")("dir", "", text())("out", "", text());
  return options;
}

aria::LakhSplitsOptions splits_options(const cxxopts::ParseResult& arguments) {
  aria::LakhSplitsOptions options;
  options.valid = cli::value_of<std::string>(arguments, "valid");
  options.test = cli::value_of<std::string>(arguments, "test");
  options.seed = cli::number_of<std::uint64_t>(arguments, "seed");
  options.memory = cli::size_of(arguments, "memory");
  if (options.memory < aria::kSmallestShuffleMemory) throw cli::UsageError("--memory must be at least 1M");
  options.workers = cli::workers_of(arguments);
  options.move = arguments.count("move") != 0;
  if (arguments.count("overwrite") != 0) options.if_exists = aria::IfExists::replace;
  try {
    aria::check(options);
  } catch (const aria::Error& error) {
    throw cli::UsageError(std::string("--valid and --test: ") + error.what());
  }
  return options;
}

void print(const aria::LakhSplitsSummary& summary, const std::string& out) {
  if (summary.resumed) std::cout << "an earlier run had written the files\n";
  std::cout << "train.txt: " << summary.train_lines << " sequences, " << summary.train_bytes << " bytes\n"
            << "valid.txt: " << summary.valid_bytes << " bytes\n"
            << "test.txt: " << summary.test_bytes << " bytes\n";
  if (summary.freed_bytes != 0) std::cout << "removed " << summary.freed_bytes << " bytes of splits\n";
  std::cout << "wrote them to " << cli::printable(out) << '\n';
}

}  // namespace

int lakh_splits_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dir", "out"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto dir = cli::value_of<std::string>(arguments, "dir");
  const auto out = cli::value_of<std::string>(arguments, "out");
  aria::LakhSplitsOptions options = splits_options(arguments);
  std::optional<cli::ProgressBar> bar(std::in_place, "MB");
  options.on_progress = cli::in_megabytes(bar->callback());
  const aria::LakhSplitsSummary summary = aria::split_lakh(dir, out, options);
  bar.reset();
  print(summary, out);
  return cli::kDone;
}
