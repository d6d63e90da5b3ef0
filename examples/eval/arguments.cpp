// The options of aria-eval, and their help.
#include "arguments.hpp"

#include <iostream>

#include <aria/support/ordered_map.hpp>

#include "../cli/program.hpp"

namespace eval {
namespace {

constexpr const char* kAbout =
    R"(Says how well a model of the Anticipatory Music Transformer knows a file of its training lines.

MODEL_DIR is a model folder with config.json, or a project directory of aria-train, of which the
last checkpoint is taken, or all with --all. FILE has lines of `aria lakh`. The table that is
printed is that of the original's eval-loss: loss in nats a token, bits a second of music (bpe),
and perplexities of an event and of its onset, duration and note.

Example:
  aria-eval experiments/0 lakh/test.txt --all --svg losses.svg
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria-eval", kAbout);
  options.positional_help("MODEL_DIR FILE").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  const auto otherwise = [](const char* value) { return cxxopts::value<std::string>()->default_value(value); };
  cxxopts::OptionAdder add = options.add_options();
  add("a,all", "all checkpoints of a project directory, and not the last one alone");
  add("s,subsample", "take every Nth line", otherwise("1"), "N");
  add("i,interarrival", "the lines are of the interarrival-time encoding: no perplexities of parts");
  add("hours", "hours of music in the whole file (default: as its times say)", text(), "H");
  add("o,output", "write the table to this file, too", text(), "FILE");
  add("svg", "draw the losses of the checkpoints", text(), "FILE");
  add("overwrite", "replace files that are there already");
  add("bs", "lines that go through the model at once", otherwise("8"), "N");
  add("workers", "threads that prepare batches; the result does not depend on it", otherwise("1"), "N");
  add("precision", "fp32 or bf16", otherwise("fp32"), "NAME");
  add("device", "auto, cpu, cuda or cuda:N", otherwise("auto"), "NAME");
  add("threads", "of the processor, for the model (default: one a core)", text(), "N");
  // The original's words: it has to be asked for bpe.
  options.add_options("hidden")("m,model", "", text())("f,filename", "", text())("bpe", "");
  return options;
}

}  // namespace

std::optional<Arguments> read_arguments(const std::vector<std::string>& words) {
  cxxopts::Options options = describe();
  const cxxopts::ParseResult parsed = cli::parse(options, words, {"model", "filename"});
  if (parsed.count("help") != 0) {
    std::cout << options.help({""});
    return std::nullopt;
  }
  Arguments arguments;
  arguments.model = cli::value_of<std::string>(parsed, "model");
  arguments.data = cli::value_of<std::string>(parsed, "filename");
  arguments.output = cli::text_if_said(parsed, "output");
  arguments.svg = cli::text_if_said(parsed, "svg");
  cli::refuse_same_path({arguments.data, arguments.output, arguments.svg});
  arguments.all = parsed.count("all") != 0;
  arguments.interarrival = parsed.count("interarrival") != 0;
  arguments.overwrite = parsed.count("overwrite") != 0;
  arguments.subsample = cli::number_within<std::uint64_t>(parsed, "subsample", 1, std::uint64_t{1} << 32);
  if (parsed.count("hours") != 0) {
    arguments.hours = cli::number_of<double>(parsed, "hours");
    if (!(*arguments.hours > 0 && *arguments.hours < 1e12)) throw cli::UsageError("--hours must be above 0");
  }
  arguments.batch_size = cli::number_within<std::uint64_t>(parsed, "bs", 1, 65536);
  arguments.workers = cli::number_within<std::uint64_t>(parsed, "workers", 0, 128);
  const auto precision = aria::nn::find_precision(cli::value_of<std::string>(parsed, "precision"));
  if (!precision) throw cli::UsageError("--precision must be fp32 or bf16");
  arguments.precision = *precision;
  arguments.device = cli::value_of<std::string>(parsed, "device");
  arguments.threads = parsed.count("threads") == 0 ? aria::default_workers()
                                                   : cli::number_within<std::uint64_t>(parsed, "threads", 1, 4096);
  return arguments;
}

}  // namespace eval
