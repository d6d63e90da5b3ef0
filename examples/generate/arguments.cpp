// The options of aria-generate, and their help.
#include "arguments.hpp"

#include <array>
#include <cmath>
#include <iostream>
#include <utility>

#include <aria/support/ordered_map.hpp>

#include "../cli/program.hpp"

namespace generate {
namespace {

constexpr const char* kAbout =
    R"(Makes music with an Anticipatory Music Transformer: new, behind, around or within a piece.

MODEL_DIR is a model folder with config.json, or a project directory of aria-train, whose last
checkpoint is taken. The music is written to OUT.mid and drawn as OUT.svg, what was given in a
paler colour. Given notes stay as they are; with --var there are several OUT_1.mid and so on.

WHAT names notes by what plays them: program:0,33 (from 0), drums, track:2 (of the MIDI file, from
0), a name of General MIDI such as "Violin", or a class such as bass; several with commas between.

Examples:
  aria-generate experiments/0 new.mid --end 20 --seed 7
  aria-generate experiments/0 longer.mid --continue song.mid --from 12.5
  aria-generate experiments/0 band.mid --accompany song.mid --keep track:1 --exclude drums
  aria-generate experiments/0 bridge.mid --infill song.mid --from 8 --to 16 --instruments piano
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria-generate", kAbout);
  options.positional_help("MODEL_DIR OUT.mid").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  const auto otherwise = [](const char* value) { return cxxopts::value<std::string>()->default_value(value); };
  cxxopts::OptionAdder add = options.add_options();
  add("continue", "the music before --from is the beginning", text(), "IN.mid");
  add("accompany", "the notes of --keep stay, the others are written anew around them", text(), "IN.mid");
  add("infill", "what lies from --from to --to is written anew", text(), "IN.mid");
  add("from", "seconds", text(), "S");
  add("to", "seconds", text(), "S");
  add("keep", "the notes that --accompany keeps", text(), "WHAT");
  add("instruments", "--infill writes only these anew, and keeps the others", text(), "WHAT");
  add("only", "new notes are of these instruments", text(), "WHAT");
  add("exclude", "new notes are of none of these", text(), "WHAT");
  add("start", "new notes start from here on, in seconds (default: 0; --accompany: others before it stay)", text(),
      "S");
  add("end", "and before this (default: 30 seconds later; --accompany: the end of the piece)", text(), "S");
  add("top-p", "choose among the likeliest tokens that have this share of all, up to 1", otherwise("0.98"), "P");
  add("temperature", "below 1: more of what is likely; 0: always the most likely", otherwise("1"), "T");
  add("seed", "decides what is drawn", otherwise("0"), "N");
  add("var", "how many variations, made at once", otherwise("1"), "N");
  add("window-step", "events by which the window moves when it is full; less: better memory, slower", otherwise("64"),
      "N");
  add("reference", "the original's loops, with their faults: its window moves with every event");
  add("no-cache", "compute everything again for every token: slow");
  add("overwrite", "replace results that are there already");
  add("audio", "also write sound, OUT.wav, with fluidsynth");
  add("sound-font", "for --audio (default: one that the system has)", text(), "FILE");
  add("precision", "fp32 or bf16", otherwise("fp32"), "NAME");
  add("device", "auto, cpu, cuda or cuda:N", otherwise("auto"), "NAME");
  add("threads", "of the processor, for the model (default: one a core)", text(), "N");
  for (const char* name : {"model", "out"}) options.add_options("positional")(name, "", text());
  return options;
}

bool is_said(const cxxopts::ParseResult& parsed, const std::string& name) { return parsed.count(name) != 0; }

std::optional<double> seconds_if_said(const cxxopts::ParseResult& parsed, const std::string& name) {
  if (!is_said(parsed, name)) return std::nullopt;
  const auto seconds = cli::number_of<double>(parsed, name);
  constexpr double kMost = 1e6;  // more than a week
  if (seconds >= 0 && seconds <= kMost) return seconds;
  throw cli::UsageError("--" + name + " must lie between 0 and 1000000 seconds");
}

std::optional<Choice> choice_if_said(const cxxopts::ParseResult& parsed, const std::string& name) {
  if (!is_said(parsed, name)) return std::nullopt;
  try {
    return Choice::parse(cli::text_if_said(parsed, name));
  } catch (const cli::UsageError& error) {
    throw cli::UsageError("--" + name + ": " + error.what());
  }
}

// The way, and its file.
void read_way(const cxxopts::ParseResult& parsed, Arguments& arguments) {
  constexpr std::array<std::pair<const char*, Way>, 3> kWays = {
      {{"continue", Way::continue_it}, {"accompany", Way::accompany_it}, {"infill", Way::fill_it}}};
  for (const auto& [name, way] : kWays) {
    if (!is_said(parsed, name)) continue;
    if (arguments.way != Way::from_nothing) {
      throw cli::UsageError("--continue, --accompany and --infill exclude each other");
    }
    arguments.way = way;
    arguments.input = cli::text_if_said(parsed, name);
  }
}

// Which options a way must have, and which it may not.
struct Rule {
  const char* option;
  std::array<Way, 2> belongs_to;
  bool is_required;
};

constexpr std::array kRules = {
    Rule{"from", {Way::continue_it, Way::fill_it}, true},
    Rule{"to", {Way::fill_it, Way::fill_it}, true},
    Rule{"keep", {Way::accompany_it, Way::accompany_it}, true},
    Rule{"instruments", {Way::fill_it, Way::fill_it}, false},
    Rule{"start", {Way::from_nothing, Way::accompany_it}, false},
};

const char* name_of(Way way) {
  switch (way) {
    case Way::continue_it:
      return "--continue";
    case Way::accompany_it:
      return "--accompany";
    case Way::fill_it:
      return "--infill";
    default:
      return "new music";
  }
}

void check_rules(const cxxopts::ParseResult& parsed, Way way) {
  for (const Rule& rule : kRules) {
    const bool belongs = rule.belongs_to[0] == way || rule.belongs_to[1] == way;
    const std::string option = std::string("--") + rule.option;
    if (belongs && rule.is_required && !is_said(parsed, rule.option)) {
      throw cli::UsageError(std::string(name_of(way)) + " needs " + option);
    }
    if (belongs || !is_said(parsed, rule.option)) continue;
    throw cli::UsageError(option + " does not belong to " + name_of(way));
  }
  if (way == Way::fill_it && is_said(parsed, "end")) throw cli::UsageError("--infill ends at --to, not at --end");
}

void check_order(const Arguments& arguments) {
  const auto check = [](const char* first, const std::optional<double>& a, const char* second,
                        const std::optional<double>& b) {
    if (a && b && *a >= *b) throw cli::UsageError(std::string(second) + " must be behind " + first);
  };
  check("--from", arguments.from, "--to", arguments.to);
  check("--from", arguments.from, "--end", arguments.end);
  check("--start", arguments.start, "--end", arguments.end);
  if (arguments.end && *arguments.end <= 0) throw cli::UsageError("--end must be above 0");
}

aria::SamplingOptions sampling_of(const cxxopts::ParseResult& parsed) {
  aria::SamplingOptions sampling;
  sampling.temperature = cli::number_of<double>(parsed, "temperature");
  sampling.top_p = cli::number_of<double>(parsed, "top-p");
  sampling.seed = cli::number_of<std::uint64_t>(parsed, "seed");
  try {
    sampling.validate();
  } catch (const aria::Error& error) {
    throw cli::UsageError(error.message());
  }
  return sampling;
}

void read_machine(const cxxopts::ParseResult& parsed, Arguments& arguments) {
  const auto precision = aria::nn::find_precision(cli::value_of<std::string>(parsed, "precision"));
  if (!precision) throw cli::UsageError("--precision must be fp32 or bf16");
  arguments.precision = *precision;
  arguments.device = cli::value_of<std::string>(parsed, "device");
  arguments.threads = is_said(parsed, "threads") ? cli::number_within<std::uint64_t>(parsed, "threads", 1, 4096)
                                                 : aria::default_workers();
  arguments.cached = !is_said(parsed, "no-cache");
}

}  // namespace

