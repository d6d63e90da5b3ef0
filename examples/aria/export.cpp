// aria export: a data set of sequences -> token ids for other trainers.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <aria/dataset.hpp>

#include "../cli/data_sets.hpp"
#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/table.hpp"
#include "../cli/token_lines.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout =
    R"(Writes the token ids of a data set for other trainers, and OUT.json, which describes them.
DATASET is a TokenizedDataset, or a file of lines of ids as `aria lakh` writes it.

Ids are little endian, of 16 bits where these hold the vocabulary, else of 32: np.uint32 below.
A token outside of the vocabulary becomes the unknown one. Either both files appear or none.

Example:
  aria export train.jsonl train.bin

In Python, after `import numpy as np`:
  bin    nothing but ids, for nanoGPT     np.memmap("train.bin", dtype=np.uint16, mode="r")
  llmc   behind a header, for llm.c       np.memmap("train.bin", dtype=np.uint16, mode="r", offset=1024)
  npy    of shape (sequences, length)     np.load("train.npy", mmap_mode="r")
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria export", kAbout);
  options.positional_help("DATASET OUT").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("format", "bin, llmc or npy (default: as the extension of OUT says, .bin or .npy)", text(), "NAME");
  add("encoding", token_lines::kEncodingHelp, text(), "NAME");
  add("no-padding", "leave padding out: sequences stand one behind the other, their bounds are not kept");
  add("workers", "threads (default: one a core); the output does not depend on it", text(), "N");
  add("overwrite", "replace existing outputs");
  options.add_options("positional")("dataset", "", text())("out", "", text());
  return options;
}

aria::ExportFormat format_of(const cxxopts::ParseResult& arguments, const std::string& out) {
  const bool named = arguments.count("format") != 0;
  const auto format =
      named ? aria::export_format_named(cli::value_of<std::string>(arguments, "format")) : aria::export_format_of(out);
  if (format) return *format;
  throw cli::UsageError(named ? "--format must be bin, llmc or npy"
                              : "OUT ends neither in .bin nor in .npy: name a --format");
}

void print(const aria::ExportSummary& summary, const std::string& out) {
  std::cout << summary.tokens << " tokens of " << summary.sequences << " sequences\nwrote " << cli::printable(out)
            << ": ids of " << 8 * summary.id_bytes << " bits, described by "
            << cli::printable(aria::export_description_path(out)) << '\n';
}

}  // namespace

int export_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dataset", "out"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto path = cli::value_of<std::string>(arguments, "dataset");
  const auto out = cli::value_of<std::string>(arguments, "out");
  cli::refuse_same_path({path, out, aria::export_description_path(out)});
  aria::ExportOptions options;
  options.format = format_of(arguments, out);
  options.padding = arguments.count("no-padding") == 0;
  options.workers = cli::workers_of(arguments);
  if (arguments.count("overwrite") != 0) options.if_exists = aria::IfExists::replace;

  const auto encoding = token_lines::encoding_of(arguments);
  data_sets::open(path, encoding, aria::Reading::standard, [&](const auto& data) {
    std::optional<cli::ProgressBar> bar(std::in_place, "sequences");
    options.on_progress = bar->callback();
    const aria::ExportSummary summary = aria::export_tokens(data, out, options);
    bar.reset();
    print(summary, out);
  });
  return cli::kDone;
}
