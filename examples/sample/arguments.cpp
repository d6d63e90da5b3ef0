// The options of aria-sample, and their help.
#include "arguments.hpp"

#include <iostream>

#include <aria/support/ordered_map.hpp>

#include "../cli/program.hpp"
#include "../cli/tokenizers.hpp"

namespace sample {
namespace {

constexpr const char* kAbout = R"(Continues a piece of music with a model that aria-train has trained.

MODEL is test, small, small2048, medium, large, xlarge, or a JSON file. CHECKPOINT is a folder
that aria-train wrote, a project directory, whose last checkpoint is taken, or a file with the
weights: .safetensors, or Python's .bin, .pt or .pth. The first tokens of MIDI are what the model
goes on from. Each variation is written to DIR as res_1.mid and drawn as res_1.svg, the prompt in
another colour.

Example:
  aria-sample small experiments/0 nocturne.mid --var 4 --trunc 512 --seed 7
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria-sample", kAbout);
  options.positional_help("MODEL CHECKPOINT MIDI").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  const auto otherwise = [](const char* value) { return cxxopts::value<std::string>()->default_value(value); };
  cxxopts::OptionAdder add = options.add_options();
  add("var", "how many variations, made at once", otherwise("1"), "N");
  add("trunc", "tokens of the piece that are given, at most (default: half the context)", text(), "N");
  add("l,length", "tokens that are made, at most (default: as many as the context holds)", text(), "N");
  add("e,force-end", "have the music come to an end within the last 130 tokens");
  add("temperature", "below 1: more of what is likely; 0: always the most likely", otherwise("0.85"), "T");
  add("top-p", "choose among the likeliest tokens that have this share of all, up to 1", otherwise("0.9"), "P");
  add("cfg", "guidance; above 1: more of what the prompt makes likely; 1: none", otherwise("1.3"), "G");
  add("seed", "decides what is drawn", otherwise("0"), "N");
  add("out", "folder for the results, made where it is missing", otherwise("samples"), "DIR");
  add("overwrite", "replace results that are there already");
  add("audio", "also write each variation as sound, res_1.wav, with fluidsynth");
  add("sound-font", "for --audio (default: one that the system has)", text(), "FILE");
  add("precision", "fp32 or bf16", otherwise("fp32"), "NAME");
  add("device", "auto, cpu, cuda or cuda:N", otherwise("auto"), "NAME");
  add("threads", "of the processor, for the model (default: one a core)", text(), "N");
  add("tokenizer", "of a file of weights, which does not say it: lazy (default) or performance", text(), "NAME");
  add("config", "config.json of the lazy tokenizer, for a file of weights", text(), "FILE");
  for (const char* name : {"model", "checkpoint", "midi"}) options.add_options("positional")(name, "", text());
  return options;
}

std::optional<std::uint64_t> count_if_said(const cxxopts::ParseResult& arguments, const char* name) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 31;
  if (arguments.count(name) == 0) return std::nullopt;
  return cli::number_within<std::uint64_t>(arguments, name, 1, kMost);
}

aria::SamplingOptions sampling_of(const cxxopts::ParseResult& arguments) {
  aria::SamplingOptions sampling;
  sampling.temperature = cli::number_of<double>(arguments, "temperature");
  sampling.top_p = cli::number_of<double>(arguments, "top-p");
  sampling.seed = cli::number_of<std::uint64_t>(arguments, "seed");
  // As in the original, 0 means none, too.
  const auto guidance = cli::number_of<double>(arguments, "cfg");
  if (guidance != 1 && guidance != 0) sampling.guidance = guidance;
  try {
    sampling.validate();
  } catch (const aria::Error& error) {
    throw cli::UsageError(error.message());
  }
  return sampling;
}

}  // namespace

std::optional<Arguments> read_arguments(const std::vector<std::string>& words) {
  cxxopts::Options options = describe();
  const cxxopts::ParseResult parsed = cli::parse(options, words, {"model", "checkpoint", "midi"});
  if (parsed.count("help") != 0) {
    std::cout << options.help({""});
    return std::nullopt;
  }
  Arguments arguments;
  arguments.model = cli::value_of<std::string>(parsed, "model");
  arguments.checkpoint = cli::value_of<std::string>(parsed, "checkpoint");
  arguments.midi = cli::value_of<std::string>(parsed, "midi");
  arguments.variations = cli::number_within<std::uint64_t>(parsed, "var", 1, 4096);
  arguments.prompt_tokens = count_if_said(parsed, "trunc");
  arguments.new_tokens = count_if_said(parsed, "length");
  arguments.force_end = parsed.count("force-end") != 0;
  arguments.sampling = sampling_of(parsed);
  if (parsed.count("tokenizer") != 0) arguments.tokenizer = cli::text_if_said(parsed, "tokenizer");
  arguments.config = cli::text_if_said(parsed, "config");
  arguments.out = cli::value_of<std::string>(parsed, "out");
  if (arguments.out.empty()) throw cli::UsageError("--out is empty");
  arguments.device = cli::value_of<std::string>(parsed, "device");
  const auto precision = aria::nn::find_precision(cli::value_of<std::string>(parsed, "precision"));
  if (!precision) throw cli::UsageError("--precision must be fp32 or bf16");
  arguments.precision = *precision;
  arguments.threads = parsed.count("threads") == 0 ? aria::default_workers()
                                                   : cli::number_within<std::uint64_t>(parsed, "threads", 1, 4096);
  arguments.overwrite = parsed.count("overwrite") != 0;
  arguments.sound_font = cli::text_if_said(parsed, "sound-font");
  arguments.audio = parsed.count("audio") != 0 || !arguments.sound_font.empty();
  return arguments;
}

}  // namespace sample
