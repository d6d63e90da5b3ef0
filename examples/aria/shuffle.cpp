// aria shuffle: lines of text files -> one file with all of them in random order.
// Commas in the names of inputs are part of them.
#define CXXOPTS_VECTOR_DELIMITER '\0'

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <aria/dataset/line_shuffle.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/size.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout = R"(Writes all lines of the given files to OUT, in random order.

Every order is equally likely, also where the files are many times larger than the memory. The
result depends on the seed and the lines alone, not on --memory or --workers. What does not fit
into memory goes to temporary files without a name beside OUT, which may take as much room again
as OUT. Each file's last line may lack its line feed; no line at all makes an empty OUT.

Example:
  aria shuffle --seed 1 --memory 64M part-1.txt part-2.txt train.txt
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria shuffle", kAbout);
  options.positional_help("IN... OUT").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("seed", "decides the order", text()->default_value("0"), "N");
  add("memory", "use at most this much, from 1M; no line may be longer", text()->default_value("1G"), "SIZE");
  add("workers", "threads (default: one a core)", text(), "N");
  add("overwrite", "replace an existing OUT");
  options.add_options("positional")("paths", "", cxxopts::value<std::vector<std::string>>());
  return options;
}

std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

void print(const aria::LineShuffleSummary& summary, std::size_t inputs, const std::string& path) {
  std::cout << summary.checksum.lines << " lines of " << inputs << (inputs == 1 ? " file, " : " files, ")
            << summary.checksum.bytes << " bytes, checksum " << summary.checksum.text() << '\n'
            << "wrote " << cli::printable(path) << '\n';
}

}  // namespace

int shuffle_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"paths"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  auto inputs = cli::value_of<std::vector<std::string>>(arguments, "paths");
  if (inputs.size() < 2) throw cli::UsageError("at least one input and the output must be named");
  const std::string path = inputs.back();
  inputs.pop_back();
  for (const std::string& input : inputs) cli::refuse_same_path({input, path});
  aria::LineShuffleOptions options;
  options.seed = cli::number_of<std::uint64_t>(arguments, "seed");
  options.memory = cli::size_of(arguments, "memory");
  if (options.memory < aria::kSmallestShuffleMemory) throw cli::UsageError("--memory must be at least 1M");
  options.workers = cli::workers_of(arguments);
  options.folder = folder_of(path);

  aria::AtomicFile file(path, arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse);
  aria::LineShuffleSummary summary;
  {
    cli::ProgressBar bar("MB");
    options.on_progress = cli::in_megabytes(bar.callback());
    aria::LineShuffle shuffle(options);
    for (const std::string& input : inputs) shuffle.add_file({.path = input});
    summary = shuffle.write(file);
  }
  file.commit();
  print(summary, inputs.size(), path);
  return cli::kDone;
}
