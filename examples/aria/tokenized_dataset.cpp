// aria tokenized-dataset: a MidiDataset -> sequences of tokens for training.
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <aria/dataset.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/table.hpp"
#include "../cli/tokenizers.hpp"
#include "commands.hpp"

namespace {

constexpr const char* kAbout = R"(Builds a TokenizedDataset, one sequence of tokens a line, from a MidiDataset.

The tokens of a piece are cut into sequences of equal length, the last one padded. Split into
training and validation before: `aria midi-dataset --split` keeps all sequences of a piece on
one side. A piece without notes is skipped and counted.

Example:
  aria tokenized-dataset -s --max-seq-len 2048 --stride-len 1024 music_train.jsonl train.jsonl
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria tokenized-dataset", kAbout);
  options.positional_help("LOAD_PATH SAVE_PATH").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("s,shuffle", "also write <stem>_shuffled<ext>, the sequences in random order");
  add("max-seq-len", "tokens of a sequence (default: of the configuration, 2048)", text(), "N");
  add("stride-len", "tokens from one sequence to the next (default: of the configuration, 1024, or --max-seq-len)",
      text(), "N");
  add("diminish-jitter", "how far the token <D> may stand from its place", text()->default_value("10"), "N");
  add("tokenizer", std::string("one of: ") + tokenizers::kNames, text()->default_value("lazy"), "NAME");
  add("seed", "decides the order of -s and what the tokenizer draws", text()->default_value("0"), "N");
  add("config", "settings of the tokenizer and lengths (default: as examples/config/config.json)", text(), "FILE");
  add("workers", "threads (default: one a core); the output does not depend on it", text(), "N");
  add("reference", "durations and sequences as the original Python tools make them, faults included");
  add("overwrite", "replace existing outputs");
  options.add_options("positional")("load-path", "", text())("save-path", "", text());
  return options;
}

std::string text_of(const cxxopts::ParseResult& arguments, const char* name) {
  return arguments.count(name) != 0 ? cli::value_of<std::string>(arguments, name) : "";
}

aria::WindowConfig windows_of(const cxxopts::ParseResult& arguments, const std::string& config_path) {
  aria::WindowConfig windows = config_path.empty() ? aria::WindowConfig() : aria::WindowConfig::from_file(config_path);
  if (arguments.count("max-seq-len") != 0) {
    windows.max_seq_len = cli::number_of<std::uint64_t>(arguments, "max-seq-len");
    windows.stride_len = std::min(windows.stride_len, windows.max_seq_len);
  }
  if (arguments.count("stride-len") != 0) {
    windows.stride_len = cli::number_of<std::uint64_t>(arguments, "stride-len");
  }
  const bool on_command_line = arguments.count("max-seq-len") + arguments.count("stride-len") != 0;
  if (on_command_line && windows.max_seq_len == 0) throw cli::UsageError("--max-seq-len must be at least 1");
  try {
    check(windows);
  } catch (const aria::Error& error) {
    if (on_command_line) throw cli::UsageError(error.what());
    throw error.in_file(config_path);
  }
  return windows;
}

// Why entries were skipped, and how many for each reason.
class Skipped {
 public:
  void add(std::string_view reason) { ++reasons_[std::string(reason)]; }
  void print(std::ostream& out) const {
    for (const auto& [reason, count] : reasons_) out << "  skipped " << count << ": " << cli::printable(reason) << '\n';
  }

 private:
  std::map<std::string, std::uint64_t> reasons_;
};

void print(const aria::TokenizedDatasetSummary& summary, const Skipped& skipped, const std::string& path) {
  std::cout << summary.tokens << " tokens of " << summary.entries - summary.skipped << " pieces, " << summary.skipped
            << " skipped\n";
  skipped.print(std::cout);
  if (summary.unknown != 0) std::cout << summary.unknown << " tokens are not in the vocabulary\n";
  std::cout << "wrote " << cli::printable(path) << ": " << summary.sequences << " sequences\n";
}

}  // namespace

int tokenized_dataset_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"load-path", "save-path"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto load_path = cli::value_of<std::string>(arguments, "load-path");
  const auto path = cli::value_of<std::string>(arguments, "save-path");
  const bool shuffle = arguments.count("shuffle") != 0;
  cli::refuse_same_path({load_path, path, shuffle ? aria::shuffled_path(path) : ""});
  const auto config_path = text_of(arguments, "config");
  const auto seed = cli::number_of<std::uint64_t>(arguments, "seed");
  const auto jitter = cli::number_of<std::uint32_t>(arguments, "diminish-jitter");
  if (jitter > aria::LazyOptions::kMaxJitter) {
    throw cli::UsageError("--diminish-jitter must lie between 0 and " + std::to_string(aria::LazyOptions::kMaxJitter));
  }
  const auto if_exists = arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse;
  Skipped skipped;
  aria::TokenizedDatasetOptions options;
  options.seed = seed;
  options.windows = windows_of(arguments, config_path);
  options.workers = cli::workers_of(arguments);
  if (arguments.count("reference") != 0) options.reading = aria::Reading::reference;
  options.on_skipped = [&skipped](std::uint64_t, std::string_view reason) { skipped.add(reason); };

  const auto build = [&](const auto& tokenizer) {
    aria::AtomicFile file(path, if_exists);
    std::optional<aria::AtomicFile> shuffled;
    if (shuffle) shuffled.emplace(aria::shuffled_path(path), if_exists);
    aria::TokenizedDatasetSummary summary;
    {
      cli::ProgressBar bar("MB");
      options.on_progress = cli::in_megabytes(bar.callback());
      summary = aria::build_tokenized_dataset(tokenizer, load_path, file, options);
    }
    // Both appear, or none.
    if (shuffled) {
      aria::write_shuffled(aria::TokenizedDatasetFile(file.path_to_read()), seed, *shuffled, options.workers);
    }
    aria::AtomicFile::commit_all({&file, shuffled ? &*shuffled : nullptr});
    print(summary, skipped, path);
    if (shuffled) std::cout << "wrote " << cli::printable(aria::shuffled_path(path)) << '\n';
  };
  tokenizers::with_name(cli::value_of<std::string>(arguments, "tokenizer"), config_path,
                        {.reading = options.reading, .diminish_jitter = jitter}, build);
  return cli::kDone;
}