std::optional<Arguments> read_arguments(const std::vector<std::string>& words) {
  cxxopts::Options options = describe();
  const cxxopts::ParseResult parsed = cli::parse(options, words, {"model", "out"});
  if (is_said(parsed, "help")) {
    std::cout << options.help({""});
    return std::nullopt;
  }
  Arguments arguments;
  arguments.model = cli::value_of<std::string>(parsed, "model");
  arguments.out = cli::value_of<std::string>(parsed, "out");
  if (!arguments.out.ends_with(".mid")) throw cli::UsageError("OUT must end in .mid, and is " + arguments.out);
  read_way(parsed, arguments);
  check_rules(parsed, arguments.way);
  arguments.from = seconds_if_said(parsed, "from");
  arguments.to = seconds_if_said(parsed, "to");
  arguments.start = seconds_if_said(parsed, "start");
  arguments.end = seconds_if_said(parsed, "end");
  check_order(arguments);
  arguments.keep = choice_if_said(parsed, "keep");
  arguments.rewritten = choice_if_said(parsed, "instruments");
  arguments.only = choice_if_said(parsed, "only");
  arguments.exclude = choice_if_said(parsed, "exclude");
  arguments.sampling = sampling_of(parsed);
  arguments.variations = cli::number_within<std::uint64_t>(parsed, "var", 1, 4096);
  arguments.window_step = cli::number_within<std::uint64_t>(parsed, "window-step", 1, 1'000'000);
  arguments.reading = is_said(parsed, "reference") ? aria::Reading::reference : aria::Reading::standard;
  arguments.overwrite = is_said(parsed, "overwrite");
  arguments.sound_font = cli::text_if_said(parsed, "sound-font");
  arguments.audio = is_said(parsed, "audio") || !arguments.sound_font.empty();
  read_machine(parsed, arguments);
  return arguments;
}

}  // namespace generate
